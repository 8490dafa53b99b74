"""The part of the desk for the log: reads, checks and exports it on a thread of its own, for it may be long."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from musicvault.catalog import history, libraries, vaults
from musicvault.catalog.history import Record
from musicvault.domain.events import EventType
from musicvault.domain.paths import display
from musicvault.engine import replacing
from musicvault.engine.audit import check_log
from musicvault.engine.context import Context
from musicvault.engine.foreign.copies import ADOPT, REFUSE
from musicvault.gui.bridge import Questions
from musicvault.gui.desk.event_words import counted, title, told, tone
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.history import EventRow, HistoryFilter, HistoryPage, HistoryQuery, LogCheck
from musicvault.language import tr, trn
from musicvault.reports.events import table
from musicvault.storage.delivery import new_file

PAGE = 300
_TYPES: Mapping[HistoryFilter, tuple[EventType, ...]] = {
    HistoryFilter.ALL: (),
    HistoryFilter.EDITS: (
        EventType.INGESTION,
        EventType.METADATA_MODIFICATION,
        EventType.MODIFICATION,
        EventType.FILENAME_CHANGE,
    ),
    HistoryFilter.COPIES: (EventType.REPLICATION, EventType.DELETION),
    HistoryFilter.CHECKS: (EventType.FIXITY_CHECK, EventType.VALIDATION),
    HistoryFilter.REPAIRS: (EventType.RECOVERY, EventType.QUARANTINE),
    HistoryFilter.DECISIONS: (EventType.DECISION,),
    HistoryFilter.SETTINGS: (EventType.CONFIGURATION,),
}


_UNDOES: Mapping[tuple[str, str], Deed] = {
    (EventType.DECISION.value, "accept"): Deed.UNDO_ACCEPT,
    (EventType.DECISION.value, "forget"): Deed.UNDO_FORGET,
    (EventType.DECISION.value, REFUSE): Deed.UNDO_REFUSE,
    (EventType.MODIFICATION.value, ADOPT): Deed.UNDO_ADOPT,
}


class HistoryDesk(QObject):
    """Asks only while the screen is shown. `complain` shows an error, `said` a result (and whether it went well)."""

    def __init__(
        self,
        ctx: Context,
        window: MainWindow,
        complain: Callable[[Exception], None],
        said: Callable[[str, bool], None],
    ) -> None:
        super().__init__(window)
        self._ctx, self._window, self._complain, self._said = ctx, window, complain, said
        self._questions = Questions("history", self)
        screen = window.history
        screen.wanted.connect(self._ask)
        screen.check_wanted.connect(self._check)
        screen.export_wanted.connect(self._choose_export)
        window.shown_screen.connect(lambda _: self.refresh())

    def idle(self) -> bool:
        """Whether nothing is asked."""
        return self._questions.idle()

    def close(self) -> None:
        self._questions.close()

    def refresh(self) -> None:
        """Read the newest events again."""
        if self._window.screen_name == "history":
            self._ask(self._window.history.query, None)

    def _ask(self, query: HistoryQuery, before: int | None) -> None:
        key = "first" if before is None else "further"
        self._questions.ask(
            lambda: page(self._ctx, query, before), self._window.history.show_page, self._complain, key=key
        )

    def _check(self) -> None:
        self._window.history.show_check(None)
        self._questions.ask(lambda: checked(self._ctx), self._window.history.show_check, self._complain, key="check")

    def _choose_export(self, query: HistoryQuery) -> None:
        name, kinds = tr("history.csv"), tr("Tables (*.csv)")
        chosen, _ = QFileDialog.getSaveFileName(self._window, tr("Export these events"), name, kinds)
        if chosen:
            self.give(query, os.fsencode(chosen))

    def give(self, query: HistoryQuery, path: bytes) -> None:
        """Write all events of a query as a table; the file is there whole or not at all."""

        def write() -> int:
            return export(self._ctx, query, path)

        def done(amount: int) -> None:
            self._said(trn("{count} event exported.", "{count} events exported.", amount), True)

        self._questions.ask(write, done, self._complain)


def page(ctx: Context, query: HistoryQuery, before: int | None) -> HistoryPage:
    """Reads the catalog; not for the Qt thread."""
    found = _matching(ctx, query, before, PAGE + 1)
    places = _places(ctx)
    undone = {number for record in found if isinstance(number := record.detail.get("undoes"), int)}
    rows = tuple(_row(record, places, undone) for record in found[:PAGE])
    return HistoryPage(query, before, rows, len(found) > PAGE)


def checked(ctx: Context) -> LogCheck:
    """Walk the whole chain of events, and ask the drives within reach."""
    found = check_log(ctx)
    return LogCheck(found.holds, found.sentence, tuple(witness.sentence for witness in found.witnesses))


def export(ctx: Context, query: HistoryQuery, path: bytes) -> int:
    """Write the events of a query as CSV, oldest last; gives how many. Raises UsageError and VaultErrors."""
    places, amount, before = _places(ctx), 0, None
    with new_file(os.path.abspath(path), replace=True) as write:
        write(table([], places, head=True))
        while found := _matching(ctx, query, before, 5000):
            write(table(found, places, head=False))
            amount, before = amount + len(found), found[-1].id
    return amount


def _matching(ctx: Context, query: HistoryQuery, before: int | None, limit: int) -> list[Record]:
    types = [one.value for one in _TYPES[query.which]]
    return history.matching(ctx.catalog, types, query.text, before, limit)


def _places(ctx: Context) -> Mapping[str | int, str]:
    """Names of libraries (by number) and drives (by id), those that are used no more as well."""
    names, labels = libraries.names(ctx.catalog, removed=True), vaults.labels(ctx.catalog, removed=True)
    named: list[tuple[str | int, str]] = [*names.items(), *labels.items()]
    return dict(named)


def undo_of(record: Record) -> Action | None:
    """What takes an event back; it is previewed, and says so where that was done already."""
    kind, word = record.type, record.detail.get("decision")
    if record.item_id is None or record.detail.get("undoes") is not None:
        return None
    edit = kind == EventType.METADATA_MODIFICATION.value and record.detail.get("by") == replacing.OPERATION
    deed = Deed.UNDO if edit else _UNDOES.get((kind, str(word)))
    return None if deed is None else Action(deed, tr("Undo this …"), values={"event": record.id})


def _row(record: Record, places: Mapping[str | int, str], undone: Collection[int]) -> EventRow:
    where = places.get(record.vault_id or "", "") or places.get(record.library_id or 0, "")
    facts = [(tr("Event"), str(record.id)), (tr("Outcome"), tr(record.outcome))]
    facts += [(tr("Where"), where)] if where else []
    facts += [
        (_name(name), _fact(name, value)) for name, value in record.detail.items() if value not in ("", None, [], {})
    ]
    facts.append((tr("Written by"), record.agent))
    return EventRow(
        record.id,
        record.at,
        title(record),
        told(record.detail, where),
        where,
        record.path or b"",
        tone(record),
        tuple(facts[:40]),
        None if record.id in undone else undo_of(record),
    )


def _name(name: str) -> str:
    words = counted(display(name.encode("utf-8", "backslashreplace")))
    return words[:1].upper() + words[1:60]


def _fact(name: str, value: object) -> str:
    """A value of an event: what a check found in the words of findings, all else as it is."""
    if name in ("evidence", "verdict", "decision") and (words := told({name: value})):
        return words
    return _brief(value)


def _brief(value: object) -> str:
    """A value as one plain line, long ones cut."""
    if isinstance(value, bool):
        said = tr("yes") if value else tr("no")
    elif isinstance(value, Mapping):
        said = "; ".join(f"{name}: {_brief(one)}" for name, one in list(value.items())[:20])
    elif isinstance(value, list | tuple):
        said = ", ".join(_brief(one) for one in value[:20])
    else:
        said = display(str(value).encode("utf-8", "backslashreplace"))
    return said if len(said) <= 400 else said[:400] + "…"
