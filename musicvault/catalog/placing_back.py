"""What a rebuild asks of the catalog and writes into it, path by path of a vault."""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.catalog import libraries, replicas
from musicvault.catalog.database import Catalog, Transaction
from musicvault.catalog.libraries import NOWHERE, Library
from musicvault.domain.paths import RelPath, split
from musicvault.domain.proof import Grade
from musicvault.domain.values import Stat, stand_in


@dataclass(frozen=True, slots=True)
class Known:
    """A replica at a stored path, the SHA-256 of what it should hold, and whether it was missing when last looked
    for."""

    replica_id: int
    sha256: bytes
    missing: bool


def known(catalog: Catalog, vault_id: str, path: RelPath) -> Known | None:
    """What the catalog has at a stored path of a vault."""
    row = catalog.row(
        "SELECT r.id, c.sha256, r.state = 'missing' FROM replica r JOIN content c ON c.id = r.content_id"
        " WHERE r.vault_id = ? AND r.path = ? LIMIT 1",
        (vault_id, path),
    )
    return None if row is None else Known(row[0], row[1], bool(row[2]))


def has_item(catalog: Catalog, library_id: int, path: RelPath) -> bool:
    """Whether the library has an item at this path."""
    sql = "SELECT 1 FROM item WHERE library_id = ? AND folder = ? AND name = ?"
    return catalog.row(sql, (library_id, *split(path))) is not None


def holders(catalog: Catalog, vault_id: str, library_id: int, blake3: bytes) -> list[tuple[int, RelPath]]:
    """Items of a library whose current copy on a vault should hold these bytes, and where it is said to lie."""
    rows = catalog.rows(
        "SELECT i.id, r.path FROM content c JOIN replica r ON r.content_id = c.id JOIN item i ON i.id = r.item_id"
        " WHERE c.blake3 = ? AND r.vault_id = ? AND r.role = 'current' AND i.library_id = ? ORDER BY i.id",
        (blake3, vault_id, library_id),
    )
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True, slots=True)
class KnownContent:
    """`only_stated`: nobody has had these bytes whole."""

    content_id: int
    size: int
    only_stated: bool


def content_of(catalog: Catalog, slug: str, path: RelPath, sha256: bytes) -> KnownContent | None:
    """The content with this digest, among those that the item at this path of a library ever had."""
    row = catalog.row(
        "SELECT c.id, c.size, c.blake3 FROM library l JOIN item i ON i.library_id = l.id"
        " JOIN content c ON c.item_id = i.id WHERE l.slug = ? AND i.folder = ? AND i.name = ? AND c.sha256 = ?",
        (slug, *split(path), sha256),
    )
    return None if row is None else KnownContent(row[0], row[1], row[2] == stand_in(sha256))


def expected(catalog: Catalog, slug: str, path: RelPath) -> bytes | None:
    """The SHA-256 of the current content of the item at this path of a library; None where there is no such item."""
    found: bytes | None = catalog.value(
        "SELECT c.sha256 FROM library l JOIN item i ON i.library_id = l.id JOIN content c ON c.id = i.content_id"
        " WHERE l.slug = ? AND i.folder = ? AND i.name = ?",
        (slug, *split(path)),
    )
    return found


def library_id(catalog: Catalog, slug: str) -> int | None:
    """The id of the library with this slug, None where there is none."""
    found: int | None = catalog.value("SELECT id FROM library WHERE slug = ?", (slug,))
    return found


def library(transaction: Transaction, catalog: Catalog, slug: str) -> Library:
    """The library with this slug; where there is none, one without a place. Only its slug is known then."""
    row = transaction.execute("SELECT id, removed_at FROM library WHERE slug = ?", (slug,)).fetchone()
    if row is None:
        taken = transaction.execute("SELECT 1 FROM library WHERE name = ?", (slug,)).fetchone()
        name = f"{slug} ({slug})" if taken else slug
        library_id = libraries.add(transaction, name, slug, b"(unknown)/" + slug.encode("ascii"), NOWHERE)
    else:
        library_id = int(row[0])
        if row[1] is not None:
            transaction.execute("UPDATE library SET removed_at = NULL WHERE id = ?", (library_id,))
    found = libraries.by_id(catalog, library_id)
    assert found is not None
    return found


def replicas_on(catalog: Catalog, vault_id: str) -> list[int]:
    return [row[0] for row in catalog.rows("SELECT id FROM replica WHERE vault_id = ?", (vault_id,))]


def stand(
    transaction: Transaction,
    catalog: Catalog,
    vault_id: str,
    item_id: int,
    content_id: int,
    path: RelPath,
    stat: Stat,
    role: str,
    grade: Grade | None,
    kept_until: float | None,
) -> int:
    """A copy of this content stands at this path of the vault; gives the replica's id. The item's one current copy
    there is brought up to date, further ones are added."""
    before = replicas.in_vault(catalog, vault_id, item_id) if role == replicas.CURRENT else None
    if before is None:
        before = _at(catalog, vault_id, item_id, path, role)
    if before is None:
        return replicas.add(
            transaction, item_id, vault_id, content_id, path, stat, role=role, grade=grade, kept_until=kept_until
        )
    replicas.set_rebuilt(transaction, before, content_id, path, stat, grade)
    return before.id


def _at(catalog: Catalog, vault_id: str, item_id: int, path: RelPath, role: str) -> replicas.Replica | None:
    row = catalog.row(
        "SELECT id FROM replica WHERE vault_id = ? AND path = ? AND item_id = ? AND role = ?",
        (vault_id, path, item_id, role),
    )
    return None if row is None else replicas.get(catalog, row[0])


def contents_stated(catalog: Catalog, content_ids: set[int]) -> dict[int, tuple[float, bool]]:
    """Of each content: since when it is known, and whether something says that it was superseded: the catalog before,
    or a vault that keeps it as a version."""
    found = {}
    for content_id in content_ids:
        row = catalog.row(
            "SELECT since, superseded_at IS NOT NULL OR EXISTS("
            "SELECT 1 FROM replica r WHERE r.content_id = content.id AND r.role = 'version')"
            " FROM content WHERE id = ?",
            (content_id,),
        )
        if row is not None:
            found[content_id] = (row[0], bool(row[1]))
    return found


def supersede_others(transaction: Transaction) -> None:
    """Every content that no item holds as its current one is a version."""
    transaction.execute(
        "UPDATE content SET superseded_at = ? WHERE superseded_at IS NULL"
        " AND id <> (SELECT content_id FROM item WHERE item.id = content.item_id)",
        (transaction.now,),
    )
