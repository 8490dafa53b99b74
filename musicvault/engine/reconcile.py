"""After a crash, a full disk or a pulled plug: finish or undo what an intent says had begun (crash table of format.md).

Idempotent, only for what the process has locked, never in commands that only read. A copy on a vault goes forward
wherever its bytes are whole, else back to what stood there before; the vault's journal tells which lines were written.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from musicvault.catalog import intents, items, replicas
from musicvault.catalog.intents import Intent
from musicvault.catalog.libraries import Library
from musicvault.catalog.placing_back import known
from musicvault.domain.paths import RelPath, split
from musicvault.domain.values import Digests
from musicvault.engine import placing, rebuilding, renaming, replacing, retention
from musicvault.engine.context import Context
from musicvault.engine.locating import Presence
from musicvault.engine.opened import OpenVault, claimed
from musicvault.engine.parity import sets
from musicvault.engine.placing import Aside, Move, Source, Wanted
from musicvault.engine.steady import steadily
from musicvault.errors import ItemError
from musicvault.storage import durable, traits
from musicvault.storage.reading import Reading, read_file
from musicvault.storage.vault import bag
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.journal import read_lines
from musicvault.storage.vault.layout import INCOMING, version_path
from musicvault.storage.vault.records import Operation, Record


def reconcile_library(ctx: Context, library: Library) -> None:
    """Settle interrupted work on a library's own files, under its lock. Costs one query where there is none."""
    for intent in intents.pending(ctx.catalog, library_id=library.id):
        if intent.operation == replacing.OPERATION:
            replacing.settle(ctx, library, intent)
        elif intent.operation == "repair":
            rebuilding.finish_or_undo(ctx, library, intent)


def reconcile_vault(ctx: Context, presence: Presence) -> None:
    """Settle interrupted work on a vault that can be written, under its catalog lock, and fold what its journal holds.
    Costs one query and one look at the journal where there is nothing to do. Raises VaultError."""
    if presence.root is None or not presence.writable:
        return
    if not intents.pending(ctx.catalog, vault_id=presence.vault.id) and not _has_journal(presence.root):
        return
    with claimed(ctx, presence) as vault:
        settle(vault)
        vault.fold()


def _has_journal(root: bytes) -> bool:
    with suppress(OSError):
        return os.stat(os.path.join(root, b"musicvault/journal")).st_size > 0
    return False


def settle(vault: OpenVault) -> None:
    """Settle every pending intent of an open vault, oldest first, and clear `incoming/` of what nobody names."""
    for intent in intents.pending(vault.ctx.catalog, vault_id=vault.id):
        if intent.operation == "copy":
            _settle_copy(vault, intent)
        elif intent.operation == "rename":
            _settle_rename(vault, intent)
        elif intent.operation == retention.OPERATION:
            _settle_removal(vault, intent)
        elif intent.operation == sets.OPERATION:
            sets.settle(vault, intent)
    _clear_incoming(vault)


def _clear_incoming(vault: OpenVault) -> None:
    traits.clear(vault.layout.root)
    with explained(vault.layout.incoming), suppress(FileNotFoundError):
        sets.clear_work(vault)
        left = [INCOMING + b"/" + name for name in os.listdir(vault.layout.incoming)]
        if not left:
            return
        named = bag.statements(vault.layout.journal).aside
        for stored in left:
            if named.get(stored) is None:
                with suppress(OSError):
                    os.unlink(vault.layout.path(stored))


class _Spoken(list[Record]):
    """What the journal says since a generation began, oldest first. `doubtful`: it is damaged, so that it may have said
    more."""

    def __init__(self, vault: OpenVault, generation: int) -> None:
        super().__init__()
        self.doubtful = False
        for line in read_lines(vault.layout.journal):
            if isinstance(line.statement, Record) and line.statement.generation >= generation:
                self.append(line.statement)
            self.doubtful = self.doubtful or (line.statement is None and not line.half)


# -- copies


def _settle_copy(vault: OpenVault, intent: Intent) -> None:
    files: Any = intent.detail["files"]
    lines = _Spoken(vault, int(str(intent.detail["generation"])))
    moves = [move for file in files if (move := _Interrupted(vault, file, lines).settle()) is not None]
    placing.commit(vault, moves, intent.id)


