"""What the sentence on the Overview must be: from what the user did, the files themselves, and when each was opened.

What was looked at is known, what wasn't is not. It imports nothing of MusicVault.
"""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from os import stat, walk
from pathlib import Path

COPIES, AWAY, PROVEN_DAYS = 3, 1, 90  # the wish: 3 copies on different drives, one kept elsewhere
FAILING, MASS, UNSEEN_DAYS, DAY = 3, 25, 30, 86400.0  # files that can't be read, changes at once


@dataclass
class Place:
    """The library, or a drive in service. `away`: kept elsewhere; `bad`: inodes that can't be read."""

    folder: Path
    away: bool = False
    online: bool = True
    bad: set[int] = field(default_factory=set)
    holds: dict[str, str] = field(default_factory=dict)  # path: digest
    seen: dict[str, float] = field(default_factory=dict)  # digest: when a file with it was last read or written


def digest(path: Path, bad: set[int] | frozenset[int] = frozenset()) -> str:
    return f"unreadable {at}" if bad and (at := stat(path).st_ino) in bad else sha256(path.read_bytes()).hexdigest()


class Oracle:
    def __init__(self, library: Place) -> None:
        self.now, self.walked_at, self.library, self.places = 0.0, 0.0, library, {"Music": library}
        self.wanted: dict[str, str] = {}  # path: the digest that the user gave it
        self.item: dict[str, str] = {}  # digest: the first path of the file that had it
        self.rotten: dict[str, str] = {}  # digest of what has rotted: what it was
        self.replaced: dict[str, str] = {}  # path: digest of another sound that waits for the user's word

    def saved(self, path: str, before: str = "") -> None:  # by the user, or moved from `before`
        now = digest(self.library.folder / path)
        self.item[now] = self.item.get(self.wanted.pop(before or path, ""), path)
        self.wanted[path] = now

    def look(self, *, worked: bool = False) -> None:  # what the program wrote it has read back
        for place in [one for one in self.places.values() if one.online]:
            files = [f"{folder}/{name}" for folder, _, names in walk(place.folder) for name in names]
            before, inside = set(place.holds.values()), len(f"{place.folder}/")
            place.holds = {one[inside:]: digest(Path(one), place.bad) for one in files}
            place.seen |= dict.fromkeys(set(place.holds.values()) - before if worked else (), self.now)

    def standings(self, there: dict[str, set[str]]) -> dict[str, str]:
        """Where each file stands."""
        found = dict[str, str]()
        hurt = {self.item[self.rotten[one]] for held in there.values() for one in held & self.rotten.keys()}
        failing = {one for one in there if sum("unread" in had for had in self.places[one].seen) >= FAILING}
        for path, wanted in self.wanted.items():
            has = [self.places[label] for label in there if wanted in there[label] and label not in failing]
            fresh = [one for one in has if self.now - one.seen.get(wanted, 0.0) < PROVEN_DAYS * DAY]
            few, old = (len(some) < COPIES or sum(one.away for one in some) < AWAY for some in (has, fresh))
            stands = {"damaged": self.item[wanted] in hurt, "held": path in self.replaced, "short": few, "stale": old}
            found[path] = next((word for word in stands if stands[word]), "protected")
        return found

    def expected(self) -> tuple[set[str], dict[str, str]]:
        """How the sentence may begin, and where each file stands."""

        def many(count: int, one: str, more: str) -> str:
            return f"{count} {one if count == 1 else more}"

        there = {  # as far as anybody looked
            label: {had if had in place.seen else self.rotten.get(had, had) for had in place.holds.values()}
            for label, place in self.places.items()
        }
        stands, online = self.standings(there), {label for label in there if self.places[label].online}
        short = {path: self.wanted[path] for path in stands if stands[path] == "short"}
        lacking = {label: set(short.values()) - there[label] for label in there if label != "Music"}
        at_hand = set[str]().union(*(there[label] for label in online))
        ready = ", ".join(label for label in lacking if label in online and lacking[label] & at_hand)
        helps = {one for one in there if lacking.get(one) or there[one] & set(short.values()) - at_hand} - online
        gone = {path: wanted for path, wanted in self.wanted.items() if path not in self.library.holds}
        lost = set(gone.values()) - set[str]().union(*there.values())
        unseen, count, n = self.now - self.walked_at, Counter(stands.values()), len(self.wanted)
        text = many(len(short), "file needs", "files need") + " another copy"
        sentences = (
            (not self.library.seen, {"No music seen yet."}),
            (count["damaged"], {many(count["damaged"], "file is", "files are") + " damaged or unreadable."}),
            (lost, {many(len(lost), "file is gone, and", "files are gone, and")}),
            (len(self.replaced) > MASS, {"Very much changed at once in Music."}),
            (count["held"], {many(count["held"], "changed file waits", "changed files wait") + " for you."}),
            (not lacking, {many(n, "file has", "files have") + " no second copy."}),
            (ready, {f"{text}. What is missing can be copied to {ready} now."}),
            (helps, {f"{text}: plug in {one}." for one in helps}),
            (short.keys() - gone, {f"{text}."}),
            (gone, {many(len(gone), "file is gone from", "files are gone from")}),
            (unseen > UNSEEN_DAYS * DAY, {f"Music was last looked at {unseen // DAY:.0f} days ago."}),
            (count["stale"], {many(count["stale"], "file needs", "files need") + " a fresh proof."}),
            (there.keys() - online, {f"Your {n} files have the copies they need."}),
        )
        return next((says for holds, says in sentences if holds), {f"All {n} files are safe."}), stands
