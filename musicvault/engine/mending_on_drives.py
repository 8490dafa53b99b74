"""Mending damaged replicas on one drive: from a copy that is whole, else put together from pieces.

What is put together waits in `incoming/` until its batch is put (`copying`); what reads right by now, or turns out to
be another computer's, needs no rebuilding.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from musicvault.catalog import contents
from musicvault.catalog.contents import Content
from musicvault.domain.paths import split
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Stat
from musicvault.domain.verdict import Evidence, Verdict, judge_vault
from musicvault.engine import copying, judging, leftovers, sources
from musicvault.engine.assembling import Assembled, assemble
from musicvault.engine.cases import Case, wanted_contents
from musicvault.engine.copying import Failed, Put, Refused, Staged
from musicvault.engine.judging import Judged
from musicvault.engine.mending import Mended, healed_from, not_healed, right_again
from musicvault.engine.opened import OpenVault
from musicvault.engine.parity.healing import Healing
from musicvault.engine.places import Reach
from musicvault.engine.placing import Source, Wanted
from musicvault.engine.sources import Candidate
from musicvault.engine.stated import Stated
from musicvault.errors import ItemError, VaultError
from musicvault.language import tr
from musicvault.storage import durable
from musicvault.storage.reading import Reading
from musicvault.storage.stats import may_be_there
from musicvault.storage.vault.layout import incoming_path

_MODE = 0o666
"""For copies on a drive, as the process's umask has it."""


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
                self._ordered[id(wanted)] = case, healed_from([wanted.source.name])
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
        for content in wanted_contents(self._ctx, case):
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
        for content in wanted_contents(self._ctx, case):
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
                self._ordered[id(wanted)] = case, healed_from(names, had.parity)
                return wanted
            first = first or not_healed(self._ctx, case, candidates, gathered, content, had.cause)
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
        content = contents.get(ctx.catalog, replica.content_id)
        verdict, evidence = judge_vault(
            content.digests, found.digests, confirmed=True, vault_says=self._stated.sha256(replica.path)
        )
        if verdict is Verdict.INTACT:
            return right_again(ctx, case, found)
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