class _Interrupted:
    """One file of an interrupted batch."""

    def __init__(self, vault: OpenVault, file: Mapping[str, Any], lines: _Spoken) -> None:
        self._vault = vault
        self._layout = vault.layout
        self._partial: RelPath = file["partial"].encode("ascii")
        self._target: RelPath = file["target"].encode("utf-8")
        self._wanted = _wanted(vault, file, self._target)
        old = self._wanted.old
        sources = {self._target} | ({old.path} if old is not None else set())
        self._put = next(
            (
                line
                for line in reversed(lines)
                if line.path == self._target and line.operation in (Operation.PUT, Operation.REPLACE)
            ),
            None,
        )
        self._aside_lines = [
            line
            for line in lines
            if line.operation in (Operation.VERSION, Operation.QUARANTINE)
            and line.source in sources
            and line.original == self._wanted.item.path
        ]
        self._doubtful = lines.doubtful

    def settle(self) -> Move | None:
        """The move to be committed; None where the copy didn't come about."""
        if self._doubtful and self._put is None and not self._aside_lines:
            self._state_again()
        if self._put is None and not self._aside_lines:
            durable.remove(self._layout.path(self._partial))
            return None
        asides = [
            Aside(
                replicas.VERSION if line.operation is Operation.VERSION else replicas.QUARANTINE,
                line.source,
                line.path,
                _digests(line),
                line.essence,
                line.mtime_ns,
            )
            for line in self._aside_lines
        ]
        placed = self._reads_right(self._target)
        if placed is not None and not self._still_old(asides):
            durable.remove(self._layout.path(self._partial))
            return self._stated(self._move(placed, asides))
        staged = self._reads_right(self._partial)
        if staged is not None:
            return self._forward(self._move(staged, asides))
        self._back(asides)
        return None

    def _state_again(self) -> None:
        """The journal has lost lines: what stands on the drive shows whether it had spoken. Nothing moves before it
        does, so an old version that lies aside, or the new bytes under their name, are its word."""
        vault, old = self._vault, self._wanted.old
        content = None if old is None else items.content(vault.ctx.catalog, old.content_id)
        if old is not None and content is not None and not self._is(old.path, content.digests):
            for attempt in range(1, _ATTEMPTS):
                path = version_path(content.digests.blake3, split(old.path)[1], attempt)
                if self._is(path, content.digests) and known(vault.ctx.catalog, vault.id, path) is None:
                    aside = Aside(
                        *(replicas.VERSION, old.path, path, content.digests, content.essence, content.mtime_ns)
                    )
                    self._aside_lines = [placing.aside_record(vault, self._wanted, aside)]
                    vault.write(self._aside_lines)
                    return
        if self._reads_right(self._target) is not None:
            self._put = placing.put_record(vault, self._wanted, self._wanted.item.content.mtime_ns, replaces=False)
            vault.write([self._put])

    def _is(self, stored: RelPath, digests: Digests) -> bool:
        """Whether these bytes lie there."""
        if not self._layout.has(stored):
            return False
        with suppress(ItemError):
            return steadily(partial(read_file, self._layout.guarded(stored))).digests.sha256 == digests.sha256
        return False

    def _move(self, proof: Reading, asides: list[Aside]) -> Move:
        return Move(self._wanted, self._layout.path(self._partial), proof, None, asides)

    def _still_old(self, asides: Sequence[Aside]) -> bool:
        """Whether what lies under the target is what was to step aside (a file can be restored to the same bytes)."""
        return any(aside.source == self._target and not self._layout.has(aside.path) for aside in asides)

    def _reads_right(self, stored: RelPath) -> Reading | None:
        """The read of what lies there, where it is the new bytes. One read error is no word on them: what is right
        would go to quarantine, and the old version out of the lists."""
        path = self._layout.guarded(stored)
        if not self._layout.has(stored):
            return None
        for _ in range(2):
            with suppress(ItemError):
                # Written a moment ago, and a file system in user space may move its times once more.
                found = steadily(lambda: read_file(path, digests=False, from_device=True))
                return found if found.digests.blake3 == self._wanted.item.content.digests.blake3 else None
        return None

    def _stated(self, move: Move) -> Move:
        """Write the lines that the crash cut off."""
        if self._put is None:
            replaces = any(aside.source == self._target for aside in move.asides)
            self._vault.write(
                [placing.put_record(self._vault, self._wanted, move.proof.stat.mtime_ns, replaces=replaces)]
            )
        return move

    def _forward(self, move: Move) -> Move | None:
        self._stated(move)
        touched: list[bytes] = []
        try:
            for aside in move.asides:
                source, path = self._layout.guarded(aside.source), self._layout.ensure_parent(aside.path)
                if self._layout.has(aside.source):
                    _move(source, path)
                    touched += (path, source)
            target = self._layout.ensure_parent(self._target)
            _move(move.waiting, target)
        except FileExistsError:  # something else has the name by now
            self._back(move.asides)
            return None
        durable.sync_folders([*touched, target, move.waiting])
        return move

    def _back(self, asides: Sequence[Aside]) -> None:
        """The new bytes are lost: what stood there before goes back to its name, and the journal says so."""
        durable.remove(self._layout.path(self._partial))
        vault = self._vault
        lines: list[Record] = []
        if self._put is not None:
            lines.append(Record(Operation.REMOVE, self._target, int(vault.ctx.now()), vault.generation))
        for line in reversed(self._aside_lines):
            lines += self._stated_back(line)
        vault.write(lines)
        for aside, line in zip(asides, self._aside_lines, strict=True):
            source, path = self._layout.guarded(aside.source), self._layout.guarded(aside.path)
            if self._layout.has(aside.path) and not self._layout.has(aside.source):
                try:
                    _move(path, source)
                except FileExistsError:  # something else has the name by now: it stays aside, and the journal says so
                    vault.write([replace(line, time=int(vault.ctx.now()), generation=vault.generation)])
                durable.sync_folders([source, path])

    def _stated_back(self, line: Record) -> Iterator[Record]:
        """What holds again: the place aside holds nothing, and the old name what was expected there before, be it
        damaged or not (an open finding stays listed)."""
        vault, old = self._vault, self._wanted.old
        if self._layout.has(line.path) and not self._layout.has(line.source):
            yield _reversed(vault, line)
        else:
            yield Record(Operation.REMOVE, line.path, int(vault.ctx.now()), vault.generation)
        if old is not None and old.path == line.source:
            digests = items.content(vault.ctx.catalog, old.content_id).digests
            line = replace(line, blake3=digests.blake3, sha256=digests.sha256, size=digests.size)
        if line.sha256:
            yield replace(_reversed(vault, line), operation=Operation.EXPECT, source=b"")


