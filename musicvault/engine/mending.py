"""Mending one damaged replica: read once more, then rebuilt from what is within reach.

Nothing is mended on the strength of an old finding: what stands there is read again first. What changed since it was
judged is the user's, and waits for the next scan.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from musicvault.catalog import items, replicas
from musicvault.catalog.database import Transaction
from musicvault.catalog.items import Content, Item
from musicvault.catalog.replicas import Replica, StoredFinding
from musicvault.domain.damage import Lost, in_words
from musicvault.domain.events import EventType
from musicvault.domain.paths import split
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import BLOCK_SIZE, Stat
from musicvault.domain.verdict import Evidence, Verdict, judge_vault
from musicvault.engine import copying, judging, leftovers, sources
from musicvault.engine.assembling import Assembled, assemble, named_sources
from musicvault.engine.context import Context
from musicvault.engine.copying import Failed, Put, Refused, Staged
from musicvault.engine.judging import Judged
from musicvault.engine.losses import losses
from musicvault.engine.opened import OpenVault
from musicvault.engine.parity.healing import Healing
from musicvault.engine.places import Place, Reach
from musicvault.engine.placing import Source, Wanted
from musicvault.engine.rebuilding import Order, rebuild
from musicvault.engine.sources import Candidate
from musicvault.engine.stated import Stated
from musicvault.engine.witnessing import may_be_witnessed
from musicvault.errors import ItemError, VaultError
from musicvault.language import tr
from musicvault.storage import durable
from musicvault.storage.gathering import Gathered, survey
from musicvault.storage.reading import Reading, may_be_there
from musicvault.storage.vault.layout import incoming_path

_MODE = 0o666
"""For copies on a drive, as the process's umask has it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A replica that needs mending. `slug` is its library's folder in every vault, `place` where it lies, None while
    that is away; `finding` is what stands about it, `good` how many intact copies of its bytes are within reach."""

    replica: Replica
    item: Item
    slug: str
    place: Place | None
    finding: StoredFinding | None
    good: int


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of a case. `evidence` says from where it was healed or why it wasn't; `problem`: something else stood
    in the way, and the finding stands. `lost` is what no copy within reach has."""

    case: Case
    healed: bool
    evidence: tuple[Evidence, ...] = ()
    problem: str = ""
    lost: tuple[Lost, ...] = ()


def preview(ctx: Context, reach: Reach, case: Case, healing: Healing) -> Mended:
    """What would become of a case. Where a copy is whole by all that is known nothing is read; else all of them are."""
    first: Mended | None = None
    for content in _contents(ctx, case):
        candidates = sources.candidates(ctx, reach, content.digests.blake3)
        whole = [one.where for one in candidates if one.is_intact and one.replica.id != case.replica.id]
        if whole:
            return Mended(case, True, (Evidence("would-heal-from", {"source": whole[0]}),))
        paths = [one.path for one in candidates]
        gathered = survey(paths, content.digests, checkpoint=ctx.checkpoint)
        asked = not content.digests.is_known or may_be_witnessed(gathered, content.digests)
        if gathered.whole or (asked and leftovers.could_be_had(ctx, content, paths, case.item)):
            names = named_sources(candidates, gathered, case.replica.id)
            return Mended(case, True, tuple(Evidence("would-heal-from", {"source": name}) for name in names))
        given = healing.give(content.digests)
        if given is not None:
            return Mended(case, True, (Evidence("would-heal-with", {"source": given.where}),))
        first = first or _hopeless(ctx, case, candidates, gathered, content, healing.cause)
    assert first is not None
    return first


# -- a library's file


def mend_in_library(ctx: Context, reach: Reach, case: Case, healing: Healing, decision: str = "") -> Mended:
    """Rebuild a library's file under the library's lock. Raises Cancelled, NoSpace, DriveUnwritable, DriveGone."""
    assert case.place is not None
    assert case.place.library is not None
    library, replica = case.place.library, case.replica
    content = items.content(ctx.catalog, replica.content_id)
    candidates = sources.candidates(ctx, reach, content.digests.blake3)
    try:
        order = Order(case.item, replica, content, candidates, _judged(ctx, case.finding), decision, healing)
        done = rebuild(ctx, library, order)
    except ItemError as error:
        return Mended(case, False, problem=error.problem)
    if done.right is not None:
        return _right_again(ctx, case, done.right)
    if done.gathered is not None:
        return _not_healed(ctx, case, candidates, done.gathered, content, done.cause)
    return Mended(case, True, _healed_from(done.sources, done.parity))


def _judged(ctx: Context, finding: StoredFinding | None) -> bytes:
    """The digest of what stood there when it was judged; empty where it couldn't be read or nobody looked."""
    if finding is None or finding.observed_id is None:
        return b""
    return items.content(ctx.catalog, finding.observed_id).digests.blake3


