"""Restore gives exact files back into a folder, from any copy that is there, and writes nothing else anywhere."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from musicvault.domain.notices import Finished, ItemDone
from musicvault.engine.restore import restore
from musicvault.errors import NoSpace, UsageError
from tests.corruption.drives import drive
from tests.engine_room import flip
from tests.guarded import Guarded

ONE = "album/1.flac"


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    made.track(ONE, 1, title="Dawn")
    made.track("album/2.flac", 2, title="Dusk")
    (made.music / "cover.jpg").write_bytes(b"\xff\xd8" + bytes(range(256)) * 9)
    os.utime(made.music / ONE, ns=(1_000_000_007, 1_000_000_007))
    made.drive("first")
    made.drive("second")
    made.protect()
    return made


def give_back(room: Guarded, query: str = "", *, dry_run: bool = False, target: Path | None = None) -> Finished:
    return room.run(restore(room.ctx, query, os.fsencode(target or room.tmp / "back"), dry_run=dry_run))


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def problems(room: Guarded) -> list[str]:
    return [n.problem for n in room.notices if isinstance(n, ItemDone) and n.action == "failed"]


def test_everything_comes_back_exactly(room: Guarded) -> None:
    finished = give_back(room)
    assert finished.exit_code == 0
    assert finished.counts["restored"] == 3
    assert tree(room.tmp / "back") == {f"music/{name}": data for name, data in tree(room.music).items()}
    for path in room.music.rglob("*"):
        if path.is_file():
            back = room.tmp / "back" / "music" / path.relative_to(room.music)
            assert back.stat().st_mtime_ns == path.stat().st_mtime_ns
            assert back.stat().st_mode & 0o777 == 0o644


def test_a_second_time_finds_all_there(room: Guarded) -> None:
    give_back(room)
    finished = give_back(room)
    assert (finished.counts["restored"], finished.counts["already"], finished.exit_code) == (0, 3, 0)


def test_any_one_drive_is_enough(room: Guarded) -> None:
    right = tree(room.music)
    room.music.rename(room.tmp / "burnt")
    (room.tmp / "first").rename(room.tmp / "burnt too")
    assert give_back(room).counts["restored"] == 3
    assert tree(room.tmp / "back" / "music") == right


def test_the_library_alone_is_enough(room: Guarded) -> None:
    for name in ("first", "second"):
        (room.tmp / name).rename(room.tmp / f"{name} away")
    assert give_back(room).counts["restored"] == 3


def test_damage_that_nobody_knew_of_is_not_given_back(room: Guarded) -> None:
    right = (room.music / ONE).read_bytes()
    flip(room.music / ONE)
    flip(room.copy("first", ONE))
    assert give_back(room).exit_code == 0
    assert (room.tmp / "back" / "music" / ONE).read_bytes() == right
    flip(room.copy("second", ONE))
    finished = give_back(room, target=room.tmp / "again")
    assert (finished.counts["failed"], finished.exit_code) == (1, 3)
    assert sorted(tree(room.tmp / "again")) == ["music/album/2.flac", "music/cover.jpg"]


def test_a_query_chooses(room: Guarded) -> None:
    assert give_back(room, "dusk").counts["restored"] == 1
    assert list(tree(room.tmp / "back")) == ["music/album/2.flac"]


def test_another_file_under_the_name_stays(room: Guarded) -> None:
    (room.tmp / "back" / "music").mkdir(parents=True)
    (room.tmp / "back" / "music" / "cover.jpg").write_bytes(b"mine")
    (room.tmp / "back" / "music" / "album").mkdir()
    (room.tmp / "back" / "music" / ONE).mkdir()
    finished = give_back(room)
    assert (finished.counts["restored"], finished.counts["failed"], finished.exit_code) == (1, 2, 3)
    assert (room.tmp / "back" / "music" / "cover.jpg").read_bytes() == b"mine"


def test_a_dry_run_writes_nothing(room: Guarded) -> None:
    finished = give_back(room, dry_run=True)
    assert finished.counts["restored"] == 3
    assert not (room.tmp / "back").exists()


@pytest.mark.parametrize("place", ["Music", "Music/album", "first/MusicVault/data", "first/MusicVault"])
def test_never_into_a_library_or_a_vault(room: Guarded, place: str) -> None:
    with pytest.raises(UsageError):
        give_back(room, target=room.tmp / place)


def test_not_where_the_library_s_own_folder_would_be_met(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    room.music.rmdir()
    room.music = tmp_path / "music"  # its slug is its folder's name
    room.track("1.flac")
    room.add()
    room.scan()
    with pytest.raises(UsageError):
        give_back(room, target=tmp_path)


def test_a_file_is_no_folder_to_restore_into(room: Guarded) -> None:
    (room.tmp / "back").write_bytes(b"")
    with pytest.raises(UsageError):
        give_back(room)


def test_links_in_the_target_lead_nowhere(room: Guarded) -> None:
    (room.tmp / "outside").mkdir()
    (room.tmp / "back" / "music").mkdir(parents=True)
    (room.tmp / "back" / "music" / "album").symlink_to(room.tmp / "outside")
    finished = give_back(room)
    assert (finished.counts["restored"], finished.counts["failed"]) == (1, 2)
    assert list((room.tmp / "outside").iterdir()) == []


def test_names_of_any_bytes_come_back(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    names = [b"\xff\xfe not utf-8.txt", b"line\nbreak.txt", "🎵.txt".encode(), b"x" * 255, b"CON.txt", b"trailing ."]
    for name in names:
        (Path(os.fsdecode(os.fsencode(room.music) + b"/" + name))).write_bytes(name)
    room.drive("first")
    room.protect()
    room.music.rename(tmp_path / "gone")
    assert give_back(room).exit_code == 0
    assert sorted(os.listdir(os.fsencode(tmp_path / "back" / "music"))) == sorted(names)


def test_a_stopped_restore_leaves_whole_files_only(room: Guarded) -> None:
    job = restore(room.ctx, "", os.fsencode(room.tmp / "back"))
    for notice in job:
        if isinstance(notice, ItemDone):
            break
    assert isinstance(job, Generator)
    job.close()
    assert len(list((room.tmp / "back").rglob("*.*"))) == 1
    finished = give_back(room)
    assert (finished.counts["restored"], finished.counts["already"]) == (2, 1)


def test_too_little_room_is_said_before_the_first_byte(room: Guarded) -> None:
    (room.music / "big.bin").write_bytes(os.urandom(6 << 20))
    room.protect()
    with drive("tmpfs", room.tmp / "small", 4) as small:
        with pytest.raises(NoSpace, match="6 MB are needed"):
            give_back(room, target=small.point / "back")
        assert list(small.point.iterdir()) == []


def test_a_name_that_the_file_system_refuses_is_given_back_in_its_safe_form(room: Guarded) -> None:
    (room.music / "album/2.flac").rename(room.music / "album/What?.flac")
    room.protect()
    with drive("exfat", room.tmp / "stick") as stick:
        finished = give_back(room, target=stick.point / "back")
        back = stick.point / "back" / "music" / "album"
        assert (finished.counts["restored"], finished.exit_code) == (3, 0)
        assert (back / "What=3F.flac").read_bytes() == (room.music / "album/What?.flac").read_bytes()
        assert [one.details["written_as"] for one in room.done() if one.details] == ["music/album/What=3F.flac"]
        assert give_back(room, target=stick.point / "back").counts["already"] == 3
