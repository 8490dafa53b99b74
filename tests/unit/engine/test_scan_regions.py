"""A scan of what a watcher heard of comes to the same as a scan of the whole, and walks no more than it has to."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from musicvault.catalog import items, libraries, replicas, search
from musicvault.catalog.database import Catalog
from musicvault.domain.paths import split
from musicvault.domain.regions import WHOLE, Region
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine import looking
from musicvault.engine.context import Context
from musicvault.engine.looking import Unsettled
from musicvault.engine.scan import scan
from musicvault.storage.walk import Folder, walk
from tests.engine_room import Room
from tests.sound import make, retag

MORE = Unsettled(more=True)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    made = Room(tmp_path)
    for number in range(6):
        made.track(f"a/{number}.flac", number, seconds=0.1, title=f"Song {number}")
        (made.music / "b").mkdir(exist_ok=True)
        (made.music / f"b/{number}.txt").write_text(f"Note {number}")
    made.add()
    made.scan()
    return made


def look(room: Room, *folders: str, trees: tuple[str, ...] = (), more: bool = False) -> Region:
    """Scan these folders; gives what is to be looked at again."""
    region = Region.of(map(os.fsencode, folders), map(os.fsencode, trees))
    left: dict[int, Region] = {}
    unsettled = {1: MORE} if more else {}
    room.run(scan(room.ctx, [1], unsettled=unsettled, regions={1: region}, left=left))
    return left.get(1, Region())


def test_only_the_region_is_walked(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    def noting(root: bytes, exclusions: tuple[str, ...], region: Region) -> Iterator[Folder]:
        for folder in walk(root, exclusions, region):
            seen.append(folder.path)
            yield folder

    monkeypatch.setattr(looking, "walk", noting)
    room.track("a/new.flac", 9, seconds=0.1)
    (room.music / "b" / "0.txt").unlink()
    assert not look(room, "a")
    assert seen == [b"a"]
    assert room.findings() == []
    assert len(room.names()) == 13
    assert room.state("b/0.txt") is ReplicaState.INTACT, "nobody looked there"


def test_a_library_that_was_never_looked_at_is_scanned_whole(tmp_path: Path) -> None:
    made = Room(tmp_path)
    made.track("a/1.flac", 1, seconds=0.1)
    made.add()
    look(made, "elsewhere")
    assert made.names() == ["a/1.flac"]


def test_the_new_half_of_a_move_is_enough(room: Room) -> None:
    before = room.item("a/0.flac").id
    (room.music / "c").mkdir()
    (room.music / "a/0.flac").rename(room.music / "c/zero.flac")
    assert not look(room, trees=("c",))
    assert room.findings() == [("c/zero.flac", Verdict.MOVED)]
    assert room.item("c/zero.flac").id == before
    assert not look(room, "a")
    assert room.findings() == []


def test_the_old_half_of_a_move_waits_for_the_new_one(room: Room) -> None:
    before = room.item("a/0.flac").id
    (room.music / "c").mkdir()
    (room.music / "a/0.flac").rename(room.music / "c/0.flac")
    retag(room.music / "c/0.flac", title="Another")
    assert look(room, "a", more=True) == Region.of([b"a"])
    assert room.findings() == []
    assert room.state("a/0.flac") is ReplicaState.INTACT
    assert not look(room, trees=("c",))
    assert [verdict for _, verdict in room.findings()] == [Verdict.MOVED, Verdict.RETAGGED]
    assert room.item("c/0.flac").id == before
    assert not look(room, "a")


def test_what_only_sounds_alike_waits_while_the_same_bytes_may_come(room: Room) -> None:
    (room.music / "c").mkdir()
    shutil.copy(room.music / "a/0.flac", room.music / "c/edit.flac")
    retag(room.music / "c/edit.flac", title="An edit")
    before = room.item("a/0.flac").id
    (room.music / "d").mkdir()
    (room.music / "a/0.flac").rename(room.music / "d/0.flac")
    assert look(room, trees=("c",), more=True) == Region.of([b"c"])
    assert "c/edit.flac" not in room.names()
    look(room, "a", trees=("c", "d"))
    assert room.item("d/0.flac").id == before
    assert room.item("c/edit.flac").id != before


def test_a_copy_of_what_is_still_there_is_new(room: Room) -> None:
    shutil.copy(room.music / "a/0.flac", room.music / "b/copy.flac")
    before = room.item("a/0.flac").id
    look(room, "b")
    assert (room.findings(), room.item("a/0.flac").id) == ([], before)
    assert room.item("b/copy.flac").id != before


def test_what_is_gone_is_missing_once_nothing_else_was_heard_of(room: Room) -> None:
    (room.music / "a/0.flac").unlink()
    assert not look(room, "a")
    assert room.findings() == [("a/0.flac", Verdict.MISSING)]


def test_a_folder_that_is_gone_is_gone_with_all_below_it(room: Room) -> None:
    room.track("a/disc 1/x.flac", 7, seconds=0.1)
    (room.music / "a-side").mkdir()
    (room.music / "a-side/y.txt").write_text("beside it, not below")
    room.scan()
    (room.music / "a").rename(room.tmp / "elsewhere")
    assert not look(room, "a")
    assert {path for path, _ in room.findings()} == {f"a/{number}.flac" for number in range(6)} | {"a/disc 1/x.flac"}
    assert room.state("a-side/y.txt") is ReplicaState.INTACT


def test_a_renamed_parent_keeps_all_items(room: Room) -> None:
    before = {name: room.item(name).id for name in room.names()}
    (room.music / "x").mkdir()
    (room.music / "a").rename(room.music / "x/a")
    assert not look(room, "", trees=("a", "x"))
    assert {name.removeprefix("x/"): room.item(name).id for name in room.names()} == before


def test_names_exchanged_with_a_folder_that_was_not_looked_at_need_the_whole(room: Room) -> None:
    one, other, aside = room.music / "a/0.flac", room.music / "b/0.flac", room.tmp / "aside"
    shutil.move(room.music / "a/1.flac", other)
    room.scan()
    before = room.item("a/0.flac").id, room.item("b/0.flac").id
    one.rename(aside)
    other.rename(one)
    aside.rename(other)
    assert look(room, "a").is_whole
    assert room.findings() == []
    room.scan()
    assert (room.item("b/0.flac").id, room.item("a/0.flac").id) == before


def test_a_scan_of_a_region_says_nothing_about_when_the_whole_was_looked_at(room: Room) -> None:
    before = libraries.every(room.catalog)[0].scanned_at
    (room.music / "a/link.flac").symlink_to("0.flac")
    os.mkfifo(room.music / "b/pipe.txt")
    room.scan()
    after = libraries.every(room.catalog)[0].scanned_at
    assert after is not None
    assert before is not None
    assert after > before
    left_out = libraries.unprotected(room.catalog)
    look(room, "a")
    assert libraries.every(room.catalog)[0].scanned_at == after
    assert libraries.unprotected(room.catalog) == left_out


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_file_system_that_was_unmounted_below_makes_nothing_missing(room: Room) -> None:
    inner = room.music / "inner"
    inner.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "musicvault-test", inner], check=True)
    try:
        (inner / "album").mkdir()
        shutil.copy(room.music / "a/0.flac", inner / "album/0.flac")
        (inner / "album/1.txt").write_text("one")
        room.scan()
        assert not look(room, "inner/album"), "as long as it is there"
    finally:
        subprocess.run(["umount", "-l", inner], check=True)
    for folder in ("inner/album", "inner", ""):
        look(room, folder)
        assert room.findings() == []
    shutil.copy(room.music / "a/0.flac", room.music / "b/copy.flac")
    look(room, "b")
    assert room.item("b/copy.flac").id != room.item("inner/album/0.flac").id, "what is out of reach has not moved"
    assert room.state("inner/album/0.flac") is ReplicaState.INTACT


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_file_system_that_is_unmounted_during_the_walk_has_not_moved(room: Room) -> None:
    inner = room.music / "inner"
    inner.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "musicvault-test", inner], check=True)
    (inner / "deep").mkdir()
    track = room.track("inner/deep/7.flac", 7, seconds=0.1)
    room.scan()
    shutil.copy(track, room.music / "b/copy.flac")
    mounted = [True]

    def pull() -> None:
        if mounted.pop():
            subprocess.run(["umount", "-l", inner], check=True)
        mounted.append(False)

    room.ctx = room.ctx.with_checkpoint(pull)
    room.scan()
    assert room.findings() == []
    assert room.state("inner/deep/7.flac") is ReplicaState.INTACT
    assert room.item("b/copy.flac").id != room.item("inner/deep/7.flac").id


def test_a_link_or_an_excluded_name_above_leads_nowhere(room: Room) -> None:
    (room.music / "link").symlink_to("a")
    (room.music / ".hidden").mkdir()
    (room.music / ".hidden/x.txt").write_text("x")
    before = room.names()
    look(room, "link", trees=(".hidden", "link/deeper"))
    assert room.names() == before


# -- the same as a scan of the whole, whatever was done


class Twins:
    """One library, two catalogs: one is told of regions, the other always scans the whole."""

    def __init__(self, tmp: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.room = Room(tmp)
        self.music = self.room.music
        for number in range(10):
            make(self.music / f"a{number % 3}/{number}.flac", seed=number, seconds=0.05, title=f"Song {number}")
        for number in range(60):
            folder = self.music / f"b{number % 6}/sub{number % 2}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.txt").write_text(f"Note {number}")
        self.room.add()
        self.room.scan()
        self.room.catalog.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(tmp / "catalog.sqlite3", tmp / "whole.sqlite3")
        self.whole = Catalog.open(tmp / "whole.sqlite3")
        self.first = {item: path for path, (item, _, _) in self.found(self.whole).items()}
        self.touched: set[bytes] = set()
        self.trees: set[bytes] = set()

    def found(self, catalog: Catalog) -> dict[bytes, tuple[int, ReplicaState, bytes]]:
        told = {}
        for entry in search.find(catalog, "", forgotten=True):
            item = items.get(catalog, entry.item_id)
            state = replicas.in_library(catalog, item.id).state
            told[item.path] = (item.id, state, item.content.digests.blake3)
        return told

    def compared(self, catalog: Catalog) -> dict[bytes, tuple[bytes | None, ReplicaState, bytes]]:
        """By path: which of the first items it is (None: one that came later), its state and content."""
        return {
            path: (self.first.get(item), state, digest) for path, (item, state, digest) in self.found(catalog).items()
        }

    def files(self) -> list[Path]:
        return sorted(path for path in self.music.rglob("*") if path.is_file())

    def touch(self, *paths: Path, tree: bool = False) -> None:
        for path in paths:
            relative = os.fsencode(path.relative_to(self.music))
            self.touched.add(split(relative)[0])
            if tree:
                self.trees.add(relative)

    # What a person does. Each notes what a watcher would hear of.

    def rename(self) -> None:
        self._move(self.chance.choice(self.files()), self.chance.choice(self.files()).parent)

    def rename_and_retag(self) -> None:
        path = self.chance.choice([path for path in self.files() if path.suffix == ".flac"])
        moved = self._move(path, self.chance.choice(self.files()).parent)
        retag(moved, title=f"Edit {self.chance.random()}")

    def _move(self, path: Path, folder: Path) -> Path:
        target = folder / f"{self.chance.randrange(10**6)}{path.suffix}"
        path.rename(target)
        self.touch(path, target)
        return target

    def exchange(self) -> None:
        one, other = self.chance.sample([path for path in self.files() if path.suffix == ".txt"], 2)
        aside = self.room.tmp / "aside"
        one.rename(aside)
        other.rename(one)
        aside.rename(other)
        self.touch(one, other)

    def rename_folder(self) -> None:
        folder = self.chance.choice(sorted({path.parent for path in self.files()}))
        target = self.music / f"n{self.chance.randrange(10**6)}"
        folder.rename(target)
        self.touch(folder, target, tree=True)

    def add(self) -> None:
        target = self.chance.choice(self.files()).with_name(f"{self.chance.randrange(10**6)}.txt")
        target.write_text(f"New {self.chance.random()}")
        self.touch(target)

    def change(self) -> None:
        path = self.chance.choice([path for path in self.files() if path.suffix == ".txt"])
        path.write_text(f"Changed {self.chance.random()}")
        self.touch(path)

    def delete(self) -> None:
        path = self.chance.choice(self.files())
        path.unlink()
        self.touch(path)

    DEEDS: tuple[Callable[[Twins], None], ...] = (
        *(rename, rename_and_retag, rename, exchange, rename_folder, add, change, delete),
    )

    def look(self) -> None:
        """Tell the one catalog of what was heard, in one burst or two halves, until nothing is left; then compare."""
        folders = sorted(self.touched)
        self.chance.shuffle(folders)
        half = self.chance.randrange(len(folders) + 1)
        bursts = [Region.of(folders[:half]), Region.of(folders[half:], self.trees)]
        again = Region()
        for number, burst in enumerate([*bursts, *[Region()] * 4]):
            region, again = burst | again, Region()
            if region:
                left: dict[int, Region] = {}
                unsettled = {1: MORE} if number == 0 else {}
                job = scan(self.room.ctx, [1], confirm=True, unsettled=unsettled, regions={1: region}, left=left)
                self.room.run(job)
                again = left.get(1, Region())
        assert not again
        self.touched, self.trees = set(), set()
        list(scan(Context(self.whole, self.room.now), [1], confirm=True))


@pytest.mark.parametrize("seed", [0, 6, 18])
def test_regions_come_to_the_same_as_the_whole(tmp_path: Path, seed: int) -> None:
    twins = Twins(tmp_path, seed)
    for _ in range(6):
        done = twins.chance.choices(Twins.DEEDS, k=twins.chance.randint(1, 3))
        for deed in done:
            deed(twins)
        twins.look()
        one, other = twins.compared(twins.room.catalog), twins.compared(twins.whole)
        assert one == other, [deed.__name__ for deed in done]
    list(scan(twins.room.ctx, [1], confirm=True, regions={1: WHOLE}))
    assert twins.compared(twins.room.catalog) == twins.compared(twins.whole), "a scan of the whole finds nothing more"
