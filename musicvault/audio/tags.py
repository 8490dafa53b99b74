"""Reading what surrounds the sound: one `Wrapper` out of all the tags that a file carries."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from musicvault.audio import solidity, structure
from musicvault.audio.bounded import BoundedBytes, BoundedFile
from musicvault.audio.containers import READERS
from musicvault.audio.formats import recognise
from musicvault.audio.formats.layout import Format, ReadAt, Source, positioned
from musicvault.audio.schemes import ape, id3
from musicvault.audio.schemes.gathering import Gathered, Pictured, guarded
from musicvault.domain.fields import RAW, UNPARSED
from musicvault.domain.paths import display
from musicvault.domain.values import Stream, Wrapper
from musicvault.errors import ItemError, reason_of

_LARGEST_TAG = 1 << 28
_ID3_FIRST = frozenset(("mpeg", "tta", "aac", "ac3"))
_SILENT = frozenset((RAW + "vendor", RAW + "id3", UNPARSED, "encoder", "encodedby"))


@dataclass(frozen=True, slots=True)
class TagReading:
    """What a file's wrapper says. `problem` tells in words what could not be read, else it is empty."""

    stream: Stream = field(default_factory=Stream)
    wrapper: Wrapper = field(default_factory=Wrapper)
    problem: str = ""


def read(path: bytes, data: bytes | None = None) -> TagReading:
    """All tags of a file and what it claims about its sound. Bad content is told in `problem`, never raised.

    `data` may be the whole content of a small file that was just read: then it isn't opened again.
    Raises ItemError ("read") where the file can't be opened or read.
    """
    try:
        if data is not None:
            return _read(BoundedBytes(data), lambda at, length: data[at : at + length], len(data), path)
        raw = io.FileIO(os.fsdecode(path))
        size = os.fstat(raw.fileno()).st_size
        with BoundedFile(raw, size) as file:
            return _read(file, positioned(file), size, path)
    except OSError as error:
        raise ItemError(display(path), "read", reason_of(error)) from error


def pictures(path: bytes) -> dict[bytes, bytes]:
    """The embedded pictures' bytes by their short digests (`Picture.digest`), as far as they can be read; bounded.

    Raises ItemError ("read") where the file can't be opened or read.
    """
    gathered = Pictured()
    try:
        raw = io.FileIO(os.fsdecode(path))
        size = os.fstat(raw.fileno()).st_size
        with BoundedFile(raw, size) as file:
            _read(file, positioned(file), size, path, gathered)
    except OSError as error:
        raise ItemError(display(path), "read", reason_of(error)) from error
    return gathered.pictured


def _read(file: BinaryIO, read_at: ReadAt, size: int, path: bytes, gathered: Gathered | None = None) -> TagReading:
    source = Source(read_at, size, path.rpartition(b"/")[2])
    found = recognise(source)
    gathered = Gathered() if gathered is None else gathered
    problems: list[str] = []
    stream = _container(found, source, file, gathered, problems)
    _surrounding(found, source, file, gathered, problems)
    if found is not None and problems:
        gathered.add(UNPARSED, "tags")
    if found is not None and structure.is_cut(found.name, source):
        gathered.add(UNPARSED, "length")
    if _needs_container_metadata(found, gathered, problems, size):
        from musicvault.audio import container_metadata

        stream = container_metadata.fill_in(path, stream, gathered)
    if not size:
        problems = ["the file is empty"]
    solid = solidity.solid(found, source)
    return TagReading(stream, gathered.wrapper(solid), "; ".join(dict.fromkeys(problems)))


def _container(found: Format | None, source: Source, file: BinaryIO, gathered: Gathered, problems: list[str]) -> Stream:
    if found is None:
        problems.append("not a known audio format")
        return Stream()
    reader = READERS.get(found.name)
    if reader is None:
        return Stream(container=found.name)
    streams: list[Stream] = []
    file.seek(0)
    problem = guarded(lambda: streams.append(reader(source, file, gathered)))
    if problem:
        problems.append(problem)
    return streams[0] if streams else Stream(container=found.name)


def _surrounding(found: Format | None, source: Source, file: BinaryIO, gathered: Gathered, problems: list[str]) -> None:
    """Tags around the file, in the order in which its format prefers them; the first fills `gathered` itself."""
    id3_first = found is None or found.name in _ID3_FIRST
    for scheme in ("id3", "ape") if id3_first else ("ape", "id3"):
        own = type(gathered)()
        readers = _id3_readers(source, file, own) if scheme == "id3" else _ape_readers(source, own)
        for reader in readers:
            problem = guarded(reader)
            if problem:
                problems.append(problem)
        gathered.join(scheme, own)
    for tag in source.trailing:
        if tag.kind == "id3v1":
            # Beside an ID3v2 tag this one is not looked at, but a tagger may have written it alone.
            _id3v1(source.read_at(tag.stop - 128, 128), gathered)


def _id3_readers(source: Source, file: BinaryIO, own: Gathered) -> list[Callable[[], None]]:
    if not source.start and not any(tag.kind == "id3v1" for tag in source.trailing):
        return []
    return [lambda: _read_id3(source, file, own)]


def _read_id3(source: Source, file: BinaryIO, own: Gathered) -> None:
    id3.prepare(source.read_at(0, source.start))
    file.seek(0)
    id3.read(id3.load(file), own)


def _ape_readers(source: Source, own: Gathered) -> list[Callable[[], None]]:
    return [
        partial(ape.read, source.read_at(tag.start, tag.stop - tag.start), own)
        for tag in source.trailing
        if tag.kind == "ape" and tag.stop - tag.start <= _LARGEST_TAG
    ]


def _id3v1(tag: bytes, gathered: Gathered) -> None:
    texts = (tag[3:33], tag[33:63], tag[63:93], tag[93:97], tag[97:127])
    parts = [text.decode("latin-1").rstrip("\0 ").replace("\0", " ") for text in texts]
    gathered.add_raw("id3v1", "|".join((*parts, str(tag[127]))))


def _needs_container_metadata(found: Format | None, gathered: Gathered, problems: list[str], size: int) -> bool:
    """Only where nothing else spoke: the container's own demuxer is slow to ask."""
    if not size or set(gathered.fields) - _SILENT:
        return False
    return found is None or found.name not in READERS or bool(problems)
