"""Repair: damaged replicas, and those missing from a vault, are rebuilt from verified good ones.

Library ← vault, vault ← library, vault ← vault, block by block where no copy is whole. What the user deleted from a
library comes back only when asked for; what waits for the user's decision is left alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

from musicvault.catalog import contents, items, parity, replicas, retention, search, troubles, vain, vaults
from musicvault.catalog.contents import Content
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.domain import wording
from musicvault.domain.damage import Lost
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import display
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.engine import braking, leftovers, ownfiles, places, sources
from musicvault.engine.cases import ENOUGH, Case, case_of, to_mend
from musicvault.engine.context import Context
from musicvault.engine.mending import Mended, mend_in_library, preview
from musicvault.engine.mending_on_drives import mend_on_drive
from musicvault.engine.opening import open_for_writing
from musicvault.engine.parity.healing import Healing
from musicvault.engine.parity.stage import Keeping
from musicvault.engine.places import Place, Reach
from musicvault.engine.reconcile.pending import reconcile_library
from musicvault.engine.retention import clear_rotten
from musicvault.errors import Locked, NotOurs, VaultError


def repair(
    ctx: Context,
    query: str | None = None,
    *,
    item_ids: Sequence[int] | None = None,
    missing: bool = False,
    dry_run: bool = False,
) -> Job:
    """Rebuild what is damaged, in libraries and vaults, and what is missing from vaults; files missing from a
    library where `query` names them or `missing` asks for all. `query` (or `item_ids`) limits the whole
    repair to its matches.

    A drive that fails stops only its own repairs; the first such VaultError is raised at the end. One that belongs to
    another catalog (it wasn't named at a rebuild, say) is noted, with the way to take it in.
    """
    reach = places.reachable(ctx)
    if query is not None:
        item_ids = search.item_ids(ctx.catalog, query, now=ctx.now())
    cases, left = to_mend(ctx, reach, item_ids, missing=missing or item_ids is not None)
    run = _Repair(ctx, reach, "repair", dry_run)
    yield from run.work(cases, lists_of=() if item_ids is not None else tuple(reach.vaults.values()))
    if (missing or item_ids is not None) and not dry_run:  # the user's word
        braking.lift(ctx, {case.item.library_id for case in cases})
    for case in left:
        yield from run.left_alone(case)
    scope = None if item_ids is None else {case.replica.id for case in cases}
    if scope is None and not dry_run:
        vain.forget_settled(ctx.catalog)
    yield Finished("repair", dict(run.counts), _exit_code(ctx, run.counts, scope))
    if run.errors:
        raise run.errors[0]


def put_back(ctx: Context, job: str, item_ids: Sequence[int], *, dry_run: bool = False) -> Job:
    """Put the proven version of these library files back, by the user's word; what stands there goes to quarantine."""
    reach = places.reachable(ctx)
    cases = [case_of(ctx, reach, replicas.in_library(ctx.catalog, item_id)) for item_id in item_ids]
    run = _Repair(ctx, reach, job, dry_run)
    yield from run.work(cases)
    if not dry_run:
        braking.lift(ctx, {case.item.library_id for case in cases})
    yield Finished(job, dict(run.counts), 3 if run.counts["failed"] else 0)
    if run.errors:
        raise run.errors[0]


def _exit_code(ctx: Context, counts: Counter[str], scope: set[int] | None) -> int:
    standing = [one for one in troubles.troubled(ctx.catalog) if scope is None or one.id in scope]
    standing = [one for one in standing if one.role != replicas.QUARANTINE]
    missing = any(one.state is ReplicaState.MISSING and one.vault_id for one in standing)
    missing = missing or (
        scope is None and any(parity.damaged(ctx.catalog, one.id) for one in vaults.every(ctx.catalog))
    )
    if missing or counts["damaged_lists"] or any(one.state.is_damage for one in standing):
        return 20
    if any(one.state in (ReplicaState.HELD, ReplicaState.FOREIGN) for one in standing):
        return 22
    return 3 if counts["failed"] else 0


class _Repair:
    """The work of one repair, or of a `put_back` (then `job` is its word)."""

    def __init__(self, ctx: Context, reach: Reach, job: str, dry_run: bool) -> None:
        self._done = _DONE.get(job, "repaired")
        self.counts: Counter[str] = Counter({self._done: 0, "unhealed": 0, "failed": 0, "bytes": 0})
        self.errors: list[VaultError] = []
        self._ctx = ctx
        self._reach = reach
        self._job = job
        self._dry_run = dry_run
        self._files = 0
        self._refused: set[str] = set()
        self._healing = Healing(ctx, reach, only_look=dry_run)

    def work(self, cases: Sequence[Case], lists_of: Sequence[Place] = ()) -> Iterator[Notice]:
        """Mend these cases, and the vaults' own lists and parity at these places."""
        try:
            yield from self._work(cases, lists_of)
        finally:
            self._healing.close()
        for place in lists_of:
            yield from self._clear_rotten(place)
            yield from self._renew_parity(place)

    def _work(self, cases: Sequence[Case], lists_of: Sequence[Place]) -> Iterator[Notice]:
        yield Started(self._job, "", len(cases), sum(case.item.content.digests.size for case in cases))
        for place in lists_of:
            yield from self._renew_lists(place)
        cases = yield from self._become_known(cases)
        groups: dict[tuple[int, int | str], list[Case]] = defaultdict(list)
        for case in cases:
            groups[min(case.good, ENOUGH), case.replica.vault_id or case.item.library_id].append(case)
        for group in groups.values():
            if group[0].place is None:
                for case in group:
                    yield from self._told(Mended(case, False, (Evidence("not-connected"),)))
            elif self._dry_run:
                yield from self._previewed(group)
            else:
                yield from self._mended(group, group[0].place)

    def _become_known(self, cases: Sequence[Case]) -> Generator[Notice, None, Sequence[Case]]:
        """Put together what nobody has whole, and only a list states: where that can be had, the digests of its blocks
        are known from then on. Gives the cases as they are then."""
        ctx, found, tried = self._ctx, list(cases), set[int]()
        for number, case in enumerate(cases):
            content = contents.get(ctx.catalog, case.replica.content_id)
            if self._dry_run or (content.digests.is_known and content.id not in tried):
                continue
            if content.id not in tried:
                tried.add(content.id)
                yield Advanced(0, 0, display(case.item.path))
                self._identify(case.item, content)
            found[number] = case_of(ctx, self._reach, case.replica)
        return found

    def _identify(self, item: Item, content: Content) -> None:
        copies = [one.path for one in sources.candidates(self._ctx, self._reach, content.digests.blake3)]
        if not leftovers.identify(self._ctx, item, content, copies):
            given = self._healing.give(content.digests)
            if given is not None:
                leftovers.identify(self._ctx, item, content, [given.path])

    def _renew_lists(self, place: Place) -> Iterator[Notice]:
        """Write a vault's own lists and snapshot anew where they are damaged."""
        assert place.presence is not None
        try:
            with ExitStack() as stack:
                stack.enter_context(place.locked(self._ctx, self._job))
                found = ownfiles.damaged(place)
                if found and not self._dry_run:
                    stack.enter_context(open_for_writing(self._ctx, place.presence)).renew()
        except Locked:
            return  # they are being written
        except VaultError as error:
            yield from self._failed(place, error)
            return
        for finding in found:
            self.counts["repaired"] += 1
            self.counts["damaged_lists"] += self._dry_run
            healed = replace(finding, healed=not self._dry_run)
            yield ItemDone("finding", finding.path, place.name, finding=healed)

    def _clear_rotten(self, place: Place) -> Iterator[Notice]:
        """What was put aside as damaged and rots on is of no use to anybody."""
        presence = place.presence
        if presence is None or self._dry_run or not retention.rotten(self._ctx.catalog, presence.vault.id):
            return
        try:
            with place.locked(self._ctx, self._job), open_for_writing(self._ctx, presence) as vault:
                for gone in clear_rotten(vault):
                    yield self._cleared(place, gone)
        except VaultError as error:
            yield from self._failed(place, error)

    def _cleared(self, place: Place, gone: Replica | VaultError) -> ItemDone:
        if isinstance(gone, VaultError):
            self.counts["failed"] += 1
            return ItemDone("failed", b"", place.name, problem=str(gone))
        self.counts["expired"] += 1
        path = items.get(self._ctx.catalog, gone.item_id).path
        return ItemDone("removed", path, place.name, gone.stat.size, reason="rotten-aside")

    def _renew_parity(self, place: Place) -> Iterator[Notice]:
        """Make damaged parity anew, now that what it is about is repaired."""
        presence = place.presence
        if presence is None or self._dry_run or not presence.writable:
            return
        keeping = Keeping(self._ctx, presence, self._job, only_damaged=True)
        yield from keeping.run()
        self.counts.update(keeping.counts)
        for error in keeping.trouble:
            yield from self._failed(place, error)

    def _failed(self, place: Place, error: VaultError) -> Iterator[Notice]:
        """Remember why work at a place stopped. That a drive is another catalog's is no fault of it: told once."""
        if not isinstance(error, NotOurs):
            self.errors.append(error)
        elif place.name not in self._refused:
            self._refused.add(place.name)
            yield ItemDone("noted", b"", place.name, reason=str(error))

    def _previewed(self, cases: Sequence[Case]) -> Iterator[Notice]:
        for case in cases:
            self._ctx.checkpoint()
            yield from self._told(preview(self._ctx, self._reach, case, self._healing))

    def _mended(self, cases: Sequence[Case], place: Place) -> Iterator[Notice]:
        left = {case.replica.id: case for case in cases}
        try:
            with ExitStack() as stack:
                stack.enter_context(place.locked(self._ctx, self._job))
                for mended in self._outcomes(stack, cases, place):
                    del left[mended.case.replica.id]
                    yield from self._told(mended)
        except VaultError as error:
            yield from self._failed(place, error)
            for case in left.values():
                yield from self._told(Mended(case, False, (Evidence("not-writable", {"cause": str(error)}),)))

    def _outcomes(self, stack: ExitStack, cases: Sequence[Case], place: Place) -> Iterator[Mended]:
        ctx = self._ctx
        if place.library is not None:
            reconcile_library(ctx, place.library)
            decision = "" if self._job == "repair" else self._job
            for case in cases:
                ctx.checkpoint()
                yield mend_in_library(ctx, self._reach, case, self._healing, decision)
        elif place.presence is not None:
            vault = stack.enter_context(open_for_writing(ctx, place.presence))
            yield from mend_on_drive(vault, self._reach, cases, self._healing)

    def _told(self, mended: Mended) -> Iterator[Notice]:
        case = mended.case
        where = self._reach.names.get(case.replica.vault_id or case.item.library_id, "")
        size = case.item.content.digests.size
        self._files += 1
        if mended.healed:
            self.counts[self._done] += 1
            self.counts["bytes"] += size
        elif mended.problem:
            self.counts["failed"] += 1
            self.counts["unhealed"] += 1
        else:
            self.counts["unhealed"] += 1
        yield from self._lines(mended, where, size)
        yield Advanced(self._files, self.counts["bytes"], display(case.item.path))

    def _lines(self, mended: Mended, where: str, size: int) -> Iterator[Notice]:
        case = mended.case
        if mended.problem:
            yield ItemDone("failed", case.item.path, where, problem=mended.problem)
        if self._job != "repair":
            if mended.healed:
                yield ItemDone(self._done, case.item.path, where, size, reason=_source(mended))
            elif not mended.problem:
                self.counts["failed"] += 1
                yield ItemDone("failed", case.item.path, where, problem=_source(mended))
            return
        healed = mended.healed and not self._dry_run
        finding = self._finding(case, mended.evidence, healed=healed, lost=mended.lost)
        yield ItemDone("finding", case.item.path, where, size, finding=finding)

    def left_alone(self, case: Case) -> Iterator[Notice]:
        """Tell of a replica that isn't intact and isn't repair's business."""
        deleted = case.replica.state is ReplicaState.MISSING
        finding = self._finding(case, (Evidence("not-asked"),) if deleted else (), healed=False)
        yield ItemDone("finding", finding.path, finding.where, finding=finding)

    def _finding(
        self, case: Case, evidence: tuple[Evidence, ...], *, healed: bool, lost: tuple[Lost, ...] = ()
    ) -> Finding:
        stored, replica = case.finding, case.replica
        return Finding(
            case.item.path,
            self._reach.names.get(replica.vault_id or case.item.library_id, ""),
            stored.verdict if stored is not None else Verdict.CORRUPT,
            (*(stored.evidence if stored is not None else ()), *evidence),
            stored.bad_blocks if stored is not None else (),
            on_drive=replica.vault_id is not None,
            healed=healed,
            known=True,
            lost=lost,
        )


_DONE = {"reject": "rejected"}


def _source(mended: Mended) -> str:
    return "; ".join(wording.evidence(fact) for fact in mended.evidence)
