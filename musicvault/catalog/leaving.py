"""What would be left of each item without one drive, and which copies on a drive are overdue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from musicvault.catalog.database import Catalog
from musicvault.domain.paths import join
from musicvault.domain.policy import DAY
from musicvault.domain.proof import Grade


@dataclass(frozen=True, slots=True)
class Places:
    """Libraries and vaults, by their ids."""

    libraries: Sequence[int] = ()
    vaults: Sequence[str] = ()

    @property
    def hold(self) -> str:
        """SQL: whether they have a good copy of the item `i`."""
        where = f"(s.vault_id IN ({_marks(self.vaults)}) OR s.vault_id IS NULL AND i.library_id IN "
        return (
            "EXISTS(SELECT 1 FROM replica s WHERE s.item_id = i.id AND s.role = 'current' AND s.state = 'intact'"
            f" AND s.content_id = i.content_id AND {where}({_marks(self.libraries)})))"
        )

    @property
    def parameters(self) -> tuple[object, ...]:
        return (*self.vaults, *self.libraries)


@dataclass(frozen=True, slots=True)
class Other:
    """A good copy elsewhere: `vault_id` is None for the library's own file of `library_id`."""

    replica_id: int
    vault_id: str | None
    library_id: int
    proven_at: float | None
    grade: Grade | None


@dataclass(frozen=True, slots=True)
class Held:
    """An item of which a drive has a copy, and its good copies elsewhere."""

    item_id: int
    rule_id: int
    path: bytes
    size: int
    blake3: bytes
    others: tuple[Other, ...]


_HELD = """
SELECT i.id, i.rule_id, i.folder, i.name, c.size, c.blake3, i.library_id, o.id, o.vault_id, o.proven_at, o.grade
FROM replica r JOIN item i ON i.id = r.item_id JOIN library l ON l.id = i.library_id
     JOIN content c ON c.id = i.content_id
     LEFT JOIN replica o ON o.item_id = i.id AND o.role = 'current' AND o.state = 'intact'
          AND o.content_id = i.content_id AND o.vault_id IS NOT r.vault_id
WHERE r.vault_id = ? AND r.role = 'current' AND r.state <> 'missing' AND i.forgotten_at IS NULL
      AND l.removed_at IS NULL
ORDER BY r.item_id
"""


def held_by(catalog: Catalog, vault_id: str) -> Iterator[Held]:
    """Every item that a drive has a copy of, in whatever state."""
    held: Held | None = None
    for row in catalog.stream(_HELD, (vault_id,)):
        if held is None or held.item_id != row[0]:
            if held is not None:
                yield held
            held = Held(row[0], row[1], join(row[2], row[3]), row[4], row[5], ())
        if row[7] is not None:
            other = Other(row[7], row[8], row[6], row[9], None if row[10] is None else Grade(row[10]))
            held = Held(held.item_id, held.rule_id, held.path, held.size, held.blake3, (*held.others, other))
    if held is not None:
        yield held


def kept(catalog: Catalog, vault_id: str) -> int:
    """How many older versions and things put aside a drive holds, which no other drive has."""
    return int(catalog.value("SELECT count(*) FROM replica WHERE vault_id = ? AND role <> 'current'", (vault_id,)))


def overdue(catalog: Catalog, vault_id: str, now: float) -> int:
    """How many copies on a drive have no proof that is as young as their rule wants."""
    days = [row[0] for row in catalog.rows("SELECT DISTINCT proof_days FROM rule")]
    where = "r.vault_id = ? AND r.role = 'current' AND r.state = 'intact'"
    # An index answers alone for what is too old, or unproven, by every rule, and reads only that.
    count = f"SELECT count(*) FROM replica r WHERE {where} AND r.proven_at"
    oldest, youngest = (now - amount * DAY for amount in (max(days), min(days)))
    found = int(catalog.value(f"SELECT ({count} IS NULL) + ({count} < ?)", (vault_id, vault_id, oldest)))
    if oldest == youngest:
        return found
    between = (
        "SELECT count(*) FROM replica r CROSS JOIN item i ON i.id = r.item_id CROSS JOIN rule u ON u.id = i.rule_id"
        f" WHERE {where} AND r.proven_at >= ? AND r.proven_at < ? AND r.proven_at < ? - u.proof_days * {DAY}"
    )
    return found + int(catalog.value(between, (vault_id, oldest, youngest, now)))


def rebuildable(catalog: Catalog, places: Places, but: Places) -> int:
    """Of how many damaged items these places have a good copy, and those in `but` have none."""
    return int(
        catalog.value(
            "SELECT count(*) FROM item i WHERE i.forgotten_at IS NULL AND i.standing = 'damaged' AND i.sources > 0"
            " AND i.library_id IN (SELECT id FROM library WHERE removed_at IS NULL)"
            f" AND {places.hold} AND NOT {but.hold}",
            (*places.parameters, *but.parameters),
        )
    )


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
