"""What the user does with the music, and what happens to its files behind everybody's back."""

from __future__ import annotations

import os
from pathlib import Path

from musicvault.catalog import search
from musicvault.engine import decide
from musicvault.engine.repair import repair
from tests.simulation.disks import DyingDisk
from tests.simulation.oracle import MASS, digest
from tests.simulation.world import World
from tests.sound import make, retag


class User:
    """`deleted` are files that went by mistake, `unwanted` those that wait and aren't right."""

    def __init__(self, world: World) -> None:
        self.world, self.oracle, self.chance = world, world.oracle, world.chance
        self.deleted: set[str] = set()
        self.unwanted: set[str] = set()
        self._made = 0

    def path(self, name: str) -> Path:
        return self.world.music / name

    def ids(self, *names: str) -> list[int]:
        wanted = {os.fsencode(name) for name in names}
        return [one.item_id for one in search.find(self.world.catalog, "", forgotten=True) if one.path in wanted]

    def good(self) -> list[str]:
        """Tracks that the service has seen in the library as the user wants them, and where they are."""
        library = self.oracle.library
        self.oracle.look()
        return sorted(
            name
            for name, wanted in self.oracle.wanted.items()
            if library.holds.get(name) == wanted and wanted in library.seen and name in self.world.scanned
            if not name.endswith(".jpg")
        )

    # -- what the user does

    def rip(self, tracks: int = 0) -> list[str]:
        """A new album comes; gives its tracks."""
        self._made += 1
        album = f"Artist {self._made % 7}/Album {self._made:03}"
        suffix = self.chance.choice([".flac", ".flac", ".mp3"])
        count = tracks or self.chance.randint(2, 4)
        names = [f"{album}/{number:02} Björk{suffix}" for number in range(1, count + 1)]
        for name in names:
            self._make(name, title=f"Piece {name}", album=album)
            self.oracle.saved(name)
        self.path(f"{album}/cover.jpg").write_bytes(self.chance.randbytes(3000))
        self.oracle.saved(f"{album}/cover.jpg")
        return names

    def _make(self, name: str, **tags: str) -> None:
        self._made += 1
        make(self.path(name), seed=self._made, seconds=0.1, **tags)

    def retag(self) -> None:
        """Another program corrects tags, and doesn't see what has rotted meanwhile."""
        tracks = [one for one in self.oracle.wanted if self.path(one).is_file() and not one.endswith(".jpg")]
        free = sorted(set(tracks) - self.oracle.replaced.keys())
        for name in self.chance.sample(free, min(3, len(free))):
            was = self.oracle.rotten.get(digest(self.path(name)))
            retag(self.path(name), title=f"Better title {self.chance.random()}")
            if was is None:
                self.oracle.saved(name)
            elif name.endswith(".mp3"):  # no decoder can tell that it isn't another rip
                self.oracle.replaced[name] = digest(self.path(name))
                self.unwanted.add(name)
            else:
                self.oracle.rotten[digest(self.path(name))] = was

    def move(self) -> None:
        """An album gets another name."""
        good = set(self.good())
        albums = sorted({self.path(name).parent for name in good})
        whole = [one for one in albums if all(self._name(x) in good or x.suffix == ".jpg" for x in one.iterdir())]
        gone = {self.path(name).parent for name in self.deleted}
        if not (free := [one for one in whole if one not in gone]):
            return
        album = self.chance.choice(free)
        self._made += 1
        target = album.with_name(f"{album.name} ({self._made})")
        album.rename(target)
        for one in sorted(target.iterdir()):
            self.oracle.saved(self._name(one), self._name(album / one.name))

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self.world.music))

    def delete(self) -> None:
        """A file is deleted by mistake."""
        if good := self.good():
            name = self.chance.choice(good)
            self.path(name).unlink()
            self.deleted.add(name)

    def record_anew(self) -> None:
        """A track is ripped once more, and sounds otherwise."""
        if good := self.good():
            self._record(self.chance.choice(good), wanted=self.chance.random() < 0.5)

    def _record(self, name: str, *, wanted: bool) -> None:
        self._make(name, title="Again")
        self.oracle.replaced[name] = digest(self.path(name))
        self.unwanted |= set() if wanted else {name}

    def convert_everything(self) -> None:
        """A program goes wild over the library."""
        for name in self.chance.sample(self.good(), MASS + 1):
            self._record(name, wanted=False)

    # -- what the user does when asked

    def miss(self) -> None:
        """What is gone is noticed: most of it is wanted back, some of it not."""
        for name in sorted(self.deleted):
            if self.chance.random() < 0.7:
                self.world.run(repair(self.world.ctx, item_ids=self.ids(name)))
                if not self.path(name).exists():
                    continue  # no drive that has it is here
            else:
                self.let_go(name)
            self.deleted.discard(name)

    def let_go(self, name: str) -> None:
        self.world.run(decide.forget(self.world.ctx, self.ids(name)))
        del self.oracle.wanted[name]

    def decide(self) -> None:
        """The user says of what waits whether it is right."""
        for right in (True, False):
            names = [name for name in sorted(self.oracle.replaced) if (name not in self.unwanted) is right]
            job = decide.accept if right else decide.reject
            if names:
                self.world.run(job(self.world.ctx, self.ids(*names)))
            for name in names:
                if right:
                    self.oracle.saved(name)
                if digest(self.path(name)) == self.oracle.wanted[name]:  # else nothing to put back is here
                    del self.oracle.replaced[name]
                    self.unwanted.discard(name)

    def record_what_is_lost(self) -> list[str]:
        """What has rotted away everywhere, as far as is known, is ripped once more."""
        library, kept = self.oracle.library, {x for one in self.oracle.places.values() for x in one.holds.values()}
        lost = [name for name, wanted in sorted(self.oracle.wanted.items()) if wanted not in kept]
        known = [name for name in lost if library.holds.get(name) in self.oracle.rotten.keys() & library.seen.keys()]
        for name in known:
            if name.endswith(".jpg"):
                self.path(name).write_bytes(self.chance.randbytes(3000))
                self.oracle.saved(name)
            else:
                self._record(name, wanted=True)
        return known

    # -- what happens to disks

    def rot(self, label: str, name: str = "") -> str:
        """One bit of a file on a disk turns around; gives the file's name."""
        place = self.oracle.places[label]
        self.oracle.look()
        # What was saved or moved just now and rots before anybody saw it there is another file, to whoever looks.
        sound = [one for one, had in place.holds.items() if had in self.oracle.item and had in place.seen]
        if place is self.oracle.library:
            sound = [one for one in sound if one in self.world.scanned]
        if not (free := sorted(set(sound) & ({name} if name else set(self.oracle.wanted)))):
            return ""
        name = self.chance.choice(free)
        path = place.folder / name
        was = digest(path)
        # Beyond the padding of a FLAC: a tagger writes that anew, and so mends it.
        self.world.disks[label].rot(path, int(path.stat().st_size * self.chance.uniform(0.6, 0.9)))
        self.oracle.rotten[digest(path)] = was
        return name

    def make_unreadable(self, label: str, count: int) -> list[str]:
        """Some files on a dying disk can't be read any more."""
        disk, place = self.world.disks[label], self.oracle.places[label]
        assert isinstance(disk, DyingDisk)
        self.oracle.look()
        names = self.chance.sample(sorted(one for one, had in place.holds.items() if had in self.oracle.item), count)
        for name in names:
            path = place.folder / name
            self.oracle.rotten[f"unreadable {path.stat().st_ino}"] = digest(path)
        disk.fail([place.folder / name for name in names])
        return names
