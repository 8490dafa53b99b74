"""Files that a drive's own list speaks of, and that nobody has had whole since the catalog was rebuilt.

Where a rebuild finds no copy of a file that fits the lists, what is wanted is known all the same: its SHA-256 is
stated. The catalog has that as the item's content (`Digests.is_known` is false), and every copy that is left as a
damaged copy of it. What the copies have together is tried against the digest, now and whenever another copy turns up;
bytes that have it are the right ones, wherever they are found.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from musicvault.audio.formats import kind_of
from musicvault.catalog import contents, findings, replicas
from musicvault.catalog.contents import Content
from musicvault.catalog.database import Catalog
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.catalog.vain import SearchedInVain
from musicvault.domain.events import Event, EventType
from musicvault.domain.paths import split
from musicvault.domain.proof import Grade
from musicvault.domain.values import Examination, Stat, Stream, Wrapper, only_stated
from musicvault.domain.verdict import Evidence, Verdict
from musicvault.engine.context import Context
from musicvault.engine.examine import examine
from musicvault.engine.witnessing import MOST_TRIED, witnessed
from musicvault.errors import ItemError
from musicvault.storage.agreeing import MOST_BYTES, Together, put_together
from musicvault.storage.scratch import scratch_folder
from musicvault.storage.vain import InVain
from musicvault.storage.vault.faults import explained

CODE = "drive-list-disagrees"
RIGHT = "as-drive-list"
"""The fact about a file that turned up and has the digest that was stated."""

SCRATCH = b".musicvault-together-"
"""How the names of the private folders beside the catalog begin."""


def evidence(list_name: str, sha256: bytes) -> Evidence:
    """The fact about a copy of which the drive's list states another digest."""
    return Evidence(CODE, {"list": list_name, "sha256": sha256.hex()})


def stated_digest(item: Item) -> bytes | None:
    """The SHA-256 that the item's file had, by a drive's own list, where nobody has it whole; None for all other
    items."""
    digests = item.content.digests
    return None if digests.is_known else digests.sha256


def facts(catalog: Catalog, item: Item) -> Iterator[Evidence]:
    """What the drives' lists state of such an item."""
    copies = [one.id for one in replicas.of_item(catalog, item.id)]
    for finding in findings.of_many(catalog, copies).values():
        yield from (fact for fact in finding.evidence if fact.code == CODE)


@dataclass(frozen=True, slots=True)
class Best:
    """What copies have together: `seen` as a scan would have described it, with the digests of what it is. Where it
    isn't `whole`, tags and sound are the best guess."""

    together: Together
    seen: Examination | None

    @property
    def whole(self) -> bool:
        return self.together.whole and self.seen is not None


def assembled(
    ctx: Context,
    paths: Sequence[bytes],
    sha256: bytes,
    name: bytes,
    *,
    most: int = MOST_BYTES,
    vain: InVain | None = None,
) -> Best:
    """Put together what these copies have of the file with this digest, in a private folder beside the catalog that is
    gone afterwards; `most` bytes are digested to find it. With `vain` only what is whole is seen: what is in it isn't
    searched for again. Raises NoSpace and the other VaultErrors of the catalog's own disk, Cancelled.
    """
    if not paths:
        return Best(Together(False), None)
    beside = os.fsencode(ctx.catalog.path.parent)
    with explained(beside), scratch_folder(beside, SCRATCH) as folder:
        target = os.path.join(folder, b"file")
        try:
            together = put_together(
                paths, sha256, target, narrow=witnessed, most=most, checkpoint=ctx.checkpoint, vain=vain
            )
        except ItemError:
            return Best(Together(False), None)
        if vain is not None and not together.whole:
            return Best(together, None)
        try:
            seen = examine(target, name=name, checkpoint=ctx.checkpoint).examination
        except ItemError:
            seen = None
    return Best(together, seen)


def stated(best: Examination | None, name: bytes, stat: Stat, sha256: bytes) -> Examination:
    """The examination of a file that nobody has whole: what its list states, described as the best that is left of
    it; `stat` is that of the longest copy."""
    digests = only_stated(stat.size, sha256)
    if best is None:
        return Examination(stat, digests, None, Wrapper(), Stream(), kind_of(name))
    return Examination(stat, digests, None, best.wrapper, best.stream, best.kind, best.problem)


def found_again(ctx: Context, replica: Replica, item: Item, seen: Examination | None, grade: Grade | None) -> bool:
    """Whether a drive's copy, of which only the SHA-256 was known, turns out to be right. Then it is known."""
    content = contents.get(ctx.catalog, replica.content_id)
    if seen is None or content.digests.is_known or content.digests.sha256 != seen.digests.sha256:
        return False
    with ctx.catalog.transaction(ctx.now()) as transaction:
        contents.add(transaction, item.id, seen)
        replicas.set_rebuilt(transaction, replica, content.id, replica.path, seen.stat, grade)
        transaction.event(known_event(item, seen, replica.vault_id))
    return True


def identify(ctx: Context, item: Item, content: Content, paths: Sequence[bytes]) -> bool:
    """Put together what these copies have of a content that was only stated; where they have all of it, it is known
    from then on, and repair can put it in place. Raises as `assembled`."""
    best = _searched(ctx, item, content, paths)
    if not best.whole:
        return False
    assert best.seen is not None
    with ctx.catalog.transaction(ctx.now()) as transaction:
        dated = replace(best.seen, stat=Stat(best.seen.digests.size, content.mtime_ns, 0, 0))
        contents.add(transaction, item.id, dated)
        transaction.event(known_event(item, best.seen, None))
    return True


def could_be_had(ctx: Context, content: Content, paths: Sequence[bytes], item: Item) -> bool:
    """Whether these copies have all of it together, though its blocks don't tell; nothing is recorded. Raises as
    `assembled`."""
    return _searched(ctx, item, content, paths).whole


def _searched(ctx: Context, item: Item, content: Content, paths: Sequence[bytes]) -> Best:
    """As far as a repair searches, too."""
    most = MOST_TRIED if content.digests.is_known else MOST_BYTES
    vain = SearchedInVain(ctx.catalog, content.digests.blake3)
    return assembled(ctx, paths, content.digests.sha256, split(item.path)[1], most=most, vain=vain)


def known_event(item: Item, seen: Examination, vault_id: str | None) -> Event:
    """What was only stated is known."""
    return item.event(
        EventType.MODIFICATION,
        vault_id=vault_id,
        detail={"verdict": Verdict.INTACT.value, "evidence": RIGHT, "after": seen.digests.blake3.hex()},
    )
