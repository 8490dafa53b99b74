"""Mending one damaged replica: read once more, then rebuilt from what is within reach.

Nothing is mended on the strength of an old finding: what stands there is read again first. What changed since it was
judged is the user's, and waits for the next scan.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from musicvault.catalog import contents, findings, replicas
from musicvault.catalog.contents import Content
from musicvault.catalog.database import Transaction
from musicvault.catalog.findings import StoredFinding
from musicvault.catalog.vain import SearchedInVain
from musicvault.domain.damage import Lost, in_words
from musicvault.domain.events import EventType
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import BLOCK_SIZE
from musicvault.domain.verdict import Evidence, Verdict
from musicvault.engine import leftovers, sources
from musicvault.engine.assembling import named_sources
from musicvault.engine.cases import Case, wanted_contents
from musicvault.engine.context import Context
from musicvault.engine.losses import losses
from musicvault.engine.parity.healing import Healing
from musicvault.engine.places import Reach
from musicvault.engine.rebuilding import Order, rebuild
from musicvault.engine.sources import Candidate
from musicvault.engine.witnessing import may_be_witnessed
from musicvault.errors import DriveUnwritable, ItemError
from musicvault.language import tr
from musicvault.storage.gathering import Gathered, survey
from musicvault.storage.reading import OpenFile, Reading


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
    library = case.place.library if case.place is not None else None
    if library is not None and _is_forbidden(os.path.join(library.root, case.item.path)):
        return _forbidden(case)
    for content in wanted_contents(ctx, case):
        candidates = sources.candidates(ctx, reach, content.digests.blake3)
        whole = [one.where for one in candidates if one.is_intact and one.replica.id != case.replica.id]
        if whole:
            return Mended(case, True, (Evidence("would-heal-from", {"source": whole[0]}),))
        paths = [one.path for one in candidates]
        vain = SearchedInVain(ctx.catalog, content.digests.blake3)
        gathered = survey(paths, content.digests, checkpoint=ctx.checkpoint, vain=vain)
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
    """Rebuild a library's file under the library's lock. Where only its own folder can't be written, that is this
    file's failure. Raises Cancelled, NoSpace, DriveUnwritable, DriveGone."""
    assert case.place is not None
    assert case.place.library is not None
    library, replica = case.place.library, case.replica
    if _is_forbidden(os.path.join(library.root, case.item.path)):
        return _forbidden(case)
    content = contents.get(ctx.catalog, replica.content_id)
    candidates = sources.candidates(ctx, reach, content.digests.blake3)
    try:
        order = Order(case.item, replica, content, candidates, _judged(ctx, case.finding), decision, healing)
        done = rebuild(ctx, library, order)
    except ItemError as error:
        return Mended(case, False, problem=error.problem)
    except DriveUnwritable as error:
        if not os.access(library.root, os.W_OK | os.X_OK):
            raise
        return Mended(case, False, problem=str(error))
    if done.right is not None:
        return right_again(ctx, case, done.right)
    if done.gathered is not None:
        return not_healed(ctx, case, candidates, done.gathered, content, done.cause)
    return Mended(case, True, healed_from(done.sources, done.parity))


def _is_forbidden(path: bytes) -> bool:
    try:
        with OpenFile(path):
            return False
    except ItemError as error:
        return isinstance(error.__cause__, PermissionError)


def _forbidden(case: Case) -> Mended:
    """A file that the user may not read is not damaged, and another one in its place would keep its permissions."""
    problem = tr("its permissions don't let MusicVault read it: allow that (chmod u+r), then repair again")
    return Mended(case, False, problem=problem)


def _judged(ctx: Context, finding: StoredFinding | None) -> bytes:
    """The digest of what stood there when it was judged; empty where it couldn't be read or nobody looked."""
    if finding is None or finding.observed_id is None:
        return b""
    return contents.get(ctx.catalog, finding.observed_id).digests.blake3


def healed_from(names: Sequence[str], parity: str = "") -> tuple[Evidence, ...]:
    """From which copies it was rebuilt, and (`parity`) with which drive's parity."""
    copies = tuple(Evidence("healed-from", {"source": name}) for name in names)
    return (Evidence("healed-with-parity", {"source": parity}), *copies) if parity else copies


def right_again(ctx: Context, case: Case, found: Reading) -> Mended:
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


def not_healed(
    ctx: Context, case: Case, candidates: Sequence[Candidate], gathered: Gathered, content: Content, cause: str
) -> Mended:
    """What stands in the way, and what is lost; that is kept with the finding."""
    mended = _hopeless(ctx, case, candidates, gathered, content, cause)
    if case.finding is None or case.finding.lost != mended.lost:
        with ctx.catalog.transaction(ctx.now()) as transaction:
            findings.set_lost(transaction, case.replica.id, mended.lost)
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
