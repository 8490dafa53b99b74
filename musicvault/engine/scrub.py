"""Scrub: every replica within reach is read from its medium, oldest proof first, and judged.

Drives are read side by side, each by its own lane; an interrupted pass is gone on with (`catalog.passes` says how
long). A library or vault is locked only while a finding about it is settled: a scrub that takes a day never forbids a
tag edit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace

from musicvault.catalog import locks, passes, replicas, troubles
from musicvault.catalog.passes import Proven
from musicvault.domain import wording
from musicvault.domain.damage import in_words
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import display
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.engine import locating, losses, ownfiles, places
from musicvault.engine.context import Context
from musicvault.engine.judging import Look, look
from musicvault.engine.lanes import Lanes
from musicvault.engine.parity import looking as parity
from musicvault.engine.passing import Pass, Passes
from musicvault.engine.places import Place, Reach
from musicvault.engine.reconcile.pending import reconcile_library, reconcile_vault
from musicvault.engine.scan import scan
from musicvault.engine.settling import Outcome as Settled
from musicvault.engine.settling import Settler
from musicvault.errors import DriveGone, Locked, VaultError
from musicvault.language import tr

COUNTED = ("checked", "bytes", "intact", "suspect", "corrupt", "missing", "unreadable", "unproven", "failed")
"""What a scrub always counts, nought included."""


def scrub(
    ctx: Context,
    *,
    vault_ids: Sequence[str] | None = None,
    library_ids: Sequence[int] | None = None,
    dry_run: bool = False,
) -> Job:
    """Read and judge every replica of these vaults and libraries; of all that is within reach when both are None.

    A place that was named and isn't there is told, and DriveGone raised at the end. With `dry_run` nothing is read or
    written: the counts are what the pass would have to read.
    """
    reach = places.reachable(ctx)
    chosen, away = _choose(reach, vault_ids, library_ids)
    counts: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
    errors: list[VaultError] = [DriveGone(reason) for reason in away]
    for error in errors:
        yield ItemDone("failed", b"", problem=str(error))
    run = _Scrub(ctx, Passes(ctx, [] if dry_run else chosen, counts))
    try:
        yield from _foreseen(ctx, chosen, counts) if dry_run else run.work()
    except VaultError as error:
        errors.append(error)
    yield Finished("scrub", dict(counts), 0 if dry_run else _exit_code(ctx, chosen, counts))
    errors += [places.gone(one.place) for one in run.passes.every if one.vanished]
    if errors:
        raise errors[0]


def _choose(
    reach: Reach, vault_ids: Sequence[str] | None, library_ids: Sequence[int] | None
) -> tuple[list[Place], list[str]]:
    """The places to scrub, and why others that were asked for can't be."""
    if vault_ids is None and library_ids is None:
        found = [*reach.libraries.values(), *reach.vaults.values()]
        return found, ([] if found else list(reach.away.values())[:1])
    found = [reach.libraries[number] for number in library_ids or () if number in reach.libraries]
    found += [reach.vaults[name] for name in vault_ids or () if name in reach.vaults]
    wanted: list[int | str] = [*(library_ids or ()), *(vault_ids or ())]
    return found, [reach.away[key] for key in wanted if key in reach.away]


def _foreseen(ctx: Context, chosen: Sequence[Place], counts: Counter[str]) -> Iterator[Notice]:
    """What a pass over each place would read, an interrupted one gone on with."""
    for place in chosen:
        now = ctx.now()
        began = passes.begun(ctx.catalog, place.key, now)
        files, size = passes.total(ctx.catalog, place.key, now if began is None else began, now)
        counts["checked"] += files
        counts["bytes"] += size
        text = tr("{files} would be read.", files=f"{wording.files(files)}, {wording.size(size)}")
        yield ItemDone("noted", b"", place.name, reason=text)


def _exit_code(ctx: Context, chosen: Sequence[Place], counts: Counter[str]) -> int:
    standing = troubles.library_states(ctx.catalog, [place.library.id for place in chosen if place.library])
    drives = {place.presence.vault.id for place in chosen if place.presence}
    on_drives = [
        replica.state
        for replica in troubles.troubled(ctx.catalog, removed=True)
        if replica.vault_id in drives and replica.role != replicas.QUARANTINE
    ]
    if (
        counts["damaged_lists"]
        or counts["parity_damaged"]
        or any(standing[state] for state in ReplicaState if state.is_damage)
    ):
        return 20
    if any(state.is_damage or state is ReplicaState.MISSING for state in on_drives):
        return 20
    if standing[ReplicaState.HELD] or counts["braked"] or ReplicaState.FOREIGN in on_drives:
        return 22
    return 3 if counts["failed"] else 0


