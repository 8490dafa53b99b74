"""The names of tag fields, one word each, whatever a format calls them."""

from __future__ import annotations

from musicvault.domain.marks import MARKS

EDITABLE = ("title", "artist", "album", "albumartist", "track", "disc", "date", "genre", "comment")
"""Fields that `tag --set` writes; `track` and `disc` may be "3" or "3/12"."""

SETTABLE = (*EDITABLE, *MARKS)
"""Those, and a track's rating (in stars, 0 to 5) and play count."""

KNOWN = (
    *EDITABLE,
    "composer",
    "conductor",
    "performer",
    "lyricist",
    "arranger",
    "remixer",
    "label",
    "isrc",
    "catalognumber",
    "barcode",
    "copyright",
    "encodedby",
    "encoder",
    "lyrics",
    "grouping",
    "subtitle",
    "discsubtitle",
    "originaldate",
    "language",
    "media",
    "mood",
    "key",
    "titlesort",
    "artistsort",
    "albumsort",
    "albumartistsort",
    "composersort",
    "rating",
    "playcount",
    "compilation",
    "bpm",
    "musicbrainz_trackid",
    "musicbrainz_releasetrackid",
    "musicbrainz_albumid",
    "musicbrainz_releasegroupid",
    "musicbrainz_artistid",
    "musicbrainz_albumartistid",
    "musicbrainz_workid",
    "acoustid_id",
    "replaygain_track_gain",
    "replaygain_track_peak",
    "replaygain_album_gain",
    "replaygain_album_peak",
)
"""Fields with one canonical name; all others appear as `raw:` and the format's own key. Ratings keep the scale
of their format (0 to 255 in ID3, 0.0 to 1.0 for FMPS, 0 to 100 or 1 to 5 elsewhere): they are evidence, not opinion."""

RAW = "raw:"

UNPARSED = RAW + "unparsed"
"""Stands among the fields where tags could not be read to their end ("tags") or a file says it is longer ("length")."""
