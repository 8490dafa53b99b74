"""Putting one block right where every copy of it is damaged: their sectors are mixed and tried against its digest.

Disks fail by sectors, so two copies of a block that are both wrong are seldom wrong in the same place. Where the copies
agree they are taken at their word, sectors that can't be read come from whoever has them, and of the few that
differ all combinations are tried, fewest deviations from the majority first. The digest decides; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import prod

from blake3 import blake3

from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.storage.combining import Combinations

SECTOR = 4096
"""The unit in which disks fail, in bytes."""

MOST_DIFFERING = 12
"""Up to this many differing sectors (or runs of them) every combination is tried: 4,096 for two copies."""

_MOST_DIGESTED = 1 << 37
"""What one search may digest, in bytes: half a minute to two, as fast as the machine is. Enough for twelve sectors that
differ in each of three copies, unless all lie at the beginning."""

_GLANCE = 1 << 29
"""The same for a search that can't be complete, because too much differs."""

_MOST_COMBINED = 1 << 20
_AT_ONCE = 1 << 16
"""So many combinations are computed (`combining`), and so many of them at a time: some 40 MB."""

_FEW = 2
"""So many deviations from the majority are tried in the order of their number, before all the rest."""

Sectors = Sequence[bytes | None]
"""One copy's block, sector by sector; None for what can't be read or lies behind the copy's end."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """`block` is right by the digest, None where no combination is. `likeliest` has the majority's bytes, zeros in
    place of what no copy has. `given` counts the sectors taken from each copy. `unreadable` and `doubtful` are the
    sectors that are lost: no copy has them; or they are there, and which bytes are right (if any) can't be known. That
    is where copies differ, or where only one has a say because others can't be read there; where copies may agree on
    wrong bytes it is every sector."""

    block: bytes | None
    likeliest: bytes
    given: tuple[int, ...]
    unreadable: tuple[int, ...] = ()
    doubtful: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Choice:
    """Neighbouring sectors on which the copies differ in one and the same way; the likeliest variant comes first. The
    copies that have each variant are in `holders`."""

    first: int
    last: int
    variants: tuple[bytes, ...]
    holders: tuple[tuple[int, ...], ...]


def mix(
    copies: Sequence[Sectors],
    length: int,
    is_right: Callable[[bytes], bool] | None,
    *,
    checkpoint: Checkpoint = never_stops,
) -> Mixed:
    """Look for the mixture of these copies of one block of `length` bytes whose BLAKE3 digest (32 bytes) `is_right`;
    without that (nobody knows the digest, or it was searched for in vain) only say what they have. Each copy has every
    sector, of 4 KiB but for the last. Raises what `checkpoint` raises.
    """
    if is_right is not None:
        for group in _groups(copies):
            found = _search(copies, length, group, is_right, checkpoint)
            if found is not None:
                return Mixed(found[0], found[0], found[1])
    return _lost(copies, length)


def _lost(copies: Sequence[Sectors], length: int) -> Mixed:
    """What can be said where nothing was right, by the largest lot of copies that belong together."""
    if not copies:
        return Mixed(None, bytes(length), (), tuple(range(-(-length // SECTOR))))
    core = _lots(copies)[0]
    choices = _choices(copies, core)
    unreadable = _absent(copies, core)
    parts, given = _likeliest(copies, length, core, choices)
    doubtful = {choice.first for choice in choices}
    if not unreadable and len(choices) <= MOST_DIFFERING:  # every combination was wrong
        alone = _unconfirmed(copies, core)
        # Where each has a second witness, they agree on something wrong.
        doubtful = doubtful | alone if alone else set(range(len(parts)))
    return Mixed(None, b"".join(parts), given, unreadable, tuple(sorted(doubtful)))


# -- which copies belong together


def _groups(copies: Sequence[Sectors]) -> list[tuple[int, ...]]:
    """All copies; then each lot of them that belong together: a file of another content under the same name must not
    spoil the search."""
    everyone = tuple(range(len(copies)))
    return [everyone, *(lot for lot in _lots(copies) if lot != everyone and len(lot) > 1)]


def _lots(copies: Sequence[Sectors]) -> list[tuple[int, ...]]:
    """The copies that agree with one of them in most sectors, for each of them; the largest lot first."""
    everyone = range(len(copies))
    lots = {
        tuple(other for other in everyone if other == one or _agree(copies[one], copies[other])) for one in everyone
    }
    return sorted(lots, key=lambda lot: (-len(lot), lot))


def _agree(one: Sectors, other: Sectors) -> bool:
    both = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    differing = sum(a != b for a, b in both)
    return differing <= MOST_DIFFERING or 2 * differing <= len(both)


# -- where they differ


def _absent(copies: Sequence[Sectors], group: Sequence[int]) -> tuple[int, ...]:
    return tuple(n for n in range(len(copies[group[0]])) if all(copies[one][n] is None for one in group))


def _unconfirmed(copies: Sequence[Sectors], group: Sequence[int]) -> set[int]:
    """Sectors that only one of the group can give, or that three and more give each in another way (of two that differ
    one may be right, and what they agree on wrong); and if there are any, those that read as zeros too, for that is
    what disks give for what they have lost."""
    columns = [[copies[one][n] for one in group] for n in range(len(copies[group[0]]))]
    readable = [[data for data in column if data is not None] for column in columns]
    alone = {n for n, column in enumerate(readable) if len(set(column)) == len(column) != 2}
    zeros = {n for n, column in enumerate(readable) if all(map(blank, column))}
    return alone | zeros if alone else set()


def blank(data: bytes) -> bool:
    """Whether these are only zeros."""
    return data == bytes(len(data))


def _choices(copies: Sequence[Sectors], group: Sequence[int]) -> list[_Choice]:
    """One choice for each sector in which the group differs."""
    found = []
    for sector in range(len(copies[group[0]])):
        holders: dict[bytes, list[int]] = {}
        for one in group:
            data = copies[one][sector]
            if data is not None:
                holders.setdefault(data, []).append(one)
        if len(holders) > 1:
            # What a disk gives for a sector that it has lost is often zeros: they are tried last.
            ranked = sorted(holders, key=lambda data: (blank(data), -len(holders[data]), holders[data][0]))
            found.append(_Choice(sector, sector, tuple(ranked), tuple(tuple(holders[variant]) for variant in ranked)))
    return found


def _runs(choices: Sequence[_Choice]) -> list[_Choice]:
    """Neighbouring choices between the same copies as one: damage comes in runs."""
    joined = list(choices[:1])
    for choice in choices[1:]:
        before = joined[-1]
        if choice.first == before.last + 1 and choice.holders == before.holders:
            variants = tuple(a + b for a, b in zip(before.variants, choice.variants, strict=True))
            joined[-1] = _Choice(before.first, choice.last, variants, before.holders)
        else:
            joined.append(choice)
    return joined


def _likeliest(
    copies: Sequence[Sectors], length: int, group: Sequence[int], choices: Sequence[_Choice]
) -> tuple[list[bytes], tuple[int, ...]]:
    """The first variant everywhere, zeros where there is none; and how many sectors each copy gave."""
    chosen = {choice.first: choice for choice in choices}
    given = [0] * len(copies)
    parts = []
    for sector in range(len(copies[group[0]])):
        choice = chosen.get(sector)
        if choice is not None:
            parts.append(choice.variants[0])
            given[choice.holders[0][0]] += 1
            continue
        holder = next((one for one in group if copies[one][sector] is not None), None)
        data = copies[holder][sector] if holder is not None else None
        parts.append(data if data is not None else bytes(min(SECTOR, length - sector * SECTOR)))
        if holder is not None:
            given[holder] += 1
    return parts, tuple(given)


# -- the search


def _search(
    copies: Sequence[Sectors],
    length: int,
    group: Sequence[int],
    is_right: Callable[[bytes], bool],
    checkpoint: Checkpoint,
) -> tuple[bytes, tuple[int, ...]] | None:
    """The right block and what each copy gave to it; None where no combination of the group is right, or too much
    differs to try them all."""
    if not group or _absent(copies, group):
        return None
    single = _choices(copies, group)
    parts, given = _likeliest(copies, length, group, single)
    base = b"".join(parts)
    runs = _runs(single)
    if _fits(single, base):
        walk = _Walk(base, single, is_right, checkpoint, _GLANCE)
        found = _taken(walk, base, given, exhaustively=False)
        return found or _put(base, given, single, _combined(base, single, is_right, checkpoint))
    attempts = [choices for choices in (runs, single) if len(choices) <= MOST_DIFFERING]
    if not attempts:
        walk = _Walk(base, runs, is_right, checkpoint, _GLANCE)
        return _taken(walk, base, given, exhaustively=False)
    for choices in attempts if len(runs) < len(single) else attempts[:1]:
        walk = _Walk(base, choices, is_right, checkpoint, _MOST_DIGESTED)
        found = _taken(walk, base, given, exhaustively=True)
        if found is not None:
            return found
    return None


def _taken(
    walk: _Walk, base: bytes, given: tuple[int, ...], *, exhaustively: bool
) -> tuple[bytes, tuple[int, ...]] | None:
    return _put(base, given, walk.choices, walk.find(exhaustively=exhaustively))


def _put(
    base: bytes, given: tuple[int, ...], choices: Sequence[_Choice], picks: Sequence[int] | None
) -> tuple[bytes, tuple[int, ...]] | None:
    """The block with these variants, and what each copy gave to it."""
    if picks is None:
        return None
    block, counts = bytearray(base), list(given)
    for choice, pick in zip(choices, picks, strict=True):
        block[choice.first * SECTOR : choice.first * SECTOR + len(choice.variants[pick])] = choice.variants[pick]
        length = choice.last - choice.first + 1
        counts[choice.holders[0][0]] -= length
        counts[choice.holders[pick][0]] += length
    return bytes(block), tuple(counts)


def _fits(choices: Sequence[_Choice], base: bytes) -> bool:
    """Whether all combinations can be digested side by side."""
    many = prod(len(choice.variants) for choice in choices)
    return _FEW < len(choices) <= MOST_DIFFERING and len(base) > SECTOR and many <= _MOST_COMBINED


def _combined(
    base: bytes, choices: Sequence[_Choice], is_right: Callable[[bytes], bool], checkpoint: Checkpoint
) -> tuple[int, ...] | None:
    """All combinations, as many at a time as memory bears: of the first choices one variant after the other."""
    split, at_once = len(choices), 1
    while split and at_once * len(choices[split - 1].variants) <= _AT_ONCE:
        split -= 1
        at_once *= len(choices[split].variants)
    places = [choice.first for choice in choices]
    for fixed in product(*(range(len(choice.variants)) for choice in choices[:split])):
        variants = [(choice.variants[pick],) for choice, pick in zip(choices, fixed, strict=False)]
        left = [choice.variants for choice in choices[split:]]
        picks = Combinations(base, places, [*variants, *left]).find(is_right, checkpoint)
        if picks is not None:
            return (*fixed, *picks[split:])
    return None


class _Walk:
    """Goes through the combinations, those with few deviations from the likeliest first. What comes before a deviation
    is digested once for all combinations that share it."""

    def __init__(
        self,
        base: bytes,
        choices: Sequence[_Choice],
        is_right: Callable[[bytes], bool],
        checkpoint: Checkpoint,
        most: int,
    ) -> None:
        self.choices = choices
        self._base = memoryview(base)
        self._is_right = is_right
        self._checkpoint = checkpoint
        self._left = most
        self._tries = 0
        starts = [0, *(choice.first * SECTOR for choice in choices), len(base)]
        self._between = [self._base[start:stop] for start, stop in pairwise(starts)]

    def find(self, *, exhaustively: bool) -> tuple[int, ...] | None:
        """The variant of each choice: those with few deviations from the first, then (`exhaustively`) all."""
        begun = blake3(self._between[0])
        for deviations in range(min(_FEW, len(self.choices)) + 1):
            picks = self._from(0, begun, deviations)
            if picks is not None or self._left <= 0:
                return picks
        return self._every(0, begun) if exhaustively and len(self.choices) > _FEW else None

    def _every(self, index: int, before: blake3) -> tuple[int, ...] | None:
        """All combinations from here on; each beginning that several share is digested once."""
        if index == len(self.choices):
            return () if self._try(index, before) else None
        for pick in range(len(self.choices[index].variants)):
            if self._left <= 0:
                return None
            rest = self._every(index + 1, self._with(index, pick, before))
            if rest is not None:
                return (pick, *rest)
        return None

    def _with(self, index: int, pick: int, before: blake3) -> blake3:
        """What follows up to the next choice digested, with this variant."""
        state = before.copy()
        variant, segment = self.choices[index].variants[pick], self._between[index + 1]
        state.update(variant)
        state.update(segment[len(variant) :])
        self._left -= len(segment)
        return state

    def _from(self, index: int, before: blake3, deviations: int) -> tuple[int, ...] | None:
        """`before` has digested all that comes before this choice."""
        if deviations == 0:
            return (0,) * (len(self.choices) - index) if self._try(index, before) else None
        room = len(self.choices) - index
        if deviations > room or self._left <= 0:
            return None
        stays = deviations < room  # there are enough choices behind this one
        for pick in range(0 if stays else 1, len(self.choices[index].variants)):
            rest = self._from(index + 1, self._with(index, pick, before), deviations - (pick > 0))
            if rest is not None:
                return (pick, *rest)
        return None

    def _try(self, index: int, before: blake3) -> bool:
        tail = self._base[self.choices[index].first * SECTOR :] if index < len(self.choices) else self._base[:0]
        self._left -= len(tail)
        self._tries += 1
        if self._tries % 256 == 0:
            self._checkpoint()
        if not tail:
            return self._is_right(before.digest())
        state = before.copy()
        state.update(tail)
        return self._is_right(state.digest())
