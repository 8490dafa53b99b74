"""What `status` says of real libraries and drives, at once and not only when it is asked again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicvault.catalog import overview
from musicvault.domain import wording
from musicvault.domain.policy import Rule
from musicvault.engine import policy
from musicvault.engine.drives import add_drive
from musicvault.engine.scrub import scrub
from musicvault.engine.status import status
from musicvault.engine.sync import sync
from tests.engine_room import Room, flip


def test_a_drive_that_was_just_added_is_said_to_lack_everything(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.track("1.flac")
    room.add()
    room.scan()
    (tmp_path / "Drive").mkdir()
    add_drive(room.ctx, os.fsencode(tmp_path / "Drive"))
    assert "can be copied to Drive now" in status(room.ctx).sentence.detail


def test_what_only_a_library_has_that_is_away_can_be_copied_nowhere(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.track("1.flac")
    room.add()
    room.scan()
    (tmp_path / "Drive").mkdir()
    add_drive(room.ctx, os.fsencode(tmp_path / "Drive"))
    room.music.rename(tmp_path / "lent")
    assert status(room.ctx).sentence.text == "1 file needs another copy: plug in Music."
    (tmp_path / "lent").rename(room.music)
    assert "can be copied to Drive now" in status(room.ctx).sentence.detail


def test_who_has_the_good_copy_is_asked_for(tmp_path: Path) -> None:
    room = Room(tmp_path)
    path = room.track("1.flac")
    room.add()
    room.scan()
    for name in ("Shelf", "Office"):
        (tmp_path / name).mkdir()
        add_drive(room.ctx, os.fsencode(tmp_path / name))
    room.run(sync(room.ctx))
    flip(path)
    flip(tmp_path / "Shelf/MusicVault/data/music/1.flac")
    (tmp_path / "Office").rename(tmp_path / "away")
    room.run(scrub(room.ctx))
    said = status(room.ctx).sentence
    assert (said.text, said.detail) == (
        "1 file is damaged or unreadable.",
        "Plug in Office first. Repair rebuilds it from a good copy.",
    )
    (tmp_path / "away").rename(tmp_path / "Office")
    assert status(room.ctx).sentence.detail == "Repair rebuilds it from a good copy."


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "Small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small tmpfs can't be mounted (needs root)")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_drive_that_is_too_full_is_not_called_ready(tmp_path: Path, small_disk: Path) -> None:
    room = Room(tmp_path)
    room.track("1.flac")
    room.add()
    room.scan()
    add_drive(room.ctx, os.fsencode(small_disk))
    assert "can be copied to Small now" in status(room.ctx).sentence.detail
    (small_disk / "films").write_bytes(bytes(3_900_000))
    said = status(room.ctx).sentence
    assert said.text == "1 file needs another copy, and Small is too full."
    assert said.detail.endswith("make room, or add a drive.")
    policy.put(room.ctx, [Rule(copies=3, volumes=3)], "edited")
    size = wording.size(2 * (room.music / "1.flac").stat().st_size)
    assert status(room.ctx).sentence.detail.endswith(f"Without more room it takes {size} on 2 further drives.")


def test_a_damaged_copy_says_nothing_of_how_old_the_proofs_are(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.track("1.flac")
    rotten = room.track("2.flac", seed=2)
    room.add()
    room.scan()
    (tmp_path / "Shelf").mkdir()
    add_drive(room.ctx, os.fsencode(tmp_path / "Shelf"))
    room.run(sync(room.ctx))
    room.later(days=50)
    began = room.now()
    flip(rotten)
    flip(tmp_path / "Shelf/MusicVault/data/music/2.flac")
    room.run(scrub(room.ctx))
    (drive,) = status(room.ctx).drives
    assert drive.place.oldest_proof is not None
    assert drive.place.oldest_proof > began
    assert all(row[4] is not None and row[4] > began for row in overview.matrix(room.catalog))
