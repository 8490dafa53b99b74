"""Copies that were interrupted: forward wherever the new bytes are whole, else back to what stood there before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from musicvault.catalog import contents, items, replicas
from musicvault.catalog.intents import Intent
from musicvault.catalog.placing_back import known
from musicvault.domain.paths import RelPath, split
from musicvault.domain.values import Digests
from musicvault.engine import placed, placing
from musicvault.engine.opened import OpenVault
from musicvault.engine.placing import Aside, Move, Source, Wanted
from musicvault.engine.reconcile.moved import is_cut_in_two, move
from musicvault.engine.reconcile.spoken import Spoken, taken_back
from musicvault.engine.steady import steadily
from musicvault.errors import ItemError, VaultError
from musicvault.storage import durable
from musicvault.storage.reading import Reading, read_file
from musicvault.storage.vault.faults import is_protected
from musicvault.storage.vault.layout import version_path
from musicvault.storage.vault.records import Operation, Record

_ATTEMPTS = 9
"""So many names for one version are looked at."""


def settle(vault: OpenVault, intent: Intent) -> set[RelPath]:
    """Gives the targets at which the copies stand. Raises VaultError."""
    files: Any = intent.detail["files"]
    spoken = Spoken.since(vault, int(str(intent.detail["generation"])))
    interrupted = [_Interrupted(vault, file, spoken) for file in files]
    moves = [move for file in interrupted if (move := file.settle()) is not None]
    placed.commit(vault, moves, intent.id, [(file.wanted, file.left) for file in interrupted if file.left])
    return {move.wanted.target for move in moves}


class _Interrupted:
    """One file of an interrupted batch."""

    def __init__(self, vault: OpenVault, file: Mapping[str, Any], spoken: Spoken) -> None:
        self._vault = vault
        self._layout = vault.layout
        self._partial: RelPath = file["partial"].encode("ascii")
        self._target: RelPath = file["target"].encode("utf-8")
        self.wanted = _wanted(vault, file, self._target)
        old = self.wanted.old
        sources = {self._target} | ({old.path} if old is not None else set())
        self._put = next(
            (
                line
                for line in reversed(spoken.records)
                if line.path == self._target and line.operation in (Operation.PUT, Operation.REPLACE)
            ),
            None,
        )
        asides = {
            line.path: line
            for line in spoken.records
            if line.operation in (Operation.VERSION, Operation.QUARANTINE)
            and line.source in sources
            and line.original == self.wanted.item.path
        }
        self._aside_lines = list(asides.values())
        self._doubtful = spoken.doubtful
        self.left: list[Aside] = []
        """What stepped aside and can't go back, where the copy itself didn't come about."""

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
        vault, old = self._vault, self.wanted.old
        content = None if old is None else contents.get(vault.ctx.catalog, old.content_id)
        if old is not None and content is not None and not self._is(old.path, content.digests):
            for attempt in range(1, _ATTEMPTS):
                path = version_path(content.digests.blake3, split(old.path)[1], attempt)
                if self._is(path, content.digests) and known(vault.ctx.catalog, vault.id, path) is None:
                    aside = Aside(
                        *(replicas.VERSION, old.path, path, content.digests, content.essence, content.mtime_ns)
                    )
                    self._aside_lines = [placing.aside_record(vault, self.wanted, aside)]
                    vault.write(self._aside_lines)
                    return
        if self._reads_right(self._target) is not None:
            self._put = placing.put_record(vault, self.wanted, self.wanted.item.content.mtime_ns, replaces=False)
            vault.write([self._put])

    def _is(self, stored: RelPath, digests: Digests) -> bool:
        """Whether these bytes lie there."""
        if not self._layout.has(stored):
            return False
        with suppress(ItemError):
            return steadily(partial(read_file, self._layout.guarded(stored))).digests.sha256 == digests.sha256
        return False

    def _move(self, proof: Reading, asides: list[Aside]) -> Move:
        return Move(self.wanted, self._layout.path(self._partial), proof, None, asides)

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
                return found if found.digests.blake3 == self.wanted.item.content.digests.blake3 else None
        return None

    def _stated(self, move: Move) -> Move:
        """Write the lines that the crash cut off."""
        if self._put is None:
            replaces = any(aside.source == self._target for aside in move.asides)
            self._vault.write(
                [placing.put_record(self._vault, self.wanted, move.proof.stat.mtime_ns, replaces=replaces)]
            )
        return move

    def _forward(self, wanted: Move) -> Move | None:
        self._stated(wanted)
        touched: list[bytes] = []
        try:
            for aside in wanted.asides:
                source, path = self._layout.guarded(aside.source), self._layout.ensure_parent(aside.path)
                if self._layout.has(aside.source):
                    move(source, path)
                    touched += (path, source)
            target = self._layout.ensure_parent(self._target)
            move(wanted.waiting, target)
        except FileExistsError:  # something else has the name by now
            self._back(wanted.asides)
            return None
        except VaultError as error:
            if not is_protected(error):
                raise
            self._back(wanted.asides)
            return None
        durable.sync_folders([*touched, target, wanted.waiting])
        return wanted

    def _back(self, asides: Sequence[Aside]) -> None:
        """The new bytes are lost: what stood there before goes back to its name, and the journal says so. What finds
        its name taken stays aside, and the catalog will know it there."""
        durable.remove(self._layout.path(self._partial))
        vault = self._vault
        lines: list[Record] = []
        if self._put is not None:
            lines.append(Record(Operation.REMOVE, self._target, int(vault.ctx.now()), vault.generation))
        staying = [line for line in self._aside_lines if self._is_taken(line)]
        for line in reversed(self._aside_lines):
            lines += [self._again(line)] if line in staying else self._stated_back(line)
        vault.write(lines)
        for aside, line in zip(asides, self._aside_lines, strict=True):
            if line in staying or not self._went_back(line):
                self.left.append(aside)

    def _is_taken(self, line: Record) -> bool:
        """Whether something else has the name by now that a file aside would go back to."""
        both = self._layout.has(line.path) and self._layout.has(line.source)
        return both and not is_cut_in_two(self._layout.guarded(line.source), self._layout.guarded(line.path))

    def _went_back(self, line: Record) -> bool:
        if self._layout.has(line.path):
            source, path = self._layout.guarded(line.source), self._layout.guarded(line.path)
            try:
                move(path, source)
            except FileExistsError:  # taken since the journal spoke: it has to speak again
                self._vault.write([self._again(line)])
                return False
            durable.sync_folders([source, path])
        return True

    def _again(self, line: Record) -> Record:
        return replace(line, time=int(self._vault.ctx.now()), generation=self._vault.generation)

    def _stated_back(self, line: Record) -> Iterator[Record]:
        """What holds again: the place aside holds nothing, and the old name what was expected there before, be it
        damaged or not (an open finding stays listed); nothing is expected of what is somebody's own."""
        vault, old = self._vault, self.wanted.old
        if self._layout.has(line.path) and not self._layout.has(line.source):
            yield taken_back(vault, line)
        else:
            yield Record(Operation.REMOVE, line.path, int(vault.ctx.now()), vault.generation)
        if old is None or old.path != line.source:
            yield Record(Operation.REMOVE, line.source, int(vault.ctx.now()), vault.generation)
            return
        digests = contents.get(vault.ctx.catalog, old.content_id).digests
        line = replace(line, blake3=digests.blake3, sha256=digests.sha256, size=digests.size)
        yield replace(taken_back(vault, line), operation=Operation.EXPECT, source=b"")


def _wanted(vault: OpenVault, file: Mapping[str, Any], target: RelPath) -> Wanted:
    catalog = vault.ctx.catalog
    item = replace(items.get(catalog, file["item"]), content=contents.get(catalog, file["content"]))
    old = replicas.get(catalog, file["old"]) if file["old"] is not None else None
    return Wanted(item, file["slug"], target, Source(b"", ""), old)


def _digests(line: Record) -> Digests | None:
    return Digests(line.size, line.blake3, line.sha256, b"") if line.sha256 else None
