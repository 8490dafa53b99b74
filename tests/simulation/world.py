"""A library, its drives, the service that looks after them, and the user."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from musicvault.catalog import search
from musicvault.catalog.database import Catalog
from musicvault.domain.notices import Finished, Job
from musicvault.engine import decide
from musicvault.engine.context import Context
from musicvault.engine.drives import add_drive
from musicvault.engine.repair import repair
from musicvault.engine.timekeeping import TrustedClock
from musicvault.runtime.plans import Plans
from musicvault.runtime.service import Service
from tests.simulation.disks import Disk, ImageDisk, MemoryDisk
from tests.simulation.oracle import Oracle, Place, digest
from tests.sound import make, retag

START = 1_800_000_000.0
DAY = 86400.0
HOUR = 3600.0


class World:
    """Library, drives, service and oracle. `wall` is the computer's clock, `steady` counts the seconds that go by."""

    def __init__(self, folder: Path, seed: int, stack: ExitStack) -> None:
        self.chance = random.Random(seed)
        self.folder, self.stack = folder, stack
        self.wall = self.steady = START
        self.disks: dict[str, Disk] = {}
        self.lost: set[str] = set()
        self.spoilt: set[str] = set()
        self.shown: list[str] = []
        self.reads = 0
        self.made = 0
        self.rounds = self.checks = 0
        music = self.disk("Music")
        music.plug()
        self.music = music.point / "Music"
        self.music.mkdir()
        self.oracle = Oracle(Place(self.music))
        self.catalog = Catalog.open(folder / "catalog.sqlite3")
        stack.callback(self.catalog.close)
        self._listening = False
        sys.addaudithook(self._heard)
        self.start()

    def start(self) -> None:
        """A process begins (again)."""
        clock = TrustedClock(self.catalog, lambda: self.wall, lambda: self.steady, lambda: "this boot")
        self.ctx = Context(self.catalog, clock.now, keep_time=clock.keep)
        self.service = Service(
            self.ctx, Plans(fingerprints=False), steady=lambda: self.steady, sleep=lambda _s: None, show=self._show
        )

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
        self.wall += 60
        self.steady += 60
        add_drive(self.ctx, os.fsencode(disk.point), name, site)
        payload = disk.real / "MusicVault/data/music"
        self.oracle.places[name] = Place(payload, away=bool(site), bad=disk.bad)

    def plug(self, name: str, there: bool = True) -> None:
        self.disks[name].plug() if there else self.disks[name].unplug()
        self.oracle.places[name].online = there

    # -- time

    def round(self, hours: float = 0.02) -> None:
        """The service does one round, `hours` after the last."""
        self.wall += hours * HOUR
        self.steady += hours * HOUR
        self.oracle.now = self.steady
        self.oracle.look()
        with self.listening():
            for notice in self.service.round():
                del notice
        self.oracle.look()
        self.rounds += 1

    def pass_by(self, days: float, rounds: int = 3) -> None:
        """Days go by with the computer off; then the service does some rounds."""
        self.round(days * 24)
        for _ in range(rounds - 1):
            self.round()

    @contextmanager
    def listening(self) -> Iterator[None]:
        self._listening = True
        try:
            yield
        finally:
            self._listening = False

    def _heard(self, event: str, arguments: tuple[object, ...]) -> None:
        """Files that are opened, by whatever code."""
        if event != "open" or not self._listening or not isinstance(arguments[0], str | bytes):
            return
        path = os.fsdecode(arguments[0])
        for name, place in self.oracle.places.items():
            root = str(self.disks[name].point / "MusicVault/data/music" if name else self.music)
            if path.startswith(root + "/"):
                self.reads += 1
                self.oracle.opened(place, path[len(root) + 1 :])

    # -- what the user does

    def run(self, job: Job) -> Finished:
        with self.listening():
            last = list(job)[-1]
        assert isinstance(last, Finished)
        return last

    def path(self, name: str) -> Path:
        return self.music / name

    def ids(self, *names: str) -> list[int]:
        wanted = {os.fsencode(name) for name in names}
        return [one.item_id for one in search.find(self.catalog, "", forgotten=True) if one.path in wanted]

    def rip(self) -> None:
        """A new album comes."""
        self.made += 1
        album = f"Artist {self.made % 7}/Album {self.made:03}"
        suffix = self.chance.choice([".flac", ".flac", ".mp3"])
        for number in range(1, self.chance.randint(3, 5)):
            name = f"{album}/{number:02} Björk{suffix}"
            make(self.path(name), seed=self.made * 100 + number, seconds=0.15, title=f"Piece {number}", album=album)
            self.oracle.saved(name)
        self.path(f"{album}/cover.jpg").write_bytes(self.chance.randbytes(3000))
        self.oracle.saved(f"{album}/cover.jpg")

    def good_tracks(self) -> list[str]:
        """Files that stand in the library as they should be."""
        return sorted(
            name
            for name in self.oracle.wanted
            if self.path(name).is_file() and not name.endswith(".jpg") and name not in self.oracle.replaced
        )

    def seen_tracks(self) -> list[str]:
        """Those of them that the service has seen as they are."""
        return [name for name in self.good_tracks() if self.oracle.wanted[name] in self.oracle.library.proven]

    def retag(self) -> None:
        """Another program corrects tags, and doesn't see what has rotted meanwhile."""
        for name in self.chance.sample(self.good_tracks(), 3):
            self.oracle.look()
            sound = self.oracle.is_theirs(self.oracle.library.holds[name])
            retag(self.path(name), title=f"Better title {self.chance.random()}")
            if sound:
                self.oracle.saved(name)
            elif name.endswith(".mp3"):  # no decoder can tell that it isn't another rip
                self.oracle.replaced[name] = digest(self.path(name))
                self.spoilt.add(name)

    def move(self) -> None:
        """An album gets another name."""
        album = self.path(self.chance.choice(self.good_tracks())).parent
        if any(name.startswith(str(album.relative_to(self.music))) for name in self.lost | set(self.oracle.replaced)):
            return
        self.made += 1
        target = album.with_name(f"{album.name} ({self.made})")
        before = [str(one.relative_to(self.music)) for one in sorted(album.iterdir())]
        album.rename(target)
        for name in before:
            self.oracle.saved(str((target / Path(name).name).relative_to(self.music)), name)

    def delete(self) -> None:
        """A file is deleted by mistake."""
        name = self.chance.choice(self.seen_tracks())
        self.path(name).unlink()
        self.lost.add(name)

    def miss(self) -> None:
        """What is gone is noticed: most of it is wanted back, some of it not."""
        for name in sorted(self.lost):
            if self.chance.random() < 0.7:
                self.run(repair(self.ctx, item_ids=self.ids(name)))
            else:
                self.run(decide.forget(self.ctx, self.ids(name)))
                del self.oracle.wanted[name]
            self.lost.discard(name)

    def record_anew(self) -> None:
        """A track is ripped once more, and sounds otherwise."""
        name = self.chance.choice(self.seen_tracks())
        self.made += 1
        make(self.path(name), seed=self.made * 100, seconds=0.15, title="Again")
        self.oracle.replaced[name] = digest(self.path(name))

    def decide(self) -> None:
        """The user says of what waits whether it is right."""
        for name in sorted(self.oracle.replaced):
            right = self.chance.random() < 0.5 and name not in self.spoilt
            job = decide.accept if right else decide.reject
            self.run(job(self.ctx, self.ids(name)))
            if right:
                self.oracle.saved(name)
        self.oracle.replaced.clear()
        self.spoilt.clear()

    # -- what happens to disks

    def rot(self, label: str, name: str | None = None) -> str:
        """One bit of a file on a disk turns around; gives the file's name."""
        place = self.oracle.places[label]
        self.oracle.look()
        # What was saved just now and rots before anybody saw it is another file, to whoever looks.
        sound = {one for one, had in place.holds.items() if had in self.oracle.owner and had in place.proven}
        name = name or self.chance.choice(sorted(sound & set(self.good_tracks())))
        path = place.folder / name
        self.disks[label or "Music"].rot(path, int(path.stat().st_size * self.chance.uniform(0.5, 0.9)))
        return name
