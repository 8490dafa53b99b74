"""Other people's tag editors, as one: mutagen over every format, without any of MusicVault's own code."""

from __future__ import annotations

import base64
import random
import struct
from pathlib import Path
from typing import Any

import mutagen
from mutagen import apev2, asf, flac, id3, mp4

ID3 = frozenset(("mp1", "mp2", "mp3", "tta", "wav", "aiff", "dsf", "dsdiff"))
VORBIS = frozenset(("flac", "vorbis", "opus", "speex", "oggflac", "theora"))
MP4 = frozenset(("mp4", "alac"))
ASF = frozenset(("asf",))
APE = frozenset(("wavpack", "ape", "musepack", "tak", "optimfrog", "aac", "ac3"))
TAGGABLE = ID3 | VORBIS | MP4 | ASF | APE
PADDABLE = ID3 | VORBIS | MP4 | ASF


class UnfitError(Exception):
    """This file can't have the operation done to it; another of its row may."""


def opened(row: str, path: Path) -> Any:
    """mutagen's object with tags to be edited."""
    try:
        if row in APE:
            try:
                return apev2.APEv2(path)
            except apev2.APENoHeaderError:
                return apev2.APEv2()
        file = mutagen.File(path)
        if file is None or isinstance(file, apev2.APEv2File) != (row in APE):
            raise UnfitError("mutagen doesn't know it")
        if file.tags is None:
            file.add_tags()
    except (mutagen.MutagenError, ValueError, KeyError, IndexError, struct.error) as error:
        raise UnfitError(f"mutagen: {error}") from error
    return file


def save(row: str, path: Path, file: Any, **options: Any) -> None:
    try:
        if row in APE:
            file.save(path)
        else:
            file.save(**options)
    except (mutagen.MutagenError, ValueError, struct.error) as error:
        raise UnfitError(f"mutagen: {error}") from error


def set_texts(row: str, path: Path, **options: Any) -> None:
    """`title` and `comment` from the options, the others go to `save`."""
    file = opened(row, path)
    for field in ("title", "comment", "artist", "date"):
        value = options.pop(field, None)
        if value is not None:
            _set(row, file, field, value)
    save(row, path, file, **options)


_KEYS = {
    "title": ("TIT2", "title", "\xa9nam", "Title", "Title"),
    "artist": ("TPE1", "artist", "\xa9ART", "Author", "Artist"),
    "comment": ("COMM", "comment", "\xa9cmt", "Description", "Comment"),
    "date": ("TDRC", "date", "\xa9day", "WM/Year", "Year"),
}


def _set(row: str, file: Any, field: str, value: str) -> None:
    frame, comment, atom, attribute, item = _KEYS[field]
    if row in ID3:
        if field == "comment":
            file.tags.add(id3.COMM(encoding=3, lang="eng", desc="", text=[value]))
        else:
            file.tags.add(getattr(id3, frame)(encoding=3, text=[value]))
    elif row in VORBIS:
        file.tags[comment] = [value]
    elif row in MP4:
        file.tags[atom] = [value]
    elif row in ASF:
        file.tags[attribute] = [value]
    else:
        file[item] = value


def picture(chance: random.Random, size: int) -> bytes:
    """Bytes that look like a JPEG from outside."""
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + chance.randbytes(size - 13) + b"\xff\xd9"


def set_picture(row: str, path: Path, data: bytes | None) -> None:
    """One front cover, or none."""
    file = opened(row, path)
    if row in ID3:
        file.tags.delall("APIC")
        if data is not None:
            file.tags.add(id3.APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=data))
    elif row == "flac":
        file.clear_pictures()
        if data is not None:
            file.add_picture(_block(data))
    elif row in VORBIS:
        file.tags["metadata_block_picture"] = [] if data is None else [base64.b64encode(_block(data).write()).decode()]
    elif row in MP4:
        file.tags["covr"] = [] if data is None else [mp4.MP4Cover(data, mp4.MP4Cover.FORMAT_JPEG)]
    elif row in ASF:
        head = b"\x03" + struct.pack("<I", len(data or b"")) + "image/jpeg\0\0".encode("utf-16-le")
        picture = asf.ASFByteArrayAttribute  # type: ignore[attr-defined]  # exported by being imported there
        file.tags["WM/Picture"] = [] if data is None else [picture(head + data)]
    elif data is None:
        file.pop("Cover Art (Front)", None)
    else:
        file["Cover Art (Front)"] = apev2.APEValue(b"cover.jpg\0" + data, apev2.BINARY)
    save(row, path, file)


def _block(data: bytes) -> flac.Picture:
    block = flac.Picture()
    block.type, block.mime, block.data = 3, "image/jpeg", data
    return block


def delete(row: str, path: Path) -> None:
    """Remove all tags that mutagen knows of."""
    file = opened(row, path)
    try:
        file.delete(path) if row in APE else file.delete()
    except (mutagen.MutagenError, ValueError, struct.error) as error:
        raise UnfitError(f"mutagen: {error}") from error
