"""A mount that never answers holds nobody up: here a FUSE file system whose program does nothing."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from musicvault.catalog import libraries
from musicvault.engine.drives import add_drive
from musicvault.engine.library import online
from musicvault.engine.locating import locate
from musicvault.storage import answering, ejecting, volumes
from musicvault.storage.arrivals import vaults_here
from tests.engine_room import Room
from tests.hung import hung_at, needs_fuse, opened

pytestmark = needs_fuse


@pytest.fixture
def device() -> Iterator[int]:
    with opened() as handle:
        yield handle


@pytest.fixture
def hung(tmp_path: Path, device: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(answering, "ANSWER_S", 0.05)
    point = tmp_path / "hung"
    point.mkdir(exist_ok=True)
    with hung_at(point, device):
        yield point


def test_it_is_out_of_reach_and_asked_once(hung: Path, tmp_path: Path) -> None:
    assert not answering.within_reach(os.fsencode(hung / "MusicVault"))
    before = threading.active_count()
    assert not any(answering.within_reach(os.fsencode(hung)) for _ in range(10))
    assert threading.active_count() == before
    assert answering.within_reach(os.fsencode(tmp_path))
    found = vaults_here(folders=[os.fsencode(hung / "MusicVault")])  # and those of other tests that run now
    assert not [path for paths in found.values() for path in paths if path.startswith(os.fsencode(hung))]
    volumes.mounts()


def test_a_process_that_asked_ends_although_the_question_was_taken(hung: Path, device: int) -> None:
    """A FUSE program that took a question and never answers holds whoever asked, beyond its death."""
    taking = threading.Thread(target=_take_questions, args=[device], daemon=True)
    taking.start()
    asks = "import os, sys; from musicvault.storage import answering; answering.ANSWER_S = 0.2;"
    asks += "print(answering.within_reach(os.fsencode(sys.argv[1])))"
    child = subprocess.Popen([sys.executable, "-c", asks, hung], stdout=subprocess.PIPE, text=True)
    out, _ = child.communicate(timeout=30)  # a child that hangs goes with the mount
    assert out == "False\n"


def _take_questions(device: int) -> None:
    """Be a FUSE program that hangs as soon as it was mounted."""
    _, _, unique = struct.unpack("IIQ", os.read(device, 1 << 20)[:16])
    answer = struct.pack("IIIIHHIIHHI7I", 7, 31, 0, 0, 1, 1, 4096, 1, 0, 0, 0, *[0] * 7)
    os.write(device, struct.pack("IiQ", 16 + len(answer), 0, unique) + answer)
    with suppress(OSError):  # unmounted
        while True:
            os.read(device, 1 << 20)


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
    (away,) = locate(room.ctx)
    assert (away.online, away.is_unusual) == (False, True)
    assert "doesn't answer" in away.reason


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
