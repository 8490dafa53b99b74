"""The stages: for each job a room in which it has everything to do that it can have, made by the program itself."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.crash.campaign.running import program
from tests.engine_room import flip
from tests.sound import make, retag

_THEN = 10**18
"""Modification time (ns) of all that the stages hold."""
TRACKS = ("Aja/01.flac", "Aja/02.mp3", "Café/03.flac")


@dataclass(frozen=True, slots=True)
class Stage:
    """`job` is what is broken, `then` the ordinary runs after which all must be as if nothing had been. `make` fills an
    empty room."""

    name: str
    make: Callable[[Path], None]
    job: Sequence[str]
    then: tuple[Sequence[str], ...]


def _do(room: Path, *words: str, code: int | None = 0) -> None:
    done = program(room, words)
    if "Traceback" in done.said or (code is not None and done.code != code):
        raise RuntimeError(f"{words}: exit {done.code}\n{done.said}")


def _aged(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, ns=(_THEN, _THEN))


def _library(room: Path) -> Path:
    music = room / "Music"
    for number, name in enumerate(TRACKS):
        make(music / name, seed=number, seconds=0.2, title=f"Track {number}", album="Aja")
    (music / "Aja" / "Folder.jpg").write_bytes(b"\xff\xd8 a cover" * 40)
    (music / "Aja" / "folder.jpg").write_bytes(b"\xff\xd8 its twin" * 50)
    for number in range(4):
        (music / f"note {number}.txt").write_text(f"liner note {number} " * 30)
    _aged(music)
    return music


def _protected(room: Path, *drives: str) -> Path:
    music = _library(room)
    words = [word for name in drives or ("one", "two") for word in ("--to", str(room / name))]
    for name in drives or ("one", "two"):
        (room / name).mkdir(exist_ok=True)
    _do(room, "protect", str(music), *words, "--no-fingerprints", code=None)
    return music


def _scanned(room: Path) -> None:
    _do(room, "scan", "--no-fingerprints", code=None)


# -- what each stage holds


def _quiet(room: Path) -> None:
    _protected(room)


def _changed(room: Path) -> None:
    music = _protected(room)
    make(music / "New/04.flac", seed=4, seconds=0.2, title="New")
    (music / "New/cover.jpg").write_bytes(b"\xff\xd8 new" * 30)
    (music / "note 3.txt").write_text("another note " * 20)
    _aged(music)
    os.utime(music / "note 3.txt", ns=(_THEN + 10**12, _THEN + 10**12))
    ring = (music / "note 0.txt", music / "note 1.txt")
    ring[0].rename(music / "away")
    ring[1].rename(ring[0])
    (music / "away").rename(ring[1])
    (music / "Aja/02.mp3").rename(music / "Aja/05.mp3")
    _scanned(room)


def _new(room: Path) -> None:
    music = _library(room)
    for name in ("one", "two"):
        (room / name).mkdir(exist_ok=True)
        _do(room, "drive", "add", str(room / name), "--label", name)
    _do(room, "library", "add", str(music))
    _scanned(room)


def _renamed(room: Path) -> None:
    music = _protected(room)
    ring = (music / "note 0.txt", music / "note 1.txt")
    ring[0].rename(music / "away")
    ring[1].rename(ring[0])
    (music / "away").rename(ring[1])
    (music / "Aja/02.mp3").rename(music / "Aja/05.mp3")
    _scanned(room)


def _retagged(room: Path) -> None:
    _retagged_on(room)


def _retagged_alone(room: Path) -> None:
    _retagged_on(room, "one")


def _retagged_on(room: Path, *drives: str) -> None:
    music = _protected(room, *drives)
    for name in TRACKS[:2]:
        retag(music / name, title="Another title")
        os.utime(music / name, ns=(_THEN + 10**12, _THEN + 10**12))
    _scanned(room)


def _damaged(room: Path) -> None:
    music = _protected(room)
    data = [room / name / "MusicVault/data/music" for name in ("one", "two")]
    flip(music / TRACKS[0])
    flip(data[0] / TRACKS[1])
    (data[1] / "note 0.txt").unlink()
    (music / "note 1.txt").unlink()
    for number, path in enumerate((music / TRACKS[2], data[0] / TRACKS[2], data[1] / TRACKS[2])):
        flip(path, 4096 * number + 100)  # no copy is whole, each has what the others lack
    _do(room, "scrub", code=20)


def _held(room: Path) -> None:
    music = _protected(room)
    for number, name in enumerate(TRACKS[:2]):
        make(music / name, seed=40 + number, seconds=0.2, title="Another recording")
        os.utime(music / name, ns=(_THEN + 10**12, _THEN + 10**12))
    _scanned(room)


def _old_snapshot(room: Path) -> None:
    _protected(room)
    flip(room / "two/MusicVault/musicvault/catalog.sqlite3")
    with closing(sqlite3.connect(room / "catalog.sqlite3")) as connection, connection:
        connection.execute("UPDATE vault SET snapshot_at = 1000")


def _gone(room: Path) -> None:
    music = _protected(room)
    (music / "note 2.txt").unlink()
    (music / TRACKS[1]).unlink()
    _scanned(room)


def _outdated(room: Path) -> None:
    _retagged(room)
    _do(room, "sync", code=None)
    _do(room, "policy", "set", "--volumes", "1", "--keep-versions", "0", code=None)
    with closing(sqlite3.connect(room / "catalog.sqlite3")) as connection, connection:
        connection.execute("UPDATE replica SET kept_until = 1000 WHERE kept_until IS NOT NULL")


def _let_go(room: Path) -> None:
    """Copies of two files that were let go are due, beside older versions."""
    _outdated(room)
    for name in ("note 2.txt", "note 3.txt"):
        (room / "Music" / name).unlink()
        _scanned(room)
        _do(room, *_FORGET)
    with closing(sqlite3.connect(room / "catalog.sqlite3")) as connection, connection:
        connection.execute("UPDATE item SET forgotten_at = 1000 WHERE forgotten_at IS NOT NULL")


def _backup(room: Path) -> None:
    """It is on drive one, for that is the drive that is yanked, vanishes and errs."""
    music = _protected(room, "two")
    (room / "one").mkdir(exist_ok=True)
    shutil.copytree(music, room / "one" / "backup")
    (room / "one" / "backup" / "mine.txt").write_text("not of the library")
    _aged(room / "one" / "backup")


def _interrupted(make: Callable[[Path], None], words: Sequence[str], step: str, count: int) -> Callable[[Path], None]:
    """A stage in which `words` were killed when `step` was done for the `count`th time."""

    def made(room: Path) -> None:
        make(room)
        done = program(room, words, step=(step, count))
        if done.code != -9:
            raise RuntimeError(f"{words} never came to {step} {count}: {done.said}")

    return made


def _killed_twice(room: Path) -> None:
    """A sync was killed, and the next one while it settled what that left."""
    _interrupted(_interrupted(_changed, _SYNC_ONE, "placed", 6), _SYNC_ONE, "placed", 1)(room)


def _taken_back(room: Path) -> None:
    """The journal says that all of it goes, and then one of the two files is expected again."""
    _interrupted(_let_go, _SYNC_ONE, "journaled", 1)(room)
    _do(room, "forget", "undo")


def _lost_computer(room: Path) -> None:
    """The computer died in a sync, for good; of the two copies that were on their way one was not on the disk yet."""
    _interrupted(_retagged_alone, _SYNC_ONE, "placed", 1)(room)
    max((room / "one/MusicVault/musicvault/incoming").iterdir()).unlink()
    for path in room.glob("catalog.sqlite3*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


_SYNC: Sequence[str] = ("sync",)
_SYNC_ONE: Sequence[str] = ("sync", "--drive", "one")
"""With one drive alone a room is always interrupted at the same place."""
_TAG: Sequence[str] = ("tag", "Aja", "--set", "title=Renewed", "--yes")
_FORGET: Sequence[str] = ("forget", "", "--yes")
_REPAIR: Sequence[str] = ("repair", "--missing")
_RESTORE: Sequence[str] = ("restore", "", "--to", "back")
_ADOPT: Sequence[str] = ("drive", "add", "one", "--label", "one", "--adopt", "one/backup")
_SCAN: Sequence[str] = ("scan", "--no-fingerprints")
_REBUILD: Sequence[str] = ("rebuild", "--from", "one")
_OWN: Sequence[str] = ("drive", "add", "one", "--adopt-vault")
_PLACE: Sequence[str] = ("library", "add", "Music", "--as", "Music")

STAGES = (
    Stage("sync", _changed, _SYNC, (_SYNC,)),
    Stage("repair", _damaged, _REPAIR, (_REPAIR, _SYNC)),
    Stage("replace", _retagged, _SYNC, (_SYNC,)),
    Stage("reject", _held, ("reject", "", "--yes"), (_SCAN, ("reject", "Aja", "--yes"), _SYNC)),
    Stage("tag", _quiet, _TAG, (_SCAN, _TAG, _SYNC)),
    Stage("snapshot", _old_snapshot, _SYNC, (_SYNC,)),
    Stage("reconcile copy", _interrupted(_changed, _SYNC_ONE, "placed", 6), _SYNC, (_SYNC,)),
    Stage("reconcile again", _killed_twice, _SYNC, (_SYNC,)),
    Stage("reconcile replace", _interrupted(_retagged, _SYNC_ONE, "placed", 1), _SYNC, (_SYNC,)),
    Stage("reconcile fold", _interrupted(_retagged, _SYNC_ONE, "fold: marked", 1), _SYNC, (_SYNC,)),
    Stage("reconcile rename", _interrupted(_renamed, _SYNC_ONE, "placed", 2), _SYNC, (_SYNC,)),
    Stage("reconcile removal", _taken_back, _SYNC, (_SYNC,)),
    Stage("reconcile adopt", _interrupted(_backup, _ADOPT, "journaled", 1), _ADOPT, (_ADOPT, _SYNC)),
    Stage("reconcile tag", _interrupted(_quiet, _TAG, "replaced", 1), _SCAN, (_SCAN, _TAG, _SYNC)),
    Stage("forget", _gone, _FORGET, (_FORGET, _SYNC)),
    Stage("retention", _outdated, _SYNC, (_SYNC,)),
    Stage("scrub", _damaged, ("scrub",), (("scrub",), _REPAIR)),
    Stage("first copies", _new, _SYNC, (_SYNC,)),
    Stage("rename", _renamed, _SYNC, (_SYNC,)),
    Stage("adopt", _backup, _ADOPT, (_ADOPT, _SYNC)),
    Stage("restore", _damaged, _RESTORE, (_RESTORE, _REPAIR)),
    Stage("rebuild", _lost_computer, _REBUILD, (_REBUILD, _OWN, _PLACE, _SCAN, _SYNC)),
)


def by_name(names: Sequence[str]) -> list[Stage]:
    """The stages of these names (none: all). Raises KeyError."""
    known = {stage.name: stage for stage in STAGES}
    return [known[name] for name in names] if names else list(STAGES)
