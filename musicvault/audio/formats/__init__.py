"""The registry of container families. A new one is a module beside these and one line in `FORMATS`."""

from __future__ import annotations

from functools import lru_cache

from musicvault.audio.formats import asf, bare, caf, dsd, flac, matroska, mp4, mpeg, ogg, riff
from musicvault.audio.formats.layout import Format, Source
from musicvault.domain.values import Kind

FORMATS: tuple[Format, ...] = (
    flac.FORMAT,
    mpeg.FORMAT,
    ogg.FORMAT,
    mp4.FORMAT,
    riff.WAVE,
    riff.AIFF,
    riff.AVI,
    bare.WAVPACK,
    bare.TRUEAUDIO,
    bare.MONKEYS,
    bare.MUSEPACK,
    bare.OPTIMFROG,
    bare.TAK,
    bare.AAC,
    bare.AC3,
    bare.DTS,
    dsd.DSF,
    dsd.DSDIFF,
    caf.FORMAT,
    asf.FORMAT,
    matroska.FORMAT,
)

_OTHERS = frozenset(b"xm mod it s3m ra rm amr awb gsm shn la voc w64 au snd".split())
"""Sound that is only known by name: protected as tracks, without an essence."""

_EXTENSIONS = _OTHERS.union(*(each.extensions for each in FORMATS))


def kind_of(name: bytes) -> Kind:
    """Track or companion, by the file name's extension."""
    _, dot, extension = name.rpartition(b".")
    return Kind.TRACK if dot and extension.lower() in _EXTENSIONS else Kind.COMPANION


def recognise(source: Source) -> Format | None:
    """The format by content; the extension breaks ties and decides where no signature is found."""
    return _best(source.head, source.extension)


@lru_cache(maxsize=8)
def _best(head: bytes, extension: bytes) -> Format | None:
    # Cached because essence and tags of one file ask one after the other.
    best, best_score = None, 0
    for each in FORMATS:
        score = each.score(head) + (extension in each.extensions)
        if score > best_score:
            best, best_score = each, score
    return best
