"""The report: which form, how far back, and the button that saves it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QComboBox, QHBoxLayout

from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, Glyph
from musicvault.gui.widgets.text import label
from musicvault.language import tr


class ReportRow(Card):
    """Saves a page for a shelf, a board or an archive."""

    def __init__(self, send: Callable[[Action], None]) -> None:
        super().__init__()
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(Glyph("copy"))
        words = tr("A report of all this, to print, to keep or to hand on.")
        row.addWidget(label(words, wrap=True), 1)
        self.form, self.days = QComboBox(), QComboBox()
        for key, text in (
            ("html", tr("Page (HTML)")),
            ("pdf", tr("Print (PDF)")),
            ("csv", tr("Table (CSV)")),
            ("json", tr("Data (JSON)")),
        ):
            self.form.addItem(text, key)
        for days, text in ((30, tr("last month")), (90, tr("last quarter")), (365, tr("last year"))):
            self.days.addItem(text, days)
        self.form.setAccessibleName(tr("Form of the report"))
        self.days.setAccessibleName(tr("How far back it tells what was done"))
        self.save = Button(tr("Report…"))
        self.save.clicked.connect(lambda: send(self.action()))
        for widget in (self.form, self.days, self.save):
            row.addWidget(widget)
        self.body.addLayout(row)

    def action(self) -> Action:
        """What the button asks for."""
        values = {"format": self.form.currentData(), "days": self.days.currentData()}
        return Action(Deed.REPORT, tr("Report"), values=values)

    def show_busy(self, busy: bool) -> None:
        """Whether a report is being written."""
        self.save.setEnabled(not busy)
        self.save.set_text(tr("Writing …") if busy else tr("Report…"))
