"""The findings of one group: a virtual list with check boxes, two lines each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen

from musicvault.domain.paths import display
from musicvault.gui import theme
from musicvault.gui.models.actions import State
from musicvault.gui.models.attention import FindingRow
from musicvault.gui.theme import icons
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.block_map import paint_map
from musicvault.gui.widgets.text import plain_tooltip
from musicvault.gui.widgets.two_lines import LINES, TwoLines, TwoLinesDelegate, TwoLinesList, line_height
from musicvault.language import tr

_MAP = 132
BOX_AT = 16
"""Where the check boxes begin, in pixels."""
_FINDING = Qt.ItemDataRole.UserRole + 2
_Index = QModelIndex | QPersistentModelIndex


class FindingsModel(QAbstractListModel):
    """Rows with a check mark each; all are checked at first, so that one button acts on all. Not `checkable`: rows
    that are only looked at."""

    def __init__(self, rows: Sequence[FindingRow], *, checkable: bool = True) -> None:
        super().__init__()
        self._rows = rows
        self.checkable = checkable
        self._checked = {row.id for row in rows} if checkable else set()

    @property
    def rows(self) -> Sequence[FindingRow]:
        return self._rows

    def chosen(self) -> tuple[int, ...]:
        """The items of the checked rows, each once."""
        return tuple(dict.fromkeys(row.item for row in self._rows if row.id in self._checked))

    def checked(self) -> int:
        return len(self._checked)

    def unchecked(self) -> set[int]:
        """The ids of the rows that aren't."""
        return {row.id for row in self._rows} - self._checked if self.checkable else set()

    def uncheck(self, rows: set[int]) -> None:
        """Take the mark off these, unless no other is there: then what is left is what the next word is about."""
        if self._checked <= rows:
            return
        self._checked -= rows
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def copies(self) -> tuple[int, ...]:
        """The replicas of the checked rows."""
        return tuple(row.id for row in self._rows if row.id in self._checked)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == _FINDING:
            return row
        if role == LINES:
            evidence = row.evidence if len(self._rows) > 1 else ()  # a single one's is in full below it
            return TwoLines("", display(row.path), " · ".join((row.words, *evidence)), row.where)
        if role == Qt.ItemDataRole.CheckStateRole:
            if not self.checkable:
                return None
            return Qt.CheckState.Checked if row.id in self._checked else Qt.CheckState.Unchecked
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{display(row.path)}: {row.words}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tooltip("\n".join((display(row.path), row.words, *row.evidence)))
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not self.checkable:
            return False
        change = self._checked.add if Qt.CheckState(value) is Qt.CheckState.Checked else self._checked.discard
        change(self._rows[index.row()].id)
        self.dataChanged.emit(index, index)
        return True

    def check_span(self, first: int, last: int, on: bool) -> None:
        """Check, or not, the rows from one to the other."""
        if self.checkable:
            low, high = sorted((first, last))
            ids = {row.id for row in self._rows[low : high + 1]}
            self._checked = self._checked | ids if on else self._checked - ids
            self.dataChanged.emit(self.index(low), self.index(high))

    def check_all(self, on: bool) -> None:
        self._checked = {row.id for row in self._rows} if on else set()
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if self.checkable else flags


class _FindingDelegate(TwoLinesDelegate):
    def paint_mark(self, painter: QPainter, rect: QRect, row: TwoLines, index: _Index) -> int:
        state = index.data(Qt.ItemDataRole.CheckStateRole)
        if state is None:
            return rect.left() + 12
        return _paint_box(painter, rect, Qt.CheckState(state) is Qt.CheckState.Checked)

    def paint_end(self, painter: QPainter, rect: QRect, index: _Index) -> int:
        row = index.data(_FINDING)
        if not row.bad:
            return 0
        area = QRectF(rect.right() - _MAP - 12, rect.top() + px(32), _MAP, px(11))
        paint_map(painter, area, row.blocks, row.bad, State.DAMAGED, row.lost)
        return _MAP + 18


def _paint_box(painter: QPainter, rect: QRect, checked: bool) -> int:
    """The check box, and where the words begin."""
    tokens = theme.active()
    box = QRectF(rect.left() + 10, rect.center().y() - px(8), px(16), px(16))
    painter.setPen(QPen(QColor(tokens.accent if checked else tokens.muted), 1))
    painter.setBrush(QColor(tokens.accent if checked else tokens.surface))
    painter.drawRoundedRect(box, 4, 4)
    if checked:
        icons.paint(painter, "check", box.adjusted(1, 1, -1, -1), tokens.on_accent)
    return int(box.right()) + 14


class FindingList(TwoLinesList):
    """A click on the box or the space bar checks (with Shift: all from the last one on), a click beside it chooses the
    row; at most eight lines high, then it scrolls."""

    def __init__(self, model: FindingsModel) -> None:
        super().__init__(model, tr("Findings"), _FindingDelegate())
        self.findings = model
        self.setFixedHeight(line_height() * min(8, max(1, model.rowCount())))
        self._last = 0

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        index = self.indexAt(at)
        if index.isValid() and self.findings.checkable and at.x() < 26 + px(16):
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                on = not self._is_checked(index)
                self.findings.check_span(self._last, index.row(), on)
                self._last = index.row()
            else:
                self._toggle(index)
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            self._toggle(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _is_checked(self, index: QModelIndex) -> bool:
        return Qt.CheckState(self.findings.data(index, Qt.ItemDataRole.CheckStateRole)) is Qt.CheckState.Checked

    def _toggle(self, index: QModelIndex) -> None:
        if not self.findings.checkable:
            return
        self._last = index.row()
        state = Qt.CheckState.Unchecked if self._is_checked(index) else Qt.CheckState.Checked
        self.findings.setData(index, state, Qt.ItemDataRole.CheckStateRole)