def _move(source: bytes, target: bytes) -> None:
    """Move on, where a link-and-unlink may have been cut in two."""
    try:
        durable.place(source, target)
    except FileExistsError:
        if not _cut_in_two(source, target):
            raise
        with explained(source):
            os.unlink(source)


def _cut_in_two(source: bytes, target: bytes) -> bool:
    """Whether two names are of one file. Where the file system numbers names, not files (as some do), whether
    the device has the same bytes for both."""
    with explained(source):
        one, other = os.lstat(source), os.lstat(target)
    if os.path.samestat(one, other):
        return True
    if not stat.S_ISREG(one.st_mode) or not stat.S_ISREG(other.st_mode) or one.st_size != other.st_size:
        return False
    try:
        first, second = (
            steadily(partial(read_file, path, digests=False, from_device=True)) for path in (source, target)
        )
    except ItemError:
        return False
    return first.digests.blake3 == second.digests.blake3


def _wanted(vault: OpenVault, file: Mapping[str, Any], target: RelPath) -> Wanted:
    catalog = vault.ctx.catalog
    item = replace(items.get(catalog, file["item"]), content=items.content(catalog, file["content"]))
    old = replicas.get(catalog, file["old"]) if file["old"] is not None else None
    return Wanted(item, file["slug"], target, Source(b"", ""), old)


