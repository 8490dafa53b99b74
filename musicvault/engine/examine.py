"""Reading one file once and learning everything from it: digests, essence, tags.

`examine` only reads, and is picklable, so that a scan runs on any `concurrent.futures` executor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from musicvault.audio import decode, essence, tags
from musicvault.audio.formats import kind_of
from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.domain.paths import split
from musicvault.domain.proof import Grade
from musicvault.domain.values import Examination, Kind, Stream, Wrapper
from musicvault.domain.verdict import Decode
from musicvault.errors import ItemError
from musicvault.storage.reading import OpenFile


@dataclass(frozen=True, slots=True)
class Examined:
    """An examination, and how good a proof its read was (None: the page cache may have answered)."""

    examination: Examination
    grade: Grade | None


def examine(
    path: bytes,
    *,
    name: bytes | None = None,
    from_device: bool = False,
    checkpoint: Checkpoint = never_stops,
    on_bytes: Callable[[int], None] | None = None,
) -> Examined:
    """Read the file at `path` once; `name` is what it will be called where it isn't that yet.

    Raises ItemError, UnstableError, Cancelled.
    """
    name = name or split(path)[1]
    kind = kind_of(name)
    with OpenFile(path) as file:
        reader = essence.begin(file.read_at, file.stat.size, name) if kind is Kind.TRACK else None
        reading = file.read(
            reader.feed if reader is not None else None,
            from_device=from_device,
            keep_small=kind is Kind.TRACK,
            checkpoint=checkpoint,
            on_bytes=on_bytes,
        )
    if reader is None:
        return Examined(Examination(reading.stat, reading.digests, None, Wrapper(), Stream(), kind), reading.grade)
    found = tags.read(path, reading.content)
    sound = reader.finish()
    problem = found.problem if sound is None or not found.stream.container else ""
    return Examined(
        Examination(reading.stat, reading.digests, sound, found.wrapper, found.stream, kind, problem), reading.grade
    )


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file of a batch has no examination. `unstable`: it changed while it was read."""

    cause: str
    offset: int | None
    unstable: bool
    gone: bool


def examine_batch(paths: Sequence[bytes]) -> list[Examined | Failure]:
    """Examine small files one after the other; a failure takes its file's place."""
    return [examine_or_failure(path) for path in paths]


def examine_or_failure(
    path: bytes, checkpoint: Checkpoint = never_stops, on_bytes: Callable[[int], None] | None = None
) -> Examined | Failure:
    """Like `examine`, with an ItemError as a value that can cross a process boundary."""
    try:
        return examine(path, checkpoint=checkpoint, on_bytes=on_bytes)
    except ItemError as error:
        return failure(error)


def failure(error: ItemError) -> Failure:
    from musicvault.errors import UnstableError

    gone = isinstance(error.__cause__, FileNotFoundError)
    return Failure(error.cause, error.offset, isinstance(error, UnstableError), gone)


def strict_decode(path: bytes) -> Decode:
    """What a strict decoder says of the whole file (a child process with a time limit)."""
    return Decode(decode.check(path).outcome)
