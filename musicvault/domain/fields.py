"""The names of tag fields, one word each, whatever a format calls them."""

from __future__ import annotations

EDITABLE = ("title", "artist", "album", "albumartist", "track", "disc", "date", "genre", "comment")
"""Fields that `tag --set` writes; `track` and `disc` may be "3" or "3/12"."""

KNOWN = (
    *EDITABLE,
    "composer",
    "conductor",
    "performer",
    "lyricist",
    "label",
    "isrc",
    "catalognumber",
    "barcode",
    "copyright",
    "encodedby",
    "lyrics",
    "rating",
    "playcount",
    "compilation",
    "bpm",
    "musicbrainz_trackid",
    "musicbrainz_albumid",
    "replaygain_track_gain",
    "replaygain_album_gain",
)
"""Fields with one canonical name; all others appear as `raw:` and the format's own key."""

RAW = "raw:"
