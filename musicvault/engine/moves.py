"""Items that vanished from one path and files that appeared under another: a move or rename is no loss.

Files that may be a vanished item are put on a shelf until everything is read; what pairs keeps its item, the rest
is new. In a scan of a region the catalog tells which item from elsewhere a file may be, and its path whether that has
left it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from musicvault.catalog import contents, findings, items, packed, replicas, scanned
from musicvault.catalog.database import Transaction
from musicvault.catalog.items import Item
from musicvault.catalog.libraries import Library
from musicvault.catalog.scanned import Identity, KnownFile
from musicvault.domain.notices import ItemDone, Notice
from musicvault.domain.pairing import Candidate, Pair, ambiguous, pair
from musicvault.domain.paths import display, join, split
from musicvault.domain.states import ReplicaState
from musicvault.domain.times import stat_moved
from musicvault.domain.values import Examination
from musicvault.domain.verdict import Evidence, Finding, Observation, Verdict, bad_blocks, judge_library
from musicvault.engine import exchanges, judging, recording
from musicvault.engine.additions import Additions
from musicvault.engine.exchanges import Named, Settled
from musicvault.engine.looking import Survey, ToRead
from musicvault.engine.recording import Observed
from musicvault.engine.scanning import BATCH, Read, Scanning
from musicvault.engine.shelf import Shelf
from musicvault.storage.stats import stat_of

_KNOWN_TO_BE_GONE = (ReplicaState.FORGOTTEN, ReplicaState.MISSING)


class Moves:
    """What is gone, and what might be it."""

    def __init__(self, run: Scanning, found: Survey) -> None:
        self._run = run
        self._found = found
        self._rereading = frozenset(file.known.item_id for file in found.to_read if file.known is not None)
        """Items whose files are read again; each may turn out to have given its name to another."""
        self._looked_for = frozenset(file.item_id for file, _ in found.gone)
        self._renamed: list[Named] = []
        self._taken: set[int] = set()
        self._states: dict[int, ReplicaState] = {}
        self._gone: dict[int, Identity] = {}
        self._digests: set[bytes] = set()
        self._essences: set[tuple[str, bytes]] = set()
        self._fresh: list[tuple[ToRead, Candidate, int]] = []
        self._shelf: Shelf[Examination] = Shelf()
        self.left: set[bytes] = set()
        """Folders that are to be looked at again."""
        self.needs_whole = False
        """Whether something shows that only a scan of the whole can tell."""
        self._miss([file for file, _ in found.gone])

    def close(self) -> None:
        self._shelf.close()

    def _miss(self, gone: Sequence[KnownFile]) -> None:
        self._states |= {file.item_id: file.state for file in gone}
        for identity in scanned.identities(self._run.ctx.catalog, [file.item_id for file in gone]):
            self._gone[identity.item_id] = identity
            self._digests.add(identity.blake3)
            if identity.essence is not None:
                self._essences.add(identity.essence)

    def claim(self, file: ToRead, seen: Examination) -> bool:
        """Whether a new file may be an item that is gone; it is kept until `pair` then."""
        essence = None if seen.essence is None else (seen.essence.kind, seen.essence.digest)
        known = seen.digests.blake3 in self._digests or essence in self._essences or self._gave_its_name(seen)
        if not known and not self._left_meanwhile(seen):
            return False
        track = (*seen.wrapper.fields.get("track", ()), "")[0]
        candidate = Candidate(len(self._fresh), file.path, seen.digests.blake3, essence, track)
        self._fresh.append((file, candidate, self._shelf.put(seen)))
        return True

    def waits(self, file: ToRead, seen: Examination) -> bool:
        """Whether a new file may be an item that is gone, by its sound alone, while a better match may be on its way:
        then it is left for later."""
        run, essence = self._run, seen.essence
        if not run.equal_only or essence is None or run.library.scanned_at is None:
            return False
        catalog, library_id = run.ctx.catalog, run.library.id
        same = scanned.with_digest(catalog, library_id, seen.digests.blake3)
        if any(self._has_left(join(folder, known.name), known) for folder, known in same):
            return False
        alike = scanned.with_essence(catalog, library_id, essence.kind, essence.digest)
        if not any(self._has_left(join(folder, known.name), known) for folder, known in alike):
            return False
        self.left.add(split(file.path)[0])
        run.counts["unsettled"] += 1
        return True

    def _left_meanwhile(self, seen: Examination) -> bool:
        """A folder that is renamed while it is scanned shows its files twice: the old names were met, and are gone. In
        a scan of a region, what is gone may lie anywhere else."""
        if self._run.library.scanned_at is None:
            return False
        left = [known for folder, known in self._same(seen) if self._has_left(join(folder, known.name), known)]
        self._miss(left)
        return bool(left)

    def _same(self, seen: Examination) -> list[tuple[bytes, KnownFile]]:
        """The items that a file may be."""
        catalog, library_id = self._run.ctx.catalog, self._run.library.id
        same = scanned.with_digest(catalog, library_id, seen.digests.blake3)
        if not self._run.region.is_whole and seen.essence is not None and not self._run.equal_only:
            same += scanned.with_essence(catalog, library_id, seen.essence.kind, seen.essence.digest)
        return same

    def _has_left(self, path: bytes, known: KnownFile) -> bool:
        if known.item_id in self._gone or not self._found.is_within_reach(path):
            return False
        return _is_gone(self._run.library, path)

    def _gave_its_name(self, seen: Examination) -> bool:
        """Whether an item whose file is read again should have these bytes."""
        if not self._rereading:
            return False
        same = scanned.with_digest(self._run.ctx.catalog, self._run.library.id, seen.digests.blake3)
        return any(known.item_id in self._rereading for _, known in same)

    def took_a_name(self, file: ToRead, seen: Examination) -> bool:
        """Whether a known path may hold the file of another item, which is gone or read again as well; it is kept for
        `exchanged` then."""
        assert file.known is not None
        item_id, digest = file.known.item_id, seen.digests.blake3
        same = scanned.with_digest(self._run.ctx.catalog, self._run.library.id, digest)
        ids = {known.item_id for _, known in same}
        if item_id in ids:
            return False
        if not (ids & self._rereading or digest in self._digests):
            if self._run.region.is_whole or not any(
                self._is_moving(join(folder, one.name), one) for folder, one in same
            ):
                return False
            self.needs_whole = True  # names may have been exchanged with a folder that wasn't looked at
            return True
        self._renamed.append(Named(file, digest, self._shelf.put(seen), item_id))
        return True

    def _is_moving(self, path: bytes, known: KnownFile) -> bool:
        """Whether the file of an item isn't what it was."""
        try:
            there = stat_of(os.path.join(self._run.library.root, path))
        except OSError:
            return self._found.is_within_reach(path)
        after = replace(there, inode=packed.signed(there.inode))
        return stat_moved(known.stat, after, self._run.traits)

    def exchanged(self) -> Iterator[Notice | Read]:
        """Settle names that were exchanged; what turned out to be no such thing comes back, to be judged by itself."""
        if not self._renamed or self.needs_whole:
            return
        new = [Named(file, candidate.blake3, ticket, None) for file, candidate, ticket in self._fresh]
        named = [*self._renamed, *new]
        for outcome in exchanges.settle(self._run, self._gone.values(), named, self._shelf):
            if not isinstance(outcome, Settled):
                yield outcome
                continue
            for item_id in outcome.moved & self._gone.keys():
                del self._gone[item_id]
            self._taken = {number - len(self._renamed) for number in outcome.taken}
            left = [one for number, one in enumerate(self._renamed) if number not in outcome.taken]
            yield from ((one.file, self._shelf.get(one.ticket)) for one in left)

    def pair(self, additions: Additions) -> Iterator[Notice | Observed]:
        """Settle what is gone: moves are recorded, files that are no move are added, and what must be judged with the
        brake in hand is given as `Observed`."""
        if self.needs_whole:
            return  # what may belong together is left for it
        gone = [_candidate(identity) for identity in self._gone.values()]
        fresh = [candidate for _, candidate, _ in self._fresh if candidate.key not in self._taken]
        pairs = pair(gone, fresh)
        for start in range(0, len(pairs), BATCH):
            yield from self._moved(pairs[start : start + BATCH])
        taken = {match.found for match in pairs} | self._taken
        for number, (file, _, ticket) in enumerate(self._fresh):
            if number not in taken:
                yield from additions.add(file, self._shelf.get(ticket))
        yield from additions.flush()
        yield from self._left(ambiguous(gone, fresh, pairs), {match.gone for match in pairs})

    def _moved(self, pairs: Sequence[Pair]) -> Iterator[Notice | Observed]:
        run = self._run
        retagged: list[Observed] = []
        if run.dry_run:
            retagged += (self._judged(*self._of(match), None) for match in pairs if match.retagged)
        else:
            with run.ctx.catalog.transaction(run.ctx.now()) as transaction:
                for match in pairs:
                    retagged += self._record(transaction, match)
        for match in pairs:
            path = self._fresh[match.found][0].path
            run.counts["moved"] += 1
            run.told.add(match.gone)
            evidence = (Evidence("moved-from", {"source": display(self._gone[match.gone].path)}),)
            finding = Finding(path, run.library.name, Verdict.MOVED, evidence)
            yield ItemDone("finding", path, run.library.name, finding=finding)
        yield from retagged

    def _of(self, match: Pair) -> tuple[Item, Examination]:
        """The item that is gone, and what was read under the new name."""
        return items.get(self._run.ctx.catalog, match.gone), self._shelf.get(self._fresh[match.found][2])

    def _record(self, transaction: Transaction, match: Pair) -> Iterator[Observed]:
        """Put down the move; where the tags are others too, that is to be judged."""
        item, seen = self._of(match)
        path = self._fresh[match.found][0].path
        if not match.retagged:
            recording.record_move(transaction, item, path, seen.stat, seen)
            return
        # With other tags it isn't yet what is expected: the old stat stays until that is judged.
        recording.record_move(transaction, item, path, replicas.in_library(self._run.ctx.catalog, item.id).stat)
        yield self._judged(item, seen, contents.add(transaction, item.id, seen))

    def _judged(self, item: Item, seen: Examination, content_id: int | None) -> Observed:
        """What a moved file with the same sound and other bytes is: its tags may have rotted before it was moved."""
        catalog = self._run.ctx.catalog
        replica = replicas.in_library(catalog, item.id)
        expected = judging.expectation(catalog, item, contents.get(catalog, replica.content_id), replica.stat)
        observation = Observation(seen.stat, seen.digests, seen.essence, seen.wrapper)
        verdict, evidence = judge_library(expected, observation, self._run.traits)
        bad = bad_blocks(expected.digests, seen.digests) if verdict is Verdict.CORRUPT else ()
        return Observed(item.id, verdict, evidence, bad, seen.stat, content_id)

    def _left(self, unclear: frozenset[int], moved: set[int]) -> Iterator[Observed]:
        for item_id in self._gone.keys() - moved:
            if item_id not in self._looked_for:
                self.left.add(split(self._gone[item_id].path)[0])  # nobody looked whether its folder can be read
                continue
            if self._states[item_id] in _KNOWN_TO_BE_GONE or self._is_held(item_id):
                continue  # known already: it is told with what stands
            if item_id in unclear:
                yield Observed(item_id, Verdict.HELD, (Evidence("ambiguous-move"),), (), None, None)
            else:
                yield Observed(item_id, Verdict.MISSING, (Evidence("gone"),), (), None, None)

    def _is_held(self, item_id: int) -> bool:
        """Whether it is held since an earlier scan because several files may be it."""
        if self._states[item_id] is not ReplicaState.HELD:
            return False
        replica = replicas.in_library(self._run.ctx.catalog, item_id)
        stored = findings.of(self._run.ctx.catalog, replica.id)
        return stored is not None and stored.observed_id is None


def _candidate(identity: Identity) -> Candidate:
    return Candidate(identity.item_id, identity.path, identity.blake3, identity.essence, identity.track)


def _is_gone(library: Library, path: bytes) -> bool:
    try:
        os.lstat(os.path.join(library.root, path))
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False
