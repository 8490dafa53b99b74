"""Damaged copies, and the truth about them: which sectors of which copy still have what they should.

The truth is kept while the damage is done, from the plan; nothing of MusicVault is asked.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

SECTOR = 4096
BLOCK = 1 << 20
DECIDABLE = 12
"""So many differing sectors in a block must be resolved."""

Value = tuple[str, ...] | None
"""What a sector holds: () what it should, None nothing that can be read, else the names of what was done to it."""


@dataclass
class Copy:
    """One copy's bytes and what is true of each sector. `bad` are byte offsets of sectors that give read errors."""

    data: bytearray
    values: list[Value]
    bad: set[int] = field(default_factory=set)
    stranger: bool = False
    done: list[str] = field(default_factory=list)

    def right(self) -> int:
        """How many sectors hold what they should."""
        return sum(value == () for value in self.values)


@dataclass
class Case:
    """Copies of one file, each damaged in its own way. `kind` is a row of the table."""

    kind: str
    content: bytes
    copies: list[Copy]

    def sectors(self, block: int) -> range:
        return range(block * BLOCK // SECTOR, min((block + 1) * BLOCK // SECTOR, sectors_of(len(self.content))))

    @property
    def blocks(self) -> range:
        return range(-(-len(self.content) // BLOCK))

    def own_kind(self) -> list[Copy]:
        """The copies that are of this file at all."""
        return [copy for copy in self.copies if not copy.stranger]

    def differing(self, block: int) -> list[int]:
        """Sectors of which the copies hold different things."""
        copies = self.own_kind()
        return [n for n in self.sectors(block) if len({copy.values[n] for copy in copies} - {None}) > 1]

    def gone(self, block: int) -> list[int]:
        """Sectors that no copy can be read at."""
        return [n for n in self.sectors(block) if all(copy.values[n] is None for copy in self.own_kind())]

    def lost(self, block: int) -> set[int]:
        """Sectors that no copy has right."""
        return {n for n in self.sectors(block) if not any(copy.values[n] == () for copy in self.own_kind())}

    def alone(self, block: int) -> set[int]:
        """Sectors that only one copy gives, or three and more each otherwise; if there are any, those that all give as
        zeros, too."""
        columns = {
            n: [copy.values[n] for copy in self.own_kind() if copy.values[n] is not None] for n in self.sectors(block)
        }
        alone = {n for n, values in columns.items() if len(set(values)) == len(values) != 2}
        return alone | {n for n, values in columns.items() if set(values) == {("zeros",)}} if alone else set()

    def must_heal(self, block: int) -> bool:
        """Some copy has it right; or each sector is right somewhere, and few enough differ to try them all."""
        copies = self.own_kind()
        if any(all(copy.values[n] == () for n in self.sectors(block)) for copy in copies):
            return True
        everywhere = all(any(copy.values[n] == () for copy in copies) for n in self.sectors(block))
        return everywhere and len(self.differing(block)) <= DECIDABLE

    @property
    def must_be_whole(self) -> bool:
        return all(self.must_heal(block) for block in self.blocks)


def sectors_of(size: int) -> int:
    return -(-size // SECTOR)


def intact(content: bytes) -> Copy:
    return Copy(bytearray(content), [()] * sectors_of(len(content)))


def flip(copy: Copy, chance: random.Random, name: str) -> None:
    """Turn one bit around, anywhere."""
    if not copy.data:
        return
    place = chance.randrange(len(copy.data))
    copy.data[place] ^= 1 << chance.randrange(8)
    _touch(copy, place // SECTOR, f"{name}@{place}")


def zero(copy: Copy, chance: random.Random, name: str) -> None:
    """A run of sectors reads as zeros."""
    first = chance.randrange(len(copy.values))
    for sector in range(first, min(len(copy.values), first + chance.choice((1, 1, 2, 8, 16)))):
        start, end = sector * SECTOR, min((sector + 1) * SECTOR, len(copy.data))
        if start < end:
            copy.data[start:end] = bytes(end - start)
            copy.values[sector] = None if copy.values[sector] is None else ("zeros",)


def garble(copy: Copy, chance: random.Random, name: str) -> None:
    """A run of sectors has other bytes: a write that went astray."""
    first = chance.randrange(len(copy.values))
    for sector in range(first, min(len(copy.values), first + chance.choice((1, 2, 4)))):
        start, end = sector * SECTOR, min((sector + 1) * SECTOR, len(copy.data))
        if start < end:
            copy.data[start:end] = chance.randbytes(end - start)
            _touch(copy, sector, f"{name}!{sector}")


def unreadable(copy: Copy, chance: random.Random, name: str) -> None:
    """A few sectors give a read error."""
    first = chance.randrange(len(copy.values))
    for sector in range(first, min(len(copy.values), first + chance.choice((1, 1, 2, 4)))):
        if sector * SECTOR < len(copy.data):
            copy.bad.add(sector * SECTOR)
            copy.values[sector] = None


def truncate(copy: Copy, chance: random.Random, name: str) -> None:
    """The end is missing."""
    size = chance.randrange(len(copy.data)) if copy.data else 0
    del copy.data[size:]
    for sector in range(size // SECTOR, len(copy.values)):
        copy.values[sector] = None
    copy.bad = {offset for offset in copy.bad if offset < size}


def swap(copy: Copy, chance: random.Random, name: str) -> None:
    """Another file under this name."""
    copy.data[:] = chance.randbytes(max(1, len(copy.data) + chance.choice((0, 0, -9000, 5000))))
    copy.values = [("other",)] * len(copy.values)
    copy.bad.clear()
    copy.stranger = True


Damage = Callable[[Copy, random.Random, str], None]
DAMAGES: dict[str, Damage] = {
    "bit flips": flip,
    "zeroed sectors": zero,
    "garbled sectors": garble,
    "read errors": unreadable,
    "truncated": truncate,
    "swapped file": swap,
}


def _touch(copy: Copy, sector: int, what: str) -> None:
    value = copy.values[sector]
    if value is not None:
        copy.values[sector] = (*value, what)


KINDS = (*DAMAGES, "mixed", "same damage in all", "many flips")
SIZES = (1, 700, SECTOR, 30_000, 250_000, BLOCK, BLOCK + 1, 2 * BLOCK + 70_000)


def make(kind: str, seed: int, *, read_errors: bool = True) -> Case:
    """A case of this kind: two to four copies (sometimes one), none of which need be whole."""
    chance = random.Random(f"{kind} {seed}")
    content = chance.randbytes(max(1, chance.choice(SIZES) + chance.randrange(-300, 300)))
    copies = [intact(content) for _ in range(chance.choice((1, 2, 2, 2, 3, 3, 4)))]
    usable = [name for name in DAMAGES if read_errors or name != "read errors"]
    if kind == "same damage in all":
        once = chance.randrange(1 << 30)
        for copy in copies:
            flip(copy, random.Random(once), "shared")
    for number, copy in enumerate(copies):
        if kind in DAMAGES:
            names = [kind] * chance.choice((0, 1, 1, 1, 2, 3))
        elif kind == "many flips":
            names = ["bit flips"] * chance.randrange(2, 9)
        elif kind == "mixed":
            names = [chance.choice(usable) for _ in range(chance.randrange(4))]
        else:
            names = []
        for name in names:
            DAMAGES[name](copy, chance, f"copy {number}")
            copy.done.append(name)
    return Case(kind, content, copies)
