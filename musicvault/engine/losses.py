"""What is lost of an item, in bytes and in the time of its sound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress

from musicvault.audio import padding, timing
from musicvault.audio.formats.layout import Source
from musicvault.audio.timing import Span
from musicvault.catalog import contents, findings, items, replicas
from musicvault.catalog.contents import Content
from musicvault.catalog.database import Catalog
from musicvault.catalog.items import Item
from musicvault.catalog.vain import SearchedInVain
from musicvault.domain.damage import Lost
from musicvault.domain.values import Kind
from musicvault.engine.context import Context
from musicvault.engine.places import Reach
from musicvault.engine.sources import Candidate, candidates
from musicvault.errors import ItemError
from musicvault.storage.blocks import Hole
from musicvault.storage.gathering import Gathered, survey
from musicvault.storage.reading import OpenFile

_AT_THE_END = 0.05
"""What is nearer than this (seconds) to the end of the sound lies behind it."""


def losses(
    catalog: Catalog, item: Item, content: Content, copies: Sequence[Candidate], gathered: Gathered
) -> tuple[Lost, ...]:
    """The holes of what was gathered, and when they sound. The copy that gave most tells the times, else the next one;
    where none can be demuxed they are reckoned over the length of the sound."""
    ranked = sorted(range(len(copies)), key=lambda number: -gathered.used[number])
    holes = _lost(gathered.holes, [copies[number].path for number in ranked])
    if item.kind is not Kind.TRACK or not holes:
        return tuple(_without_time(hole) for hole in holes)
    duration = contents.stream(catalog, content.id).duration
    ranges = [(hole.start, hole.end) for hole in holes]
    for number in ranked:
        spans = timing.spans(copies[number].path, ranges)
        if spans is not None:
            return tuple(_at(hole, span, duration) for hole, span in zip(holes, spans, strict=True))
    return tuple(_reckoned(hole, content, duration) for hole in holes)


def _lost(holes: Sequence[Hole], paths: Sequence[bytes]) -> tuple[Hole, ...]:
    """The holes without what reads as zeros where nothing else can stand."""
    for path in paths if any(hole.readable for hole in holes) else ():
        with suppress(ItemError), OpenFile(path) as file:
            spans = padding.zeros(Source(file.read_at, file.stat.size, path))
            if spans:
                return tuple(hole for hole in holes if not _is_padding(hole, spans, file))
    return tuple(holes)


def _is_padding(hole: Hole, spans: Sequence[tuple[int, int]], file: OpenFile) -> bool:
    inside = hole.readable and any(start <= hole.start and hole.end <= stop for start, stop in spans)
    return inside and not file.read_at(hole.start, hole.end - hole.start).strip(b"\0")


def look_into(ctx: Context, reach: Reach, replica_id: int) -> tuple[Lost, ...]:
    """What no copy within reach has of what a replica with a finding should hold, kept with the finding. Reads the
    copies, unless one is whole by all that is known."""
    try:
        replica = replicas.get(ctx.catalog, replica_id)
    except KeyError:
        return ()  # another job put something else in its place
    item, content = items.get(ctx.catalog, replica.item_id), contents.get(ctx.catalog, replica.content_id)
    found = candidates(ctx, reach, content.digests.blake3)
    if not replica.state.is_damage or any(one.is_intact for one in found):
        return ()
    vain = SearchedInVain(ctx.catalog, content.digests.blake3)
    gathered = survey([one.path for one in found], content.digests, checkpoint=ctx.checkpoint, vain=vain)
    lost = () if gathered.whole else losses(ctx.catalog, item, content, found, gathered)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        findings.set_lost(transaction, replica_id, lost)
    return lost


def _without_time(hole: Hole) -> Lost:
    return Lost(hole.start, hole.end, readable=hole.readable)


def _at(hole: Hole, span: Span | None, duration: float) -> Lost:
    if span is None:
        return _without_time(hole)
    begins, ends = span
    if math.isinf(ends):
        if duration and begins >= duration - _AT_THE_END:
            return _without_time(hole)
        ends = max(begins, duration)
    return Lost(hole.start, hole.end, begins, ends, readable=hole.readable)


def _reckoned(hole: Hole, content: Content, duration: float) -> Lost:
    """By the share of the coded sound's bytes; that ends with the file, tags before it."""
    size = content.digests.size
    length = min(size, content.essence.size) if content.essence is not None else size
    if not duration or not length or hole.end <= size - length:
        return _without_time(hole)
    begins, ends = (max(0, at - (size - length)) / length * duration for at in (hole.start, hole.end))
    return Lost(hole.start, hole.end, begins, ends, approximate=True, readable=hole.readable)
