"""What is all that is left of a file, though a drive's own list says that it isn't what it was.

Where a rebuild finds a copy that no list fits, and nothing else of that file, the bytes are kept as they are and said
to be damaged wherever they are given out. The digest that the list states is kept with the finding: bytes that have it
are the right ones, whenever and wherever they turn up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from musicvault.catalog import items, replicas
from musicvault.catalog.database import Catalog
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.domain.events import Event, EventType
from musicvault.domain.proof import Grade
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Examination
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.engine.context import Context

CODE = "drive-list-disagrees"
RIGHT = "as-drive-list"
"""The fact about a file that turned up and has the digest that was stated."""


def evidence(list_name: str, sha256: bytes) -> Evidence:
    """The fact about a copy of which the drive's list states another digest."""
    return Evidence(CODE, {"list": list_name, "sha256": sha256.hex()})


def stated_digest(catalog: Catalog, item: Item) -> bytes | None:
    """The SHA-256 that the item's file had, by a drive's own list, where the catalog has only damaged bytes of it; None
    for all other items."""
    for fact in facts(catalog, item) if item.born_damaged else ():
        if fact.code == CODE:
            return bytes.fromhex(str(fact.values["sha256"]))
    return None


def told(catalog: Catalog, item: Item, where: str) -> Finding | None:
    """The finding to be told beside such an item's file that is given out; None for all other items."""
    if stated_digest(catalog, item) is None:
        return None
    return Finding(item.path, where, Verdict.CORRUPT, tuple(facts(catalog, item)), known=True)


def found_again(ctx: Context, replica: Replica, item: Item, seen: Examination | None, grade: Grade | None) -> bool:
    """Whether a drive's copy, which could not be read when the catalog was rebuilt, turns out to be what the list
    states. Then it is what the item is. A file that stands in the library is the user's: there `adopt` puts it."""
    mine = replicas.in_library(ctx.catalog, item.id)
    if seen is None or replica.role != replicas.CURRENT or mine.state is not ReplicaState.FORGOTTEN:
        return False
    if stated_digest(ctx.catalog, item) != seen.digests.sha256:
        return False
    with ctx.catalog.transaction(ctx.now()) as transaction:
        content_id = items.add_content(transaction, item.id, seen)
        items.make_current(transaction, item, content_id, replace(seen, stat=mine.stat))
        items.set_born_damaged(transaction, item.id, False)
        replicas.clear_born_damaged(transaction, mine.id)
        replicas.set_state(transaction, mine, mine.state)
        replicas.set_rebuilt(transaction, replica, content_id, replica.path, seen.stat, grade)
        transaction.event(
            Event(
                EventType.MODIFICATION,
                item_id=item.id,
                library_id=item.library_id,
                vault_id=replica.vault_id,
                path=item.path,
                detail={
                    "verdict": Verdict.INTACT.value,
                    "evidence": RIGHT,
                    "before": item.content.digests.blake3.hex(),
                    "after": seen.digests.blake3.hex(),
                },
            )
        )
    return True


def facts(catalog: Catalog, item: Item) -> Iterator[Evidence]:
    """What speaks for the damage of such an item."""
    mine = replicas.in_library(catalog, item.id)
    for finding in replicas.findings(catalog, [mine.id]).values():
        yield from finding.evidence
