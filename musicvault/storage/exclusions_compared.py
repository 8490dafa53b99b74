"""What other exclusions would make of a library: the files that would be left out, and those that would come in.

One walk with the patterns that both lists have sees all that either sees; each file is then asked of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from musicvault.domain.paths import RelPath, join, split
from musicvault.storage.exclusions import Rules, rules
from musicvault.storage.walk import walk


class Turned(NamedTuple):
    """A file that only one of two lists leaves out. `leaves`: that is the new one."""

    path: RelPath
    leaves: bool


def turned(root: bytes, before: Sequence[str], after: Sequence[str]) -> Iterator[Turned]:
    """The files that `after` treats otherwise than `before`, as they lie there now. What can't be listed is passed
    over."""
    common = [pattern for pattern in before if pattern in after]
    old, new = _Within(rules(tuple(before))), _Within(rules(tuple(after)))
    for folder in walk(root, common):
        without, within = old.leaves_out(folder.path), new.leaves_out(folder.path)
        for entry in folder.files:
            was = without or old.rules.of_file(folder.path, entry.name) is not None
            will_be = within or new.rules.of_file(folder.path, entry.name) is not None
            if was is not will_be:
                yield Turned(join(folder.path, entry.name), will_be)


class _Within:
    """Which folders one list leaves out, asked from the root downwards."""

    def __init__(self, known: Rules) -> None:
        self.rules = known
        self._out: set[RelPath] = set()

    def leaves_out(self, folder: RelPath) -> bool:
        parent, name = split(folder)
        out = bool(folder) and (parent in self._out or self.rules.of_folder(parent, name) is not None)
        if out:
            self._out.add(folder)
        return out
