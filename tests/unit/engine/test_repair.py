"""One repair heals what is damaged from what is whole, keeps what it takes away, and leaves the user's own alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from musicvault.catalog import findings, history, intents, replicas
from musicvault.domain.notices import ItemDone
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import MIB
from musicvault.domain.verdict import Verdict
from musicvault.engine.rebuilding import quarantine_of
from musicvault.engine.repair import put_back, repair
from musicvault.errors import NoSpace
from musicvault.storage import durable, pagecache
from tests.corruption.drives import drive
from tests.engine_room import flip
from tests.guarded import Guarded, is_valid, on_two_drives
from tests.ordinary import ordinary_user

ONE = "album/1.flac"


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    return on_two_drives(tmp_path)


def everything(room: Guarded) -> dict[str, bytes]:
    """Every file of library and drives by path, but for locks and snapshots."""
    return {
        str(path): path.read_bytes()
        for folder in (room.music, room.tmp / "first", room.tmp / "second")
        for path in folder.rglob("*")
        if path.is_file()
    }


def kept(room: Guarded) -> list[Path]:
    """What quarantine holds of library files."""
    return [found for found in Path(os.fsdecode(quarantine_of(room.ctx))).rglob("*") if found.is_file()]


# -- library ← vault


def test_a_library_file_gets_its_bytes_times_mode_and_owner_back(room: Guarded) -> None:
    path = room.music / ONE
    right, mtime = path.read_bytes(), path.stat().st_mtime_ns
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 1234, 2345)
    os.setxattr(path, "user.note", b"mine")
    room.scrub()
    flip(path)
    damaged = path.read_bytes()
    room.scrub()
    finished = room.repair()
    assert finished.exit_code == 0
    assert path.read_bytes() == right
    stat = path.stat()
    assert (stat.st_mtime_ns, stat.st_mode & 0o7777) == (mtime, 0o640)
    assert os.getxattr(path, "user.note") == b"mine"
    if os.geteuid() == 0:
        assert (stat.st_uid, stat.st_gid) == (1234, 2345)
    assert [found.read_bytes() for found in kept(room)] == [damaged]
    assert sorted(found.name for found in path.parent.iterdir()) == ["1.flac", "2.flac", "cover.jpg"]
    assert room.state(ONE) is ReplicaState.INTACT
    assert intents.pending(room.catalog) == []
    log = history.of_item(room.catalog, room.item(ONE).id)
    assert [record.type for record in log[:2]] == ["recovery", "quarantine"]
    assert room.scan().counts["unchanged"] == 3


@pytest.mark.parametrize("where", ["library", "drive"])
def test_what_reads_right_again_is_proven_only_by_its_medium(
    room: Guarded, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = room.music / ONE if where == "library" else room.copy("first", ONE)
    replica = replicas.in_library(room.catalog, room.item(ONE).id) if where == "library" else room.replica("first", ONE)
    right, stat = path.read_bytes(), path.stat()
    flip(path)
    room.scrub()
    path.write_bytes(right)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    damaged = replicas.get(room.catalog, replica.id)
    monkeypatch.setattr(pagecache, "bypass", lambda *_: None)  # as where nothing makes the medium answer
    assert room.repair().exit_code == 0
    assert "reads-right" in room.facts()
    found = replicas.get(room.catalog, replica.id)
    assert (damaged.state, found.state) == (ReplicaState.CORRUPT, ReplicaState.INTACT)
    assert (found.proven_at, found.grade) == (damaged.proven_at, damaged.grade)
    newest = history.of_item(room.catalog, room.item(ONE).id)[0]
    assert (newest.type, newest.detail["was"]) == ("fixity check", "corrupt"), "it and its event are one"


def test_the_damaged_bytes_are_kept_outside_the_library_tree(room: Guarded) -> None:
    assert not os.fsdecode(quarantine_of(room.ctx)).startswith(str(room.music))


def test_what_its_owner_deleted_comes_back_only_when_asked_for(room: Guarded) -> None:
    path = room.music / ONE
    mtime = path.stat().st_mtime_ns
    (room.music / "album/2.flac").chmod(0o600)
    path.unlink()
    room.scan()
    assert room.repair().exit_code == 0
    assert not path.exists()
    assert room.facts() == ["gone", "not-asked"]
    assert room.repair(missing=True).counts["repaired"] == 1
    assert path.read_bytes() == room.copy("first", ONE).read_bytes()
    assert path.stat().st_mtime_ns == mtime
    assert path.stat().st_mode & 0o7777 in (0o600, 0o644)  # as one of its neighbours
    assert room.state(ONE) is ReplicaState.INTACT


def test_a_whole_deleted_folder_comes_back_by_name(room: Guarded) -> None:
    for path in (room.music / "album").iterdir():
        path.unlink()
    (room.music / "album").rmdir()
    room.scan()
    assert room.repair("dusk").counts["repaired"] == 1
    assert [path.name for path in (room.music / "album").iterdir()] == ["2.flac"]
    assert room.repair("album").counts["repaired"] == 2
    assert len(list((room.music / "album").iterdir())) == 3


def test_a_link_in_the_place_of_its_folder_leads_nothing_out_of_the_library(room: Guarded) -> None:
    for path in (room.music / "album").iterdir():
        path.unlink()
    (room.music / "album").rmdir()
    outside = room.tmp / "outside"
    outside.mkdir()
    room.scan()
    (room.music / "album").symlink_to(outside)
    finished = room.repair(missing=True)
    assert finished.exit_code == 3
    assert finished.counts["failed"] == 3
    assert list(outside.iterdir()) == []


def test_every_name_of_a_hard_linked_file_shows_the_healed_bytes(room: Guarded) -> None:
    other = room.music / "other name.flac"
    os.link(room.music / ONE, other)
    room.protect()
    flip(other)
    room.scrub()
    assert {name for _, name, _ in room.verdicts()} == {ONE, "other name.flac"}
    assert room.repair().exit_code == 0
    assert other.read_bytes() == room.copy("first", ONE).read_bytes()
    assert other.samefile(room.music / ONE)


def test_what_changed_since_it_was_judged_is_not_overwritten(room: Guarded) -> None:
    path = room.music / ONE
    flip(path)
    room.scrub()
    path.write_bytes(b"its owner's own new file")
    finished = room.repair()
    assert finished.exit_code == 20
    assert path.read_bytes() == b"its owner's own new file"
    assert [finding.healed for finding in room.told()] == [False]


def test_a_repair_that_is_broken_off_leaves_no_double_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with drive("tmpfs", tmp_path / "disk of the library") as disk:  # so that quarantine lies on another file system
        room = Guarded(tmp_path)
        room.music.rmdir()
        room.music = disk.point / "Music"
        room.track(ONE)
        room.track("album/2.flac", 2)
        room.drive("first")
        room.protect()
        flip(room.music / ONE)
        damaged = (room.music / ONE).read_bytes()
        room.scrub()

        def stop(step: str) -> None:
            if step == "set-aside":
                raise NoSpace("no room")

        monkeypatch.setattr(durable, "on_step", stop)
        with pytest.raises(NoSpace):
            room.repair()
        monkeypatch.setattr(durable, "on_step", None)
        assert (room.music / ONE).read_bytes() == damaged
        assert kept(room) == []
        assert intents.pending(room.catalog) == []
        assert room.repair().exit_code == 0
        assert [found.read_bytes() for found in kept(room)] == [damaged]


# -- from several damaged copies


def test_blocks_are_gathered_where_no_copy_is_whole(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    (room.music / "scan.pdf").write_bytes(os.urandom(3 * MIB + 17))
    right = (room.music / "scan.pdf").read_bytes()
    room.drive("first")
    room.drive("second")
    room.protect()
    flip(room.music / "scan.pdf", 5)
    flip(room.copy("first", "scan.pdf"), MIB + 5)
    flip(room.copy("second", "scan.pdf"), 2 * MIB + 5)
    room.scrub()
    assert {finding.bad_blocks for finding in room.told()} == {(0,), (1,), (2,)}
    assert room.repair().exit_code == 0
    for path in (room.music / "scan.pdf", room.copy("first", "scan.pdf"), room.copy("second", "scan.pdf")):
        assert path.read_bytes() == right
    assert all(is_valid(vault) for vault in room.vaults())
    assert room.scrub().exit_code == 0


def test_what_no_copy_has_is_said_exactly_and_nothing_is_made_worse(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    (room.music / "scan.pdf").write_bytes(os.urandom(3 * MIB + 17))
    room.drive("first")
    room.protect()
    for path in (room.music / "scan.pdf", room.copy("first", "scan.pdf")):
        flip(path, MIB + 5)
    room.scrub()
    before = (room.music / "scan.pdf").read_bytes()
    finished = room.repair()
    assert finished.exit_code == 20
    assert finished.counts["unhealed"] == 2
    assert [finding.healed for finding in room.told()] == [False, False]
    lost = [fact.values for finding in room.told() for fact in finding.evidence if fact.code == "lost-blocks"]
    assert lost == [{"lost": 1, "total": 4, "first": 1}] * 2
    assert "no-good-copy" in room.facts()
    assert (room.music / "scan.pdf").read_bytes() == before
    assert sorted(path.name for path in room.music.iterdir()) == ["scan.pdf"]
    assert room.state("scan.pdf") is ReplicaState.CORRUPT
    assert intents.pending(room.catalog) == []


def test_one_block_is_mixed_where_every_copy_of_it_is_damaged(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    (room.music / "scan.pdf").write_bytes(os.urandom(MIB + 17))
    right = (room.music / "scan.pdf").read_bytes()
    room.drive("first")
    room.protect()
    mtime = (room.music / "scan.pdf").stat().st_mtime_ns
    flip(room.music / "scan.pdf", 5)
    flip(room.copy("first", "scan.pdf"), 70_000)
    room.scrub()
    room.repair(dry_run=True)
    assert room.facts().count("would-heal-from") == 2
    assert room.repair().exit_code == 0
    for path in (room.music / "scan.pdf", room.copy("first", "scan.pdf")):
        assert path.read_bytes() == right
        assert path.stat().st_mtime_ns == mtime
    assert all(is_valid(vault) for vault in room.vaults())


def test_what_is_lost_is_named_in_bytes_and_in_time(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    path = room.track(ONE, seconds=8.0)  # some 0.5 MB
    room.drive("first")
    room.protect()
    size = path.stat().st_size
    for copy in (path, room.copy("first", ONE)):
        os.truncate(copy, size // 2)
    room.scrub()
    room.repair()
    finding = room.told()[-1]
    (lost,) = finding.lost
    assert (lost.start, lost.end) == (size // 2 // 4096 * 4096, size)
    assert lost.begins is not None
    assert 3.5 < lost.begins < 4.5
    assert lost.ends == pytest.approx(8.0)
    assert not lost.approximate
    parts = finding.evidence[-1]
    assert parts.code == "lost-parts"
    assert str(parts.values["parts"]).endswith("–0:08.0")


def test_what_hangs_by_one_copy_comes_first(room: Guarded) -> None:
    flip(room.copy("first", ONE))  # two good ones are left
    flip(room.copy("first", "album/2.flac"))
    flip(room.copy("second", "album/2.flac"))
    room.scrub()
    room.repair()
    order = [(finding.where, os.fsdecode(finding.path)) for finding in room.told()]
    assert order == [("first", "album/2.flac"), ("second", "album/2.flac"), ("first", ONE)]


# -- what is chosen


def test_a_dry_run_writes_nothing(room: Guarded) -> None:
    flip(room.copy("first", ONE))
    flip(room.music / "album/2.flac")
    room.scrub()
    before = everything(room)
    finished = room.repair(dry_run=True)
    assert finished.exit_code == 20
    assert [finding.healed for finding in room.told()] == [False, False]
    assert room.facts().count("would-heal-from") == 2
    assert everything(room) == before


def test_a_dry_run_promises_nothing_that_no_copy_has(room: Guarded) -> None:
    for path in (room.music / ONE, room.copy("first", ONE), room.copy("second", ONE)):
        flip(path)  # the same byte of each
    room.scrub()
    assert room.repair(dry_run=True).exit_code == 20
    assert len(room.told()) == 3
    assert "would-heal-from" not in room.facts()


def test_a_query_limits_the_repair(room: Guarded) -> None:
    flip(room.copy("first", ONE))
    flip(room.copy("first", "album/2.flac"))
    room.scrub()
    assert room.repair("dawn").exit_code == 0
    assert room.copy_state("first", ONE) is ReplicaState.INTACT
    assert room.copy_state("first", "album/2.flac") is ReplicaState.CORRUPT


def test_nothing_to_do_is_done_at_once(room: Guarded) -> None:
    finished = room.repair()
    assert finished.exit_code == 0
    assert finished.counts["repaired"] == 0


def test_held_changes_wait_for_their_owner_and_reject_puts_the_proven_version_back(room: Guarded) -> None:
    path = room.music / ONE
    right = path.read_bytes()
    other = room.track("elsewhere.flac", 77)
    path.write_bytes(other.read_bytes())  # another recording under the same name
    other.unlink()
    room.scan()
    assert room.state(ONE) is ReplicaState.HELD
    held = path.read_bytes()
    assert room.repair().exit_code == 22
    assert path.read_bytes() == held
    finished = room.run(put_back(room.ctx, "reject", [room.item(ONE).id]))
    assert finished.exit_code == 0
    assert path.read_bytes() == right
    assert [notice.action for notice in room.notices if isinstance(notice, ItemDone)] == ["rejected"]
    assert [found.read_bytes() for found in kept(room)] == [held]
    types = [record.type for record in history.of_item(room.catalog, room.item(ONE).id)[:3]]
    assert types == ["recovery", "quarantine", "decision"]
    assert findings.of(room.catalog, replicas.in_library(room.catalog, room.item(ONE).id).id) is None


def test_a_folder_that_can_not_be_written_keeps_no_other_from_being_mended(tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "disk") as disk:
        room = Guarded(tmp_path)
        room.music = disk.point / "Music"
        files = [room.track(f"{album}/1.flac", number) for number, album in enumerate(("a", "b"))]
        room.drive("first")
        room.protect()
        right = [file.read_bytes() for file in files]
        for file in files:
            flip(file)
        room.scrub()
        if subprocess.run(["chattr", "+i", room.music / "a"], check=False).returncode != 0:
            pytest.skip("no chattr here")
        try:
            finished = room.repair()
        finally:
            subprocess.run(["chattr", "-i", room.music / "a"], check=True)
        assert (finished.counts["repaired"], finished.counts["failed"], finished.exit_code) == (1, 1, 20)
        assert files[1].read_bytes() == right[1]
        assert room.repair().exit_code == 0
        assert files[0].read_bytes() == right[0]
        room.catalog.close()


def test_a_library_file_that_may_not_be_read_is_no_damage_to_be_mended(room: Guarded) -> None:
    song = room.music / ONE
    inode, before = song.stat().st_ino, song.read_bytes()
    song.chmod(0)
    with ordinary_user():
        room.scan()
        for dry_run in (True, False):
            assert room.run(repair(room.ctx, dry_run=dry_run)).exit_code == 20
            (finding,) = room.told()
            (problem,) = [one.problem for one in room.done() if one.problem]
            assert (finding.verdict, finding.healed) == (Verdict.UNREADABLE, False)
            assert "permissions" in problem
        song.chmod(0o600)
        assert room.repair().exit_code == 0
    assert (song.stat().st_ino, song.read_bytes()) == (inode, before)
