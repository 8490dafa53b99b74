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
from musicvault.domain.events import Event, EventType
from musicvault.domain.paths import display
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import BLOCK_SIZE
from musicvault.domain.verdict import Evidence, Verdict, judge_vault
from musicvault.engine import copying, judging, sources
from musicvault.engine.context import Context
from musicvault.engine.copying import Failed, Put, Refused
from musicvault.engine.judging import Judged
from musicvault.engine.opened import OpenVault
from musicvault.engine.places import Place, Reach
from musicvault.engine.placing import Source, Wanted
from musicvault.engine.rebuilding import Order, rebuild
from musicvault.engine.sources import Candidate
from musicvault.engine.stated import Stated
from musicvault.errors import ItemError
from musicvault.language import tr
from musicvault.storage import durable
from musicvault.storage.gathering import Gathered, gather
from musicvault.storage.reading import Reading, read_file
from musicvault.storage.vault.layout import incoming_path


@dataclass(frozen=True, slots=True)
class Case:
    """A replica that needs mending. `slug` is its library's folder in every vault, `place` where it lies, None while
    that is away; `finding` is what stands about it."""

    replica: Replica
    item: Item
    slug: str
    place: Place | None
    finding: StoredFinding | None


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of a case. `evidence` says from where it was healed or why it wasn't; `problem`: something else stood
    in the way, and the finding stands."""

    case: Case
    healed: bool
    evidence: tuple[Evidence, ...] = ()
    problem: str = ""


# -- a library's file


def mend_in_library(ctx: Context, reach: Reach, case: Case, decision: str = "") -> Mended:
    """Rebuild a library's file under the library's lock. Raises Cancelled, NoSpace, DriveUnwritable, DriveGone."""
    assert case.place is not None
    assert case.place.library is not None
    library, replica = case.place.library, case.replica
    try:
        found = _read(case.place.path(replica.path))
        content = items.content(ctx.catalog, replica.content_id)
        if found is not None and found.digests.blake3 == content.digests.blake3:
            return _right_again(ctx, case, found)
        if found is not None and not _is_as_judged(ctx, case.finding, found):
            raise ItemError(display(replica.path), "write", tr("it changed since it was judged; scan again"))
        candidates = sources.candidates(ctx, reach, content.digests.blake3)
        order = Order(case.item, replica, content, candidates, found.digests if found else None, decision)
        done = rebuild(ctx, library, order)
    except ItemError as error:
        return Mended(case, False, problem=error.problem)
    if not done.healed:
        return _not_healed(case, candidates, done.lost, content)
    return Mended(case, True, tuple(Evidence("healed-from", {"source": source}) for source in done.sources))


def _read(path: bytes) -> Reading | None:
    """What stands there, None where that can't be read or nothing does."""
    try:
        return read_file(path, from_device=True)
    except ItemError:
        return None


def _is_as_judged(ctx: Context, finding: StoredFinding | None, found: Reading) -> bool:
    if finding is None or finding.observed_id is None:
        return False
    return items.content(ctx.catalog, finding.observed_id).digests.blake3 == found.digests.blake3


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
        Event(
            EventType.FIXITY_CHECK,
            item_id=case.item.id,
            library_id=case.item.library_id,
            vault_id=case.replica.vault_id,
            path=case.item.path,
            detail={"verdict": Verdict.INTACT.value, "was": case.replica.state.value},
        )
    )


