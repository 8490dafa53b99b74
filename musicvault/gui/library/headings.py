"""What the heading above a folder's files may say: only what is true of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from musicvault.gui.models.library import ItemRow
from musicvault.language import tr

LOOKED_AT = 100
"""So many files of a folder are asked what they share."""


def shared(rows: Sequence[ItemRow]) -> ItemRow:
    """The first track with only the values that all tracks share: a folder of many albums goes by its own name.
    Raises IndexError without rows."""
    tracks = [row for row in rows if not row.companion] or list(rows)
    first = tracks[0]
    if len({row.album for row in tracks}) > 1:
        first = replace(first, album="")
    if len({row.album_artist or row.artist for row in tracks}) > 1:
        first = replace(first, album_artist="", artist=tr("Various artists"))
    if len({row.year for row in tracks}) > 1:
        first = replace(first, year="")
    if len({row.format for row in tracks}) > 1:
        first = replace(first, format="")
    return first
