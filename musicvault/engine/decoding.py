"""The decode check: is the sound of each track right, not only unchanged?

A stage of its own, resumable at every file: what a decoder said is kept by the digest of the bytes, stamped with the
decoder and its version, so that nothing is tried twice and a stricter decoder of tomorrow may try again. A file that is
what it always was and doesn't decode was born damaged: labelled, protected like any other, no alarm.

Two decoders work at a time; a disk with heads still serves one reader, which brings each file into the page cache.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import NamedTuple

from musicvault.audio import decode
from musicvault.catalog import decodes, search
from musicvault.catalog.decodes import Decoded, Decoder, Unchecked
from musicvault.catalog.items import Item
from musicvault.domain.events import Event, EventType, Outcome
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import display
from musicvault.engine import born_damage, places
from musicvault.engine.context import Context
from musicvault.engine.lanes import Lanes, Reader
from musicvault.engine.places import Place
from musicvault.errors import DriveGone, ItemError
from musicvault.storage.reading import read_ahead
from musicvault.storage.stats import stat_of

JOB = "check"
_PAGE = 500
_DECODERS = 2
_KEPT_AHEAD = 512 << 20
"""Larger files (bytes) are not brought into the cache first: they might push out others that wait there."""


def check(
    ctx: Context,
    *,
    query: str = "",
    library_ids: Sequence[int] | None = None,
    again: bool = False,
    dry_run: bool = False,
) -> Job:
    """Let decoders try the intact tracks of the libraries within reach that none has tried; those that match `query`
    only, where there is one. With `again` also those that another version of a decoder tried than the one at hand.

    Counts: `decoded`, `clean`, `broken`, `undecided`, `failed`, `bytes`. A library that was named and isn't there is
    told, and DriveGone raised at the end. With `dry_run` nothing is decoded or written: `decoded` and `bytes` are what
    would have to be.
    """
    reach = places.reachable(ctx)
    wanted = list(reach.names) if library_ids is None else list(library_ids)
    chosen = [reach.libraries[key] for key in wanted if isinstance(key, int) and key in reach.libraries]
    away = [] if library_ids is None else [reach.away[key] for key in wanted if key in reach.away]
    for reason in away:
        yield ItemDone("failed", b"", problem=reason)
    run = _Check(ctx, chosen, query, decode.decoders() if again else None)
    yield from run.foreseen() if dry_run else run.work()
    yield Finished(JOB, dict(run.counts), 3 if run.counts["failed"] else 0)
    if away:
        raise DriveGone(away[0])


def result(ctx: Context, item: Item) -> Decoded | None:
    """What a decoder said of an item's current content; None where none has tried it."""
    return decodes.load(ctx.catalog, item.content.digests.blake3)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the decode check is: different contents that a decoder tried, and files that it rejected."""

    checked: int
    broken: int


NOTHING_TRIED = Progress(0, 0)


def progress(ctx: Context, tracks: int) -> Progress:
    """For `status`. Contents of superseded versions were tried too: no more than the `tracks` are counted."""
    found = decodes.counts(ctx.catalog)
    broken = sum(len(decodes.with_content(ctx.catalog, one)) for one in decodes.broken(ctx.catalog))
    return Progress(min(sum(found.values()), tracks), broken)


class _Task(NamedTuple):
    track: Unchecked
    path: bytes
    reading: threading.Lock | None


class _Tried(NamedTuple):
    track: Unchecked
    found: decode.Decode | ItemError | None


class _Check:
    """The work of one check."""

    def __init__(self, ctx: Context, chosen: Sequence[Place], query: str, decoders: Collection[Decoder] | None) -> None:
        self.counts: Counter[str] = Counter({"decoded": 0, "clean": 0, "broken": 0, "failed": 0, "bytes": 0})
        self._ctx = ctx
        self._places = {place.library.id: place for place in chosen if place.library is not None}
        self._decoders = decoders
        self._scope = search.item_ids(ctx.catalog, query, now=ctx.now()) if query.strip() else None

    def work(self) -> Iterator[Notice]:
        files, size = self._amount()
        yield Started(JOB, "", files, size)
        for digest in decodes.broken(self._ctx.catalog):  # bytes that were met again since, or a run that was killed
            yield from born_damage.label(self._ctx, digest)
        lanes = Lanes(_try, self._ctx.checkpoint)
        try:
            for group in places.by_device(self._places.values()):
                lanes.add(self._feed(group), _DECODERS)
            for results in lanes.results():
                for tried in results:
                    yield from self._take(tried)
                current = display(results[-1].track.path) if results else ""
                yield Advanced(self.counts["decoded"] + self.counts["failed"], lanes.bytes, current)
        finally:
            lanes.close()
            self.counts["bytes"] += lanes.bytes
            self._record()

    def foreseen(self) -> Iterator[Notice]:
        """Only count what `work` would have decoded."""
        for track in self._unchecked(list(self._places)):
            self.counts["decoded"] += 1
            self.counts["bytes"] += track.size
        yield from ()

    def _amount(self) -> tuple[int, int | None]:
        if self._scope is None:
            return decodes.amount(self._ctx.catalog, list(self._places), self._decoders)
        return len(self._scope), None

    def _feed(self, group: Sequence[Place]) -> Iterator[tuple[_Task, int]]:
        reading = threading.Lock() if group[0].volume.rotational else None
        ids = [place.library.id for place in group if place.library is not None]
        for track in self._unchecked(ids):
            path = self._places[track.library_id].path(track.path)
            yield _Task(track, path, reading), track.size

    def _unchecked(self, library_ids: Sequence[int]) -> Iterator[Unchecked]:
        catalog = self._ctx.catalog
        if self._scope is None:
            after = 0
            while page := decodes.unchecked(catalog, library_ids, _PAGE, after, self._decoders):
                yield from page
                after = page[-1].item_id
            return
        for start in range(0, len(self._scope), _PAGE):
            among = decodes.unchecked_among(catalog, self._scope[start : start + _PAGE], self._decoders)
            yield from (track for track in among if track.library_id in library_ids)

    def _take(self, tried: _Tried) -> Iterator[Notice]:
        track, found = tried
        if found is None:
            return  # not the bytes that the catalog knows: the next scan will tell
        if isinstance(found, ItemError):
            self.counts["failed"] += 1
            where = self._places[track.library_id].name
            yield ItemDone("failed", track.path, where, problem=found.problem)
            return
        said = Decoded(found.outcome, found.tool, found.version, found.detail, self._ctx.now())
        decodes.save(self._ctx.catalog, track.blake3, said)
        self.counts["decoded"] += 1
        self.counts["undecided" if said.outcome == "unknown" else said.outcome] += 1
        if said.outcome == "broken":
            yield from born_damage.label(self._ctx, track.blake3)
        else:
            born_damage.clear(self._ctx, track.blake3)

    def _record(self) -> None:
        """One event for all that was tried; each file that doesn't decode has its own."""
        if not self.counts["decoded"]:
            return
        with self._ctx.catalog.transaction(self._ctx.now()) as transaction:
            outcome = Outcome.WARNING if self.counts["broken"] else Outcome.SUCCESS
            transaction.event(Event(EventType.VALIDATION, outcome, detail=dict(self.counts)))


# -- in the lanes


def _try(task: _Task, reader: Reader) -> _Tried:
    """Have one file decoded. None where it isn't what the catalog knows, before or after."""
    reader.checkpoint()
    track = task.track
    if not _is_as_scanned(task):
        return _Tried(track, None)
    try:
        found: decode.Decode | ItemError = _decoded(task, reader)
    except ItemError as error:
        found = error
    reader.on_bytes(track.size)
    return _Tried(track, found if _is_as_scanned(task) else None)


def _decoded(task: _Task, reader: Reader) -> decode.Decode:
    with task.reading or nullcontext():
        if task.reading is not None and task.track.size <= _KEPT_AHEAD:
            read_ahead(task.path, checkpoint=reader.checkpoint)
    found = decode.check(task.path, checkpoint=reader.checkpoint)
    if found.outcome == "broken":
        read_ahead(task.path, checkpoint=reader.checkpoint)  # decoders take a read error for a fault of the file (M2)
    return found


def _is_as_scanned(task: _Task) -> bool:
    try:
        stat = stat_of(task.path)
    except OSError:
        return False
    return (stat.size, stat.mtime_ns) == (task.track.size, task.track.mtime_ns)
