"""Scans over real mounts: what isn't mounted is not gone, and what only changed its case is the same file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from musicvault.catalog import libraries
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine import drives
from musicvault.engine.library import add_library
from musicvault.errors import DriveRefused, UsageError
from tests.corruption.drives import drive
from tests.engine_room import Room

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.catalog.close()


@contextmanager
def mounted(folder: Path, shown: Path | None = None) -> Iterator[None]:
    """A file system of its own in the folder, or (`shown`) another folder under this name as well."""
    folder.mkdir(parents=True, exist_ok=True)
    what = ["-t", "tmpfs", "tmpfs"] if shown is None else ["--bind", shown]
    if subprocess.run(["mount", *what, folder], capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_file_system_below_the_library_that_is_away_loses_nothing(room: Room) -> None:
    below = room.music / "nas"
    with mounted(below):
        room.track("local.flac", 1)
        content = room.track("nas/album/1.flac", 2).read_bytes()
        room.track("nas/album/2.flac", 3)
        room.add()
        room.scan()
        assert libraries.submounts(room.catalog, 1) == {b"nas"}
    for _ in range(2):
        outcome = room.scan()
        assert (outcome.exit_code, room.findings()) == (3, [])
        assert "not connected" in room.done()[0].problem
    assert all(room.state(name) is ReplicaState.INTACT for name in room.names())
    # The mount is given up, and its files lie in the folder itself from now on.
    (below / "album").mkdir()
    (below / "album/1.flac").write_bytes(content)
    room.track("nas/album/2.flac", 3)
    assert room.scan().exit_code == 0
    assert room.scan().exit_code == 0
    assert libraries.submounts(room.catalog, 1) == set()


def test_a_library_whose_drive_is_not_mounted_is_away(room: Room) -> None:
    with mounted(room.music):
        room.track("a.flac", 1)
        room.add()
        room.scan()
    with pytest.raises(Exception, match="Nothing was changed"):
        room.scan()
    assert room.state("a.flac") is ReplicaState.INTACT


def test_a_library_that_was_bind_mounted_is_away_when_it_is_not(room: Room) -> None:
    """The folder below the mount point is on the same file system, with the same identity."""
    shown = room.music.with_name("shown")
    shown.mkdir()
    with mounted(room.music, shown):
        room.track("a.flac", 1)
        room.track("b.flac", 2)
        room.add()
        room.scan()
    with pytest.raises(Exception, match="Nothing was changed"):
        room.scan()
    assert all(room.state(name) is ReplicaState.INTACT for name in room.names())
    # The mount is given up, and the files lie in the folder itself from now on.
    for name in room.names():
        (shown / name).rename(room.music / name)
    assert (room.scan().exit_code, libraries.submounts(room.catalog, 1)) == (0, set())
    (room.music / "a.flac").unlink()
    assert room.scan().counts["missing"] == 1


@pytest.mark.skipif(
    all(line.split()[4] != "/" for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines()),
    reason="the mount table of a bare chroot doesn't say what is above it",
)
def test_a_folder_with_a_second_name_is_no_second_library_and_no_drive(room: Room) -> None:
    room.track("Album/a.flac", 1)
    room.add()
    second = room.music.with_name("second")
    with mounted(second, room.music / "Album"):
        with pytest.raises(UsageError, match="in one another"):
            add_library(room.ctx, os.fsencode(second))
        with pytest.raises(DriveRefused, match="inside one another"):
            drives.check_drive(room.ctx, os.fsencode(second))


def test_names_that_change_only_their_case_keep_their_items(room: Room, tmp_path: Path) -> None:
    with drive("exfat", tmp_path / "stick") as stick:
        room.music.rmdir()
        room.music = stick.point / "Music"
        room.track("Album/one.flac", 1)
        room.track("Album/two.flac", 2)
        if not (room.music / "ALBUM").exists():
            pytest.skip("this exFAT driver tells upper from lower case")
        room.add()
        room.scan()
        before = sorted(room.item(name).id for name in room.names())
        (room.music / "Album/one.flac").rename(room.music / "Album/x")
        (room.music / "Album/x").rename(room.music / "Album/One.flac")
        room.scan()
        assert room.findings() == [("Album/One.flac", Verdict.MOVED)]
        (room.music / "Album").rename(room.music / "x")
        (room.music / "x").rename(room.music / "ALBUM")
        room.scan()
        assert {verdict for _, verdict in room.findings()} == {Verdict.MOVED}
        assert sorted(room.names()) == ["ALBUM/One.flac", "ALBUM/two.flac"]
        assert sorted(room.item(name).id for name in room.names()) == before
        assert room.scan().counts["unchanged"] == 2


def test_a_library_whose_drive_comes_back_elsewhere_is_recognised(room: Room, tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "stick") as stick:
        room.music.rmdir()
        room.music = stick.point / "deep" / "Music"
        room.track("Album/one.flac", 1)
        room.add()
        room.scan()
        stick.unmount()
        stick.mount(tmp_path / "elsewhere")
        room.music = tmp_path / "elsewhere" / "deep" / "Music"
        outcome = room.scan()
        assert (outcome.exit_code, outcome.counts["unchanged"], room.findings()) == (0, 1, [])
        library = libraries.every(room.catalog)[0]
        assert library.root == os.fsencode(room.music)
        assert add_library(room.ctx, os.fsencode(room.music)) == library, "and adding it again adds none"
