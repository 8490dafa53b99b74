"""Which line of the table is what: rows of items, with a heading of two lines before each album."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

HEAD_LINES = 2
"""A heading takes this many table lines, so that all lines stay equally high and any million of them is cheap."""


class Layout:
    """Maps lines to items and back. `runs` are the lengths of the albums, in order; empty means no headings.

    Runs that don't add up to `count` (the catalog moved between two queries) are not used.
    """

    def __init__(self, count: int, runs: Sequence[int] = ()) -> None:
        self.count = count
        if runs and sum(runs) != count:
            runs = ()
        starts = list(accumulate(runs, initial=0))[:-1] if runs else []
        self._lengths = list(runs)
        self._starts = starts
        self._heads = [start + HEAD_LINES * index for index, start in enumerate(starts)]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Layout):
            return NotImplemented
        return self.count == other.count and self._lengths == other._lengths

    def __hash__(self) -> int:
        return hash((self.count, len(self._lengths)))

    @property
    def lines(self) -> int:
        return self.count + HEAD_LINES * len(self._starts)

    @property
    def grouped(self) -> bool:
        return bool(self._starts)

    def item(self, line: int) -> int | None:
        """The item's offset at a line, None on a heading."""
        if not self._starts:
            return line if 0 <= line < self.count else None
        group = bisect_right(self._heads, line) - 1
        within = line - self._heads[group] - HEAD_LINES
        return self._starts[group] + within if within >= 0 else None

    def line(self, item: int) -> int:
        """The line of an item's offset."""
        if not self._starts:
            return item
        return item + HEAD_LINES * bisect_right(self._starts, item)

    def heading(self, line: int) -> tuple[int, int, int] | None:
        """Of a heading's line: its first line, its first item's offset, and the album's length."""
        if not self._starts:
            return None
        group = bisect_right(self._heads, line) - 1
        if line - self._heads[group] >= HEAD_LINES:
            return None
        return self._heads[group], self._starts[group], self._lengths[group]
