"""Reasons as people read them, kept as files: a change of words or of judgement shows as a difference.

Where a difference is meant, delete the file and run this again: it writes what is said now, and fails once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from musicvault.domain import policy_wording, wording
from musicvault.domain.drives import Drive, related
from musicvault.domain.needs import Need, Reason, Step
from musicvault.domain.planner import plan
from musicvault.domain.policies import TEMPLATES, obstacles
from musicvault.domain.policy import DAY, Copy, Rule, assess
from musicvault.domain.states import ReplicaState

GOLDEN = Path(__file__).parent / "golden"
NOW = 1_000 * DAY
LIBRARY = Drive("library-1", "Music", volume="system", in_library=True)
ELEMENTS = Drive("e", "Elements", volume="e", disk="wwn-1", media="hdd", model="WD40", seen_at=NOW)
TWIN = Drive("t", "Elements 2", volume="t", disk="wwn-1", media="hdd", model="WD40", seen_at=NOW)
BANK = Drive("b", "Bank box", "bank", "hdd", "b", "wwn-2", "WD40", detached=True, seen_at=NOW - 40 * DAY)
STICK = Drive("s", "Stick", volume="s", media="flash", failing=True, seen_at=NOW)
DRIVES = (LIBRARY, ELEMENTS, TWIN, BANK, STICK)

RULES = (
    Rule(),
    Rule("Masters", "path:masters", 3, 3, 90, 365, sites=2, detached=1, unseen_days=60, priority=5, parity=10),
    Rule("Spoken", "genre:speech", 2, 2, 365, 0, allowed=("Elements",), forbidden=("Stick",)),
    *TEMPLATES.values(),
)
HOLDINGS: dict[str, list[tuple[Drive, ReplicaState, float]]] = {
    "library only": [(LIBRARY, ReplicaState.INTACT, 1)],
    "one spare": [(LIBRARY, ReplicaState.INTACT, 1), (ELEMENTS, ReplicaState.INTACT, 10)],
    "two on one disk": [(drive, ReplicaState.INTACT, 10) for drive in (LIBRARY, ELEMENTS, TWIN)],
    "one away": [(drive, ReplicaState.INTACT, 50) for drive in (LIBRARY, ELEMENTS, BANK)],
    "old proof away": [
        (LIBRARY, ReplicaState.INTACT, 1),
        (ELEMENTS, ReplicaState.INTACT, 1),
        (BANK, ReplicaState.INTACT, 100),
    ],
    "on a failing stick": [(LIBRARY, ReplicaState.INTACT, 1), (STICK, ReplicaState.INTACT, 1)],
    "damaged copy": [
        (LIBRARY, ReplicaState.INTACT, 1),
        (ELEMENTS, ReplicaState.CORRUPT, 1),
        (BANK, ReplicaState.INTACT, 41),
    ],
    "held in the library": [(LIBRARY, ReplicaState.HELD, 1), (ELEMENTS, ReplicaState.INTACT, 1)],
}


def standings() -> Iterator[str]:
    for rule in RULES:
        yield policy_wording.sentence(rule)
        for one in obstacles(rule, DRIVES, "home"):
            yield f"  ! {policy_wording.obstacle(one)}"
        for name, held in HOLDINGS.items():
            copies = [Copy(state, True, drive, NOW - days * DAY) for drive, state, days in held]
            found = assess(copies, rule, NOW, "home")
            why = policy_wording.missing(found.missing)
            due = f"due in {(found.due_at - NOW) / DAY:.0f} d" if found.due_at else "never proven"
            yield f"  {name}: {wording.standing(found.standing)}, {due}" + (f": {why}" if why else "")
        yield ""
    yield from (policy_wording.relation(one) for one in related(DRIVES))


def plans() -> Iterator[str]:
    def need(drive: str, path: str, size: int, good: int, priority: int = 0, step: Step = Step.COPY) -> Need:
        reason = {
            Step.COPY: Reason.NO_COPY,
            Step.REPLACE: Reason.NEW_VERSION,
            Step.RENAME: Reason.RENAMED,
        }[step]
        return Need(1, drive, path.encode(), size, good, step, reason, priority, 3)

    needs = [
        *(need("Elements", f"Nina/Blues/{number:02}.flac", 30, 1) for number in (1, 2, 3)),
        *(need("Elements", f"Masters/Tape/{number:02}.wav", 80, 1, 5) for number in (1, 2)),
        *(need("Elements", f"Ella/Live/{number:02}.flac", 25, 2) for number in (1, 2)),
        need("Elements", "Ella/Live/03.flac", 25, 2, step=Step.RENAME),
        need("Bank box", "Nina/Blues/01.flac", 30, 1),
        need("Bank box", "Ella/Live/01.flac", 25, 2, step=Step.REPLACE),
        need("Bank box", "Ella/Live/02.flac", 25, 2),
    ]
    for free in ({"Elements": 10_000, "Bank box": 10_000}, {"Elements": 230, "Bank box": 60}, {"Elements": 100}):
        outcome = plan(needs, free)
        yield "room: " + ", ".join(f"{label} {room}" for label, room in free.items())
        for sign, listed in (("+", outcome.actions), ("-", outcome.left_out)):
            for one in listed:
                why = policy_wording.reason(one.reason, one.good_copies, one.wanted)
                yield f"  {sign} {one.vault_id}: {one.step.value} {one.path.decode()} ({why})"
        yield "  too little: " + (", ".join(f"{key} {lack}" for key, lack in outcome.short_bytes.items()) or "nothing")


@pytest.mark.parametrize("name", ["standings", "plans"])
def test_what_is_said_stays_what_it_was(name: str) -> None:
    said = "\n".join({"standings": standings, "plans": plans}[name]()) + "\n"
    kept = GOLDEN / f"{name}.txt"
    if not kept.exists():
        kept.write_text(said, "utf-8")
        pytest.fail(f"{kept.name} was written anew: read it, then commit it")
    assert said == kept.read_text("utf-8")
