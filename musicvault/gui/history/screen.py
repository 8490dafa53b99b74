"""The history screen: events at the left, what the chosen one tells at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from musicvault.gui.history.event_card import EventCard
from musicvault.gui.history.event_rows import EventRows
from musicvault.gui.models.actions import Action
from musicvault.gui.models.history import HistoryFilter, HistoryPage, HistoryQuery, LogCheck
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, Notice
from musicvault.gui.widgets.empty_state import EmptyState
from musicvault.gui.widgets.layouts import Breadth, FlowLayout, clear, scrolled
from musicvault.gui.widgets.two_lines import TwoLinesList
from musicvault.language import tr

_ASK_AFTER = 250  # ms


class HistoryScreen(QWidget):
    """A passive view of the log."""

    acted = Signal(Action)
    wanted = Signal(object, object)
    """Events of a `HistoryQuery`, from before one (its number; None: from the newest)."""
    check_wanted = Signal()
    export_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.query = HistoryQuery()
        self.rows = EventRows()
        self.list = TwoLinesList(self.rows, tr("Events"))
        self.event_card = EventCard(self.acted.emit)
        self._names = {
            HistoryFilter.ALL: tr("All"),
            HistoryFilter.EDITS: tr("Changes"),
            HistoryFilter.COPIES: tr("Copies"),
            HistoryFilter.CHECKS: tr("Checks"),
            HistoryFilter.REPAIRS: tr("Repairs"),
            HistoryFilter.DECISIONS: tr("Decisions"),
            HistoryFilter.SETTINGS: tr("Settings"),
        }
        self.chips = {which: Button(name, "chip") for which, name in self._names.items()}
        self.field = QLineEdit()
        self.check, self.export = Button(tr("Check the log"), "quiet", "verify"), Button(tr("Export…"), "quiet")
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_ASK_AFTER)
        self._wait.timeout.connect(self._ask)
        self._build()
        self.rows.wanted.connect(lambda before: self.wanted.emit(self.query, before))
        self.list.selectionModel().currentChanged.connect(lambda now, _: self.event_card.show_event(self.rows.row(now)))

    def show_page(self, page: HistoryPage) -> None:
        """An answer; one to an older query is ignored. The event that was chosen stays so."""
        if page.query != self.query:
            return
        chosen = self.rows.row(self.list.currentIndex())
        self.rows.show_page(page)
        self._pile.setCurrentIndex(0 if self.rows.rows else 1)
        if page.before is None:
            at = next((n for n, row in enumerate(self.rows.rows) if chosen is not None and row.id == chosen.id), None)
            self.event_card.show_event(None if at is None else chosen)
            if at is not None:
                self.list.setCurrentIndex(self.rows.index(at))

    def show_check(self, found: LogCheck | None) -> None:
        """Whether the log holds; None while that is looked into."""
        clear(self._said)
        self.check.setEnabled(found is not None)
        self.check.set_text(tr("Checking …") if found is None else tr("Check the log"))
        if found is not None:
            tone = Tone.GOOD if found.holds else Tone.DAMAGED
            self._said.addWidget(Notice(found.sentence, " ".join(found.witnesses), tone))

    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(28, 4, 28, 20)
        Breadth(self, outer)
        outer.setSpacing(12)
        chips, group = QWidget(), QButtonGroup(self)
        flow = FlowLayout(chips, 6, 6)
        for which, button in self.chips.items():
            group.addButton(button)
            button.clicked.connect(lambda _=False, w=which: self._choose(w))
            flow.addWidget(button)
        self.chips[HistoryFilter.ALL].setChecked(True)
        outer.addWidget(chips)
        bar = QHBoxLayout()
        bar.setSpacing(8)
        self.field.setPlaceholderText(tr("File, drive or what happened"))
        self.field.setAccessibleName(tr("Only events with this text"))
        self.field.setClearButtonEnabled(True)
        self.field.setMaximumWidth(px(360))
        self.field.textChanged.connect(lambda *_: self._wait.start())
        self.check.clicked.connect(self.check_wanted)
        self.export.clicked.connect(lambda: self.export_wanted.emit(self.query))
        bar.addWidget(self.field, 1)
        bar.addStretch(1)
        bar.addWidget(self.check)
        bar.addWidget(self.export)
        outer.addLayout(bar)
        self._said = QVBoxLayout()
        outer.addLayout(self._said)
        self._pile = QStackedWidget()
        self._pile.addWidget(self._parts())
        words = tr(
            "Every copy, check, edit, repair and decision is written down here, and can't be changed afterwards."
        )
        self._pile.addWidget(EmptyState("history", tr("Nothing to show"), words, tone=Tone.INFO))
        self._pile.setCurrentIndex(1)
        outer.addWidget(self._pile, 1)

    def _parts(self) -> QWidget:
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.setHandleWidth(16)
        parts.setChildrenCollapsible(False)
        left, right = Card(padding=0), Card(padding=0)
        left.body.setContentsMargins(1, 6, 1, 6)
        left.body.addWidget(self.list)
        right.body.setContentsMargins(1, 1, 1, 1)
        area = scrolled(self.event_card)
        self.event_card.setObjectName("plain")
        area.viewport().setAutoFillBackground(False)
        right.body.addWidget(area)
        left.setMinimumWidth(320)
        right.setMinimumWidth(240)
        parts.addWidget(left)
        parts.addWidget(right)
        parts.setStretchFactor(0, 3)
        parts.setStretchFactor(1, 2)
        return parts

    def _choose(self, which: HistoryFilter) -> None:
        self.query = HistoryQuery(which, self.query.text)
        self.wanted.emit(self.query, None)

    def _ask(self) -> None:
        self.query = HistoryQuery(self.query.which, self.field.text().strip())
        self.wanted.emit(self.query, None)
