"""Two dying drives and a new computer: what comes back, held against what physics allows.

A file can come back where each of its sectors can be read and is right on some drive; the plan of the damage says so,
and nothing of MusicVault is asked.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from pathlib import Path

from musicvault.engine.protect import protect
from musicvault.engine.rebuild.job import rebuild
from musicvault.engine.repair import repair
from musicvault.engine.scrub import scrub
from tests.corruption.faultfs import FaultyDrive, faulty_drive
from tests.unit.engine.rebuild.lost import Lost

SECTOR = 4096
SNAPSHOTS = ("kept", "missing", "rotten", "unreadable")
_LONGEST_RUN = 20


@dataclass
class Outcome:
    """Names of files: `possible` by the plan; `back` byte for byte; `wrong`: given back with other bytes; `untold`:
    neither given back nor named by the last repair. `lost`: not given back; `exit_code` of that repair."""

    possible: set[str] = field(default_factory=set)
    back: set[str] = field(default_factory=set)
    wrong: set[str] = field(default_factory=set)
    untold: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    exit_code: int = 0

    @property
    def failures(self) -> list[str]:
        """What went otherwise than it must."""
        found = [f"{name} could have come back" for name in sorted(self.possible - self.back)]
        found += [f"{name} came back wrong" for name in sorted(self.wrong)]
        found += [f"{name} is lost and nobody says so" for name in sorted(self.untold)]
        return found + (["repair ended with 0"] if self.lost and self.exit_code != 20 else [])


def story(folder: Path, seed: int, snapshots: tuple[str, str], *, seconds: float = 0.4) -> Outcome:
    """Protect a small library onto two drives, damage each in its own places, lose the computer, and get back what can
    be had. Skips where FUSE can't be used."""
    chance = random.Random(f"dying {seed}")
    room = Lost(folder)
    for number, ending in enumerate(("flac", "mp3", "ogg", "m4a", "wav", "flac")):
        room.track(f"Album/{number}.{ending}", 1 + number % 2, seconds=seconds)
    (room.music / "Album" / "cover.jpg").write_bytes(chance.randbytes(60_000))
    (room.music / "Album" / "notes.txt").write_bytes(b"a few words")
    with faulty_drive(folder / "a", remembers=False) as one, faulty_drive(folder / "b", remembers=False) as other:
        drives = (one, other)
        targets = [os.fsencode(drive) for drive in drives]
        room.run(protect(room.ctx, [os.fsencode(room.music)], targets, fingerprints=False))
        room.new_computer()
        outcome = Outcome()
        faults: dict[FaultyDrive, list[dict[str, object]]] = {one: [], other: []}
        for name, right in room.files.items():
            had: set[int] = set()
            for drive in drives:
                had |= _damaged(chance, drive.backing / "MusicVault/data/music" / name, right, faults[drive])
            if had >= set(range(-(-len(right) // SECTOR))):
                outcome.possible.add(name)
        for drive, how in zip(drives, snapshots, strict=True):
            _lose_snapshot(chance, drive.backing / "MusicVault/musicvault", how, faults[drive])
            drive.break_(*faults[drive])
        room.run(rebuild(room.ctx, targets))
        room.run(scrub(room.ctx))
        outcome.exit_code = room.run(repair(room.ctx)).exit_code
        unhealed = [os.fsdecode(one.finding.path) for one in room.done() if one.finding and not one.finding.healed]
        told = {name for name in room.files if any(path.endswith(name) for path in unhealed)}
        back = room.restored()
        outcome.back = {name for name, right in room.files.items() if back.get(name) == right}
        outcome.wrong = set(back) - outcome.back
        outcome.lost = set(room.files) - outcome.back
        outcome.untold = outcome.lost - told
    room.catalog.close()
    return outcome


def _damaged(chance: random.Random, path: Path, right: bytes, faults: list[dict[str, object]]) -> set[int]:
    """Damage one copy, or leave it whole; gives the sectors that it still has right."""
    count = -(-len(right) // SECTOR)
    good, data, stat = set(range(count)), bytearray(right), path.stat()
    for _ in range(chance.choice((0, 1, 2, 3))):
        kind, first = chance.choice(("unreadable", "flipped", "zeros", "noise")), chance.randrange(count)
        run = range(first, min(count, first + chance.choice((1, 1, _LONGEST_RUN))))
        for sector in run:
            start, end = sector * SECTOR, min(len(right), (sector + 1) * SECTOR)
            if kind == "unreadable":
                faults.append({"op": "read", "inode": stat.st_ino, "errno": "EIO", "at": start})
            elif kind == "flipped":
                data[chance.randrange(start, end)] ^= 1 << chance.randrange(8)
            else:
                data[start:end] = bytes(end - start) if kind == "zeros" else chance.randbytes(end - start)
        good -= set(run)
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return good


def _lose_snapshot(chance: random.Random, own: Path, how: str, faults: list[dict[str, object]]) -> None:
    for path in own.glob("catalog.*" if how == "missing" else "catalog*.sqlite3"):
        size = path.stat().st_size
        if how == "missing":
            path.unlink()
        elif how == "unreadable":
            at = chance.randrange(size)
            faults.append({"op": "read", "inode": path.stat().st_ino, "errno": "EIO", "at": at})
        elif how == "rotten":
            data, at = bytearray(path.read_bytes()), chance.randrange(size)
            data[at] ^= 0xFF
            path.write_bytes(data)
