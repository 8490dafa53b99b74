"""How two versions of a file differ: in sectors (a short damaged run in place is no new version), and in what a person
asks for: fields, pictures, seconds."""

from __future__ import annotations

import os

from musicvault.audio import difference
from musicvault.catalog import contents, findings, replicas
from musicvault.catalog.contents import Content
from musicvault.catalog.items import Item
from musicvault.catalog.libraries import Library
from musicvault.domain.comparison import Comparison, Seconds, field_changes, pictures_only_in
from musicvault.domain.notices import Checkpoint
from musicvault.domain.values import MIB, Wrapper
from musicvault.domain.verdict import Sectors, bad_blocks
from musicvault.engine import sources
from musicvault.engine.context import Context
from musicvault.engine.places import Reach
from musicvault.errors import ItemError
from musicvault.storage.reading import OpenFile

SECTOR = 4096


def sectors(path: bytes, proven: bytes, checkpoint: Checkpoint) -> Sectors | None:
    """Compare two files of one size sector by sector; None where one can't be read or the sizes differ."""
    found: list[int] = []
    try:
        with OpenFile(path) as one, OpenFile(proven) as other:
            size = one.stat.size
            if size != other.stat.size:
                return None
            for start in range(0, size, MIB):
                checkpoint()
                found += _differing(one.read_at(start, MIB), other.read_at(start, MIB), start // SECTOR)
    except ItemError:
        return None
    return Sectors(len(found), found[0], found[-1], -(-size // SECTOR)) if found else None


def _differing(left: bytes, right: bytes, first: int) -> list[int]:
    """The numbers of the sectors that differ; `first` is that of the first one."""
    if left == right:
        return []
    starts = range(0, len(left), SECTOR)
    return [first + at // SECTOR for at in starts if left[at : at + SECTOR] != right[at : at + SECTOR]]


# -- two versions of one item


def held(ctx: Context, reach: Reach, item: Item, library: Library, *, listen: bool = True) -> Comparison | None:
    """What stands in the library instead of the item's proven content, compared with that; None where nothing else was
    seen there. With `listen` both files are read where the sound differs; writes nothing."""
    replica = replicas.in_library(ctx.catalog, item.id)
    stored = findings.of(ctx.catalog, replica.id)
    if stored is None or stored.observed_id is None:
        return None
    seen = contents.get(ctx.catalog, stored.observed_id)
    there = stands_at(reach, item, library) if listen else None
    proven = proven_at(ctx, reach, item.content)
    return compare(ctx, item.content, seen, None if proven is None else proven[0], there)


def compare(ctx: Context, before: Content, after: Content, old: bytes | None, new: bytes | None) -> Comparison:
    """Two recorded contents of one item. `old` and `new` are files that hold them, for the seconds that differ; None
    where there is none within reach."""
    one, other = contents.wrapper(ctx.catalog, before.id), contents.wrapper(ctx.catalog, after.id)
    tags = _is_described(before, one) == _is_described(after, other)
    if not tags:
        one = other = Wrapper()
    sound = None
    if before.essence is not None and after.essence is not None:
        sound = before.essence != after.essence
    blocks = bad_blocks(before.digests, after.digests) if before.digests.blocks and after.digests.blocks else ()
    seconds = gone = None
    if sound is not False and old is not None and new is not None:
        parts = difference.differing(old, new)
        if parts is not None:
            seconds, gone = (tuple(Seconds(*span) for span in spans) for spans in parts)
    return Comparison(
        field_changes(one, other),
        pictures_only_in(one, other),
        pictures_only_in(other, one),
        sound,
        before.digests.size,
        after.digests.size,
        blocks,
        seconds,
        gone,
        tags,
    )


def _is_described(content: Content, wrapper: Wrapper) -> bool:
    """Whether somebody has looked into it: of damaged bytes that were set aside nobody has."""
    return content.essence is not None or wrapper != Wrapper()


def stands_at(reach: Reach, item: Item, library: Library) -> bytes | None:
    """The path of an item in its library; None while that isn't connected."""
    return os.path.join(library.root, item.path) if library.id in reach.libraries else None


def proven_at(ctx: Context, reach: Reach, content: Content) -> tuple[bytes, str] | None:
    """A copy on a drive that is right by all that is known, and the drive's label."""
    found = sources.candidates(ctx, reach, content.digests.blake3)
    return next(((one.path, one.where) for one in found if one.is_intact and one.replica.vault_id is not None), None)
