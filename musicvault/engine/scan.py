"""Scan: what is in a library now, compared with what the catalog expects of it.

Order of work: walk and compare (nothing is read yet), read what is new or moved, pair what vanished with what appeared,
decide on the brake, then write. Additions are written while reading goes on; changes wait for the brake's decision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from musicvault.catalog import items, libraries, replicas, vaults
from musicvault.catalog.libraries import Library
from musicvault.domain.brake import WINDOW_S, brake_is_on, counted
from musicvault.domain.events import Event, EventType
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.pairing import Candidate, ambiguous, pair
from musicvault.domain.paths import display, split
from musicvault.domain.states import ReplicaState
from musicvault.domain.times import Traits, mtime_moved
from musicvault.domain.values import Examination, Kind, Stat
from musicvault.domain.verdict import (
    Decode,
    Evidence,
    Expectation,
    Finding,
    Observation,
    Verdict,
    bad_blocks,
    judge_library,
)
from musicvault.engine import library as libraries_here
from musicvault.engine import reading, recording, sidecar_check
from musicvault.engine.context import Context
from musicvault.engine.examine import Failure, strict_decode
from musicvault.engine.looking import Survey, ToRead, not_protected, survey
from musicvault.engine.reconcile import reconcile_library
from musicvault.errors import DriveGone, VaultError
from musicvault.language import tr

_BATCH = 256


def scan(ctx: Context, library_ids: Sequence[int], *, confirm: bool = False, dry_run: bool = False) -> Job:
    """Scan libraries one after the other. `confirm` lifts the mass-change brake by the user's word; with `dry_run`
    nothing is recorded. A library that isn't there is no reason to stop: DriveGone is raised at the end."""
    counts: Counter[str] = Counter()
    away: VaultError | None = None
    with ctx.locked("scan", libraries=tuple(library_ids)):
        for library_id in library_ids:
            library = libraries.by_id(ctx.catalog, library_id)
            if library is None:
                continue
            if not libraries_here.online(ctx, library):
                away = _not_there(library)
                yield ItemDone("failed", b"", library.name, problem=str(away))
                continue
            try:
                yield from _Scan(ctx, library, confirm, dry_run, counts).run()
            except DriveGone as error:
                away = error
                yield ItemDone("failed", b"", library.name, problem=str(error))
    yield Finished("scan", dict(counts), _exit_code(ctx, library_ids, counts))
    if away is not None:
        raise away


def _not_there(library: Library) -> DriveGone:
    return DriveGone(
        tr(
            "The library {name} is not at {folder}: its drive is not connected, or nothing is mounted there. "
            "Nothing was changed.",
            name=library.name,
            folder=display(library.root),
        )
    )


def _exit_code(ctx: Context, library_ids: Sequence[int], counts: Counter[str]) -> int:
    standing = replicas.library_states(ctx.catalog, library_ids)
    if any(standing[state] for state in ReplicaState if state.is_damage) or counts["damage"]:
        return 20
    if standing[ReplicaState.HELD] or counts["braked"] or counts["waiting"]:
        return 22
    return 3 if counts["failed"] else 0


