"""Files that took each other's names: "Track 2" is now what was "Track 1", and the other way round.

Each path is known, so each file alone looks like other sound under the same name. Together they are moves: the bytes
say whose file is whose. Only what fits together whole is taken for that: rings of names, and chains that begin with a
name that is gone and end at a new one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from musicvault.catalog import items, renaming, scanned
from musicvault.catalog.scanned import Identity
from musicvault.domain.notices import ItemDone
from musicvault.domain.pairing import Candidate, pair
from musicvault.domain.paths import display
from musicvault.domain.values import Examination
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.engine import recording
from musicvault.engine.looking import ToRead
from musicvault.engine.scanning import Scanning
from musicvault.engine.shelf import Shelf


class Named(NamedTuple):
    """A file that was read, and whose bytes another item should have: `owner` is the item that stood under its name
    (None: a new name), `ticket` its examination on the shelf."""

    file: ToRead
    blake3: bytes
    ticket: int
    owner: int | None


@dataclass(frozen=True, slots=True)
class Settled:
    """`moved`: items that were paired, `taken`: the files (by their place in the list) that they were paired with."""

    moved: frozenset[int]
    taken: frozenset[int]


def rings(gone: Collection[Identity], found: Sequence[Named], displaced: Mapping[int, Identity]) -> dict[int, int]:
    """Which item each file is, as item id to place in `found`: items whose name another file took over, and those that
    are gone. What doesn't fit together whole is left out."""
    candidates = [_candidate(one) for one in (*gone, *displaced.values())]
    files = [Candidate(number, named.file.path, named.blake3, None) for number, named in enumerate(found)]
    matched = {match.gone: match.found for match in pair(candidates, files)}
    while True:
        taken = {found[number].owner for number in matched.values()}
        kept = {
            item_id: number
            for item_id, number in matched.items()
            if (found[number].owner is None or found[number].owner in matched)
            and (item_id not in displaced or item_id in taken)
        }
        if kept == matched:
            break
        matched = kept
    linked = _linked(matched, found, displaced)
    return {item_id: number for item_id, number in matched.items() if item_id in linked}


def _linked(matched: Mapping[int, int], found: Sequence[Named], displaced: Mapping[int, Identity]) -> set[int]:
    """Items that have to do with a name that was taken over; the rest are plain moves, for which there is more to go
    by."""
    return {item for item, number in matched.items() if item in displaced or found[number].owner is not None}


def _candidate(identity: Identity) -> Candidate:
    return Candidate(identity.item_id, identity.path, identity.blake3, None)


def settle(
    run: Scanning, gone: Collection[Identity], found: Sequence[Named], shelf: Shelf[Examination]
) -> Iterator[ItemDone | Settled]:
    """Record who is who, tell it, and give at the end what is settled by that."""
    catalog = run.ctx.catalog
    owners = [named.owner for named in found if named.owner is not None]
    displaced = {identity.item_id: identity for identity in scanned.identities(catalog, owners)}
    matched = rings(gone, found, displaced) if displaced else {}
    if matched and not run.dry_run:
        with catalog.transaction(run.ctx.now()) as transaction:
            known = {item.id: item for item in items.many(catalog, list(matched))}
            renaming.set_aside(transaction, known)  # no two items may bear one name, not even for a moment
            for item_id, number in matched.items():
                seen = shelf.get(found[number].ticket)
                recording.record_move(transaction, known[item_id], found[number].file.path, seen.stat, seen)
    before = {identity.item_id: identity.path for identity in (*gone, *displaced.values())}
    for item_id, number in sorted(matched.items(), key=lambda match: found[match[1]].file.path):
        path = found[number].file.path
        run.counts["moved"] += 1
        run.told.add(item_id)
        evidence = (Evidence("moved-from", {"source": display(before[item_id])}),)
        finding = Finding(path, run.library.name, Verdict.MOVED, evidence)
        yield ItemDone("finding", path, run.library.name, finding=finding)
    yield Settled(frozenset(matched), frozenset(matched.values()))
