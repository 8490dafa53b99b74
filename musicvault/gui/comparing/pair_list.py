"""Many comparisons in a line each: one can be looked at closely, and the buttons act on all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QHBoxLayout

from musicvault.domain.paths import display
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.comparing import Comparing, PairLine
from musicvault.gui.widgets.buttons import Button, action_button
from musicvault.gui.widgets.card import Card, line
from musicvault.gui.widgets.text import label, plain_tooltip
from musicvault.gui.widgets.two_lines import LINES, TwoLines, TwoLinesList, line_height
from musicvault.language import tr

_Index = QModelIndex | QPersistentModelIndex
_ROWS = 10


class PairRows(QAbstractListModel):
    """The comparisons, as many as there are."""

    def __init__(self, rows: Sequence[PairLine]) -> None:
        super().__init__()
        self._rows = rows

    def row(self, index: _Index) -> PairLine | None:
        return self._rows[index.row()] if index.isValid() else None

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == LINES:
            return TwoLines("note", display(row.path), row.words, row.where)
        text = f"{display(row.path)}: {row.words}"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return text
        return plain_tooltip(text) if role == Qt.ItemDataRole.ToolTipRole else None


class PairList(Card):
    """Enter, a double click or *Look closer* opens the one that is chosen."""

    def __init__(self, model: Comparing, send: Callable[[Action], None]) -> None:
        super().__init__(tr("{files} compared", files=model.title))
        self._send = send
        self.rows = PairRows(model.lines)
        self.list = TwoLinesList(self.rows, tr("Files that were compared"))
        self.list.setFixedHeight(line_height() * max(1, min(_ROWS, len(model.lines))))
        self.look = Button(tr("Look closer"), "quiet", "search")
        self.look.setEnabled(False)
        self.look.clicked.connect(lambda: self._look(self.list.currentIndex()))
        self.list.activated.connect(self._look)
        self.list.selectionModel().currentChanged.connect(lambda now, _: self.look.setEnabled(now.isValid()))
        self.body.addWidget(self.list)
        self.body.addWidget(line())
        foot = QHBoxLayout()
        foot.addWidget(self.look)
        foot.addLayout(decisions(model.actions, model.message, send), 1)
        self.body.addLayout(foot)

    def _look(self, index: _Index) -> None:
        row = self.rows.row(index)
        if row is not None:
            self._send(row.look)


def decisions(actions: tuple[Action, ...], note: str, send: Callable[[Action], None]) -> QHBoxLayout:
    """A note, and what can be done, the recommended action last and strongest. Which of two versions is right is for
    the user to say: neither is recommended."""
    open_ = bool(actions) and actions[0].deed in (Deed.ACCEPT, Deed.ADOPT)
    row = QHBoxLayout()
    row.setSpacing(10)
    row.addWidget(label(note, "small", wrap=True), 1)
    for index, action in reversed(list(enumerate(actions))):
        row.addWidget(action_button(action, send, "" if index or open_ else "primary"))
    return row
