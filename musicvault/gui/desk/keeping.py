"""Fills the screen of things set aside, when it is looked at and after each job."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from musicvault.catalog import aside
from musicvault.catalog.aside import Kept
from musicvault.catalog.replicas import QUARANTINE
from musicvault.engine.context import Context
from musicvault.gui.bridge import Questions
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.kept import KeptFilter, KeptModel, KeptRow
from musicvault.gui.wording import day, size
from musicvault.language import tr, trn

MOST = 5000


class KeptDesk(QObject):
    """Asks only while the screen is shown."""

    def __init__(
        self, ctx: Context, window: MainWindow, questions: Questions, failed: Callable[[Exception], None]
    ) -> None:
        super().__init__(window)
        self._ctx, self._window, self._questions, self._failed = ctx, window, questions, failed
        window.shown_screen.connect(lambda _: self.refresh())
        window.kept.filtered.connect(lambda _: self.refresh())

    def refresh(self) -> None:
        if self._window.screen_name == "kept":
            which = self._window.kept.which
            self._questions.ask(
                lambda: kept_model(self._ctx, which), self._window.kept.show_model, self._failed, key="kept"
            )


def kept_model(ctx: Context, which: KeptFilter) -> KeptModel:
    """Reads the catalog; not for the Qt thread."""
    amounts = aside.amounts(ctx.catalog)
    found = aside.everything(ctx.catalog, which.value, MOST + 1)
    kept = {role: amount.kept for role, amount in amounts.items()}
    totals = (
        (KeptFilter.ALL, sum(kept.values())),
        (KeptFilter.VERSIONS, kept.get(KeptFilter.VERSIONS, 0)),
        (KeptFilter.QUARANTINE, kept.get(KeptFilter.QUARANTINE, 0)),
    )
    sentence = trn(
        "{count} copy takes {size} on your drives.",
        "{count} copies take {size} on your drives.",
        sum(amount.copies for amount in amounts.values()),
        size=size(sum(amount.bytes for amount in amounts.values())),
    )
    rows = tuple(_row(one) for one in found[:MOST])
    return KeptModel(sentence if rows or totals[0][1] else "", totals, rows, len(found) > MOST)


def _row(one: Kept) -> KeptRow:
    quarantined = one.role == QUARANTINE
    what = tr("Damaged bytes, in quarantine") if quarantined else tr("Older version")
    if not one.content_id:
        what = tr("Could not be read whole, in quarantine")
    where = ", ".join(sorted(one.places))
    words = " · ".join((what, tr("on {drives}", drives=where), size(one.size), tr("since {day}", day=day(one.since))))
    until = tr("kept until {day}", day=day(one.until))
    return KeptRow(one.item_id, one.content_id, one.path, quarantined, words, until)
