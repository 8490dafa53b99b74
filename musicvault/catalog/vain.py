"""Searches for the right bytes that found nothing (`storage.vain`), kept apart from the catalog proper: whoever forgets
them searches once more."""

from __future__ import annotations

from contextlib import suppress

from musicvault.catalog.database import Catalog
from musicvault.errors import VaultError


class SearchedInVain:
    """Those for one content, by its BLAKE3 digest; what was in vain for one content is for all others too. A memory
    that can't be read or written (the disk is full, another process writes for long) keeps nothing from being given
    back: then it is searched for once more."""

    def __init__(self, catalog: Catalog, blake3: bytes) -> None:
        self._catalog = catalog
        self._blake3 = blake3

    def __contains__(self, search: object, /) -> bool:
        with suppress(VaultError):
            return self._catalog.row("SELECT 1 FROM derived.vain WHERE search = ?", (search,)) is not None
        return False

    def add(self, search: bytes, /) -> None:
        """Remember it at once: the same bytes may be asked for again within this run, or it may be killed."""
        with suppress(VaultError), self._catalog.derived() as execute:
            execute("INSERT OR IGNORE INTO derived.vain VALUES(?, ?)", (search, self._blake3))


_SETTLED = """
blake3 NOT IN (SELECT c.blake3 FROM replica r JOIN content c ON c.id = r.content_id
               WHERE r.state <> 'intact' AND r.state <> 'forgotten')
"""


def forget_settled(catalog: Catalog) -> None:
    """Forget the searches for content of which no copy is amiss any more."""
    if catalog.row(f"SELECT 1 FROM derived.vain WHERE {_SETTLED} LIMIT 1") is not None:
        with catalog.derived() as execute:
            execute(f"DELETE FROM derived.vain WHERE {_SETTLED}")