def _digests(line: Record) -> Digests | None:
    return Digests(line.size, line.blake3, line.sha256, b"") if line.sha256 else None


# -- renames


_ATTEMPTS = 9
"""So many names for one version are looked at."""

_Hop = tuple[int, RelPath, RelPath]
"""Replica id, from, to."""


def _settle_rename(vault: OpenVault, intent: Intent) -> None:
    raw: Any = intent.detail["hops"]
    hops = [(int(replica), source.encode("utf-8"), target.encode("utf-8")) for replica, source, target in raw]
    spoken = _Spoken(vault, int(str(intent.detail["generation"])))
    if spoken.doubtful and _done(vault, hops):  # then the journal had spoken of all of them
        again = [renaming.record(vault, *hop) for hop in hops]
        vault.write(again)
        spoken += again
    lines = {(line.source, line.path): line for line in spoken}
    if not all((source, target) in lines for _, source, target in hops):
        # Not a file has moved; lines that did get to the device are taken back.
        written = [lines[hop[1:]] for hop in hops if hop[1:] in lines]
        vault.write([_reversed(vault, line) for line in reversed(written)])
        renaming.commit(vault, [], intent.id)
        return
    lies: dict[int, RelPath] = {}
    done = _done(vault, hops)
    for number, (replica, source, target) in enumerate(hops):
        lies[replica] = target
        if number < done or not vault.layout.has(source):
            continue
        place = vault.layout.ensure_parent(target)
        try:
            _move(vault.layout.guarded(source), place)
        except FileExistsError:  # something else has the name by now: the copy stays, and the journal says so
            lies[replica] = source
            vault.write([_reversed(vault, lines[source, target])])
        durable.sync_folders([place, vault.layout.path(source)])
    renaming.commit(vault, list(lies.items()), intent.id)


def _done(vault: OpenVault, hops: Sequence[_Hop]) -> int:
    """How many of the hops, which are done strictly in order, were done: the number that explains which names are
    there. Before and after a ring the same ones are; then the bytes tell. Of a hop that was cut between link and unlink
    both names are there, of one file: it isn't done yet."""
    named = {path for _, source, target in hops for path in (source, target)}
    there = {path for path in named if vault.layout.has(path)}
    fitting = [number for number in range(len(hops) + 1) if set(_places(hops, number).values()) == there]
    if not fitting:
        fitting = [
            number
            for number, (_, source, target) in enumerate(hops)
            if {*_places(hops, number).values(), target} == there
            and _cut_in_two(vault.layout.path(source), vault.layout.path(target))
        ]
    if len(fitting) < 2:
        return fitting[0] if fitting else 0
    return max(fitting, key=lambda number: _right(vault, _places(hops, number)))


def _places(hops: Sequence[_Hop], number: int) -> dict[int, RelPath]:
    """Where each replica lies after so many hops."""
    places: dict[int, RelPath] = {}
    for replica, source, _ in hops:
        places.setdefault(replica, source)
    return places | {replica: target for replica, _, target in hops[:number]}


def _right(vault: OpenVault, places: Mapping[int, RelPath]) -> int:
    catalog = vault.ctx.catalog
    found = 0
    for replica_id, stored in places.items():
        expected = items.content(catalog, replicas.get(catalog, replica_id).content_id).digests.blake3
        with suppress(ItemError):
            path = vault.layout.guarded(stored)
            found += steadily(partial(read_file, path, digests=False)).digests.blake3 == expected
    return found


def _reversed(vault: OpenVault, line: Record) -> Record:
    """The line that says that a move was taken back."""
    return replace(
        line,
        operation=Operation.RENAME,
        path=line.source,
        source=line.path,
        time=int(vault.ctx.now()),
        generation=vault.generation,
    )


# -- removals


def _settle_removal(vault: OpenVault, intent: Intent) -> None:
    raw: Any = intent.detail["replicas"]
    gone = [(int(replica), stored.encode("utf-8")) for replica, stored in raw]
    lines = _Spoken(vault, int(str(intent.detail["generation"])))
    stated = {line.path for line in lines if line.operation is Operation.REMOVE}
    retention.carry_out(vault, [one for one in gone if one[1] in stated], intent.id)
