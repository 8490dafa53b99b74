"""What can't be healed is told each time alike, is searched for once, and heals as soon as there is more to heal it
from."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from musicvault.catalog import connections, findings, replicas
from musicvault.catalog.database import Catalog
from musicvault.catalog.vain import SearchedInVain
from musicvault.domain.damage import Lost
from musicvault.domain.values import MIB
from musicvault.engine.restore import restore
from musicvault.storage import agreeing, mixing
from musicvault.storage.mixing import SECTOR
from tests.guarded import Guarded

NAME = "long.bin"
SIZE = 2 * MIB + 99
LOST = (3 * SECTOR, 5 * SECTOR, MIB + 8 * SECTOR)


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    """One file in three copies, all of which have lost the same sectors."""
    made = Guarded(tmp_path)
    (made.music / NAME).write_bytes(random.Random(1).randbytes(SIZE))
    for name in ("first", "second"):
        made.drive(name)
    made.protect()
    for seed, path in enumerate(copies(made)):
        damage(path, seed, *LOST)
    made.scrub()
    return made


def copies(room: Guarded) -> list[Path]:
    return [room.music / NAME, room.copy("first", NAME), room.copy("second", NAME)]


def damage(path: Path, seed: int, *places: int) -> None:
    """Other bytes in these sectors, as silent rot leaves them."""
    stat, chance = path.stat(), random.Random(seed)
    with path.open("r+b") as file:
        for place in places:
            file.seek(place)
            file.write(chance.randbytes(SECTOR))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def remembered(room: Guarded) -> int:
    return int(room.catalog.value("SELECT count(*) FROM derived.vain"))


def losses(room: Guarded) -> list[tuple[str, tuple[Lost, ...]]]:
    return sorted((finding.where, finding.lost) for finding in room.told())


def test_each_repair_says_the_same_and_searches_no_more(room: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scrub that found the damage mixed sectors already; one search for the whole serves all three copies."""
    searched: list[str] = []

    def noted(where: Any, name: str) -> None:
        search = getattr(where, name)

        def noting(*told: object) -> object:
            searched.append(name)
            return search(*told)

        monkeypatch.setattr(where, name, noting)

    noted(mixing, "_search")
    noted(agreeing._Work, "_searched")
    assert room.repair().exit_code == 20
    first = losses(room)
    assert [where for where, _ in first] == ["Music", "first", "second"]
    assert all(lost == first[0][1] and lost for _, lost in first)
    for dry_run in (False, True):
        assert room.repair(dry_run=dry_run).exit_code == 20
        assert losses(room) == first
    assert room.run(restore(room.ctx, "", os.fsencode(room.tmp / "back"))).counts["failed"] == 1
    assert searched == ["_searched"]
    known = [one.id for one in replicas.of_item(room.catalog, room.item(NAME).id)]
    with room.catalog.transaction(room.now()) as transaction:
        for replica_id in known:
            findings.set_lost(transaction, replica_id, ())  # as if less had been lost when it was found
    room.repair()
    assert {one.lost for one in findings.of_many(room.catalog, known).values()} == {lost for _, lost in first}


def test_a_memory_that_can_not_be_written_is_in_nobodys_way(room: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.05)
    again = Catalog.open(room.catalog.path)
    vain = SearchedInVain(again, b"content")
    with closing(sqlite3.connect(f"{room.catalog.path}-derived")) as other, other:
        other.execute("DELETE FROM vain")
        vain.add(b"search")
        assert b"search" not in vain
    vain.add(b"search")
    assert b"search" in vain
    again.close()


def test_a_drive_that_comes_back_heals_what_was_hopeless(room: Guarded) -> None:
    (room.tmp / "second").rename(room.tmp / "away")
    assert room.repair().exit_code == 20
    (room.tmp / "away").rename(room.tmp / "second")
    assert room.repair().exit_code == 20
    assert remembered(room) > 0
    (room.tmp / "second").rename(room.tmp / "away")
    path = room.tmp / "away" / "MusicVault" / "data" / "music" / NAME
    path.write_bytes(random.Random(1).randbytes(SIZE))
    damage(path, 9, 7 * SECTOR)
    assert room.repair().exit_code == 20
    (room.tmp / "away").rename(room.tmp / "second")
    finished = room.repair()
    assert (finished.exit_code, finished.counts["repaired"]) == (0, 3)
    assert {path.read_bytes() for path in copies(room)} == {random.Random(1).randbytes(SIZE)}
    assert remembered(room) == 0


def test_a_copy_of_which_one_sector_reads_right_again_is_looked_at_at_once(room: Guarded) -> None:
    """No scrub comes between: each repair reads the copies."""
    assert room.repair().exit_code == 20
    right = random.Random(1).randbytes(SIZE)
    for path, place in zip(copies(room), LOST, strict=True):
        stat = path.stat()
        with path.open("r+b") as file:
            file.seek(place)
            file.write(right[place : place + SECTOR])
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    finished = room.repair()
    assert finished.counts["repaired"] >= 2, finished
    assert {path.read_bytes() for path in copies(room)[1:]} == {right}
