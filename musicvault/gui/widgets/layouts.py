"""Layouts that Qt lacks: words that flow into lines, tiles of equal width, and pages that stay in the middle."""

from __future__ import annotations

import math
from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from musicvault.gui.theme.text_size import px


class _Collected(QLayout):
    """What both share: a plain list of items and a height that follows from the width."""

    def __init__(self, parent: QWidget | None, across: int, down: int) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._across, self._down = across, down
        self._heights: dict[int, int] = {}
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)
        self._heights.clear()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        self._heights.clear()
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def clear(self) -> None:
        """Remove and delete all widgets."""
        while self._items:
            widget = self._items.pop().widget()
            if widget is not None:
                drop(widget)
        self.invalidate()

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if width not in self._heights:  # asked for several times in each turn, and all within is asked then
            self._heights[width] = self.arrange(QRect(0, 0, width, 0), place=False)
        return self._heights[width]

    def invalidate(self) -> None:
        self._heights.clear()
        super().invalidate()

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self.arrange(rect, place=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def arrange(self, rect: QRect, *, place: bool) -> int:
        """Lay out inside `rect` (or only measure) and return the height."""
        raise NotImplementedError


class FlowLayout(_Collected):
    """Items of their own size, line after line, in the middle of each line's height."""

    def arrange(self, rect: QRect, *, place: bool) -> int:
        y = rect.y()
        for line in self._lines(rect.width()):
            tall, x = max(hint.height() for _, hint in line), rect.x()
            for item, hint in line:
                if place:
                    top = y + (tall - hint.height()) // 2
                    item.setGeometry(QRect(x, top, min(hint.width(), rect.width()), hint.height()))
                x += hint.width() + self._across
            y += tall + self._down
        return max(0, y - self._down - rect.y())

    def _lines(self, room: int) -> Iterator[list[tuple[QLayoutItem, QSize]]]:
        """The items that stand side by side, each with its size."""
        line: list[tuple[QLayoutItem, QSize]] = []
        taken = 0
        for item in self._items:
            if item.isEmpty():
                continue
            hint = item.sizeHint()
            if line and taken + hint.width() > room:
                yield line
                line, taken = [], 0
            line.append((item, hint))
            taken += hint.width() + self._across
        if line:
            yield line


class TileLayout(_Collected):
    """Tiles at least `least` wide, all equally wide, as high as the highest of their row."""

    def __init__(self, parent: QWidget | None = None, least: int = 232, gap: int = 14, most: int = 4) -> None:
        super().__init__(parent, gap, gap)
        self._least, self._most = least, most

    def arrange(self, rect: QRect, *, place: bool) -> int:
        if not self._items:
            return 0
        columns = max(1, min(self._most, (rect.width() + self._across) // (self._least + self._across)))
        if len(self._items) > columns:  # 3 + 2 looks better than 4 + 1
            columns = math.ceil(len(self._items) / math.ceil(len(self._items) / columns))
        step = (rect.width() + self._across) / columns
        edges = [rect.x() + round(step * index) for index in range(columns + 1)]
        width = int(step) - self._across
        y = rect.y()
        for start in range(0, len(self._items), columns):
            row = self._items[start : start + columns]
            tall = max(self._height(item, width) for item in row)
            if place:
                for index, item in enumerate(row):
                    wide = edges[index + 1] - self._across - edges[index]
                    item.setGeometry(QRect(edges[index], y, wide, tall))
            y += tall + self._down
        return y - self._down - rect.y()

    def minimumSize(self) -> QSize:
        return QSize(self._least, 0)

    @staticmethod
    def _height(item: QLayoutItem, width: int) -> int:
        return item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()


def drop(widget: QWidget) -> None:
    """Delete a widget as soon as nobody is in the middle of it. It is hidden and belongs to its parent till then: to
    make it a window of its own first would dress it anew."""
    widget.hide()
    widget.setObjectName(DROPPED)
    widget.deleteLater()


DROPPED = "dropped"
"""The object name of what is about to be deleted."""


def clear(layout: QLayout) -> None:
    """Remove and delete all widgets and nested layouts."""
    while layout.count():
        item = layout.takeAt(0)
        if item is None:
            break
        if (widget := item.widget()) is not None:
            drop(widget)
        elif (inner := item.layout()) is not None:
            clear(inner)


def scrolled(page: QWidget) -> QScrollArea:
    """The page in a frame that scrolls up and down only."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(page)
    layout = page.layout()
    if layout is not None:
        Breadth(area, layout)
    return area


class Breadth(QObject):
    """Keeps what lies in a widget's `layout` in the middle of the widget, and no wider than is pleasant to read. What
    the bar of a scroll area takes, the right margin gives, so that an edge stays where it is when a bar comes."""

    def __init__(self, widget: QWidget, layout: QLayout) -> None:
        super().__init__(widget)
        self._widget, self._layout = widget, layout
        self._bounded = True
        self._taken = 0
        margins = layout.contentsMargins()
        self._left, self._right = margins.left(), margins.right()
        widget.installEventFilter(self)
        if isinstance(widget, QScrollArea):
            widget.verticalScrollBar().rangeChanged.connect(lambda _low, high: self._scrolls(widget, high))

    def bound(self, on: bool) -> None:
        """Whether there is a widest."""
        self._bounded = on
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._fit()
        return False

    def _scrolls(self, area: QScrollArea, far: int) -> None:
        self._taken = area.verticalScrollBar().sizeHint().width() if far else 0
        self._fit()

    def _fit(self) -> None:
        margins = self._layout.contentsMargins()
        spare = self._widget.width() - self._left - self._right - px(WIDEST) if self._bounded else 0
        beside = max(0, spare // 2)
        margins.setLeft(self._left + beside)
        margins.setRight(max(0, self._right + beside - self._taken))
        self._layout.setContentsMargins(margins)


WIDEST = 1280
"""Text pixels, without the margins."""


class Sideways(QScrollArea):
    """As high as what it holds; scrolls from side to side where that is wider."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inside = inside
        inside.setObjectName("plain")
        self.setWidget(inside)
        self.viewport().setAutoFillBackground(False)
        self.horizontalScrollBar().rangeChanged.connect(lambda *_: self.fit())

    def fit(self) -> None:
        """What it holds may have another height: take that."""
        self.setFixedHeight(self.sizeHint().height())

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self.fit()
        return super().viewportEvent(event)

    def sizeHint(self) -> QSize:
        inside, bar = self._inside.sizeHint(), self.horizontalScrollBar()
        return QSize(inside.width(), inside.height() + (bar.sizeHint().height() if bar.maximum() else 0))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())


def page(
    screen: QWidget, margins: tuple[int, int, int, int] = (28, 4, 28, 20), spacing: int = 16
) -> tuple[QScrollArea, QVBoxLayout, QVBoxLayout]:
    """A page that scrolls and fills the screen: its area, its column, and the column of both it and what is to stand
    below it. It has its place before anything is put on it: what is moved under another parent is dressed anew, with
    all in it."""
    outer = QVBoxLayout(screen)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.setSpacing(0)
    ground = QWidget()
    ground.setObjectName("page")
    ground.setAttribute(Qt.WidgetAttribute.WA_StaticContents)  # growing at its end, it paints only what is new
    ground.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    column = QVBoxLayout(ground)
    column.setContentsMargins(*margins)
    column.setSpacing(spacing)
    area = scrolled(ground)
    outer.addWidget(area, 1)
    return area, column, outer