class _Scrub:
    """The work of one scrub over its passes."""

    def __init__(self, ctx: Context, passes: Passes) -> None:
        self.passes = passes
        self._ctx = ctx
        self._counts = passes.counts
        self._settlers = [Settler(ctx, one.place) for one in passes.every]
        self._busy: list[Look] = []
        self._damaged: list[tuple[int, Finding]] = []

    def work(self) -> Iterator[Notice]:
        with ExitStack() as stack:
            for one in self.passes.every:
                stack.enter_context(locks.held(self._ctx.catalog.path, one.key.lock, "scrub"))
                self._remember(one.place)
                self._reconcile(one.place)
            files, size = self.passes.begin()
            yield Started("scrub", "", files, size)
            for one in self.passes.every:
                yield from self._look_at_lists(one)
            try:
                yield from self._read()
                yield from self._try_again()
                for one in self.passes.every:
                    yield from self._look_at_parity(one)
                for one in self.passes.every:
                    one.complete = not one.vanished
            finally:
                self.passes.finish()
            for one in self.passes.every:
                if one.needs_scan and one.complete:
                    yield from self._scan(one)
            yield from self._lost_parts()  # what the library has no more is known by now

    def _read(self) -> Iterator[Notice]:
        lanes = Lanes(look, self._ctx.checkpoint)
        try:
            for group, readers in self.passes.by_disk():
                lanes.add(self.passes.feed(group), readers)
            for looks in lanes.results():
                for found in looks:
                    yield from self._take(found)
                self.passes.write_proofs()
                current = display(looks[-1].path) if looks else ""
                yield Advanced(self._counts["checked"], lanes.bytes, current)
        finally:
            lanes.close()
            self._counts["bytes"] += lanes.bytes

    def _remember(self, place: Place) -> None:
        presence = place.presence
        if presence is not None and presence.writable and not presence.elsewhere:
            locating.remember(self._ctx, presence)

    def _reconcile(self, place: Place) -> None:
        with suppress(VaultError), place.locked(self._ctx, "scrub"):
            # Where that can't be, another job works there and has done it, or the drive may only be read.
            if place.library is not None:
                reconcile_library(self._ctx, place.library)
            elif place.presence is not None:
                reconcile_vault(self._ctx, place.presence)

    def _look_at_lists(self, one: Pass) -> Iterator[Notice]:
        if not one.place.on_drive:
            return
        try:
            with one.place.locked(self._ctx, "scrub"):
                found = ownfiles.damaged(one.place)
        except Locked:
            return  # they are being written
        except VaultError as error:
            self._counts["failed"] += 1
            yield ItemDone("failed", b"", one.place.name, problem=str(error))
            return
        for finding in found:
            self._counts["damaged_lists"] += 1
            one.counts["damaged_lists"] += 1
            yield ItemDone("finding", finding.path, one.place.name, finding=finding)

    def _look_at_parity(self, one: Pass) -> Iterator[Notice]:
        if not one.place.on_drive or one.vanished:
            return
        for looked in parity.look(self._ctx, one.place, one.began):
            if looked.vanished:
                one.vanished = True
                yield ItemDone("failed", b"", one.place.name, problem=str(places.gone(one.place)))
                return
            for counts in (self._counts, one.counts):
                counts["parity_checked"] += 1
                counts["parity_damaged"] += looked.finding is not None
            self._counts["bytes"] += looked.bytes
            if looked.finding is not None:
                yield ItemDone("finding", looked.finding.path, one.place.name, finding=looked.finding)

    # -- what the lanes found

    def _take(self, found: Look) -> Iterator[Notice]:
        one = self.passes.every[found.place]
        if one.vanished:
            return
        one.reads.add(found.due.stat.size, found.seconds, found.physical)
        if found.reading is not None and found.matches:
            self.passes.checked(one, Verdict.INTACT)
            if found.reading.grade is None:
                self._counts["unproven"] += 1
            else:
                self.passes.prove(one, Proven(found.due, found.reading.stat, found.reading.grade))
            return
        try:
            settled = self._settlers[found.place].settle(found)
        except Locked:
            self._busy.append(found)
        else:
            if found.failure is not None and not settled.vanished and places.is_io_error(found.failure):
                one.reads.failed(found.path, found.due.path, found.failure)
            yield from self._settled(one, settled, found)

    def _try_again(self) -> Iterator[Notice]:
        """What was being worked on when its turn came has its turn again at the end."""
        for found in self._busy:
            one = self.passes.every[found.place]
            try:
                settled = self._settlers[found.place].settle(found)
            except Locked as error:
                self._counts["failed"] += 1
                yield ItemDone("failed", found.due.path, one.place.name, problem=str(error))
            else:
                yield from self._settled(one, settled, found)

    def _lost_parts(self) -> Iterator[Notice]:
        """Of what is damaged in every copy within reach: which parts are lost. All copies were read by now."""
        if not self._damaged:
            return
        reach = places.reachable(self._ctx)
        for replica_id, finding in self._damaged:
            self._ctx.checkpoint()
            lost = losses.look_into(self._ctx, reach, replica_id)
            if lost:
                parts = (Evidence("lost-parts", {"parts": in_words(lost)}),)
                said = replace(finding, evidence=(*finding.evidence, *parts), known=True, lost=lost)
                yield ItemDone("finding", said.path, said.where, finding=said)

    def _settled(self, one: Pass, settled: Settled, found: Look) -> Iterator[Notice]:
        if settled.vanished:
            one.vanished = True
            yield ItemDone("failed", b"", one.place.name, problem=str(places.gone(one.place)))
            return
        one.needs_scan = one.needs_scan or settled.needs_scan
        if settled.proven is not None:
            self.passes.prove(one, settled.proven)
        if settled.verdict is not None:
            self.passes.checked(one, settled.verdict)
        if settled.finding is not None:
            if settled.finding.verdict.is_damage:
                self._damaged.append((found.due.replica_id, settled.finding))
            yield ItemDone("finding", settled.finding.path, one.place.name, finding=settled.finding)

    def _scan(self, one: Pass) -> Iterator[Notice]:
        """Files moved, deleted or edited since the last scan are its business: it pairs moves and minds the brake."""
        assert one.place.library is not None
        try:
            for notice in scan(self._ctx, [one.place.library.id]):
                if isinstance(notice, Finished):
                    for key in ("braked", "failed", *(verdict.value for verdict in Verdict)):
                        self._counts[key] += notice.counts.get(key, 0)
                elif isinstance(notice, ItemDone) and not (notice.finding is not None and notice.finding.known):
                    yield notice
        except VaultError as error:
            self._counts["failed"] += 1
            yield ItemDone("failed", b"", one.place.name, problem=str(error))
