"""Cards side by side, one for each of some values: those whose value is unchanged stay, the others are built a few at a
time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.gradual import Gradually
from musicvault.gui.widgets.layouts import TileLayout, drop

_M = TypeVar("_M")
_W = TypeVar("_W", bound=QWidget)


class Tiles(QWidget, Generic[_M, _W]):
    """`make` builds the card of a value; `key` says which card a value has, whatever has changed about it."""

    def __init__(
        self, make: Callable[[_M], _W], key: Callable[[_M], Hashable], *, least: int, gap: int = 14, most: int = 4
    ) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StaticContents)
        self._make, self._key = make, key
        self._tiles = TileLayout(self, px(least), gap, most)
        self._values: Sequence[_M] = ()
        self._built: dict[Hashable, tuple[_M, _W]] = {}
        self._gradually = Gradually(self, at_once=2, a_turn=1)

    def show_values(self, values: Sequence[_M]) -> None:
        """Cards for these, in this order."""
        self._values = values
        self._gradually.run(self._steps())

    def cards(self) -> list[_W]:
        """Those that are built, in their order."""
        keys = [self._key(value) for value in self._values]
        return [self._built[key][1] for key in keys if key in self._built]

    def _steps(self) -> Iterator[None]:
        wanted = {self._key(value) for value in self._values}
        for key in [key for key in self._built if key not in wanted]:
            drop(self._built.pop(key)[1])
        self._arrange()
        for value in self._values:
            key = self._key(value)
            before = self._built.get(key)
            if before is not None and before[0] == value:
                continue
            self._built[key] = (value, self._make(value))
            if before is not None:  # it stood there until its successor was built
                drop(before[1])
            self._arrange()
            yield

    def _arrange(self) -> None:
        while self._tiles.takeAt(0) is not None:
            pass
        for card in self.cards():
            self._tiles.addWidget(card)
