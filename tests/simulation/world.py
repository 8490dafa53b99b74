"""A library, its drives, the clocks of the computer, and the service that looks after them."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from musicvault.catalog.database import Catalog
from musicvault.domain.notices import Finished, Job
from musicvault.engine.context import Context
from musicvault.engine.drives import add_drive
from musicvault.engine.scrub import scrub
from musicvault.engine.timekeeping import TrustedClock
from musicvault.runtime.plans import Plans
from musicvault.runtime.service import Service
from tests.conftest import PROJECT
from tests.simulation.disks import Disk, ImageDisk, MemoryDisk, SmallDisk
from tests.simulation.oracle import Oracle, Place

START = 1_800_000_000.0
HOUR = 3600.0
PAYLOAD = "MusicVault/data/music"


class LossError(AssertionError):
    """Bytes that stood somewhere before the program worked stand nowhere after it."""


class World:
    """Library, drives, service and oracle. `wall` is the computer's clock, `steady` counts the seconds that go by.
    `dead` are drives that nobody will ever read again, `scanned` the library's files at the last round; `shown` is what
    appeared on the desktop."""

    def __init__(self, folder: Path, seed: int, stack: ExitStack) -> None:
        self.chance = random.Random(seed)
        self.folder, self.stack = folder, stack
        self.wall = self.steady = START
        self.disks: dict[str, Disk] = {}
        self.dead: set[str] = set()
        self.scanned: set[str] = set()
        self.shown: list[str] = []
        self.reads = self.rounds = self.kills = self.yanks = self.fulls = self.pairs = 0
        music = self.disk("Music")
        music.plug()
        self.music = music.point / "Music"
        self.music.mkdir()
        self.oracle = Oracle(Place(self.music))
        self.small = SmallDisk(folder / "small", 32)
        stack.callback(self.small.close)
        self.catalog = Catalog.open(self.small.point / "catalog.sqlite3")
        stack.callback(self.catalog.close)
        self._listening = False
        self.readers: dict[str, str] = {}  # digest of something rotten: who opened it last
        # Of what serves to make, heal or judge another copy not every block is read, or not from the medium.
        self.doubts: dict[tuple[str, str], float] = {}
        self._opens: list[tuple[str, str, str]] = []
        self._yank = ("", 0)
        sys.addaudithook(self._heard)
        self.start()

    def start(self) -> None:
        """The service begins (again)."""
        self.ctx = self.process()
        self.service = Service(
            self.ctx, Plans(fingerprints=False), steady=lambda: self.steady, sleep=lambda _s: None, show=self._show
        )

    def process(self) -> Context:
        """What a new process on the catalog works with."""
        clock = TrustedClock(self.catalog, lambda: self.wall, lambda: self.steady, lambda: "this boot")
        return Context(self.catalog, clock.now, keep_time=clock.keep)

    def _show(self, _title: str, text: str) -> bool:
        self.shown += text.splitlines()
        return True

    # -- disks

    def disk(self, name: str, mib: int = 48) -> Disk:
        folder = self.folder / name
        made: Disk
        if os.environ.get("MUSICVAULT_SIMULATION") == "tmpfs":
            made = MemoryDisk(folder, mib)
            self.stack.callback(made.close)
        else:
            made = ImageDisk(folder, mib)
        self.stack.callback(made.unplug)
        self.disks[name] = made
        return made

    def add(self, name: str, disk: Disk, site: str = "") -> None:
        """The user makes a drive of a disk."""
        self.disks[name] = disk
        disk.plug()
        self._tick(60)
        add_drive(self.ctx, os.fsencode(disk.point), name, site)
        self.oracle.places[name] = Place(disk.real / PAYLOAD, away=bool(site), bad=disk.bad)

    def plug(self, name: str, there: bool = True) -> None:
        self.disks[name].plug() if there else self.disks[name].unplug()
        self.oracle.places[name].online = there

    def is_there(self, name: str) -> bool:
        return name in self.oracle.places and self.oracle.places[name].online

    # -- time

    def _tick(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds
        self.oracle.now = self.steady

    def round(self, hours: float = 0.02, *, looked: bool = False) -> None:
        """The service does one round, `hours` after the last; `looked`: nothing happened since."""
        self._tick(hours * HOUR)
        with self.watched(looked=looked):
            for notice in self.service.round():
                del notice
        self.rounds += 1
        self.scanned = set(self.oracle.library.holds)

    def pass_by(self, days: float, rounds: int = 3) -> None:
        """Days go by with the computer off; then the service does some rounds."""
        self.round(days * 24)
        for _ in range(rounds - 1):
            self.round(looked=True)

    def round_with_a_pull(self, name: str, opens: int) -> None:
        """A round in which a drive's plug is pulled at the so-manieth file that is opened there."""
        self._yank, before = (name, opens), self._kept()
        self.round(7)  # a scan is due
        if self._yank == ("", 0):
            self.yanks += 1
            self.disks[name].unplug()
            self.plug(name)
        self._yank = ("", 0)
        self.round()
        self._nothing_lost(before)
        self.run(scrub(self.ctx))  # which reads were recorded is known to nobody

    def round_that_dies(self, opens: int) -> None:
        """A process of its own does a round and is killed at the so-manieth file that it opens; another goes on."""
        self._tick(60)
        with self._unheard():
            self.kills += self._ended(self._mortal(opens)) == -9
        self.start()
        self.round()
        self.run(scrub(self.ctx))

    def round_beside_another(self) -> None:
        """Two processes do the same round at the same time."""
        self._tick(60)
        with self._unheard():
            other = self._mortal(0)
            assert other.stdout is not None
            self.pairs += other.stdout.readline() == "begins\n"
            for notice in self.service.round():
                del notice
            assert self._ended(other) == 0
        self.round()
        self.run(scrub(self.ctx))

    def round_without_room(self) -> None:
        """The disk of the catalog is full while the service does a round, and has room again for the next."""
        self._tick(7 * HOUR)  # a scan is due
        with closing(sqlite3.connect(self.catalog.path)) as catalog:
            catalog.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the room of its log is room as well
        with self._unheard(), self.small.full():
            for notice in self.service.round():
                del notice
            self.fulls += bool(self.service.state.problems)
        self.round(0.2)  # ten minutes later it is tried again
        self.run(scrub(self.ctx))

    def _mortal(self, opens: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.simulation.mortal", str(self.catalog.path)]
        words = [*command, str(self.wall), str(self.steady), str(opens)]
        return subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def _ended(self, process: subprocess.Popen[str]) -> int:
        _, said = process.communicate(timeout=300)
        if process.returncode not in (0, -9):
            raise AssertionError(said)
        return process.returncode

    @contextmanager
    def _unheard(self) -> Iterator[None]:
        """The program works, and nobody hears what it opens; what it wrote is there."""
        before = self._kept()
        yield
        self.oracle.look(worked=True)
        self._failed()
        self._nothing_lost(before)

    def has_unseen_rot(self) -> bool:
        """Whether something is rotten that nobody has noticed."""
        rotten = self.oracle.rotten.keys()
        return any(rotten & set(one.holds.values()) - one.seen.keys() for one in self.oracle.places.values())

    # -- watching what is opened, and that nothing gets lost

    def run(self, job: Job) -> Finished:
        with self.watched():
            last = list(job)[-1]
        assert isinstance(last, Finished)
        return last

    @contextmanager
    def watched(self, *, looked: bool = False) -> Iterator[None]:
        """The program works."""
        if not looked:
            self.oracle.look()
        before = self._kept()
        self._listening = True
        try:
            yield
        finally:
            self._listening = False
        places = self.oracle.places.values()
        held = [set(place.holds.values()) for place in places]
        self.oracle.look(worked=True)
        copied = set[str]().union(*(set(place.holds.values()) - had for place, had in zip(places, held, strict=True)))
        compared = {self.oracle.wanted.get(path) for path in self.oracle.replaced}
        for label, path, was in self._opens:
            place = self.oracle.places[label]
            found = was or place.holds.get(path, "")  # opened under a name that it had only then?
            if found.startswith("unreadable"):
                continue
            if self.oracle.rotten.get(found) in copied or (found in copied | compared and found in place.seen):
                self.doubts[label, found] = self.oracle.now
            elif found:
                place.seen[found] = self.oracle.now
        self._opens.clear()
        self._failed()
        self._nothing_lost(before)

    def _failed(self) -> None:
        """A read that failed was one, also of what lies beside the copies or was healed at once: the disk knows."""
        for label, place in self.oracle.places.items():
            place.seen |= {f"unreadable {one}": self.oracle.now for one in self.disks[label].failed()}

    def _kept(self) -> set[str]:
        """What the user wants and what really stands somewhere."""
        places = [one for label, one in self.oracle.places.items() if label not in self.dead]
        return set(self.oracle.wanted.values()) & {had for place in places for had in place.holds.values()}

    def _nothing_lost(self, before: set[str]) -> None:
        if lost := (before - self._kept()) & set(self.oracle.wanted.values()):
            names = [name for name, wanted in self.oracle.wanted.items() if wanted in lost]
            raise LossError(f"the program lost {names}")

    def _heard(self, event: str, arguments: tuple[object, ...]) -> None:
        """Files that are opened, and folders that are walked, by whatever code."""
        if event not in ("open", "os.scandir") or not self._listening or not isinstance(arguments[0], str | bytes):
            return
        path = os.fsdecode(arguments[0])
        if event == "os.scandir":
            if path == str(self.music):
                self.oracle.walked_at = self.oracle.now
            return
        if self._yank[0] and path.startswith(str(self.disks[self._yank[0]].point / "MusicVault/")):
            self._count_down(*self._yank)
        for name, place in self.oracle.places.items():
            root = str(self.music if name == "Music" else self.disks[name].point / PAYLOAD)
            if path.startswith(root + "/") and place.online:
                self._opened(name, place, path[len(root) + 1 :])

    def _count_down(self, name: str, left: int) -> None:
        self._yank = (name, left - 1) if left > 1 else ("", 0)
        if left == 1 and self.disks[name].yank():
            self.oracle.places[name].online = False

    def _opened(self, name: str, place: Place, path: str) -> None:
        self.reads += 1
        found = place.holds.get(path, "")
        if found in self.oracle.rotten:
            frames = reversed(traceback.extract_stack(limit=20))
            self.readers[found] = " < ".join(one.name for one in frames if "musicvault" in one.filename)
        self._opens.append((name, path, found))
