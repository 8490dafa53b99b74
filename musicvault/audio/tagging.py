"""Writing tags into a private copy of a file. The coded audio is never touched; the caller proves that by the essence.

Whatever schemes a file carries are edited alike, so that no player shows the old values. A file without any tag gets
the one that its format is known for. ID3v2.3 stays 2.3. mutagen writes in place and not atomically (its issue
241): that is why only copies that will then take a file's place are given to this module.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, BinaryIO

from musicvault.audio.containers import ogg_class, own_id3
from musicvault.audio.formats import recognise, riff
from musicvault.audio.formats.layout import Format, Source, positioned
from musicvault.audio.schemes import ape, asf, chunks, id3, mp4, vorbis
from musicvault.domain.fields import SETTABLE
from musicvault.domain.paths import display
from musicvault.errors import ItemError, reason_of
from musicvault.language import tr

Edits = Mapping[str, tuple[str, ...]]
_Writer = Callable[[BinaryIO, Source, Edits], None]

_ID3_AROUND = frozenset(("mpeg", "tta"))
_APE_AROUND = frozenset(("wavpack", "ape", "musepack", "optimfrog", "tak", "aac", "ac3"))


def write(path: bytes, edits: Edits) -> None:
    """Set canonical fields in place; an empty tuple removes a field, fields not named stay as they are.

    Raises ItemError ("tag") where the format holds no tags, the tag that is there is damaged, or a value doesn't
    fit the format (MP4 keeps numbers only); the copy may then be half written and is to be thrown away.
    """
    shown = display(path)
    wrong = sorted(set(edits) - set(SETTABLE))
    if wrong:
        raise ItemError(shown, "tag", tr("there is no field {name}", name=wrong[0]))
    try:
        with open(path, "rb+") as file:
            _edit(file, path, edits)
    except OSError as error:
        raise ItemError(shown, "tag", reason_of(error)) from error
    except ItemError as error:
        raise ItemError(shown, "tag", error.cause) from error
    except Exception as error:  # mutagen's parsers fail in every way on damaged files
        raise ItemError(shown, "tag", f"{type(error).__name__}: {error}"[:300]) from error


def _edit(file: BinaryIO, path: bytes, edits: Edits) -> None:
    size = os.fstat(file.fileno()).st_size
    source = Source(positioned(file), size, path.rpartition(b"/")[2])
    found = recognise(source)
    if found is None or not size:
        raise ItemError("", "tag", tr("this format holds no tags that can be written"))
    for writer in _writers(found, source):
        file.seek(0)
        writer(file, source, edits)
        file.flush()


def _writers(found: Format, source: Source) -> list[_Writer]:
    """One for each scheme that the file carries, at least the one of its format.

    APE first: its offsets count from the end of the file, and what ID3 does in front doesn't move those.
    """
    kinds = {tag.kind for tag in source.trailing}
    has_id3 = source.start > 0 or "id3v1" in kinds
    has_ape = "ape" in kinds
    native = _NATIVE.get(found.name)
    if native is not None:
        return [*([_id3] if has_id3 and found.name == "flac" else []), native]
    if found.name in _ID3_AROUND:
        has_id3 = has_id3 or not has_ape
    elif found.name in _APE_AROUND:
        has_ape = has_ape or not has_id3
    else:
        raise ItemError("", "tag", tr("this format holds no tags that can be written"))
    return [*([_ape] if has_ape else []), *([_id3] if has_id3 else [])]


def _id3(file: BinaryIO, source: Source, edits: Edits) -> None:
    id3.prepare(source.read_at(0, source.start))
    tags = id3.load(file)
    id3.edit(tags, edits)
    file.seek(0)
    id3.save(tags, file)


def _ape(file: BinaryIO, source: Source, edits: Edits) -> None:
    start = stop = next((tag.start for tag in source.trailing if tag.kind == "id3v1"), source.size)
    for tag in source.trailing:
        if tag.kind == "ape":
            start, stop = tag.start, tag.stop
            break
    behind = source.read_at(stop, source.size - stop)
    new = ape.edited(source.read_at(start, stop - start), edits)
    file.seek(start)
    file.write(new + behind)
    file.truncate()


def _class(file: BinaryIO, source: Source, edits: Edits, name: str, edit: Callable[[Any, Edits], None]) -> None:
    """Containers with tags of their own: open, edit and save through mutagen's class."""
    module, _, kind = name.partition(":")
    opened = getattr(import_module(module), kind)(file)
    _change(opened, file, edits, edit)


def _ogg(file: BinaryIO, source: Source, edits: Edits) -> None:
    kind, _ = ogg_class(source)
    _change(kind(file), file, edits, vorbis.edit)


def _change(opened: Any, file: BinaryIO, edits: Edits, edit: Callable[[Any, Edits], None]) -> None:
    if opened.tags is None:
        opened.add_tags()
    edit(opened.tags, edits)
    file.seek(0)
    opened.save(file)


def _riff(file: BinaryIO, source: Source, edits: Edits, name: str, order: riff.Order) -> None:
    """The ID3 chunk, and the file's own text chunks where they say something else."""
    texts: list[tuple[int, bytes]] = []
    for chunk, body, end in riff.chunks(source, order):
        if body + int.from_bytes(source.read_at(body - 4, 4), order) > source.size:
            # What is appended would count as sound.
            raise ItemError("", "tag", tr("the file is cut short or doesn't state its length"))
        if chunks.is_text(chunk) and end - body <= chunks.LARGEST:
            content = source.read_at(body, end - body)
            texts += [(body + at, new) for at, new in chunks.patches(chunk, content, edits)]
    for position, new in texts:
        file.seek(position)
        file.write(new)
    file.seek(0)
    _id3_chunk(file, source, edits, name)


def _id3_chunk(file: BinaryIO, source: Source, edits: Edits, name: str) -> None:
    """WAV, AIFF, DSF and DSDIFF keep ID3 in a chunk."""
    id3.prepare(own_id3(source))
    module, _, kind = name.partition(":")
    opened = getattr(import_module(module), kind)(file)
    if opened.tags is None:
        opened.add_tags()
    id3.edit(opened.tags, edits)
    file.seek(0)
    id3.save(opened.tags, file)


_NATIVE: dict[str, _Writer] = {
    "flac": partial(_class, name="mutagen.flac:FLAC", edit=vorbis.edit),
    "mp4": partial(_class, name="mutagen.mp4:MP4", edit=mp4.edit),
    "asf": partial(_class, name="mutagen.asf:ASF", edit=asf.edit),
    "ogg": _ogg,
    "wave": partial(_riff, name="mutagen.wave:WAVE", order="little"),
    "aiff": partial(_riff, name="mutagen.aiff:AIFF", order="big"),
    "dsf": partial(_id3_chunk, name="mutagen.dsf:DSF"),
    "dsdiff": partial(_id3_chunk, name="mutagen.dsdiff:DSDIFF"),
}
