"""Is a vault whole by its own lists? The tests' quick look: names only, no payload is read (that is `verify`).

*Complete* is not *valid* (RFC 8493, section 3): whether the bytes are right is for a scrub.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.domain.paths import RelPath, join
from musicvault.storage.vault.bag import damaged_lists, kept_statements, statements
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.journal import read_lines
from musicvault.storage.vault.layout import INCOMING, QUARANTINE, VERSIONS, VaultLayout, is_aside, is_payload
from musicvault.storage.vault.manifest import read_entries
from musicvault.storage.vault.records import FoldMark, Record
from musicvault.storage.vault.tagfiles import MANIFEST


@dataclass(frozen=True, slots=True)
class Structure:
    """What a look at the names found. All paths are stored paths, sorted.

    `missing`: listed and not there. `extra`: there (also links and other things that are no files) and not listed.
    `unreadable`: folders that could not be listed; nothing below them is called missing. `damaged`: lists that are not
    what was written last; with the manifest among them, missing and extra stay empty, for want of a measure.
    `leftovers`: what interrupted work left in `incoming/`. `unfolded`: journal records since the last fold.
    """

    missing: tuple[RelPath, ...] = ()
    extra: tuple[RelPath, ...] = ()
    unreadable: tuple[RelPath, ...] = ()
    damaged: tuple[RelPath, ...] = ()
    leftovers: tuple[RelPath, ...] = ()
    unfolded: int = 0
    half_line: bool = False
    fold_begun: bool = False

    @property
    def complete(self) -> bool:
        """Everything listed is there, nothing else is, and all of it could be seen."""
        return not (self.missing or self.extra or self.unreadable or self.damaged)


@dataclass(slots=True)
class _Tree:
    files: set[RelPath] = field(default_factory=set)
    unreadable: list[RelPath] = field(default_factory=list)


def check_structure(layout: VaultLayout, checkpoint: Checkpoint = never_stops) -> Structure:
    """Compare a vault's names with its manifest, kept list and journal (the newest statement wins).

    Names that differ only in Unicode's normal form count as the same (HFS+ changes it). Raises `VaultError` where
    the lists can't be read, and what `checkpoint` raises.
    """
    lines = list(read_lines(layout.journal))
    damaged = damaged_lists(layout)
    tree = _Tree()
    for top in (b"data", VERSIONS, QUARANTINE):
        _walk(layout, top, tree, checkpoint)
    incoming = _Tree()
    _walk(layout, INCOMING, incoming, checkpoint)
    if MANIFEST in damaged:
        missing, extra = set[RelPath](), set[RelPath]()
    else:
        missing, extra = _compare(_expected(layout), tree)
    return Structure(
        missing=tuple(sorted(missing)),
        extra=tuple(sorted(extra)),
        unreadable=tuple(sorted(tree.unreadable + incoming.unreadable)),
        damaged=damaged,
        leftovers=tuple(sorted(incoming.files)),
        unfolded=sum(isinstance(line.statement, Record) for line in lines),
        half_line=any(line.half for line in lines),
        fold_begun=any(isinstance(line.statement, FoldMark) for line in lines),
    )


def _expected(layout: VaultLayout) -> set[RelPath]:
    expected = {entry.path for entry in read_entries(layout.manifest)}
    kept, news = kept_statements(layout.kept), statements(layout.journal)
    for path, statement in [*kept.aside.items(), *news.payload.items(), *news.aside.items()]:
        (expected.discard if statement is None else expected.add)(path)
    return {path for path in expected if is_payload(path) or is_aside(path)}


def _compare(expected: set[RelPath], tree: _Tree) -> tuple[set[RelPath], set[RelPath]]:
    missing, extra = expected - tree.files, tree.files - expected
    here = {_normal(path): path for path in extra}
    for path in list(missing):
        twin = here.get(_normal(path))
        if twin is not None:
            missing.discard(path)
            extra.discard(twin)
    hidden = tuple(folder + b"/" for folder in tree.unreadable)
    return {path for path in missing if not path.startswith(hidden)}, extra


def _normal(path: RelPath) -> str:
    return unicodedata.normalize("NFC", path.decode("utf-8", "surrogateescape"))


def _walk(layout: VaultLayout, top: RelPath, tree: _Tree, checkpoint: Checkpoint) -> None:
    folders = [top]
    while folders:
        folder = folders.pop()
        checkpoint()
        try:
            for entry in _listed(layout.path(folder)):
                path = join(folder, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                else:
                    tree.files.add(path)
        except FileNotFoundError:
            if folder == top:
                with explained(layout.root):
                    os.lstat(layout.root)  # a drive that is gone is no empty folder
        except OSError:
            tree.unreadable.append(folder)


def _listed(folder: bytes) -> Iterator[os.DirEntry[bytes]]:
    with os.scandir(folder) as entries:
        yield from entries
