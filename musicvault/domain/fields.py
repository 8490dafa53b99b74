"""The names of tag fields, one word each, whatever a format calls them."""

from __future__ import annotations

from musicvault.domain.marks import MARKS

EDITABLE = ("title", "artist", "album", "albumartist", "track", "disc", "date", "genre", "comment")
"""Fields that `tag --set` writes; `track` and `disc` may be "3" or "3/12"."""

SETTABLE = (*EDITABLE, *MARKS)
"""Those, and a track's rating (in stars, 0 to 5) and play count."""

RAW = "raw:"
"""Before the key of a format for which there is no canonical name. Ratings keep the scale of their format (0 to 255 in
ID3, 0.0 to 1.0 for FMPS, 0 to 100 or 1 to 5 elsewhere): they are evidence, not opinion."""

UNPARSED = RAW + "unparsed"
"""Stands among the fields where tags could not be read to their end ("tags") or a file says it is longer ("length")."""
