"""Scan: additions, edits, moves, losses, damage, the brake; each on real files and a real catalog."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
from pathlib import Path

import pytest
from blake3 import blake3

from musicvault.catalog import history, items, libraries, replicas, search
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Stat
from musicvault.domain.verdict import Verdict
from musicvault.engine.library import add_library, remove_library
from musicvault.errors import DriveGone, UsageError
from tests.engine_room import Room, flip
from tests.sound import make, retag

V = Verdict


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def album(room: Room, count: int = 3, folder: str = "album") -> list[Path]:
    paths = [
        room.track(f"{folder}/{n:02}.flac", n + hash_of(folder), title=f"Song {n}", artist="Björk", tracknumber=str(n))
        for n in range(1, count + 1)
    ]
    (room.music / folder / "cover.jpg").write_bytes(b"\xff\xd8" + bytes(range(256)) * 9)
    return paths


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode(), "big") % 1000


def test_first_scan_records_everything_that_one_read_gives(room: Room) -> None:
    first = album(room)[0]
    room.add()
    outcome = room.scan()
    assert outcome.counts["added"] == 4
    assert outcome.exit_code == 0
    item = room.item("album/01.flac")
    content = first.read_bytes()
    assert item.content.digests.blake3 == blake3(content).digest()
    assert item.content.digests.sha256 == hashlib.sha256(content).digest()
    assert item.content.essence is not None
    (found,) = search.find(room.catalog, 'bjork "song 1"')
    assert (found.title, found.artist) == ("Song 1", "Björk")
    assert found.duration == pytest.approx(0.4, abs=0.01)


def test_an_unchanged_library_is_not_read_again(room: Room) -> None:
    album(room)
    room.add()
    room.scan()
    for path in room.music.rglob("*.*"):
        path.chmod(0)  # even where root may read all: nothing may open them
    moved = {path: path.stat().st_ctime_ns for path in room.music.rglob("*.*")}
    assert moved
    with room.catalog.transaction(1.0) as transaction:
        for name in room.names():
            replica = replicas.in_library(room.catalog, room.item(name).id)
            stat = os.lstat(room.music / name)
            replicas.set_stat(
                transaction,
                replica.id,
                Stat(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino),
            )
    outcome = room.scan()
    assert outcome.counts["unchanged"] == 4
    assert room.done() == []


def test_a_retag_is_no_damage(room: Room) -> None:
    first = album(room)[0]
    room.add()
    room.scan()
    before = room.item("album/01.flac")
    retag(first, title="Army of Me")
    outcome = room.scan()
    assert room.findings() == [("album/01.flac", V.RETAGGED)]
    assert outcome.exit_code == 0
    after = room.item("album/01.flac")
    assert after.content.essence == before.content.essence
    assert after.content.digests.blake3 == blake3(first.read_bytes()).digest()
    assert [record.type for record in history.of_item(room.catalog, after.id)] == ["metadata modification"]


def test_a_tagger_that_keeps_mtime_is_no_damage(room: Room) -> None:
    first = album(room)[0]
    room.add()
    room.scan()
    stat = first.stat()
    retag(first, title="Aria!!")
    os.utime(first, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    room.scan()
    assert room.findings() == [("album/01.flac", V.RETAGGED)]


def test_changed_sound_with_the_old_times_is_damage(room: Room) -> None:
    first = album(room)[0]
    room.add()
    room.scan()
    flip(first)
    outcome = room.scan()
    assert room.findings() == [("album/01.flac", V.CORRUPT)]
    assert outcome.exit_code == 20
    assert room.state("album/01.flac") is ReplicaState.CORRUPT
    again = room.scan()
    assert room.findings() == [("album/01.flac", V.CORRUPT)], "what stands is told again"
    assert again.exit_code == 20


def test_a_re_rip_is_held_until_accepted(room: Room) -> None:
    album(room)
    room.add()
    room.scan()
    make(room.music / "album/01.flac", seed=99, seconds=0.5, title="Song 1")
    outcome = room.scan()
    assert room.findings() == [("album/01.flac", V.REPLACED)]
    assert outcome.exit_code == 22
    assert room.state("album/01.flac") is ReplicaState.HELD


def test_a_cover_may_change_and_may_rot(room: Room) -> None:
    album(room)
    cover = room.music / "album" / "cover.jpg"
    room.add()
    room.scan()
    cover.write_bytes(b"\xff\xd8new")
    os.utime(cover, ns=(1, 10**18))
    room.scan()
    assert room.findings() == [("album/cover.jpg", V.UPDATED)]
    flip(cover, 1)
    assert room.scan().exit_code == 20
    assert room.findings() == [("album/cover.jpg", V.CORRUPT)]


# -- moves


def test_moves_and_renames_cost_no_alarm(room: Room) -> None:
    album(room)
    room.add()
    room.scan()
    before = {name: room.item(name).id for name in room.names()}
    (room.music / "Other").mkdir()
    (room.music / "album").rename(room.music / "Other" / "Album (1995)")
    outcome = room.scan()
    assert {verdict for _, verdict in room.findings()} == {V.MOVED}
    assert outcome.counts["moved"] == 4
    assert {name: room.item(name).id for name in room.names()} == {
        name.replace("album", "Other/Album (1995)"): item_id for name, item_id in before.items()
    }


def test_rename_and_retag_in_one_save(room: Room) -> None:
    first = album(room)[0]
    room.add()
    room.scan()
    item_id = room.item("album/01.flac").id
    retag(first, title="Other title")
    first.rename(room.music / "album" / "01 Other title.flac")
    room.scan()
    assert sorted(room.findings()) == [
        ("album/01 Other title.flac", V.MOVED),
        ("album/01 Other title.flac", V.RETAGGED),
    ]
    assert room.item("album/01 Other title.flac").id == item_id
    assert room.state("album/01 Other title.flac") is ReplicaState.INTACT
    assert room.scan().counts["unchanged"] == 4


def test_a_copy_is_an_addition(room: Room) -> None:
    first = album(room)[0]
    room.add()
    room.scan()
    shutil.copy2(first, room.music / "copy.flac")
    assert room.scan().counts["added"] == 1
    assert room.findings() == []


# -- losses


def test_deleted_is_missing_and_comes_back(room: Room) -> None:
    first = album(room, 6)[0]
    room.add()
    room.scan()
    content, stat = first.read_bytes(), first.stat()
    first.unlink()
    outcome = room.scan()
    assert room.findings() == [("album/01.flac", V.MISSING)]
    assert outcome.exit_code == 0, "what the user deleted is no damage"
    first.write_bytes(content)
    os.utime(first, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    room.scan()
    assert room.findings() == []
    assert room.state("album/01.flac") is ReplicaState.INTACT


def test_an_empty_mount_point_is_no_empty_library(room: Room) -> None:
    album(room)
    room.add()
    room.scan()
    with room.catalog.transaction(1.0) as transaction:
        libraries.set_volume(transaction, 1, "another disk")
    room.music.rename(room.tmp / "away")
    room.music.mkdir()
    with pytest.raises(DriveGone, match="Nothing was changed"):
        room.scan()
    room.music.rmdir()
    with pytest.raises(DriveGone):
        room.scan()
    assert len(room.names()) == 4
    assert all(room.state(name) is ReplicaState.INTACT for name in room.names())


def test_the_same_music_on_a_new_disk_is_recognised(room: Room) -> None:
    album(room)
    room.add()
    room.scan()
    with room.catalog.transaction(1.0) as transaction:
        libraries.set_volume(transaction, 1, "another disk")
    assert room.scan().exit_code == 0
    library = libraries.by_id(room.catalog, 1)
    assert library is not None
    assert library.volume_id != "another disk"


# -- the brake


def test_mass_loss_pulls_the_brake_and_confirm_lifts_it(room: Room) -> None:
    paths = album(room, 8)
    room.add()
    room.scan()
    for path in paths[:5]:
        flip(path, keep_times=False)
        make(path, seed=5000 + int(path.stem), seconds=0.4)
    retag(paths[6], title="a bulk converter wrote this")
    outcome = room.scan()
    assert outcome.exit_code == 22
    assert ("album/07.flac", V.RETAGGED) in room.findings(), "findings are told while the brake holds"
    assert room.state("album/07.flac") is ReplicaState.HELD, "no expectation changes"
    assert room.scan().exit_code == 22
    room.scan(confirm=True)
    assert room.state("album/07.flac") is ReplicaState.INTACT
    assert room.item("album/07.flac").content.digests.blake3 == blake3(paths[6].read_bytes()).digest()
    assert room.state("album/01.flac") is ReplicaState.HELD, "other sound still waits for accept"


def test_slow_ransomware_adds_up(room: Room) -> None:
    paths = album(room, 8)
    room.add()
    room.scan()
    for day, path in enumerate(paths[:5]):
        make(path, seed=7000 + day, seconds=0.4)
        room.later(1)
        assert room.scan().counts.get("braked", 0) == (day == 4)


# -- first meetings


def test_garbage_and_empty_files_are_kept_and_labelled(room: Room) -> None:
    room.music.joinpath("empty.mp3").write_bytes(b"")
    room.music.joinpath("noise.flac").write_bytes(os.urandom(5000))
    room.add()
    outcome = room.scan()
    assert outcome.exit_code == 0
    assert sorted(room.findings()) == [("empty.mp3", V.BORN_DAMAGED), ("noise.flac", V.BORN_DAMAGED)]
    assert room.item("noise.flac").born_damaged
    assert room.state("noise.flac") is ReplicaState.INTACT


def test_a_sidecar_that_disagrees_is_evidence(room: Room) -> None:
    good, bad = album(room, 2)
    lines = [f"{hashlib.md5(p.read_bytes(), usedforsecurity=False).hexdigest()} *{p.name}" for p in (good, bad)]
    lines[1] = "0" * 32 + lines[1][32:]
    (room.music / "album" / "album.md5").write_text("\n".join(lines) + "\n")
    room.add()
    room.scan()
    assert room.findings() == [("album/02.flac", V.BORN_DAMAGED)]


def test_a_list_at_the_albums_root_speaks_for_its_disc_folders(room: Room) -> None:
    """Backslashes too: such lists are written on Windows."""
    for name in ("album/CD1/01.flac", "album/CD2/01.flac"):
        room.track(name, seed=len(name))
    (room.music / "album" / "all.md5").write_text(f"{'1' * 32} *CD1\\01.flac\n")
    (room.music / "library.sfv").write_text("album/CD2/01.flac 00000001\n01.flac 00000001\n")
    room.add()
    room.scan()
    assert room.findings() == [("album/CD1/01.flac", V.BORN_DAMAGED), ("album/CD2/01.flac", V.BORN_DAMAGED)]
    said = {fact.values["sidecar"] for done in room.done() if done.finding for fact in done.finding.evidence}
    assert said == {"all.md5", "library.sfv"}


def test_what_is_left_out_is_counted_and_named(room: Room) -> None:
    album(room, 1)
    (room.music / ".DS_Store").write_bytes(b"x")
    (room.music / ".hidden.flac").write_bytes(b"x")
    (room.music / "half.flac.part").write_bytes(b"x")
    (room.music / "@eaDir").mkdir()
    (room.music / "@eaDir" / "x.jpg").write_bytes(b"x")
    os.symlink(room.music / "album", room.music / "linked")
    os.symlink(room.music / "album" / "01.flac", room.music / "link.flac")
    os.mkfifo(room.music / "fifo.flac")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(room.music / "socket"))
        room.add()
        room.scan()
    assert room.names() == ["album/01.flac", "album/cover.jpg"]
    left_out = {(reason, path) for _, reason, path, _ in libraries.unprotected(room.catalog)}
    assert ("symlinked folder", b"linked") in left_out
    assert {reason for reason, _ in left_out} >= {"junk", "hidden", "temporary", "symlink", "special", "excluded"}


@pytest.mark.parametrize(
    "name",
    [
        "new\nline.flac",
        "\U0001f3b5.flac",
        os.fsdecode(b"caf\xe9.flac"),
        "x" * 250 + ".flac",
        " lead.flac",
        "100%.flac",
        "back\\slash.flac",
        "\u2028.flac",
    ],
)
def test_odd_names(room: Room, name: str) -> None:
    room.track("plain.flac")
    os.rename(room.music / "plain.flac", room.music / name)
    room.add()
    assert room.scan().counts["added"] == 1
    assert room.item(name).path == os.fsencode(name)
    assert room.scan().counts["unchanged"] == 1


def test_case_only_twins_are_two_items(room: Room) -> None:
    room.track("a.flac", 1)
    room.track("A.flac", 2)
    room.add()
    assert room.scan().counts["added"] == 2


def test_a_dry_run_writes_nothing(room: Room) -> None:
    first = album(room)[0]
    room.add()
    room.scan(dry_run=True)
    assert [done.action for done in room.done()] == ["added"] * 4
    assert room.names() == []
    room.scan()
    events = room.catalog.value("SELECT count(*) FROM event")
    flip(first)
    assert room.scan(dry_run=True).exit_code == 20
    assert room.state("album/01.flac") is ReplicaState.INTACT
    assert room.catalog.value("SELECT count(*) FROM event") == events


def test_cancelling_keeps_what_was_done(room: Room) -> None:
    album(room, 5)
    room.add()
    job = __import__("musicvault.engine.scan", fromlist=["scan"]).scan(room.ctx, [1])
    for _ in range(4):
        next(job)
    job.close()
    assert room.scan().exit_code == 0
    assert len(room.names()) == 6


# -- libraries


def test_libraries_do_not_nest_and_are_found_again(room: Room) -> None:
    album(room)
    library = room.add()
    assert room.add() == library
    with pytest.raises(UsageError, match="in one another"):
        add_library(room.ctx, os.fsencode(room.music / "album"))
    with pytest.raises(UsageError, match="is not a folder"):
        add_library(room.ctx, os.fsencode(room.tmp / "nowhere"))
    room.scan()
    remove_library(room.ctx, library)
    assert room.names() == []
    assert room.add().id == library.id
    assert len(room.names()) == 4


def test_every_item_has_one_library_replica(room: Room) -> None:
    album(room)
    room.add()
    room.scan()
    for name in room.names():
        (replica,) = replicas.of_item(room.catalog, room.item(name).id)
        assert replica.vault_id is None
    assert items.count(room.catalog, 1) == 4
