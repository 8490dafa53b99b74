"""What the background service does right now and when it will do what next: a small file beside the catalog.

It is written by the service only, and says nothing that can't be lost. Whether the service runs is told by its lock.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from musicvault.catalog import locks

LOCK = "service"


@dataclass(frozen=True, slots=True)
class State:
    """Times in seconds since the epoch, 0 for unknown. `doing` is a job's word ("scan", "sync", "scrub" …; empty while
    it waits) and `subject` what it is done to; `waits` why nothing is proven (`domain.schedule.Why`), `next_at` when
    that is looked at again; `rates` the steady rate of each place in bytes a second; `matters` what needs a person;
    `problems` what stands in the way of the service itself; `limits` which libraries aren't watched as they change, and
    why."""

    pid: int = 0
    since: float = 0.0
    at: float = 0.0
    doing: str = ""
    subject: str = ""
    waits: str = ""
    next_at: float = 0.0
    rates: tuple[tuple[str, float], ...] = ()
    matters: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    report_at: float = 0.0


def place_of(catalog: Path) -> Path:
    return catalog.with_name(catalog.name + ".service.json")


def write(catalog: Path, state: State) -> None:
    """Put the state in place whole; on a full disk in the room that the last one took, so that it is said why nothing
    goes on. Never fails."""
    place, data = place_of(catalog), json.dumps(asdict(state)).encode()
    aside = place.with_name(place.name + ".new")
    try:
        aside.write_bytes(data)
        os.replace(aside, place)
    except OSError:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        with suppress(OSError), place.open("r+b") as file:
            file.write(data)
            file.truncate()


def read(catalog: Path) -> State:
    """The last state that was written, whoever wrote it."""
    try:
        found = json.loads(place_of(catalog).read_text("utf-8"))
        known = {field.name: found[field.name] for field in fields(State) if field.name in found}
        known["rates"] = tuple((str(name), float(rate)) for name, rate in known.get("rates", ()))
        for key in ("matters", "problems", "limits"):
            known[key] = tuple(str(text) for text in known.get(key, ()))
        return State(**known)
    except (OSError, ValueError, TypeError, AttributeError):
        return State()


def runs(catalog: Path) -> bool:
    """Whether a service watches this catalog right now."""
    return locks.is_held(catalog, LOCK)
