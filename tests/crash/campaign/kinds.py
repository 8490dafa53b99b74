"""The kinds of fault: where the room stands for each, and at which points it can strike."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.conftest import PROJECT
from tests.corruption import faulty
from tests.crash.campaign import calls, injecting, media
from tests.crash.campaign.calls import Fault
from tests.crash.campaign.places import Disk, Folder
from tests.crash.campaign.running import program
from tests.crash.campaign.stages import Stage

Place = Any
"""One of the places: each has `room`, `keep`, `fresh`, `state`, `after_fault` and `close`, and what its own kind
needs."""


@dataclass(frozen=True, slots=True)
class Point:
    """One fault: what it strikes, the system call to break, the named step after which the process dies, or what is
    done to the place before the job. `key` names it among those of its stage and kind, from one run to the next; points
    of one `sort` strike the same call for the same sort of file at the same place of the program's order; of those with
    one `left` (where it isn't empty) a kill leaves the very same behind."""

    key: str
    text: str
    sort: str
    left: str = ""
    fault: Fault | None = None
    step: tuple[str, int] = ("never", 1)
    arm: Callable[[Place], None] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """`points(stage, place)` watches an undisturbed run where it has to. `kills`: the process doesn't live to tell.
    `gives_up`: what is refused is left undone (format.md, "A file that something protects")."""

    place: Callable[[Path], Place]
    points: Callable[[Stage, Place], list[Point]]
    kills: bool = False
    gives_up: bool = False


def _changing(fault: str, below: str = "") -> Callable[[Stage, Place], list[Point]]:
    def points(stage: Stage, place: Place) -> list[Point]:
        log = _watched(stage, place, calls.CHANGING)
        found = calls.changing(log, [place.room / below])
        return [_point(place, call, fault) for call in found if calls.can_meet(call, fault)]

    return points


def by_state(stage: Stage, place: Place, points: list[Point]) -> list[Point]:
    """With what a kill at each point would leave behind, as one undisturbed run shows it; this reads the place once
    for each of them."""
    wanted = {point.key for point in points if point.fault is not None and point.fault.what == "KILL"}
    if not wanted or not injecting.can_inject():
        return points
    left: dict[str, str] = {}

    def look(name: str, nth: int) -> str:
        if f"{name} {nth}" in wanted:
            left.setdefault(f"{name} {nth}", place.left().hex())
        return ""

    place.fresh()
    program(place.room, stage.job, before=(calls.CHANGING, look))
    return [replace(point, left=left.get(point.key, "")) for point in points]


def _reading(stage: Stage, place: Place) -> list[Point]:
    log = _watched(stage, place, calls.READING)
    return [_point(place, call, "EIO") for call in calls.reading(log, place.room)]


def _point(place: Place, call: calls.Call, fault: str) -> Point:
    sort = f"{call.name} {sort_of(call.text.replace(str(place.room), ''))} after {call.after}"
    return Point(f"{call.name} {call.nth}", call.text, sort, fault=Fault(call.name, call.nth, fault))


def _watched(stage: Stage, place: Place, names: tuple[str, ...]) -> str:
    place.fresh()
    return program(place.room, stage.job, watch=names).log


def _stepping(stage: Stage, place: Place) -> list[Point]:
    place.fresh()
    done = [line for line in program(place.room, stage.job, step=("", 0)).said.splitlines() if line in _STEPS]
    counted: Counter[str] = Counter()
    points = []
    for step in done:
        counted[step] += 1
        text = f"{step} {counted[step]}"
        points.append(Point(text, text, step, step=(step, counted[step])))
    return points


def _asked(stage: Stage, place: media.Faulty) -> list[tuple[str, str]]:
    """What the job asks the medium for, and about which path."""
    place.fresh()
    program(place.room, stage.job)
    place.detach()
    asked = place.asked()
    place.attach()
    return asked


def _vanishing(stage: Stage, place: media.Faulty) -> list[Point]:
    def at(number: int) -> Callable[[Place], None]:
        return lambda place: place.break_({"op": "any", "after": number, "errno": "ENODEV"})

    return [
        Point(f"{number}", f"gone after {number} calls, before {op} {path}", f"{op} {sort_of(path)}", arm=at(number))
        for number, (op, path) in enumerate(_asked(stage, place))
    ]


def _failing(stage: Stage, place: media.Faulty) -> list[Point]:
    def at(op: str, number: int) -> Callable[[Place], None]:
        return lambda place: place.break_({"op": op, "after": number, "times": 1, "errno": "EIO"})

    counted: Counter[str] = Counter()
    points = []
    for op, path in _asked(stage, place):
        counted[op] += 1
        name = f"{op} {counted[op]}"
        points.append(Point(name, f"{name} {path}", f"{op} {sort_of(path)}", arm=at(op, counted[op] - 1)))
    return points


def _protecting(stage: Stage, place: media.Faulty) -> list[Point]:
    """What the job is about to change, or the folder that it is in, is protected just then and until it has ended."""

    def at(path: str, number: int) -> Callable[[Place], None]:
        return lambda place: place.break_({"protects": path, "from": number})

    points: dict[str, Point] = {}
    for number, (op, both) in enumerate(_asked(stage, place)):
        for path in both.split("\0") if op in faulty.CHANGING else ():
            for protected in (path, os.path.dirname(path)):
                text = f"{protected} protected after {number} calls, before {op} {both}"
                points[text] = Point(
                    f"{number} {protected}", text, f"{op} {sort_of(protected)}", arm=at(protected, number)
                )
    return list(points.values())


_SPARE_PAGES = 100
"""What a job needs for a while beyond what it leaves behind: copies on their way, the snapshot before."""


def _filling(stage: Stage, place: media.Full) -> list[Point]:
    def at(pages: int) -> Callable[[Place], None]:
        return lambda place: place.limit(place.used() + pages)

    place.fresh()
    before = place.used()
    program(place.room, stage.job)
    most = max(0, place.used() - before) + _SPARE_PAGES
    texts = [f"{pages} pages free" for pages in range(most)]
    return [Point(text, text, f"about {pages // 4 * 4}", arm=at(pages)) for pages, text in enumerate(texts)]


def _locking(stage: Stage, place: media.Protected) -> list[Point]:
    def at(name: str) -> Callable[[Place], None]:
        return lambda place: place.lock(place.room / name)

    texts = {name: f"{name or 'everything'} read-only" for name in ("one", "two", "Music", "")}
    texts = {name: text for name, text in texts.items() if (place.room / name).exists()}
    return [Point(text, text, text, arm=at(name)) for name, text in texts.items()]


def sort_of(text: str) -> str:
    """What sort of file a call or path is about: below the folders that hold many of a kind, which one doesn't matter,
    nor do numbers and digests in names, nor which of the two drives it is on."""
    text = re.sub(r"(data|versions|quarantine|incoming|parity|Music|back|backup)/[^>\",]*", r"\1/*", text)
    return re.sub(r"[0-9a-f]{6,}|\d+", "0", text.replace("/two/", "/one/"))


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
    "protected": Kind(media.Faulty, _protecting, gives_up=True),
    "drive full": Kind(media.Full, _filling),
    "read-only": Kind(media.Protected, _locking),
    "exFAT": Kind(media.CaseBlind, _changing("KILL", media.DRIVE), kills=True),
}
MOUNTED = frozenset(KINDS) - {"steps", "KILL", "EIO", "ENOSPC", "EIO on reads"}
"""Those that mount something, and so need root."""
