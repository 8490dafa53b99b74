"""What the sentence on the Overview must be: from what the user did, the files themselves, and when each was opened.

What was looked at is known, what wasn't is not. It imports nothing of MusicVault.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

COPIES, AWAY, DAYS, FAILING = 3, 1, 90, 3  # 3 copies on different drives, one away; 3 unreadable files: failing


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass
class Place:
    """The library, or a drive. `away`: kept elsewhere; `bad`: inodes that can't be read."""

    folder: Path
    away: bool = False
    online: bool = True
    retired: bool = False
    bad: set[int] = field(default_factory=set)
    holds: dict[str, str] = field(default_factory=dict)  # path: digest, "" where it can't be read
    proven: dict[str, float] = field(default_factory=dict)  # digest: when a file with it was last read or written
    known: dict[str, str] = field(default_factory=dict)  # what was read and isn't anything that the user made
    errors: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)  # opened under a name that it hadn't at the last look


class Oracle:
    def __init__(self, library: Place) -> None:
        self.library, self.places = library, {"": library}
        self.wanted: dict[str, str] = {}  # of each item the path and the digest that the user gave it
        self.replaced: dict[str, str] = {}  # path: digest of another sound that waits for the user's word
        self.owner: dict[str, set[str]] = {}  # digest: the paths that ever had it, by the user's own hand
        self.now = 0.0

    def saved(self, path: str, before: str = "") -> None:  # by the user, or moved from `before`
        self.wanted.pop(before, None)
        self.wanted[path] = digest(self.library.folder / path)
        self.owner.setdefault(self.wanted[path], set()).update({path, before})

    def look(self) -> None:  # a copy on a drive that wasn't there before was written, and read back, just now
        for place in (one for one in self.places.values() if one.online):
            found, before = [one for one in place.folder.rglob("*") if one.is_file()], set(place.holds.values())
            seen = {str(one.relative_to(place.folder)): one for one in found}
            place.holds = {name: "" if one.stat().st_ino in place.bad else digest(one) for name, one in seen.items()}
            if place is not self.library:
                place.proven |= dict.fromkeys(set(place.holds.values()) - before, self.now)
            place.proven |= {place.holds[path]: self.now for path in place.new & set(place.holds)}
            place.new.clear()

    def opened(self, place: Place, path: str) -> None:
        found = place.holds.get(path)
        if found is None:
            place.new.add(path)
        elif self.is_theirs(found):
            place.proven[found] = self.now
        else:
            place.known[path] = found
            place.errors |= set() if found else {path}

    def is_theirs(self, one: str) -> bool:
        return one in self.owner or one in self.replaced.values()

    def known_bad(self, place: Place, path: str) -> bool:
        return not self.is_theirs(place.holds[path]) and place.known.get(path) == place.holds[path]

    def has(self, place: Place, wanted: str) -> bool:  # as far as anybody looked
        rotten = [one for one in place.holds if one in self.owner[wanted] and not self.is_theirs(place.holds[one])]
        unnoticed = wanted in place.proven and any(not self.known_bad(place, one) for one in rotten)
        return wanted in place.holds.values() or unnoticed

    def expected(self) -> tuple[set[str], int]:
        """How the sentence may begin, and how many files have all that they need."""
        damaged, gone, short, put_back, stale, safe, lacking = 0, 0, 0, 0, 0, 0, set[str]()
        used = {label: place for label, place in self.places.items() if not place.retired}
        for path, wanted in self.wanted.items():
            hurt = any(self.known_bad(one, x) for one in used.values() for x in one.holds if x in self.owner[wanted])
            has = [one for one in used.values() if len(one.errors) < FAILING and self.has(one, wanted)]
            old = not enough([one for one in has if self.now - one.proven.get(wanted, 0.0) < DAYS * 86400])
            gone += (missing := path not in self.library.holds)
            short += (few := not enough(has) and not hurt and path not in self.replaced)
            lacking |= (lack := {label for label, one in used.items() if label and few and not self.has(one, wanted)})
            put_back += few and missing and not lack  # no drive lacks it: what helps is to put it back
            damaged, fine = damaged + hurt, not (few or hurt or path in self.replaced)
            stale, safe = stale + (old and fine), safe + (fine and not old)
        there, n, waits = {label for label, place in used.items() if place.online}, len(self.wanted), len(self.replaced)
        many = [f"{count} file" + "s" * (count != 1) for count in (damaged, short, gone, stale)]
        ready = ", ".join(label for label in used if label in lacking & there)
        text = f"{many[1]} need{'s' * (short == 1)} another copy"
        for holds, says in (
            (damaged, {f"{many[0]} {'is' if damaged == 1 else 'are'} damaged or unreadable."}),
            (waits, {f"{waits} changed file waits for you." if waits == 1 else f"{waits} changed files wait for you."}),
            (lacking & there, {f"{text}. What is missing can be copied to {ready} now."}),
            (short > put_back or lacking, {f"{text}: plug in {one}." for one in lacking - there} or {text + "."}),
            (gone, {f"{many[2]} {'is' if gone == 1 else 'are'} gone from "}),
            (stale, {f"{many[3]} need{'s' * (stale == 1)} a fresh proof."}),
            (set(used) - there, {f"Your {n} files have the copies they need."}),
        ):
            if holds:
                return says, safe
        return {f"All {n} files are safe."}, safe


def enough(places: list[Place]) -> bool:
    return len(places) >= COPIES and sum(place.away for place in places) >= AWAY