def _healed_from(names: Sequence[str], parity: str = "") -> tuple[Evidence, ...]:
    copies = tuple(Evidence("healed-from", {"source": name}) for name in names)
    return (Evidence("healed-with-parity", {"source": parity}), *copies) if parity else copies


def _right_again(ctx: Context, case: Case, found: Reading) -> Mended:
    """It reads as it should: a cable was put right, or its owner put the file back."""
    with ctx.catalog.transaction(ctx.now()) as transaction:
        _settle(transaction, case, found)
    return Mended(case, True, (Evidence("reads-right"),))


def _settle(transaction: Transaction, case: Case, found: Reading) -> None:
    if found.grade is not None:
        replicas.set_proven(transaction, case.replica, found.grade, found.stat)
    else:
        replicas.set_state(transaction, case.replica, ReplicaState.INTACT)
    transaction.event(
        case.item.event(
            EventType.FIXITY_CHECK,
            vault_id=case.replica.vault_id,
            detail={"verdict": Verdict.INTACT.value, "was": case.replica.state.value},
        )
    )


def _not_healed(
    ctx: Context, case: Case, candidates: Sequence[Candidate], gathered: Gathered, content: Content, cause: str
) -> Mended:
    """What stands in the way, and what is lost; that is kept with the finding."""
    mended = _hopeless(ctx, case, candidates, gathered, content, cause)
    if case.finding is None or case.finding.lost != mended.lost:
        with ctx.catalog.transaction(ctx.now()) as transaction:
            replicas.set_lost(transaction, case.replica.id, mended.lost)
    return mended


