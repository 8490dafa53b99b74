"""A mount that never answers holds nobody up: here a FUSE file system whose program does nothing."""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicvault.catalog import libraries
from musicvault.engine.drives import add_drive
from musicvault.engine.library import online
from musicvault.engine.locating import locate
from musicvault.storage import answering, ejecting, volumes
from musicvault.storage.arrivals import vaults_here
from tests.engine_room import Room

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not os.path.exists("/dev/fuse"), reason="mounting a hung FUSE file system needs root"
)


@pytest.fixture
def hung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(answering, "ANSWER_S", 0.05)
    point = tmp_path / "hung"
    point.mkdir(exist_ok=True)
    handle = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={handle},rootmode=40000,user_id=0,group_id=0".encode()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"musicvault-test", os.fsencode(point), b"fuse.sshfs", 0, options):
        os.close(handle)
        pytest.skip(f"FUSE can't be mounted here: {os.strerror(ctypes.get_errno())}")
    try:
        yield point
    finally:
        os.close(handle)  # everybody who waits is told that nobody is there
        subprocess.run(["umount", "-l", point], check=True)


def test_it_is_out_of_reach_and_asked_once(hung: Path, tmp_path: Path) -> None:
    assert not answering.within_reach(os.fsencode(hung / "MusicVault"))
    before = threading.active_count()
    assert not any(answering.within_reach(os.fsencode(hung)) for _ in range(10))
    assert threading.active_count() == before
    assert answering.within_reach(os.fsencode(tmp_path))
    found = vaults_here(folders=[os.fsencode(hung / "MusicVault")])  # and those of other tests that run now
    assert not [path for paths in found.values() for path in paths if path.startswith(os.fsencode(hung))]
    volumes.mounts()


def test_drives_are_found_beside_it(hung: Path, tmp_path: Path) -> None:
    room = Room(tmp_path)
    (tmp_path / "Drive").mkdir()
    room.add()
    add_drive(room.ctx, os.fsencode(tmp_path / "Drive"))
    assert [presence.online for presence in locate(room.ctx)] == [True]


def test_a_library_and_a_drive_on_it_are_away(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    room = Room(tmp_path)
    (tmp_path / "hung/Drive").mkdir(parents=True)
    room.add()
    add_drive(room.ctx, os.fsencode(tmp_path / "hung/Drive"))
    (tmp_path / "hung").rename(tmp_path / "before")
    point = request.getfixturevalue("hung")
    with room.catalog.transaction(room.now()) as transaction:
        transaction.execute("UPDATE library SET root = ?", (os.fsencode(point / "Music"),))
    assert [online(room.ctx, library) for library in libraries.every(room.catalog)] == [False]
    assert [presence.online for presence in locate(room.ctx)] == [False]


def test_who_holds_a_drive_is_found_without_touching_what_others_hold(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "hung").mkdir()
    with (tmp_path / "hung/song").open("wb"):
        request.getfixturevalue("hung")
        here = volumes.volume_of(os.fsencode(tmp_path))
        looking = threading.Thread(target=ejecting.holders, args=[here], daemon=True)
        looking.start()
        looking.join(60)
        assert not looking.is_alive()
