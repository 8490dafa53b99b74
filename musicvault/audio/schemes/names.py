"""One table of field names: what each tagging scheme calls a field. The first key of a scheme is the one written.

Sources: Picard's tag mapping appendix, the field names of beets' MediaFile, Hydrogenaudio's tag mapping page.
"""

from __future__ import annotations

from dataclasses import dataclass

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A canonical field and its keys. ID3 keys are frame names, or `TXXX:` and a description; MP4 keys starting
    with a colon are iTunes free-form names; ASF, APE and Vorbis keys compare without case."""

    field: str
    id3: Keys = ()
    vorbis: Keys = ()
    mp4: Keys = ()
    ape: Keys = ()
    asf: Keys = ()
    riff: Keys = ()


NAMES: tuple[Name, ...] = (
    Name("title", ("TIT2",), ("title",), ("©nam",), ("Title",), ("Title",), ("INAM", "NAME")),
    Name("artist", ("TPE1",), ("artist",), ("©ART",), ("Artist",), ("Author",), ("IART", "AUTH")),
    Name("album", ("TALB",), ("album",), ("©alb",), ("Album",), ("WM/AlbumTitle",), ("IPRD",)),
    Name(
        "albumartist",
        ("TPE2",),
        ("albumartist", "album artist", "album_artist"),
        ("aART",),
        ("Album Artist", "AlbumArtist"),
        ("WM/AlbumArtist",),
    ),
    Name("date", ("TDRC",), ("date", "year"), ("©day",), ("Year", "Date"), ("WM/Year", "Date"), ("ICRD",)),
    Name("genre", ("TCON",), ("genre",), ("©gen", "gnre"), ("Genre",), ("WM/Genre",), ("IGNR",)),
    Name(
        "comment",
        ("COMM",),
        ("comment", "description"),
        ("©cmt",),
        ("Comment",),
        ("Description", "WM/Comments"),
        ("ICMT", "ANNO"),
    ),
    Name("composer", ("TCOM",), ("composer",), ("©wrt",), ("Composer",), ("WM/Composer",), ("IMUS",)),
    Name("conductor", ("TPE3",), ("conductor",), (":CONDUCTOR",), ("Conductor",), ("WM/Conductor",)),
    Name("performer", (), ("performer",), (":PERFORMER",), ("Performer",), ("WM/Performer",)),
    Name("lyricist", ("TEXT",), ("lyricist",), (":LYRICIST",), ("Lyricist",), ("WM/Writer",), ("IWRI",)),
    Name("arranger", ("TXXX:ARRANGER",), ("arranger",), (":ARRANGER",), ("Arranger",), ("WM/Arranger",)),
    Name("remixer", ("TPE4",), ("remixer",), (":REMIXER",), ("MixArtist",), ("WM/ModifiedBy",)),
    Name(
        "label",
        ("TPUB",),
        ("label", "organization", "publisher"),
        (":LABEL", "©pub"),
        ("Label", "Publisher"),
        ("WM/Publisher", "LABEL"),
        ("IPUB",),
    ),
    Name("isrc", ("TSRC",), ("isrc",), (":ISRC",), ("ISRC",), ("WM/ISRC",), ("ISRC",)),
    Name(
        "catalognumber",
        ("TXXX:CATALOGNUMBER",),
        ("catalognumber",),
        (":CATALOGNUMBER",),
        ("CatalogNumber",),
        ("WM/CatalogNo",),
    ),
    Name("barcode", ("TXXX:BARCODE",), ("barcode",), (":BARCODE",), ("Barcode",), ("WM/Barcode",)),
    Name("copyright", ("TCOP",), ("copyright",), ("cprt",), ("Copyright",), ("Copyright",), ("ICOP", "(c) ")),
    Name("encodedby", ("TENC",), ("encodedby", "encoded-by"), ("©too",), ("EncodedBy",), ("WM/EncodedBy",)),
    Name("encoder", ("TSSE",), ("encoder",), (":ENCODER",), ("Encoder",), ("WM/EncodingSettings",), ("ISFT",)),
    Name("lyrics", ("USLT",), ("lyrics", "unsyncedlyrics"), ("©lyr",), ("Lyrics",), ("WM/Lyrics",)),
    Name("grouping", ("TIT1",), ("grouping",), ("©grp",), ("Grouping",), ("WM/ContentGroupDescription",)),
    Name("subtitle", ("TIT3",), ("subtitle",), (":SUBTITLE",), ("Subtitle",), ("WM/SubTitle",)),
    Name(
        "discsubtitle",
        ("TSST",),
        ("discsubtitle",),
        (":DISCSUBTITLE",),
        ("DiscSubtitle",),
        ("WM/SetSubTitle",),
    ),
    Name(
        "originaldate",
        ("TDOR",),
        ("originaldate", "originalyear"),
        (":ORIGINALDATE", ":ORIGINAL YEAR"),
        ("ORIGINALDATE", "ORIGINALYEAR"),
        ("WM/OriginalReleaseYear",),
    ),
    Name("language", ("TLAN",), ("language",), (":LANGUAGE",), ("Language",), ("WM/Language",), ("ILNG",)),
    Name("media", ("TMED",), ("media",), (":MEDIA",), ("Media",), ("WM/Media",), ("IMED",)),
    Name("mood", ("TMOO",), ("mood",), (":MOOD",), ("Mood",), ("WM/Mood",)),
    Name("key", ("TKEY",), ("key", "initialkey"), (":initialkey",), ("KEY",), ("WM/InitialKey",)),
    Name("titlesort", ("TSOT",), ("titlesort",), ("sonm",), ("TITLESORT",), ("WM/TitleSortOrder",)),
    Name("artistsort", ("TSOP",), ("artistsort",), ("soar",), ("ARTISTSORT",), ("WM/ArtistSortOrder",)),
    Name("albumsort", ("TSOA",), ("albumsort",), ("soal",), ("ALBUMSORT",), ("WM/AlbumSortOrder",)),
    Name(
        "albumartistsort",
        ("TSO2", "TXXX:ALBUMARTISTSORT"),
        ("albumartistsort",),
        ("soaa",),
        ("ALBUMARTISTSORT",),
        ("WM/AlbumArtistSortOrder",),
    ),
    Name("composersort", ("TSOC",), ("composersort",), ("soco",), ("COMPOSERSORT",), ("WM/ComposerSortOrder",)),
    Name(
        "rating",
        ("POPM", "TXXX:FMPS_Rating"),
        ("rating", "fmps_rating"),
        (":RATING", ":FMPS_Rating", "rate"),
        ("Rating", "FMPS_RATING"),
        ("WM/SharedUserRating", "FMPS/Rating"),
    ),
    Name(
        "playcount",
        ("PCNT", "TXXX:FMPS_Playcount"),
        ("playcount", "fmps_playcount"),
        (":PLAYCOUNT", ":FMPS_Playcount"),
        ("PlayCount", "FMPS_PLAYCOUNT"),
        ("FMPS/Playcount", "PLAYCOUNT"),
    ),
    Name("compilation", ("TCMP",), ("compilation",), ("cpil",), ("Compilation",), ("WM/IsCompilation",)),
    Name("bpm", ("TBPM",), ("bpm",), ("tmpo",), ("BPM",), ("WM/BeatsPerMinute", "BPM")),
    Name(
        "musicbrainz_trackid",
        ("UFID:http://musicbrainz.org",),
        ("musicbrainz_trackid",),
        (":MusicBrainz Track Id",),
        ("MUSICBRAINZ_TRACKID",),
        ("MusicBrainz/Track Id",),
    ),
    *(
        Name(
            f"musicbrainz_{word}id",
            (f"TXXX:MusicBrainz {title} Id",),
            (f"musicbrainz_{word}id",),
            (f":MusicBrainz {title} Id",),
            (f"MUSICBRAINZ_{word.upper()}ID",),
            (f"MusicBrainz/{title} Id",),
        )
        for word, title in (
            ("releasetrack", "Release Track"),
            ("album", "Album"),
            ("releasegroup", "Release Group"),
            ("artist", "Artist"),
            ("albumartist", "Album Artist"),
            ("work", "Work"),
        )
    ),
    Name("acoustid_id", ("TXXX:Acoustid Id",), ("acoustid_id",), (":Acoustid Id",), ("ACOUSTID_ID",), ("Acoustid/Id",)),
    *(
        Name(word, (f"TXXX:{word}",), (word,), (f":{word}",), (word,), (word,))
        for word in (
            "replaygain_track_gain",
            "replaygain_track_peak",
            "replaygain_album_gain",
            "replaygain_album_peak",
        )
    ),
)
"""All fields but `track` and `disc`, whose totals each scheme keeps in its own way."""


def lookup(scheme: str) -> dict[str, tuple[str, int]]:
    """Key, case folded, to its field and rank (0 is the key that is written) for one scheme."""
    return {key.casefold(): (name.field, rank) for name in NAMES for rank, key in enumerate(getattr(name, scheme))}


def written(scheme: str) -> dict[str, Keys]:
    """Field to its keys, the one that is written first."""
    return {name.field: getattr(name, scheme) for name in NAMES if getattr(name, scheme)}
