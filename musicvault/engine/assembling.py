"""Putting wanted content together from the copies within reach, and where they don't suffice with parity as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from musicvault.catalog import replicas
from musicvault.catalog.contents import Content
from musicvault.catalog.vain import SearchedInVain
from musicvault.engine.context import Context
from musicvault.engine.parity.healing import Given, Healing
from musicvault.engine.sources import Candidate
from musicvault.engine.witnessing import gathered
from musicvault.storage.gathering import Gathered, gather


@dataclass(frozen=True, slots=True)
class Assembled:
    """What came of it. `given` is what parity added, `cause` why it couldn't where a set is about the file."""

    gathered: Gathered
    given: Given | None = None
    cause: str = ""

    def sources(self, candidates: Sequence[Candidate], own: int) -> tuple[str, ...]:
        """The names of the copies that gave blocks; the damaged replica itself (`own`) only where nothing else did."""
        named = named_sources(candidates, self.gathered, own)
        if not self.parity:
            return named
        return tuple(one.where for one in candidates if one.replica.id != own and one.where in named)

    @property
    def parity(self) -> str:
        """The label of the drive whose parity helped; empty where none did."""
        return "" if self.given is None else self.given.where


def assemble(
    ctx: Context,
    candidates: Sequence[Candidate],
    content: Content,
    target: bytes,
    healing: Healing | None,
    *,
    damaged: bytes = b"",
    mode: int = 0o600,
) -> Assembled:
    """As `gather`, with `healing` where that isn't enough. Copies that were thought good and turn out not to be lose
    their proofs, so that they are looked at next. Raises as `gather` does."""
    paths = [one.path for one in candidates]
    wanted = content.digests
    vain = SearchedInVain(ctx.catalog, wanted.blake3)
    first = gathered(paths, wanted, target, damaged=damaged, mode=mode, checkpoint=ctx.checkpoint, vain=vain)
    _doubt(ctx, [one for number, one in enumerate(candidates) if number in first.wrong and one.is_intact])
    if first.whole or healing is None or _reads_right(first, content):
        return Assembled(first)
    given = healing.give(wanted)
    if given is None:
        return Assembled(first, cause=healing.cause)
    second = gather([*paths, given.path], wanted, target, mode=mode, checkpoint=ctx.checkpoint)
    if not second.whole:
        return Assembled(first)
    return Assembled(replace(second, used=second.used[:-1], found=first.found, unreadable=first.unreadable), given)


def _doubt(ctx: Context, candidates: Sequence[Candidate]) -> None:
    if candidates:
        with ctx.catalog.transaction(ctx.now()) as transaction:
            replicas.doubt_copies(transaction, [one.replica for one in candidates])


def _reads_right(gathered: Gathered, content: Content) -> bool:
    """A library's file, put back by its owner meanwhile: nothing is to be rebuilt."""
    return gathered.found is not None and gathered.found.digests.blake3 == content.digests.blake3


def named_sources(candidates: Sequence[Candidate], gathered: Gathered, own: int) -> tuple[str, ...]:
    """The names of the copies that gave blocks; the damaged replica itself (`own`) only where no other did."""
    used = [one for one, count in zip(candidates, gathered.used, strict=True) if count]
    others = [one.where for one in used if one.replica.id != own]
    return tuple(dict.fromkeys(others or [one.where for one in used or candidates[:1]]))
