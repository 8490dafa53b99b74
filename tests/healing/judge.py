"""Holding the outcome of a case against the plan of its damage, and the table of all cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.healing.damage import BLOCK, DECIDABLE, KINDS, SECTOR, Case

Hole = tuple[int, int, bool]
"""Bytes from, to (exclusive), and whether any copy can be read there."""


def wrongs(case: Case, healed: bytes | None, holes: Sequence[Hole]) -> list[str]:
    """What is wrong with an outcome: the bytes that came out (None: none did) and what was named as lost."""
    if healed is not None:
        return [] if healed == case.content else ["the outcome isn't the content"]
    if case.must_be_whole:
        return ["it had to be healed"]
    found: list[str] = []
    for block in case.blocks:
        named = _named(case, block, holes)
        if case.must_heal(block):
            found += [f"block {block} can be had and is named as lost"] if named else []
        elif named:
            found += _map(case, block, named)
    if not any(_named(case, block, holes) for block in case.blocks):
        found.append("not healed, and nothing is named as lost")
    return found


def _named(case: Case, block: int, holes: Sequence[Hole]) -> dict[int, bool]:
    """The sectors of a block that are named as lost, and whether as readable."""
    return {
        sector: readable
        for start, end, readable in holes
        for sector in range(start // SECTOR, -(-end // SECTOR))
        if sector in case.sectors(block)
    }


def _map(case: Case, block: int, named: dict[int, bool]) -> list[str]:
    if any(copy.stranger for copy in case.copies) or len(case.sectors(block)) * SECTOR < BLOCK // 2:
        return []  # which copy is the stranger can't be known for sure
    gone, differing = set(case.gone(block)), set(case.differing(block))
    found = []
    if {sector for sector, readable in named.items() if not readable} != gone:
        found.append(f"block {block}: the unreadable sectors are other ones than {sorted(gone)[:5]}")
    if not differing <= named.keys() and not gone:
        found.append(f"block {block}: sectors that differ are not named")
    if not gone and len(differing) <= DECIDABLE:
        alone = case.alone(block)
        if not case.lost(block) <= named.keys():
            found.append(f"block {block}: sectors that no copy has right are not named")
        if named.keys() != ((differing | alone) if alone else set(case.sectors(block))):
            found.append(f"block {block}: other sectors are in doubt than those, or (none alone) not all of it")
    if gone and named.keys() != gone | differing:
        found.append(f"block {block}: other sectors are named than those that differ or are gone")
    return found


@dataclass
class Tally:
    """The cases so far, by kind, and what was wrong."""

    healed: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    more: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def add(
        self, case: Case, seed: int, healed: bytes | None, holes: Sequence[Hole], other: Iterable[str] = ()
    ) -> None:
        problems = [*wrongs(case, healed, holes), *other]
        if problems:
            self.wrong.setdefault(case.kind, []).append(f"{case.kind} {seed}: {'; '.join(problems)}")
        if healed is None:
            self.lost[case.kind] += 1
        elif case.must_be_whole:
            self.healed[case.kind] += 1
        else:
            self.more[case.kind] += 1

    @property
    def cases(self) -> int:
        return sum((self.healed + self.lost + self.more).values())

    @property
    def failures(self) -> list[str]:
        return [line for lines in self.wrong.values() for line in lines]

    def table(self) -> list[str]:
        """A line for each kind of damage."""
        heads = ("cases", "healed", "beyond", "lost, named", "WRONG")
        lines = [f"{'damage':<22}" + "".join(f"{head:>13}" for head in heads)]
        for kind in KINDS:
            counts = (self.healed[kind], self.more[kind], self.lost[kind], len(self.wrong.get(kind, ())))
            cells = (sum(counts[:3]), *counts)
            lines.append(f"{kind:<22}" + "".join(f"{cell:>13,}" for cell in cells))
        lines.append("beyond: healed though no rule demands it (runs of sectors, majorities)")
        return lines
