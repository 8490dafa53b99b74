"""What a job said about single files, as a virtual list bounded to the newest lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QListView, QStyledItemDelegate, QStyleOptionViewItem

from musicvault.domain import wording
from musicvault.domain.notice_wording import why
from musicvault.domain.notices import ItemDone
from musicvault.domain.paths import display
from musicvault.gui import theme
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.text import plain_tooltip
from musicvault.gui.wording import in_the_window
from musicvault.language import tr

MOST = 5000
_Index = QModelIndex | QPersistentModelIndex


def action_word(action: str) -> str:
    """A notice's action for people."""
    words = {
        "finding": tr("found"),
        "failed": tr("could not be done"),
        "added": tr("added"),
        "copied": tr("copied"),
        "replaced": tr("replaced"),
        "versioned": tr("older version kept"),
        "renamed": tr("renamed"),
        "restored": tr("restored"),
        "repaired": tr("repaired"),
        "tagged": tr("tags edited"),
        "accepted": tr("accepted"),
        "rejected": tr("put back"),
        "forgotten": tr("no longer expected"),
        "expected": tr("expected again"),
        "removed": tr("removed"),
        "adopted": tr("taken over"),
        "refused": tr("set aside"),
        "skipped": tr("skipped"),
        "tried": tr("came back right"),
        "packed": tr("packed"),
        "parity": tr("parity made"),
        "partly-given": tr("given in part"),
    }
    return words.get(action, action)


def sentence(done: ItemDone) -> str:
    """One line: what, which file, where, why; or what is noted about a place."""
    if done.action == "noted":
        return in_the_window(f"{done.where}: {done.reason}" if done.where else done.reason)
    parts = [f"{_what(done)}: {display(done.path)}", done.where, in_the_window(done.problem or why(done.reason))]
    return " · ".join(part for part in parts if part)


def _what(done: ItemDone) -> str:
    if done.finding is None:
        return action_word(done.action)
    return tr("repaired") if done.finding.healed else wording.named(done.finding)


def is_bad(done: ItemDone) -> bool:
    """Whether the line tells of damage that stands, or of what couldn't be done."""
    found = done.finding
    return done.action == "failed" or (found is not None and found.verdict.is_damage and not found.healed)


class Lines(QListView):
    """Shows them; one that is too long is cut at its end, and its tip has all of it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("lines")
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._painting = _Narrow()  # a view doesn't own its delegate
        self.setItemDelegate(self._painting)


class _Narrow(QStyledItemDelegate):
    """Asks for no width: a line has that of the list."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(10, super().sizeHint(option, index).height())


class LinesModel(QAbstractListModel):
    """The newest 5,000 lines of one job, oldest first."""

    def __init__(self, say: Callable[[ItemDone], str] = sentence) -> None:
        super().__init__()
        self._say = say
        self._lines: deque[tuple[str, bool]] = deque()

    def add(self, done: Iterable[ItemDone]) -> None:
        fresh = [(self._say(one), is_bad(one)) for one in done][-MOST:]
        surplus = len(self._lines) + len(fresh) - MOST
        if surplus > 0:
            self.beginRemoveRows(QModelIndex(), 0, surplus - 1)
            self._lines = deque(islice(self._lines, surplus, None))
            self.endRemoveRows()
        if fresh:
            self.beginInsertRows(QModelIndex(), len(self._lines), len(self._lines) + len(fresh) - 1)
            self._lines.extend(fresh)
            self.endInsertRows()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        text, bad = self._lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tooltip(text)
        if role == Qt.ItemDataRole.ForegroundRole and bad:
            return QColor(theme.active().tone(Tone.DAMAGED).ink)
        return None
