"""Known items that a scan read again: judged one by one, written when the brake has been decided on.

Until then only what was seen is stored (as a content that nothing expects), so that a mass change costs no memory.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from musicvault.catalog import contents, findings, items, libraries, replicas, troubles
from musicvault.catalog.findings import StoredFinding
from musicvault.catalog.items import Item
from musicvault.domain.brake import counted
from musicvault.domain.notices import ItemDone, Notice
from musicvault.domain.states import ReplicaState
from musicvault.domain.times import mtime_moved
from musicvault.domain.values import Examination, Kind, Stat
from musicvault.domain.verdict import (
    Decode,
    Evidence,
    Finding,
    Judgement,
    Observation,
    Sectors,
    Verdict,
    bad_blocks,
    judge_library,
)
from musicvault.engine import braking, comparing, judging, leftovers, places, recording, sources
from musicvault.engine.additions import ingestion
from musicvault.engine.examine import Failure, examine, failure, strict_decode
from musicvault.engine.looking import ToRead
from musicvault.engine.places import Reach
from musicvault.engine.recording import Observed
from musicvault.engine.scanning import BATCH, Read, Scanning
from musicvault.errors import ItemError

Judged = tuple[Observed, Examination]


class Changes:
    """What a scan found changed, and what becomes of it. `items_before` is the size of the library for the brake."""

    def __init__(self, run: Scanning, items_before: int) -> None:
        self._run = run
        self._items_before = items_before
        self._unwritten: list[Judged] = []
        self._touched: list[tuple[int, Stat]] = []
        self._pending: list[Observed] = []
        self._reach: Reach | None = None

    # -- judging

    def seen(self, file: ToRead, seen: Examination) -> Iterator[Notice]:
        """A known file was read: judge it."""
        assert file.known is not None
        item = items.get(self._run.ctx.catalog, file.known.item_id)
        same = seen.digests.blake3 == item.content.digests.blake3
        if file.known.state is ReplicaState.FORGOTTEN and not same:
            yield from self._returned(item, file, seen)
            return
        if self._is_known(file, seen):
            self._touched.append((file.known.replica_id, seen.stat))
        else:
            try:
                seen, (verdict, evidence) = self._judge(item, file, seen)
            except ItemError as error:
                yield from self.failed(file, failure(error))
                return
            if verdict is Verdict.INTACT:
                self._run.counts["unchanged"] += 1
            bad = bad_blocks(item.content.digests, seen.digests) if verdict is Verdict.CORRUPT else ()
            self._unwritten.append((Observed(item.id, verdict, evidence, bad, seen.stat, None), seen))
        if len(self._unwritten) + len(self._touched) >= BATCH:
            self._store()

    def _is_known(self, file: ToRead, seen: Examination) -> bool:
        """Whether these very bytes were judged before: other times are no reason to judge them more kindly."""
        assert file.known is not None
        stored = self._finding(file.known.replica_id) if file.known.state is not ReplicaState.INTACT else None
        if stored is None or stored.observed_id is None:
            return False
        observed = contents.get(self._run.ctx.catalog, stored.observed_id)
        return observed.digests.blake3 == seen.digests.blake3

    def _finding(self, replica_id: int) -> StoredFinding | None:
        return findings.of(self._run.ctx.catalog, replica_id)

    def _judge(self, item: Item, file: ToRead, seen: Examination) -> tuple[Examination, Judgement]:
        """The verdict; damage is read a second time, past the cache, before it is called that. Raises ItemError."""
        path = os.path.join(self._run.library.root, item.path)
        judgement = self._verdict(item, file, path, seen)
        if judgement[0] is not Verdict.CORRUPT:
            return seen, judgement
        again = examine(path, from_device=True, checkpoint=self._run.ctx.checkpoint).examination
        if again.digests.blake3 == seen.digests.blake3:
            return seen, judgement
        if again.digests.blake3 == item.content.digests.blake3:
            return again, (Verdict.INTACT, ())
        return again, (Verdict.UNREADABLE, (Evidence("reads-disagree"),))

    def _verdict(self, item: Item, file: ToRead, path: bytes, seen: Examination) -> Judgement:
        assert file.known is not None
        before = file.known.stat
        expected = judging.expectation(self._run.ctx.catalog, item, item.content, before)
        stated = leftovers.stated_digest(item)
        if stated is not None:
            return self._beside_a_leftover(item, seen, stated)
        sound_differs = item.kind is Kind.TRACK and seen.essence is not None and seen.essence != expected.essence
        decoded, sectors = Decode.UNKNOWN, None
        if sound_differs and (mtime_moved(before, seen.stat, self._run.traits) or item.born_damaged):
            decoded = strict_decode(path)
            if decoded is Decode.CLEAN and seen.digests.size == item.content.digests.size:
                sectors = self._sectors(item, path)
        return judge_library(
            expected,
            Observation(seen.stat, seen.digests, seen.essence, seen.wrapper, decoded, sectors),
            self._run.traits,
        )

    def _beside_a_leftover(self, item: Item, seen: Examination, stated: bytes) -> Judgement:
        """Of an item only a digest is known: what has it is right, of all else nobody can say."""
        if seen.digests.sha256 == stated:
            return Verdict.UPDATED, (Evidence(leftovers.RIGHT),)
        return Verdict.HELD, tuple(leftovers.facts(self._run.ctx.catalog, item))

    def _sectors(self, item: Item, path: bytes) -> Sectors | None:
        """Compared with a proven copy, where one is at hand."""
        ctx = self._run.ctx
        if self._reach is None:
            self._reach = places.reachable(ctx)
        for copy in sources.candidates(ctx, self._reach, item.content.digests.blake3):
            if copy.is_intact and copy.replica.vault_id is not None:
                return comparing.sectors(path, copy.path, ctx.checkpoint)
        return None

    def failed(self, file: ToRead, failure: Failure) -> Iterator[Notice]:
        """A known file could not be read: that is a finding, unless it vanished or is still being written."""
        assert file.known is not None
        run = self._run
        if failure.gone:
            return  # between the walk and the read: the next scan will see
        if failure.unstable:
            run.counts["unstable"] += 1
            finding = Finding(file.path, run.library.name, Verdict.UNSTABLE, (Evidence("changed-while-read"),))
            yield ItemDone("finding", file.path, run.library.name, finding=finding)
            return
        evidence = (judging.read_error(failure.cause, failure.offset),)
        stored = self._finding(file.known.replica_id)
        if stored is None or (stored.verdict, stored.evidence) != (Verdict.UNREADABLE, evidence):
            self._pending.append(Observed(file.known.item_id, Verdict.UNREADABLE, evidence, (), None, None))

    def observed(self, observed: Observed) -> None:
        """Something else was found out about a known item (by pairing)."""
        self._pending.append(observed)

    def _returned(self, item: Item, file: ToRead, seen: Examination) -> Iterator[Notice]:
        """Another file under a name that was let go: nothing was expected there, so it is an addition."""
        run = self._run
        if not run.dry_run:
            with run.ctx.catalog.transaction(run.ctx.now()) as transaction:
                items.supersede(transaction, item, seen)
                read: Read = (file, seen)
                transaction.event(replace(ingestion(run.library.id, [read]), item_id=item.id))
        run.counts["added"] += 1
        run.told.add(item.id)
        yield ItemDone("added", file.path, run.library.name, seen.digests.size)

    def _store(self) -> None:
        """Put down what was seen. What is as it should be is done with; the rest waits for the brake."""
        batch, self._unwritten = self._unwritten, []
        touched, self._touched = self._touched, []
        run, catalog = self._run, self._run.ctx.catalog
        if run.dry_run:
            self._pending += [one for one, _ in batch if one.verdict is not Verdict.INTACT]
            return
        if not batch and not touched:
            return
        with catalog.transaction(run.ctx.now()) as transaction:
            for replica_id, stat in touched:
                replicas.set_stat(transaction, replica_id, stat)
            for observed, seen in batch:
                if observed.verdict is Verdict.INTACT:
                    item = items.get(catalog, observed.item_id)
                    recording.record(transaction, catalog, item, run.library.name, observed)
                else:
                    content_id = contents.add(transaction, observed.item_id, seen)
                    self._pending.append(replace(observed, content_id=content_id))

    # -- the brake, and writing

    def settle(self) -> Iterator[Notice]:
        """Decide on the brake, then write and tell everything."""
        run = self._run
        self._store()
        self._pending.sort(key=lambda observed: observed.item_id)
        more = counted(Counter(observed.verdict for observed in self._pending))
        braked = not run.confirm and braking.is_on(run.ctx, run.library, more=more, of=self._items_before)
        if braked:
            run.counts["braked"] += 1
        for start in range(0, len(self._pending), BATCH):
            batch = self._pending[start : start + BATCH]
            for observed, finding in self._write(batch, braked):
                self._count(observed.verdict)
                run.told.add(observed.item_id)
                yield ItemDone("finding", finding.path, run.library.name, finding=finding)

    def _write(self, batch: Sequence[Observed], braked: bool) -> list[tuple[Observed, Finding]]:
        run, catalog, name = self._run, self._run.ctx.catalog, self._run.library.name
        if run.dry_run:
            return [(one, recording.finding_of(items.get(catalog, one.item_id), name, one)) for one in batch]
        with catalog.transaction(run.ctx.now()) as transaction:
            if not run.confirm:  # what the user has just confirmed counts for nothing
                libraries.add_changes(transaction, run.library.id, counted(Counter(one.verdict for one in batch)))
            return [
                (one, recording.record(transaction, catalog, items.get(catalog, one.item_id), name, one, braked=braked))
                for one in batch
            ]

    def _count(self, verdict: Verdict) -> None:
        # "replaced" is what sync did to a copy; other sound under a name is held until the user has decided.
        self._run.counts[(Verdict.HELD if verdict is Verdict.REPLACED else verdict).value] += 1
        if verdict.is_damage:
            self._run.counts["damage"] += 1
        elif verdict.waits_for_user:
            self._run.counts["waiting"] += 1


def confirm(run: Scanning) -> Iterator[Notice]:
    """Lift the brake by the user's word: what it held back is accepted where it would have been without it."""
    catalog = run.ctx.catalog
    held = troubles.braked(catalog, run.library.id)
    with catalog.transaction(run.ctx.now()) as transaction:
        libraries.confirm(transaction, run.library.id)
        for replica, stored in held:
            observed = Observed(
                replica.item_id, stored.verdict, stored.evidence, stored.bad_blocks, replica.stat, stored.observed_id
            )
            if stored.verdict in recording.ACCEPTED:
                recording.record(transaction, catalog, items.get(catalog, replica.item_id), run.library.name, observed)
            else:
                findings.release_brake(transaction, replica.id)
    for replica, stored in held:
        if stored.verdict in recording.ACCEPTED:
            run.counts["confirmed"] += 1
            yield ItemDone("accepted", replica.path, run.library.name, reason=stored.verdict.value)
