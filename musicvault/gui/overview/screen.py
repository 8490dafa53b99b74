"""The overview screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui.models.actions import Action, Deed, State
from musicvault.gui.models.library import Filter
from musicvault.gui.models.overview import DriveCard, OverviewModel, RuleStanding, Todo
from musicvault.gui.overview.by_rule import ByRule
from musicvault.gui.overview.hero import Hero
from musicvault.gui.overview.report_row import ReportRow
from musicvault.gui.overview.risk_card import RiskCard
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.bars import StandingBar
from musicvault.gui.widgets.buttons import Button, action_button
from musicvault.gui.widgets.card import Card, Glyph, line
from musicvault.gui.widgets.drive_card import DriveTile
from musicvault.gui.widgets.histogram import ProofHistogram
from musicvault.gui.widgets.layouts import Sideways, clear, page
from musicvault.gui.widgets.matrix import CopyMatrix
from musicvault.gui.widgets.text import label
from musicvault.gui.widgets.tiles import Tiles
from musicvault.gui.wording import TONE_ICONS, files
from musicvault.language import tr, trn

_FILTERS = {
    State.PROTECTED: Filter.ALL,
    State.STALE: Filter.DUE,
    State.SHORT: Filter.SHORT,
    State.RISK: Filter.SHORT,
    State.DAMAGED: Filter.DAMAGED,
    State.MISSING: Filter.DAMAGED,
    State.UNREADABLE: Filter.DAMAGED,
}
_NARROW = 900
_MANY_PLACES = 7
"""So many columns of the matrix take the whole width."""
_MOST_TODO = 8


def _place(drive: DriveCard) -> tuple[bool, str]:
    """Which place a tile is about."""
    return drive.is_library, drive.label


class OverviewScreen(QWidget):
    """Answers "is my music safe?" in one sentence and shows what it rests on."""

    acted = Signal(Action)
    rules_wanted = Signal()
    """The standing by rule is to be shown."""

    def __init__(self) -> None:
        super().__init__()
        self.model: OverviewModel | None = None
        _, column, _ = page(self, spacing=18)
        self.hero = Hero(self.acted.emit)
        column.addWidget(self.hero)
        self._standing = QWidget()
        standing = QVBoxLayout(self._standing)
        standing.setContentsMargins(0, 0, 0, 0)
        standing.setSpacing(8)
        head = QHBoxLayout()
        self._heading = label("", "subheading")
        self.split = Button(tr("By rule"), "quiet")
        self.split.setCheckable(True)
        self.split.toggled.connect(self._split)
        head.addWidget(self._heading)
        head.addStretch(1)
        head.addWidget(self.split)
        standing.addLayout(head)
        self.bar = StandingBar()
        self.bar.chosen.connect(self._show_state)
        standing.addWidget(self.bar)
        self.rules = ByRule()
        self.rules.hide()
        standing.addWidget(self.rules)
        column.addWidget(self._standing)
        self._pair = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._pair.setSpacing(16)
        self._copies = Card(tr("Where the copies are"), tr("stronger = proven more recently"))
        self.matrix = CopyMatrix()
        self._sideways = Sideways(self.matrix)
        self._copies.body.addWidget(self._sideways)
        self._copies.body.addStretch(1)
        self._drill = QVBoxLayout()
        self._copies.body.addLayout(self._drill)
        self._proofs = Card(tr("Age of the proofs"), tr("days since last read from the drive"))
        self.histogram = ProofHistogram()
        self._proofs.body.addWidget(self.histogram, 1)
        self._pair.addWidget(self._copies)
        self._pair.addWidget(self._proofs)
        column.addLayout(self._pair)
        self._drives_heading = label(tr("Drives"), "subheading")
        column.addWidget(self._drives_heading)
        self.tiles: Tiles[DriveCard, DriveTile] = Tiles(DriveTile, _place, least=216)
        column.addWidget(self.tiles)
        self._todo = Card(tr("To do"))
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        self._todo.body.addLayout(self._lines)
        column.addWidget(self._todo)
        self.risk, self.report = RiskCard(self.acted.emit), ReportRow(self.acted.emit)
        column.addWidget(self.risk)
        column.addWidget(self.report)
        column.addStretch(1)

    def show_model(self, model: OverviewModel) -> None:
        if model == self.model:
            return
        before, self.model = self.model, model
        self.hero.show_model(model)
        self._heading.setText(tr("Standing of {files}", files=files(model.total)))
        self.bar.show_segments(model.segments)
        self.matrix.show_matrix(model.matrix, model.ages.limits[-1])
        self._sideways.fit()
        self._arrange()
        self.histogram.show_ages(model.ages)
        self._standing.setVisible(bool(model.total))
        self.split.setVisible(model.rules > 1)
        if model.rules < 2:
            self.split.setChecked(False)
        self.risk.setVisible(bool(model.total))
        self.report.setVisible(bool(model.total))
        self._copies.setVisible(bool(model.matrix.rows))
        self._proofs.setVisible(bool(model.total))
        clear(self._drill)
        if model.drill is not None:
            self._drill.addWidget(line())
            self._drill.addWidget(self._todo_line(model.drill))
        if before is None or before.todo != model.todo:
            self._list(model.todo)
        self.tiles.show_values(model.drives)
        self._drives_heading.setVisible(bool(model.drives))

    @property
    def by_rule(self) -> bool:
        """Whether the standing by rule is shown."""
        return self.split.isChecked()

    def show_rules(self, rows: Sequence[RuleStanding]) -> None:
        """The answer to `rules_wanted`."""
        self.rules.show_rules(rows)
        self.rules.setVisible(self.by_rule)

    def _split(self, on: bool) -> None:
        self.split.set_text(tr("Hide the rules") if on else tr("By rule"))
        if on:
            self.rules_wanted.emit()
        else:
            self.rules.hide()

    def _list(self, todo: Sequence[Todo]) -> None:
        """What is to be done; of much the first, and where the rest is."""
        clear(self._lines)
        for one in todo[:_MOST_TODO]:
            self._lines.addWidget(self._todo_line(one))
        if (more := len(todo) - _MOST_TODO) > 0:
            text = trn("{count} more drive has something waiting.", "{count} more drives have something waiting.", more)
            look = Action(Deed.SHOW, tr("Show"), "drives")
            self._lines.addWidget(self._todo_line(Todo(text, Tone.AWAY, look)))
        self._todo.setVisible(bool(todo))

    def _todo_line(self, todo: Todo) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(Glyph(TONE_ICONS[todo.tone], todo.tone))
        row.addWidget(label(todo.text, wrap=True), 1)
        if todo.action is not None:
            row.addWidget(action_button(todo.action, self.acted.emit, "quiet"))
        made.setMinimumHeight(px(32))
        return made

    def _show_state(self, state: State) -> None:
        which = _FILTERS.get(state)
        screen, values = ("attention", {}) if which is None else ("library", {"filter": which})
        self.acted.emit(Action(Deed.SHOW, subject=screen, values=values))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The two cards side by side where there is room for both."""
        many = self.model is not None and len(self.model.matrix.places) >= _MANY_PLACES
        narrow = many or self.width() < px(_NARROW)
        self._pair.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        for at, share in enumerate((14, 11)):  # of the width; one below the other each is as high as it needs to be
            self._pair.setStretch(at, 0 if narrow else share)
