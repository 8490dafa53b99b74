"""Stored paths: where an item lies in a vault, and which item path a stored one stands for.

The escapes are `storage.names`'; here it learns which names are taken. Names that differ only in case or normal form
are kept apart on every drive, so that any drive can be copied to any other.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from musicvault.catalog import lacking
from musicvault.catalog.database import Catalog
from musicvault.catalog.lacking import Child
from musicvault.domain.paths import RelPath, join, split
from musicvault.storage import names
from musicvault.storage.vault.layout import stored_path

_FOLDERS = 512
"""Folders whose names are kept in memory; a batch touches far fewer."""

_OTHER = b"/"
"""Stands for an occupant of the other sort: a folder where a file is to be, or a file where a folder is."""


@dataclass(frozen=True, slots=True)
class _Occupant:
    """`original` is the path in the library, `name` how the last part of it is written on the vault."""

    original: RelPath
    name: bytes
    is_folder: bool


class Naming:
    """Gives stored paths for one vault; remembers those it gave, so that no two files of a batch get one name."""

    def __init__(self, catalog: Catalog, vault_id: str) -> None:
        self._catalog = catalog
        self._vault_id = vault_id
        self._folders: OrderedDict[tuple[str, str], dict[str, _Occupant]] = OrderedDict()

    def target(self, slug: str, path: RelPath, current: RelPath | None) -> RelPath:
        """Where the item should lie: where it lies already, if that name still stands for its path."""
        if current is not None and stands_for(current, path):
            return current
        depth = path.count(b"/")
        safe = names.safe(path, lambda text: self._occupant(slug, text, is_file=text.count("/") == depth)).path
        self._take(slug, safe, path)
        return stored_path(slug, safe)

    def _occupant(self, slug: str, text: str, *, is_file: bool) -> RelPath | None:
        folder, _, name = text.rpartition("/")
        found = self._names(slug, folder).get(name)
        if found is None:
            return None
        return found.original if found.is_folder is not is_file else _OTHER

    def _names(self, slug: str, folder: str) -> dict[str, _Occupant]:
        """By folded name, what lies in a folder (given folded)."""
        key = (slug, folder)
        known = self._folders.get(key)
        if known is None:
            spelled = self._spelled(slug, folder)
            stored = b"data/" + slug.encode("ascii") + (b"/" + spelled if spelled else b"")
            known = {
                names.fold(child.name): _Occupant(
                    _original(join(spelled, child.name), child), child.name, child.is_folder
                )
                for child in lacking.children(self._catalog, self._vault_id, stored)
            }
            self._folders[key] = known
            if len(self._folders) > _FOLDERS:
                self._folders.popitem(last=False)
        self._folders.move_to_end(key)
        return known

    def _spelled(self, slug: str, folder: str) -> RelPath:
        """How a folder (given folded) is written on the vault; anything does for one that isn't there."""
        if not folder:
            return b""
        above, _, name = folder.rpartition("/")
        found = self._names(slug, above).get(name)
        return join(self._spelled(slug, above), found.name if found is not None else name.encode("utf-8", "replace"))

    def _take(self, slug: str, safe: RelPath, path: RelPath) -> None:
        is_folder = False
        while safe:
            folder, name = split(safe)
            self._names(slug, names.fold(folder)).setdefault(names.fold(name), _Occupant(path, name, is_folder))
            safe, path, is_folder = folder, split(path)[0], True


def _original(below: RelPath, child: Child) -> RelPath:
    """Which path of the library a name on the vault stands for. A shortened name can't be turned back: there the item
    that lies under it tells."""
    found = names.original(below)
    if found is not None:
        return found
    return b"/".join(child.item.split(b"/")[: below.count(b"/") + 1])


def stands_for(stored: RelPath, path: RelPath) -> bool:
    """Whether a stored path below `data/` is a name for this path in the library."""
    below = stored.split(b"/", 2)[2]
    found = names.original(below)
    if found is not None:
        return found == path
    # Shortened: the digest in the name is that of the whole original, numbers of twins aside.
    return names.without_numbers(below) == names.without_numbers(names.safe(path).path)
