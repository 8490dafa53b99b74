"""Colour and weight on a terminal, plain text elsewhere and under NO_COLOR. Colour never says anything alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """Words dressed for the terminal."""

    terminal: bool

    def strong(self, text: str) -> str:
        return self._dressed(text, "1")

    def quiet(self, text: str) -> str:
        return self._dressed(text, "2")

    def good(self, text: str) -> str:
        return self._dressed(text, "32")

    def short(self, text: str) -> str:
        return self._dressed(text, "33")

    def bad(self, text: str) -> str:
        return self._dressed(text, "1;31")

    def tone(self, text: str, tone: str) -> str:
        """By the tone of a status sentence: good, short, damaged or away."""
        dress = {"good": self.good, "short": self.short, "damaged": self.bad, "away": self.quiet}.get(tone)
        return dress(text) if dress else text

    def _dressed(self, text: str, code: str) -> str:
        if not self.terminal or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return text
        return f"\x1b[{code}m{text}\x1b[0m"


def table(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset(), indent: str = "  ") -> list[str]:
    """Rows with their columns aligned (`right`: those aligned at the right); wide characters count as two."""
    widths = [max(width_of(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    lines = []
    for row in rows:
        cells = []
        for column, cell in enumerate(row):
            space = " " * (widths[column] - width_of(cell))
            cells.append(space + cell if column in right else cell + space)
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines


def width_of(text: str) -> int:
    """Columns that the text takes on a terminal."""
    if text.isascii():
        return len(text)
    import unicodedata

    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)
