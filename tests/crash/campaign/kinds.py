"""The kinds of fault: where the room stands for each, and at which points it can strike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import PROJECT
from tests.crash.campaign import calls, media
from tests.crash.campaign.places import Disk, Folder
from tests.crash.campaign.running import program
from tests.crash.campaign.stages import Stage

Place = Any
"""One of the places: each has `room`, `keep`, `fresh`, `after_fault` and `close`, and what its own kind needs."""


@dataclass(frozen=True, slots=True)
class Point:
    """One fault: what it strikes, strace's words for it, the named step after which the process dies, or what is done
    to the place before the job."""

    text: str
    strace: tuple[str, ...] = ()
    step: tuple[str, int] = ("never", 1)
    arm: Callable[[Place], None] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """`points(stage, place)` watches an undisturbed run where it has to. `kills`: the process doesn't live to tell."""

    place: Callable[[Path], Place]
    points: Callable[[Stage, Place], list[Point]]
    kills: bool = False


def _changing(fault: str, below: str = "") -> Callable[[Stage, Place], list[Point]]:
    def points(stage: Stage, place: Place) -> list[Point]:
        log = _watched(stage, place, calls.CHANGING)
        found = calls.changing(log, [place.room / below])
        return [Point(call.text, calls.breaking(call, fault)) for call in found if calls.can_meet(call, fault)]

    return points


def _reading(stage: Stage, place: Place) -> list[Point]:
    log = _watched(stage, place, calls.READING)
    return [Point(call.text, calls.breaking(call, "EIO")) for call in calls.reading(log, place.room)]


def _watched(stage: Stage, place: Place, names: tuple[str, ...]) -> str:
    place.fresh()
    return program(place.room, stage.job, calls.watching(names)).log


def _stepping(stage: Stage, place: Place) -> list[Point]:
    place.fresh()
    done = [line for line in program(place.room, stage.job, step=("", 0)).said.splitlines() if line in _STEPS]
    counted: Counter[str] = Counter()
    points = []
    for step in done:
        counted[step] += 1
        points.append(Point(f"{step} {counted[step]}", step=(step, counted[step])))
    return points


def _asked(stage: Stage, place: media.Faulty) -> dict[str, int]:
    """How often the job asks the medium for what."""
    place.fresh()
    program(place.room, stage.job)
    place.detach()
    counts = place.counted()
    place.attach()
    return counts


def _vanishing(stage: Stage, place: media.Faulty) -> list[Point]:
    def at(number: int) -> Callable[[Place], None]:
        return lambda place: place.break_({"op": "any", "after": number, "errno": "ENODEV"})

    return [Point(f"gone after {number} calls", arm=at(number)) for number in range(sum(_asked(stage, place).values()))]


def _failing(stage: Stage, place: media.Faulty) -> list[Point]:
    def at(op: str, number: int) -> Callable[[Place], None]:
        return lambda place: place.break_({"op": op, "after": number, "times": 1, "errno": "EIO"})

    return [
        Point(f"{op} {number + 1}", arm=at(op, number))
        for op, count in sorted(_asked(stage, place).items())
        for number in range(count)
    ]


_SPARE_PAGES = 100
"""What a job needs for a while beyond what it leaves behind: copies on their way, the snapshot before."""


def _filling(stage: Stage, place: media.Full) -> list[Point]:
    def at(pages: int) -> Callable[[Place], None]:
        return lambda place: place.limit(place.used() + pages)

    place.fresh()
    before = place.used()
    program(place.room, stage.job)
    most = max(0, place.used() - before) + _SPARE_PAGES
    return [Point(f"{pages} pages free", arm=at(pages)) for pages in range(most)]


def _locking(stage: Stage, place: media.Protected) -> list[Point]:
    def at(name: str) -> Callable[[Place], None]:
        return lambda place: place.lock(place.room / name)

    return [Point(f"{name or 'everything'} read-only", arm=at(name)) for name in ("one", "two", "Music", "")]


_STEPS = frozenset(
    step
    for path in (PROJECT / "musicvault").rglob("*.py")
    for step in re.findall(r"""done\("([^"]+)"\)""", path.read_text("utf-8"))
) | {f"fold: placed {name}" for name in ("manifest-sha256.txt", "bag-info.txt", "tagmanifest-sha256.txt")}
"""What the program announces that it has done."""

KINDS = {
    "steps": Kind(Folder, _stepping, kills=True),
    "KILL": Kind(Folder, _changing("KILL"), kills=True),
    "EIO": Kind(Folder, _changing("EIO")),
    "ENOSPC": Kind(Folder, _changing("ENOSPC")),
    "EIO on reads": Kind(Folder, _reading),
    "power cut": Kind(Disk, _changing("KILL"), kills=True),
    "drive yanked": Kind(media.Yanked, _changing("KILL", media.DRIVE), kills=True),
    "drive vanishes": Kind(media.Faulty, _vanishing),
    "drive errs": Kind(media.Faulty, _failing),
    "drive full": Kind(media.Full, _filling),
    "read-only": Kind(media.Protected, _locking),
    "exFAT": Kind(media.CaseBlind, _changing("KILL", media.DRIVE), kills=True),
}
MOUNTED = frozenset(KINDS) - {"steps", "KILL", "EIO", "ENOSPC", "EIO on reads"}
"""Those that mount something, and so need root."""