def _hopeless(
    ctx: Context, case: Case, candidates: Sequence[Candidate], gathered: Gathered, content: Content, cause: str
) -> Mended:
    lost = losses(ctx.catalog, case.item, content, candidates, gathered)
    facts = [Evidence("no-good-copy")]
    if any(one.replica.id != case.replica.id for one in candidates) and gathered.lost:
        total = -(-content.digests.size // BLOCK_SIZE)
        facts.append(Evidence("lost-blocks", {"lost": len(gathered.lost), "total": total, "first": gathered.lost[0]}))
    if cause:
        facts.append(Evidence("parity-no-help", {"cause": cause}))
    if lost:
        facts.append(Evidence("lost-parts", {"parts": in_words(lost)}))
    return Mended(case, False, tuple(facts), lost=lost)


# -- replicas on a drive


def mend_on_drive(vault: OpenVault, reach: Reach, cases: Iterable[Case], healing: Healing) -> Iterator[Mended]:
    """Rebuild replicas on one vault that is open for writing. Raises Cancelled and the VaultErrors of `copying.put`."""
    work = _OnDrive(vault, reach, healing)
    try:
        for outcome in copying.put(vault, work.orders(cases)):
            yield from work.settled()
            if not isinstance(outcome, Staged):
                yield from work.told(outcome)
        yield from work.settled()
        for case in work.in_pieces:  # after the rest: the journal lines of two batches must not mix
            for outcome in copying.put(vault, work.pieced(case)):
                if not isinstance(outcome, Staged):
                    yield from work.told(outcome)
            yield from work.settled()
    finally:
        work.clear()
    if work.stopped is not None:
        raise work.stopped


class _OnDrive:
    """The work on one vault. What is put together from pieces waits in `incoming/` until its batch is put."""

    def __init__(self, vault: OpenVault, reach: Reach, healing: Healing) -> None:
        self.in_pieces: list[Case] = []
        self.stopped: VaultError | None = None
        self._vault = vault
        self._ctx = vault.ctx
        self._reach = reach
        self._healing = healing
        self._stated = Stated(vault.layout)
        self._settled: list[Mended] = []
        self._ordered: dict[int, tuple[Case, tuple[Evidence, ...]]] = {}
        self._scratch: list[bytes] = []

    def orders(self, cases: Iterable[Case]) -> Iterator[Wanted]:
        """What is to be put, made when it is asked for: nothing there needs a copy of one that is whole by all that is
        known, the damaged one is put together around the blocks that it has right."""
        for case in cases:
            self._ctx.checkpoint()
            wanted = self._copy(case) if case.replica.state is ReplicaState.MISSING else None
            if wanted is not None:
                self._ordered[id(wanted)] = case, _healed_from([wanted.source.name])
                yield wanted
                continue
            yield from self.pieced(case)
            if self.stopped is not None:
                return

    def pieced(self, case: Case) -> Iterator[Wanted]:
        """The order for one file that is put together here, unless there is nothing to be done or to be had."""
        try:
            wanted = self._pieced(case)
        except ItemError as error:
            self._settled.append(Mended(case, False, problem=error.problem))
        except VaultError as error:  # what was ordered before still comes to its end
            self.stopped = error
        else:
            if wanted is not None:
                yield wanted

    def settled(self) -> Iterator[Mended]:
        """What was settled without being put."""
        yield from self._settled
        self._settled.clear()

    def told(self, outcome: Put | Refused | Failed) -> Iterator[Mended]:
        """What became of an order."""
        case, healed_from = self._ordered.pop(id(outcome.wanted))
        if isinstance(outcome, Put):
            yield Mended(case, True, healed_from)
        elif outcome.wanted.source.staged is None:
            self.in_pieces.append(case)
        elif isinstance(outcome, Failed):
            yield Mended(case, False, problem=outcome.error.problem)
        else:
            yield Mended(case, False, (Evidence("no-good-copy"),))

    def clear(self) -> None:
        """Leave no scratch file behind."""
        for scratch in self._scratch:
            durable.remove(scratch)

    def _copy(self, case: Case) -> Wanted | None:
        for content in _contents(self._ctx, case):
            for one in sources.candidates(self._ctx, self._reach, content.digests.blake3, but=case.replica.id):
                if one.is_intact:
                    return self._order(case, content, Source(one.path, one.where, one.replica))
        return None

    def _order(self, case: Case, content: Content, source: Source, found: Reading | None = None) -> Wanted:
        item = replace(case.item, content=content)
        return Wanted(item, case.slug, case.replica.path, source, case.replica, found)

    def _pieced(self, case: Case) -> Wanted | None:
        """The first of the contents that may stand there and can be had."""
        own = self._vault.layout.guarded(case.replica.path)
        damaged = own if may_be_there(own) else b""
        found: Reading | None = None
        first: Mended | None = None
        for content in _contents(self._ctx, case):
            candidates = sources.candidates(self._ctx, self._reach, content.digests.blake3)
            had, scratch = self._assembled(candidates, content, damaged)
            gathered = had.gathered
            found = found or gathered.found
            settled = self._looked_at(case, gathered.found)
            if settled is not None:
                self._settled.append(settled)
                return None
            if gathered.whole:
                stat = Stat(content.digests.size, content.mtime_ns, 0, 0)
                staged = Reading(stat, content.digests, None)
                names = had.sources(candidates, case.replica.id)
                named = ", ".join((*names, *((tr("parity of {label}", label=had.parity),) if had.parity else ())))
                wanted = self._order(case, content, Source(scratch, named, staged=staged), found)
                self._ordered[id(wanted)] = case, _healed_from(names, had.parity)
                return wanted
            first = first or _not_healed(self._ctx, case, candidates, gathered, content, had.cause)
            damaged = b""  # known by now
        assert first is not None
        self._settled.append(first)
        return None

    def _assembled(self, candidates: Sequence[Candidate], content: Content, damaged: bytes) -> tuple[Assembled, bytes]:
        scratch = self._vault.layout.guarded(incoming_path("gather-" + secrets.token_hex(6)))
        self._scratch.append(scratch)
        return assemble(self._ctx, candidates, content, scratch, self._healing, damaged=damaged, mode=_MODE), scratch

    def _looked_at(self, case: Case, found: Reading | None) -> Mended | None:
        """An outcome that needs no rebuilding: it reads right again, or the vault itself says that it is another's."""
        if found is None:
            return None
        ctx, replica = self._ctx, case.replica
        content = items.content(ctx.catalog, replica.content_id)
        verdict, evidence = judge_vault(
            content.digests, found.digests, confirmed=True, vault_says=self._stated.sha256(replica.path)
        )
        if verdict is Verdict.INTACT:
            return _right_again(ctx, case, found)
        if verdict is not Verdict.FOREIGN:
            return None
        path, name = self._vault.layout.path(replica.path), split(case.item.path)[1]
        seen = judging.inside(path, name, found.digests, ctx.checkpoint)
        if leftovers.found_again(ctx, replica, case.item, seen, None):
            return Mended(case, True, (Evidence(leftovers.RIGHT),))
        judged = Judged(verdict, evidence, stat=found.stat, examination=seen)
        with ctx.catalog.transaction(ctx.now()) as transaction:
            judging.record_on_drive(transaction, ctx.catalog, replica, case.item, self._vault.label, judged)
        return Mended(case, False, evidence)


def _contents(ctx: Context, case: Case) -> list[Content]:
    """What may stand in the replica's place: what stood there before, else (where it isn't kept as that very version)
    the item's current content."""
    own = items.content(ctx.catalog, case.replica.content_id)
    only = case.replica.role != replicas.CURRENT or own.id == case.item.content.id
    return [own] if only else [own, case.item.content]
