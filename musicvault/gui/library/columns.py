"""The table's columns: their keys (also the sort keys), headings, widths, and what a cell says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt

from musicvault.domain.paths import display, split
from musicvault.gui import wording
from musicvault.gui.models.library import ItemRow
from musicvault.language import tr


@dataclass(frozen=True, slots=True)
class Column:
    """`stretch`: its share of the spare width (0: fixed). `strong` cells are in the text colour, others muted."""

    key: str
    heading: str
    width: int
    text: Callable[[ItemRow], str]
    stretch: int = 0
    right: bool = False
    shown: bool = True
    strong: bool = False

    @property
    def alignment(self) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if self.right else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


GROUPED = frozenset({"path", "album"})
"""Orders in which albums stay together, so that headings make sense."""


def title_of(row: ItemRow) -> str:
    """The title, or the file's name where there is none."""
    return row.title or display(split(row.path)[1])


def columns() -> tuple[Column, ...]:
    """All columns, in the order in which they are offered."""
    return (
        Column("track", tr("No."), 48, lambda row: row.track.partition("/")[0], right=True),
        Column("title", tr("Title"), 220, title_of, stretch=4, strong=True),
        Column("artist", tr("Artist"), 140, lambda row: row.artist, stretch=3),
        Column("album", tr("Album"), 150, lambda row: row.album, stretch=3),
        Column("year", tr("Year"), 60, lambda row: row.year[:4], shown=False),
        Column("genre", tr("Genre"), 110, lambda row: row.genre, shown=False),
        Column("seconds", tr("Length"), 88, lambda row: wording.clock(row.seconds) if row.seconds else "", right=True),
        Column("format", tr("Format"), 96, lambda row: row.format, shown=False),
        Column("size", tr("Size"), 84, lambda row: wording.size(row.size), right=True, shown=False),
        Column("library", tr("Library"), 110, lambda row: row.library, shown=False),
        Column("added", tr("Added"), 92, lambda row: wording.day(row.added) if row.added else "", shown=False),
        Column("path", tr("Path"), 260, lambda row: display(row.path), shown=False, stretch=3),
        Column("copies", tr("Copies"), 72, _copies, right=True, strong=True),
        Column("state", tr("Proof"), 112, lambda row: wording.proof_pill(row.state, row.proof_days)),
    )


def _copies(row: ItemRow) -> str:
    return f"{row.copies}/{row.wanted}" if row.copies < row.wanted else str(row.copies)


def by_key() -> dict[str, int]:
    return {column.key: index for index, column in enumerate(columns())}
