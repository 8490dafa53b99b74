"""What is all that is left of a file, though a drive's own list says that it isn't what it was.

Where a rebuild finds a copy that no list fits, and nothing else of that file, the bytes are kept as they are and said
to be damaged wherever they are given out. The digest that the list states is kept with the finding: bytes that have it
are the right ones, whenever and wherever they turn up.
"""

from __future__ import annotations

from collections.abc import Iterator

from musicvault.catalog import replicas
from musicvault.catalog.database import Catalog
from musicvault.catalog.items import Item
from musicvault.domain.verdict import Evidence, Finding, Verdict

CODE = "drive-list-disagrees"
RIGHT = "as-drive-list"
"""The fact about a file that turned up and has the digest that was stated."""


def evidence(list_name: str, sha256: bytes) -> Evidence:
    """The fact about a copy of which the drive's list states another digest."""
    return Evidence(CODE, {"list": list_name, "sha256": sha256.hex()})


def stated_digest(catalog: Catalog, item: Item) -> bytes | None:
    """The SHA-256 that the item's file had, by a drive's own list, where the catalog has only damaged bytes of it; None
    for all other items."""
    for fact in _facts(catalog, item) if item.born_damaged else ():
        if fact.code == CODE:
            return bytes.fromhex(str(fact.values["sha256"]))
    return None


def told(catalog: Catalog, item: Item, where: str) -> Finding | None:
    """The finding to be told beside such an item's file that is given out; None for all other items."""
    if stated_digest(catalog, item) is None:
        return None
    return Finding(item.path, where, Verdict.CORRUPT, tuple(_facts(catalog, item)), known=True)


def _facts(catalog: Catalog, item: Item) -> Iterator[Evidence]:
    mine = replicas.in_library(catalog, item.id)
    for finding in replicas.findings(catalog, [mine.id]).values():
        yield from finding.evidence
