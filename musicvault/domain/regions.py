"""A region of a library: some of its folders by themselves, and trees with all that lies below them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from musicvault.domain.paths import RelPath, split


@dataclass(frozen=True, slots=True)
class Region:
    """`folders` are meant without their subfolders, `trees` with everything below; `b""` is the library's root. Made by
    `of`, no tree lies in another, and no folder in a tree."""

    folders: frozenset[RelPath] = frozenset()
    trees: frozenset[RelPath] = frozenset()

    @classmethod
    def of(cls, folders: Iterable[RelPath] = (), trees: Iterable[RelPath] = ()) -> Self:
        """The region of these, each named once."""
        wanted = set(trees)
        apart = frozenset(path for path in wanted if not _lies_in(split(path)[0], wanted) or not path)
        return cls(frozenset(path for path in folders if not _lies_in(path, apart)), apart)

    def __bool__(self) -> bool:
        return bool(self.folders or self.trees)

    def __or__(self, other: Region) -> Region:
        return Region.of(self.folders | other.folders, self.trees | other.trees)

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole library."""
        return b"" in self.trees

    def __contains__(self, folder: RelPath) -> bool:
        """Whether this folder's own files belong to it."""
        return folder in self.folders or _lies_in(folder, self.trees)


WHOLE = Region(trees=frozenset({b""}))


def _lies_in(path: RelPath, trees: set[RelPath] | frozenset[RelPath]) -> bool:
    """Whether it is one of the trees, or lies below one."""
    while path not in trees:
        if not path:
            return False
        path = split(path)[0]
    return True
