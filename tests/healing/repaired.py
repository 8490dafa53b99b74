"""The campaign on `repair`: a protected library and its drives, damaged, scrubbed, repaired once, and read back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tests.guarded import Guarded
from tests.healing.damage import Case, make
from tests.healing.judge import Tally

DRIVES = ("first", "second", "third")


def run(tally: Tally, folder: Path, cases: Sequence[tuple[str, int]]) -> None:
    """One library with a file for each case (kind and seed); as many copies of it as the case has, at most four, are
    damaged, the library's own first."""
    folder.mkdir()
    room = Guarded(folder)
    made = {
        f"{number:04d}.bin": (make(kind, seed, read_errors=False), seed) for number, (kind, seed) in enumerate(cases)
    }
    for name, (case, _) in made.items():
        (room.music / name).write_bytes(case.content)
    for drive in DRIVES:
        room.drive(drive)
    room.protect()
    for name, (case, _) in made.items():
        for place, copy in zip(_places(room, name), case.copies, strict=False):
            _damage(place, bytes(copy.data))
        for place in _places(room, name)[len(case.copies) :]:
            place.unlink()  # the case has no more copies than these
    room.scrub()
    room.repair()
    holes = {
        os.fsdecode(finding.path): [(lost.start, lost.end, lost.readable) for lost in finding.lost]
        for finding in room.told()
        if finding.lost
    }
    for name, (case, seed) in made.items():
        after = [place.read_bytes() if place.exists() else b"" for place in _places(room, name)]
        healed = after[0] if all(one == case.content for one in after) else None
        tally.add(case, seed, healed, holes.get(name, []), _worse(case, after))
    room.catalog.close()


def _places(room: Guarded, name: str) -> list[Path]:
    return [room.music / name, *(room.copy(drive, name) for drive in DRIVES)]


def _damage(place: Path, data: bytes) -> None:
    """Other bytes in place; only the time of change tells."""
    if place.read_bytes() == data:
        return
    before = place.stat()
    place.write_bytes(data)
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))


def _worse(case: Case, after: Sequence[bytes]) -> list[str]:
    """No copy may end with fewer right bytes than it had."""
    found = []
    for number, (copy, now) in enumerate(zip(case.copies, after, strict=False)):
        if _right(case.content, now) < _right(case.content, bytes(copy.data)):
            found.append(f"copy {number} has fewer right bytes than before")
    return found


def _right(content: bytes, data: bytes) -> int:
    return sum(content[n : n + 512] == data[n : n + 512] for n in range(0, len(content), 512))