def _not_healed(case: Case, candidates: Sequence[Candidate], lost: Sequence[int], content: Content) -> Mended:
    if not candidates or not lost:
        return Mended(case, False, (Evidence("no-good-copy"),))
    total = -(-content.digests.size // BLOCK_SIZE)
    fact = Evidence("lost-blocks", {"lost": len(lost), "total": total, "first": lost[0]})
    return Mended(case, False, (Evidence("no-good-copy"), fact))


# -- replicas on a drive


def mend_on_drive(vault: OpenVault, reach: Reach, cases: Iterable[Case]) -> Iterator[Mended]:
    """Rebuild replicas on one vault that is open for writing. Raises Cancelled and the VaultErrors of `copying.put`."""
    ctx = vault.ctx
    stated = Stated(vault.layout)
    whole: list[tuple[Wanted, Case]] = []
    in_pieces: list[Case] = []
    for case in cases:
        ctx.checkpoint()
        settled = _look_again(vault, stated, case)
        if settled is not None:
            yield settled
            continue
        wanted = _wanted(ctx, reach, case)
        if wanted is None:
            in_pieces.append(case)
        else:
            whole.append((wanted, case))
    by_wanted = {id(wanted): case for wanted, case in whole}
    for outcome in copying.put(vault, [wanted for wanted, _ in whole]):
        case = by_wanted[id(outcome.wanted)]
        if isinstance(outcome, Put):
            yield Mended(case, True, (Evidence("healed-from", {"source": outcome.wanted.source.name}),))
        elif isinstance(outcome, Refused | Failed):
            in_pieces.append(case)  # after the batch: its journal lines must not mix with others
    for case in in_pieces:
        yield from _from_blocks(vault, reach, case)


def _look_again(vault: OpenVault, stated: Stated, case: Case) -> Mended | None:
    """An outcome that needs no rebuilding: it reads right again, or the vault itself says that it is another's."""
    ctx, replica = vault.ctx, case.replica
    found = _read(vault.layout.guarded(replica.path))
    if found is None:
        return None
    content = items.content(ctx.catalog, replica.content_id)
    verdict, evidence = judge_vault(
        content.digests, found.digests, confirmed=True, vault_says=stated.sha256(replica.path)
    )
    if verdict is Verdict.INTACT:
        return _right_again(ctx, case, found)
    if verdict is not Verdict.FOREIGN:
        return None
    with ctx.catalog.transaction(ctx.now()) as transaction:
        judging.record_on_drive(
            transaction, ctx.catalog, replica, case.item, vault.label, Judged(verdict, evidence, stat=found.stat)
        )
    return Mended(case, False, evidence)


def _contents(ctx: Context, case: Case) -> list[Content]:
    """What may stand in the replica's place: what stood there before, else (where it isn't kept as that very version)
    the item's current content."""
    own = items.content(ctx.catalog, case.replica.content_id)
    only = case.replica.role != replicas.CURRENT or own.id == case.item.content.id
    return [own] if only else [own, case.item.content]


def _wanted(ctx: Context, reach: Reach, case: Case) -> Wanted | None:
    """The order for a copy from a copy that is whole by all that is known; None where there is none."""
    for content in _contents(ctx, case):
        for one in sources.candidates(ctx, reach, content.digests.blake3, but=case.replica.id):
            if one.is_intact:
                return _order(case, content, Source(one.path, one.where, one.replica))
    return None


def _order(case: Case, content: Content, source: Source) -> Wanted:
    return Wanted(replace(case.item, content=content), case.slug, case.replica.path, source, case.replica)


def _from_blocks(vault: OpenVault, reach: Reach, case: Case) -> Iterator[Mended]:
    """Put together what no single copy has whole, the damaged replica's own good blocks included."""
    ctx = vault.ctx
    first: Mended | None = None
    for content in _contents(ctx, case):
        candidates = sources.candidates(ctx, reach, content.digests.blake3)
        scratch = vault.layout.guarded(incoming_path("gather-" + secrets.token_hex(6)))
        try:
            paths = [one.path for one in candidates]
            gathered = gather(paths, content.digests, scratch, checkpoint=ctx.checkpoint)
            if gathered.whole:
                names = _names(candidates, gathered)
                source = Source(scratch, ", ".join(names))
                yield from _put_one(vault, case, _order(case, content, source), names)
                return
        finally:
            durable.remove(scratch)
        first = first or _not_healed(case, candidates, gathered.lost, content)
    assert first is not None
    yield first


def _names(candidates: Sequence[Candidate], gathered: Gathered) -> tuple[str, ...]:
    used = [one.where for one, count in zip(candidates, gathered.used, strict=True) if count]
    return tuple(dict.fromkeys(used))


def _put_one(vault: OpenVault, case: Case, wanted: Wanted, names: Sequence[str]) -> Iterator[Mended]:
    for outcome in copying.put(vault, [wanted]):
        if isinstance(outcome, Put):
            yield Mended(case, True, tuple(Evidence("healed-from", {"source": name}) for name in names))
        elif isinstance(outcome, Failed):
            yield Mended(case, False, problem=str(outcome.error))
        elif isinstance(outcome, Refused):
            yield Mended(case, False, (Evidence("no-good-copy"),))
