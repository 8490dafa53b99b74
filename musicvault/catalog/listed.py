"""What should lie on a vault, path by path, with the digests of what each replica should hold. What another computer
wrote stays listed as it is: the user decides about it, no list that is written anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from musicvault.catalog.database import Catalog
from musicvault.domain.paths import join


@dataclass(frozen=True, slots=True)
class Listed:
    """`path` is the stored one, `original` the item's in its library."""

    path: bytes
    blake3: bytes
    sha256: bytes
    size: int
    mtime_ns: int
    slug: str
    original: bytes


_SELECT = """
SELECT r.path, c.blake3, c.sha256, c.size, c.mtime_ns, l.slug, i.folder, i.name
FROM replica r LEFT JOIN finding f ON f.replica_id = r.id AND r.state = 'foreign'
     JOIN content c ON c.id = coalesce(f.observed_id, r.content_id)
     JOIN item i ON i.id = r.item_id JOIN library l ON l.id = i.library_id
"""
_KNOWN_ASIDE = "r.role <> 'current' AND r.state <> 'forgotten'"


def current(catalog: Catalog, vault_id: str) -> Iterator[Listed]:
    """Current copies by stored path, those that are missing or damaged too."""
    return _listed(catalog, _SELECT + " WHERE r.vault_id = ? AND r.role = 'current' ORDER BY r.path", vault_id)


def aside(catalog: Catalog, vault_id: str) -> Iterator[Listed]:
    """Versions and quarantine; bytes in quarantine that couldn't be read have no digest and are left out."""
    return _listed(catalog, f"{_SELECT} WHERE r.vault_id = ? AND {_KNOWN_ASIDE} ORDER BY r.path", vault_id)


def one(catalog: Catalog, replica_id: int) -> Iterator[Listed]:
    """This copy, where it is of one of these."""
    return _listed(catalog, f"{_SELECT} WHERE r.id = ? AND (r.role = 'current' OR {_KNOWN_ASIDE})", replica_id)


def _listed(catalog: Catalog, sql: str, of: str | int) -> Iterator[Listed]:
    for row in catalog.stream(sql, (of,)):
        path, blake3, sha256, size, mtime_ns, slug, folder, name = row
        yield Listed(path, blake3, sha256, size, mtime_ns, slug, join(folder, name))