@dataclass(slots=True)
class _Scan:
    """One library's scan and what it has found so far."""

    ctx: Context
    library: Library
    confirm: bool
    dry_run: bool
    counts: Counter[str]
    traits: Traits = field(default_factory=Traits)
    pending: list[recording.Observed] = field(default_factory=list)
    new: list[tuple[ToRead, Examination]] = field(default_factory=list)
    maybe_moved: list[tuple[ToRead, Examination]] = field(default_factory=list)
    told: set[int] = field(default_factory=set)
    items_before: int = 0

    def run(self) -> Iterator[Notice]:
        if not self.dry_run:
            reconcile_library(self.ctx, self.library)
            self.library = libraries_here.settle_volume(self.ctx, self.library)
        if self.confirm and not self.dry_run:
            yield from self._confirm()
        self.traits = vaults.traits_of(self.ctx.catalog, self.library.volume_id)
        self.items_before = items.count(self.ctx.catalog, self.library.id)
        yield Started("scan", self.library.name)
        found = survey(self.ctx, self.library, self.traits)
        self.counts["files"] += found.files
        self.counts["bytes"] += found.size
        self.counts["unchanged"] += found.unchanged
        for path, problem in found.problems:
            self.counts["failed"] += 1
            yield ItemDone("failed", path, self.library.name, problem=problem)
        total = sum(file.size for file in found.to_read)
        yield Started("scan", self.library.name, len(found.to_read), total)
        yield from self._read(found)
        yield from self._pair(found)
        yield from self._decide()
        if not self.dry_run:
            with self.ctx.catalog.transaction(self.ctx.now()) as transaction:
                libraries.set_unprotected(transaction, self.library.id, not_protected(found))
                libraries.set_submounts(transaction, self.library.id, found.submounts)
                libraries.set_scanned(transaction, self.library.id)
        yield from self._standing()

    # -- reading

    def _read(self, found: Survey) -> Iterator[Notice]:
        gone_digests, gone_essences = self._identities_of_gone(found)
        done = 0
        outcomes = reading.read_all(self.ctx, self.library.root, found.to_read)
        for files, (file, outcome) in enumerate(outcomes, 1):
            done += file.size
            if isinstance(outcome, Failure):
                yield from self._failed(file, outcome)
            elif file.known is not None:
                yield from self._changed(file, outcome.examination)
            else:
                seen = outcome.examination
                essence = seen.essence and (seen.essence.kind, seen.essence.digest)
                if seen.digests.blake3 in gone_digests or essence in gone_essences:
                    self.maybe_moved.append((file, seen))
                else:
                    self.new.append((file, seen))
                    if len(self.new) >= _BATCH:
                        yield from self._add_new()
            yield Advanced(files, done, display(file.path))
        yield from self._add_new()

    def _identities_of_gone(self, found: Survey) -> tuple[set[bytes], set[tuple[str, bytes] | None]]:
        digests: set[bytes] = set()
        essences: set[tuple[str, bytes] | None] = set()
        for item in items.many(self.ctx.catalog, (file.item_id for file, _ in found.gone)):
            digests.add(item.content.digests.blake3)
            if item.content.essence is not None:
                essences.add((item.content.essence.kind, item.content.essence.digest))
        return digests, essences

    def _failed(self, file: ToRead, failure: Failure) -> Iterator[Notice]:
        if failure.gone:
            return  # it vanished between the walk and the read: the next scan will see
        if file.known is None or failure.unstable:
            self.counts["unstable" if failure.unstable else "failed"] += 1
            if failure.unstable:
                finding = Finding(file.path, self.library.name, Verdict.UNSTABLE, (Evidence("changed-while-read"),))
                yield ItemDone("finding", file.path, self.library.name, finding=finding)
            else:
                yield ItemDone("failed", file.path, self.library.name, problem=failure.cause)
            return
        values = {"cause": failure.cause} | ({} if failure.offset is None else {"offset": failure.offset})
        evidence = Evidence("read-error" if failure.offset is None else "read-error-at", values)
        self.pending.append(recording.Observed(file.known.item_id, Verdict.UNREADABLE, (evidence,), (), None, None))

    def _changed(self, file: ToRead, seen: Examination) -> Iterator[Notice]:
        assert file.known is not None
        item = items.get(self.ctx.catalog, file.known.item_id)
        verdict, evidence = self._judge(item, file.known.stat, seen)
        bad = bad_blocks(item.content.digests, seen.digests) if verdict is Verdict.CORRUPT else ()
        if verdict is Verdict.INTACT:
            if not self.dry_run:
                observed = recording.Observed(item.id, verdict, evidence, (), seen.stat, None)
                with self.ctx.catalog.transaction(self.ctx.now()) as transaction:
                    recording.record(transaction, self.ctx.catalog, item, self.library.name, observed)
            self.counts["unchanged"] += 1
            return
        content_id = None
        if not self.dry_run:
            with self.ctx.catalog.transaction(self.ctx.now()) as transaction:
                content_id = items.add_content(transaction, item.id, seen)
        self.pending.append(recording.Observed(item.id, verdict, evidence, bad, seen.stat, content_id))
        yield from ()

    def _judge(self, item: items.Item, before: Stat, seen: Examination) -> tuple[Verdict, tuple[Evidence, ...]]:
        expected = Expectation(
            item.kind,
            item.content.digests,
            item.content.essence,
            items.wrapper(self.ctx.catalog, item.content.id),
            before,
            item.born_damaged,
            item.content.provisional,
        )
        sound_differs = item.kind is Kind.TRACK and seen.essence is not None and seen.essence != expected.essence
        rewritten = mtime_moved(before, seen.stat, self.traits) or item.born_damaged
        path = self.library.root + b"/" + item.path
        decoded = strict_decode(path) if sound_differs and rewritten else Decode.UNKNOWN
        observation = Observation(seen.stat, seen.digests, seen.essence, seen.wrapper, decoded)
        return judge_library(expected, observation, self.traits)

    # -- writing additions

    def _add_new(self) -> Iterator[Notice]:
        batch, self.new = self.new, []
        if not batch:
            return
        born: dict[bytes, Finding] = {}
        for file, seen in batch:
            finding = sidecar_check.born_damage(self.library, file.path, seen)
            if finding is not None:
                born[file.path] = finding
        if not self.dry_run:
            with self.ctx.catalog.transaction(self.ctx.now()) as transaction:
                for file, seen in batch:
                    folder, name = split(file.path)
                    finding = born.get(file.path)
                    _, replica_id = items.add(
                        transaction, self.library.id, folder, name, seen, born_damaged=finding is not None
                    )
                    if finding is not None:
                        replicas.set_finding_of(transaction, replica_id, finding)
                transaction.event(self._ingestion(batch))
        for file, seen in batch:
            self.counts["added"] += 1
            yield ItemDone("added", file.path, self.library.name, seen.digests.size)
            if file.path in born:
                self.counts["born_damaged"] += 1
                yield ItemDone("finding", file.path, self.library.name, finding=born[file.path])

    def _ingestion(self, batch: Sequence[tuple[ToRead, Examination]]) -> Event:
        if len(batch) == 1:
            return Event(EventType.INGESTION, library_id=self.library.id, path=batch[0][0].path)
        return Event(
            EventType.INGESTION,
            library_id=self.library.id,
            path=split(batch[0][0].path)[0],
            detail={"items": len(batch), "bytes": sum(seen.digests.size for _, seen in batch)},
        )

    # -- moves

    def _pair(self, found: Survey) -> Iterator[Notice]:
        if not found.gone:
            return
        gone_items = {item.id: item for item in items.many(self.ctx.catalog, (file.item_id for file, _ in found.gone))}
        gone = [self._candidate_of_item(item) for item in gone_items.values()]
        fresh = [_candidate(number, file.path, seen) for number, (file, seen) in enumerate(self.maybe_moved)]
        pairs = pair(gone, fresh)
        unclear = ambiguous(gone, fresh, pairs)
        for match in pairs:
            file, seen = self.maybe_moved[match.found]
            yield from self._moved(gone_items[match.gone], file, seen, match.retagged)
        moved = {match.gone for match in pairs}
        taken = {match.found for match in pairs}
        self.new = [entry for number, entry in enumerate(self.maybe_moved) if number not in taken]
        yield from self._add_new()
        states = {file.item_id: file.state for file, _ in found.gone}
        for item_id in gone_items.keys() - moved:
            if states[item_id] in (ReplicaState.FORGOTTEN, ReplicaState.MISSING):
                continue  # known already: it is told with what stands
            if item_id in unclear:
                verdict, evidence = Verdict.HELD, Evidence("ambiguous-move")
            else:
                verdict, evidence = Verdict.MISSING, Evidence("gone")
            self.pending.append(recording.Observed(item_id, verdict, (evidence,), (), None, None))

    def _candidate_of_item(self, item: items.Item) -> Candidate:
        essence = item.content.essence
        track = items.wrapper(self.ctx.catalog, item.content.id).fields.get("track", ("",))
        identity = None if essence is None else (essence.kind, essence.digest)
        return Candidate(item.id, item.path, item.content.digests.blake3, identity, track[0] if track else "")

    def _moved(self, item: items.Item, file: ToRead, seen: Examination, retagged: bool) -> Iterator[Notice]:
        content_id = None
        if not self.dry_run:
            with self.ctx.catalog.transaction(self.ctx.now()) as transaction:
                recording.record_move(
                    transaction, item, file.path, item_stat(self.ctx, item) if retagged else seen.stat
                )
                content_id = items.add_content(transaction, item.id, seen) if retagged else None
        self.counts["moved"] += 1
        self.told.add(item.id)
        evidence = (Evidence("moved-from", {"source": display(item.path)}),)
        finding = Finding(file.path, self.library.name, Verdict.MOVED, evidence)
        yield ItemDone("finding", file.path, self.library.name, finding=finding)
        if retagged:
            before = items.wrapper(self.ctx.catalog, item.content.id).fields
            names = ", ".join(
                n for n in sorted({*before, *seen.wrapper.fields}) if before.get(n) != seen.wrapper.fields.get(n)
            )
            facts = (Evidence("essence-same"), Evidence("fields-changed", {"fields": names or tr("tags")}))
            self.pending.append(recording.Observed(item.id, Verdict.RETAGGED, facts, (), seen.stat, content_id))

    # -- the brake, and writing changes

    def _decide(self) -> Iterator[Notice]:
        changes = counted(Counter(observed.verdict for observed in self.pending))
        earlier = libraries.changes_since(self.ctx.catalog, self.library.id, self.ctx.now() - WINDOW_S)
        braked = changes + earlier > 0 and brake_is_on(changes + earlier, self.items_before) and not self.confirm
        if braked:
            self.counts["braked"] += 1
        if changes and not self.dry_run:
            with self.ctx.catalog.transaction(self.ctx.now()) as transaction:
                libraries.add_changes(transaction, self.library.id, changes)
        for start in range(0, len(self.pending), _BATCH):
            batch = self.pending[start : start + _BATCH]
            for observed, finding in self._write(batch, braked):
                self._count(observed.verdict)
                self.told.add(observed.item_id)
                yield ItemDone("finding", finding.path, self.library.name, finding=finding)

    def _write(self, batch: Sequence[recording.Observed], braked: bool) -> list[tuple[recording.Observed, Finding]]:
        catalog, name = self.ctx.catalog, self.library.name
        if self.dry_run:
            return [(one, recording.finding_of(items.get(catalog, one.item_id), name, one)) for one in batch]
        with catalog.transaction(self.ctx.now()) as transaction:
            return [
                (one, recording.record(transaction, catalog, items.get(catalog, one.item_id), name, one, braked=braked))
                for one in batch
            ]

    def _count(self, verdict: Verdict) -> None:
        self.counts[verdict.value] += 1
        if verdict.is_damage:
            self.counts["damage"] += 1
        elif verdict.waits_for_user:
            self.counts["waiting"] += 1

    def _confirm(self) -> Iterator[Notice]:
        """Lift the brake: what it held back is accepted where it would have been accepted without it."""
        catalog, now = self.ctx.catalog, self.ctx.now()
        held = replicas.braked(catalog, self.library.id)
        with catalog.transaction(now) as transaction:
            libraries.confirm(transaction, self.library.id)
            for replica, stored in held:
                item = items.get(catalog, replica.item_id)
                observed = recording.Observed(
                    item.id, stored.verdict, stored.evidence, stored.bad_blocks, replica.stat, stored.observed_id
                )
                if stored.verdict in recording.ACCEPTED:
                    recording.record(transaction, catalog, item, self.library.name, observed)
                else:
                    replicas.release_brake(transaction, replica)
        for replica, stored in held:
            if stored.verdict in recording.ACCEPTED:
                self.counts["confirmed"] += 1
                yield ItemDone("accepted", replica.path, self.library.name, reason=stored.verdict.value)

    def _standing(self) -> Iterator[Notice]:
        """Findings of earlier runs that still stand are told again, so that each scan's list is whole."""
        for replica in replicas.troubled_in_library(self.ctx.catalog, self.library.id):
            if replica.item_id in self.told:
                continue
            stored = replicas.findings(self.ctx.catalog, [replica.id]).get(replica.id)
            if stored is not None:
                finding = Finding(
                    replica.path, self.library.name, stored.verdict, stored.evidence, stored.bad_blocks, known=True
                )
                yield ItemDone("finding", replica.path, self.library.name, finding=finding)


def item_stat(ctx: Context, item: items.Item) -> Stat:
    """The stat that was last recorded for the library's file."""
    return replicas.in_library(ctx.catalog, item.id).stat


def _candidate(number: int, path: bytes, seen: Examination) -> Candidate:
    essence = None if seen.essence is None else (seen.essence.kind, seen.essence.digest)
    track = seen.wrapper.fields.get("track", ("",))
    return Candidate(number, path, seen.digests.blake3, essence, track[0] if track else "")
