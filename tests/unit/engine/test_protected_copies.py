"""One copy on a drive that something protects keeps no other from being worked on, and is named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from musicvault.catalog import replicas, rules
from musicvault.domain.policy import Rule
from musicvault.engine.sync import sync
from musicvault.engine.verify import verify
from musicvault.errors import DriveUnwritable
from musicvault.storage import durable
from tests.corruption.drives import drive, protected
from tests.engine_room import flip
from tests.guarded import Guarded


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Guarded]:
    """Files of ten words on an ext4 drive called disk."""
    with drive("ext4", tmp_path / "disk") as disk:
        room = Guarded(tmp_path)
        for album in "abc":
            (room.music / album).mkdir()
            for number in range(3):
                (room.music / album / f"{number}.txt").write_bytes(f"{album} {number}".encode())
        room.drive("disk", disk.point)
        with room.catalog.transaction(room.now()) as transaction:
            rules.set_default(transaction, Rule(volumes=1))
        room.protect()
        yield room
        room.catalog.close()


def failed(room: Guarded) -> list[str]:
    assert all("protect" in one.problem for one in room.done() if one.action == "failed")
    return sorted(os.fsdecode(one.path) for one in room.done() if one.action == "failed")


def is_whole(room: Guarded) -> bool:
    return room.run(verify(room.vaults()[0].folder)).exit_code == 0


def test_the_other_copies_are_mended(room: Guarded) -> None:
    for number in range(3):
        flip(room.copy("disk", f"b/{number}.txt"))
    room.copy("disk", "c/2.txt").unlink()
    room.scrub()
    with protected(room.copy("disk", "b/1.txt"), room.copy("disk", "c")):
        finished = room.repair()
    assert failed(room) == ["b/1.txt", "c/2.txt"]
    assert (finished.counts["repaired"], finished.counts["failed"], finished.exit_code) == (2, 2, 20)
    assert room.repair().exit_code == 0
    assert is_whole(room)


def test_the_other_changes_come_to_the_drive(room: Guarded) -> None:
    (room.music / "a" / "0.txt").write_bytes(b"changed in a protected place")
    (room.music / "a" / "1.txt").rename(room.music / "a" / "one.txt")
    (room.music / "a" / "new.txt").write_bytes(b"new in a protected place")
    (room.music / "a" / "below").mkdir()
    (room.music / "a" / "below" / "new.txt").write_bytes(b"below a protected place")
    (room.music / "c" / "2.txt").rename(room.music / "a" / "below" / "moved.txt")
    (room.music / "b" / "0.txt").write_bytes(b"changed")
    (room.music / "b" / "1.txt").rename(room.music / "b" / "one.txt")
    (room.music / "b" / "new.txt").write_bytes(b"new")
    room.scan()
    with protected(room.copy("disk", "a")):
        finished = room.run(sync(room.ctx))
    assert failed(room) == ["a/0.txt", "a/below/moved.txt", "a/below/new.txt", "a/new.txt", "a/one.txt"]
    assert [finished.counts[key] for key in ("copied", "replaced", "renamed", "failed")] == [1, 1, 1, 5]
    assert finished.exit_code == 3
    assert is_whole(room)
    finished = room.run(sync(room.ctx))
    assert [finished.counts[key] for key in ("copied", "replaced", "renamed", "failed")] == [2, 1, 2, 0]
    assert room.scrub().exit_code == 0
    assert is_whole(room)


@pytest.mark.parametrize(("folders", "what"), [("ab", "b"), ("ab", "a/0.txt"), ("abc", "a")])
def test_a_ring_of_names_across_folders_waits_for_one_that_is_protected(room: Guarded, folders: str, what: str) -> None:
    for folder in folders:
        (room.music / folder / "0.txt").rename(room.music / f"waiting {folder}")
    for folder, other in zip(folders, folders[1:] + folders[0], strict=True):
        (room.music / f"waiting {folder}").rename(room.music / other / "0.txt")
    room.scan()
    with protected(room.copy("disk", what)):
        finished = room.run(sync(room.ctx))
        assert (finished.counts["failed"] > 0, finished.exit_code) == (True, 3)
        assert is_whole(room)
        assert all(other.exists() for other in copies_of(room, folders))
    room.run(sync(room.ctx))
    assert is_whole(room)
    assert room.run(sync(room.ctx)).counts["renamed"] == 0
    for folder, copy in zip(folders, copies_of(room, folders), strict=True):
        assert copy.read_bytes() == (room.music / folder / "0.txt").read_bytes()
        assert copy.parent.name == folder
    assert room.scrub().exit_code == 0
    assert not list((room.copy("disk", "").parents[1] / "musicvault" / "incoming").iterdir())


def test_a_copy_that_can_leave_incoming_under_no_name_waits_there(
    room: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    for old, new in (("a/0.txt", "waiting"), ("b/0.txt", "a/0.txt"), ("waiting", "b/0.txt")):
        (room.music / old).rename(room.music / new)
    room.scan()
    incoming = room.copy("disk", "").parents[1] / "musicvault" / "incoming"
    guard = ExitStack()

    def stepped(step: str) -> None:
        if step == "placed" and any(incoming.iterdir()):
            guard.enter_context(protected(incoming))
            monkeypatch.undo()

    monkeypatch.setattr(durable, "on_step", stepped)
    with guard, pytest.raises(DriveUnwritable):
        room.run(sync(room.ctx))
    room.run(sync(room.ctx))
    assert is_whole(room)
    assert room.scrub().exit_code == 0
    assert not list(incoming.iterdir())


def copies_of(room: Guarded, folders: str) -> list[Path]:
    """Where the copies lie of what is `0.txt` in each folder."""
    vault, found = room.vaults()[0], []
    for folder in folders:
        replica = replicas.in_vault(room.catalog, vault.id, room.item(f"{folder}/0.txt").id)
        assert replica is not None
        found.append(Path(os.fsdecode(vault.folder + b"/" + replica.path)))
    return found


def test_the_other_older_versions_leave(room: Guarded) -> None:
    for album in "ab":
        (room.music / album / "0.txt").write_bytes(b"changed")
    room.protect()
    kept = [path for path in (room.copy("disk", "").parents[1] / "musicvault/versions").rglob("*") if path.is_file()]
    room.later(91)
    room.scrub()
    with protected(kept[0]):
        finished = room.run(sync(room.ctx))
    assert (finished.counts["expired"], finished.counts["failed"], finished.exit_code) == (1, 1, 3)
    assert [path.exists() for path in kept] == [True, False]
    assert is_whole(room)
    assert room.run(sync(room.ctx)).counts["expired"] == 1
    assert not kept[0].exists()


def test_somebodys_own_file_that_has_the_name_and_is_protected_is_never_listed(room: Guarded) -> None:
    mine = room.copy("disk", "c/new.txt")
    mine.write_bytes(b"somebody's own")
    (room.music / "c" / "new.txt").write_bytes(b"new")
    room.scan()
    with protected(mine):
        assert room.run(sync(room.ctx)).exit_code == 3
    assert failed(room) == ["c/new.txt"]
    assert "c/new.txt" not in (room.copy("disk", "").parents[1] / "manifest-sha256.txt").read_text()
    assert room.run(sync(room.ctx)).exit_code == 0
    assert mine.read_bytes() == b"new"
    assert is_whole(room)
