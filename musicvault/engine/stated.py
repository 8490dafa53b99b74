"""What a vault itself says that a path should hold: its manifest, overruled by its journal."""

from __future__ import annotations

from musicvault.domain.paths import RelPath
from musicvault.errors import VaultError
from musicvault.storage.vault import bag, manifest
from musicvault.storage.vault.layout import VaultLayout


class Stated:
    """The vault's statements, read whole at the first question (some 200 bytes of memory a file): only a vault with
    mismatches is ever asked."""

    def __init__(self, layout: VaultLayout) -> None:
        self._layout = layout
        self._digests: dict[RelPath, bytes] | None = None

    def sha256(self, stored: RelPath) -> bytes | None:
        """The SHA-256 of the newest statement about a stored path; None where there is none, or where the vault's
        lists are damaged and so say nothing that could be trusted."""
        if self._digests is None:
            self._digests = self._read()
        return self._digests.get(stored)

    def _read(self) -> dict[RelPath, bytes]:
        found: dict[RelPath, bytes] = {}
        try:
            if bag.damaged_lists(self._layout):
                return found
            for entry in manifest.read_entries(self._layout.manifest):
                found[entry.path] = entry.sha256
            for news in (bag.kept_statements(self._layout.kept), bag.statements(self._layout.journal)):
                statements = {**news.payload, **{path: kept and kept.sha256 for path, kept in news.aside.items()}}
                for path, digest in statements.items():
                    if digest:
                        found[path] = digest
                    else:
                        found.pop(path, None)
        except VaultError:
            return {}
        return found
