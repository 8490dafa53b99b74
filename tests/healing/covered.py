"""The campaign on parity: every copy of an album's files loses the same places, and whether the recovery slices suffice
is known from the plan of the damage alone."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from musicvault.domain import parity as rules
from musicvault.engine.parity.choosing import set_parity
from tests.guarded import Guarded

KINDS = ("same bytes in both", "other bytes in each", "zeroed sectors", "truncated", "a file gone", "mixed with mixing")
SIZES = (1, 700, 4096, 30_000, 250_000, 600_000, 1_500_000)
_SECTOR = 4096


@dataclass
class Album:
    """One folder: what its files held, and which slices no copy has any more."""

    name: str
    kind: str
    files: dict[str, bytes]
    each: int
    recovery: int
    lost: set[tuple[str, int]] = field(default_factory=set)

    @property
    def must_heal(self) -> bool:
        return len(self.lost) <= self.recovery


@dataclass
class Covered:
    """The cases so far, by kind, and what was wrong."""

    healed: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return (self.healed + self.lost).total()

    def table(self) -> list[str]:
        """A line for each kind of damage."""
        lines = [f"{'lost in every copy':<22}{'cases':>13}{'healed':>13}{'beyond parity':>15}"]
        for kind in KINDS:
            healed, lost = self.healed[kind], self.lost[kind]
            lines.append(f"{kind:<22}{healed + lost:>13,}{healed:>13,}{lost:>15,}")
        return lines


def run(tally: Covered, folder: Path, seeds: Sequence[int]) -> None:
    """One library with an album for each seed, one drive with parity; all of it damaged, scrubbed, repaired once."""
    folder.mkdir()
    room = Guarded(folder)
    percent = random.Random(seeds[0]).choice((5, 10, 20))
    albums = [_album(seed, KINDS[number % len(KINDS)], percent) for number, seed in enumerate(seeds)]
    for album in albums:
        for name, content in album.files.items():
            path = room.music / album.name / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
    set_parity(room.ctx, room.drive("drive"), percent)
    room.protect()
    for album, seed in zip(albums, seeds, strict=True):
        _damage(album, random.Random(f"damage {seed}"), room)
    room.scrub()
    room.repair(missing=True)
    for album in albums:
        _judge(tally, album, room)
    room.catalog.close()


def _album(seed: int, kind: str, percent: int) -> Album:
    chance = random.Random(f"album {seed}")
    sizes = [max(1, chance.choice(SIZES) + chance.randrange(-300, 300)) for _ in range(chance.randrange(1, 5))]
    files = {f"{number}.bin": chance.randbytes(size) for number, size in enumerate(sizes)}
    return Album(f"album {seed}", kind, files, rules.slice_size(sizes), rules.recovery_slices(sizes, percent))


def _places(album: Album, name: str, room: Guarded) -> tuple[Path, Path]:
    return room.music / album.name / name, room.copy("drive", f"{album.name}/{name}")


def _damage(album: Album, chance: random.Random, room: Guarded) -> None:
    """Take away about as many slices as there are to recover, sometimes more."""
    every = [(name, index) for name, data in album.files.items() for index in range(-(-len(data) // album.each))]
    count = max(1, min(len(every), album.recovery + chance.choice((-2, -1, 0, 0, 0, 1, 3))))
    if album.kind == "a file gone":
        name = min(album.files, key=lambda name: len(album.files[name]))
        album.lost |= {one for one in every if one[0] == name}
        for path in _places(album, name, room):
            path.unlink()
        return
    if album.kind == "truncated":
        name = max(album.files, key=lambda name: len(album.files[name]))
        slices = -(-len(album.files[name]) // album.each)
        kept = max(0, slices - count)
        album.lost |= {(name, index) for index in range(kept, slices)}
        for path in _places(album, name, room):
            _write(path, album.files[name][: kept * album.each])
        return
    album.lost |= set(chance.sample(every, count))
    for name, content in album.files.items():
        copies = [bytearray(content), bytearray(content)]
        for _, index in sorted(one for one in album.lost if one[0] == name):
            _spoil(album, copies, index, chance)
        if album.kind == "mixed with mixing":
            _spoil_apart(album, name, copies, chance)
        for path, copy in zip(_places(album, name, room), copies, strict=True):
            if copy != content:
                _write(path, bytes(copy))


def _spoil(album: Album, copies: list[bytearray], index: int, chance: random.Random) -> None:
    """Other bytes somewhere in that slice, in both copies."""
    start, end = index * album.each, min((index + 1) * album.each, len(copies[0]))
    first = chance.randrange(start, end)
    last = min(end, first + chance.randrange(1, 3000))
    same = bytes(255 - byte for byte in copies[0][first:last])
    for number, copy in enumerate(copies):
        if album.kind == "zeroed sectors":
            copy[start:end] = bytes(end - start)
        elif album.kind == "same bytes in both" or number == 0:
            copy[first:last] = same
        else:
            copy[first:last] = bytes(byte ^ 0x55 for byte in copy[first:last])


def _spoil_apart(album: Album, name: str, copies: list[bytearray], chance: random.Random) -> None:
    """One more sector in each copy, where the other has it right: in a block that has nothing else wrong it is mixed,
    in one that has it is read from the copy that the slice is whole in."""
    taken = {index * album.each // _SECTOR for owner, index in album.lost if owner == name}
    free = [n for n in range(len(copies[0]) // _SECTOR) if n // 256 not in {sector // 256 for sector in taken}]
    for copy in copies:
        if len(free) > 1:
            sector = free.pop(chance.randrange(len(free)))
            copy[sector * _SECTOR : sector * _SECTOR + 100] = bytes(100)


def _write(path: Path, data: bytes) -> None:
    before = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _judge(tally: Covered, album: Album, room: Guarded) -> None:
    whole = all(
        path.exists() and path.read_bytes() == content
        for name, content in album.files.items()
        for path in _places(album, name, room)
    )
    (tally.healed if whole else tally.lost)[album.kind] += 1
    if album.must_heal and not whole:
        lost = f"{len(album.lost)} of {album.recovery} slices"
        tally.failures.append(f"{album.name} ({album.kind}): {lost} lost, and not healed")
    if not whole and not any(
        finding.lost for finding in room.told() if finding.path.startswith(album.name.encode() + b"/")
    ):
        tally.failures.append(f"{album.name} ({album.kind}): not healed, and nothing is named as lost")
