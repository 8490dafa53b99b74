"""The fingerprint stage: resumable, never twice for one sound, and silent about what it couldn't see."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest

from musicvault.audio import fingerprint as acoustic
from musicvault.catalog import fingerprints, search
from musicvault.domain.notices import Notice
from musicvault.domain.values import Fingerprint
from musicvault.engine.fingerprints import fingerprint
from musicvault.errors import ItemError
from tests.engine_room import Room
from tests.sound import retag


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


@pytest.fixture
def calculated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which files a fingerprint was computed of; the tool itself has tests of its own."""
    asked: list[str] = []

    def calculate(path: bytes, timeout: float = 120.0) -> Fingerprint:
        asked.append(os.path.basename(os.fsdecode(path)))
        if b"noise" in path:
            raise ItemError("noise", "fingerprint", "there is no sound in it") from ValueError()
        return Fingerprint(3.0, (1, 2, 0xFFFFFFFF), "fpcalc 1.5.1")

    monkeypatch.setattr(acoustic, "calculate", calculate)
    return asked


def run(room: Room) -> dict[str, int]:
    return dict(room.run(fingerprint(room.ctx, [1])).counts)


def library(room: Room, count: int = 3) -> None:
    for number in range(count):
        room.track(f"{number}.flac", number + 1, title=str(number))
    (room.music / "cover.jpg").write_bytes(b"x")
    room.add()
    room.scan()


def test_each_track_gets_one_and_none_a_second(room: Room, calculated: list[str]) -> None:
    library(room)
    (room.music / "noise.mp3").write_bytes(b"\0" * 900)
    room.scan()
    assert run(room) == {"fingerprinted": 3, "without": 1}
    assert sorted(calculated) == ["0.flac", "1.flac", "2.flac", "noise.mp3"]
    assert run(room) == {"fingerprinted": 0, "without": 0}, "that there is none is remembered too"
    item = room.item("0.flac")
    essence = item.content.essence
    assert essence is not None
    found = fingerprints.load(room.catalog, item.content.digests.blake3, essence.digest)
    assert found == Fingerprint(3.0, (1, 2, 0xFFFFFFFF), "fpcalc 1.5.1")
    assert [entry.fingerprint for entry in search.find(room.catalog, "")] == [True, True, True, False, False]


def test_a_retag_needs_no_other(room: Room, calculated: list[str]) -> None:
    library(room, 2)
    run(room)
    retag(room.music / "0.flac", title="another")
    room.scan()
    assert run(room) == {"fingerprinted": 0, "without": 0}
    assert len(calculated) == 2


def test_an_interrupted_stage_goes_on_where_it_stopped(room: Room, calculated: list[str]) -> None:
    library(room, 6)
    job = fingerprint(room.ctx, [1])
    for _ in range(3):
        next(job)
    cast(Generator[Notice], job).close()
    done = fingerprints.count_lacking(room.catalog, [1])
    assert 0 < done < 6
    assert run(room)["fingerprinted"] == done
    assert fingerprints.count_lacking(room.catalog, [1]) == 0


def test_a_drive_that_goes_away_says_nothing_about_the_sound(room: Room, calculated: list[str]) -> None:
    library(room)
    room.music.rename(room.tmp / "away")
    assert run(room) == {"fingerprinted": 0, "without": 0}
    (room.tmp / "away").rename(room.music)
    assert run(room)["fingerprinted"] == 3


def test_a_file_that_was_edited_since_the_scan_waits_for_the_next(
    room: Room, calculated: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    library(room, 2)
    real = acoustic.calculate

    def edited_meanwhile(path: bytes, timeout: float = 120.0) -> Fingerprint:
        found = real(path)
        os.utime(path, ns=(1, 1))
        return found

    monkeypatch.setattr(acoustic, "calculate", edited_meanwhile)
    assert run(room) == {"fingerprinted": 0, "without": 0}
    monkeypatch.setattr(acoustic, "calculate", real)
    room.scan()
    assert run(room)["fingerprinted"] == 2


def test_without_a_tool_nothing_is_remembered(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    library(room)
    monkeypatch.setattr(acoustic, "is_available", lambda: False)
    assert run(room) == {"fingerprinted": 0, "without": 0}
    assert "fpcalc" in room.done()[0].reason
    assert fingerprints.count_lacking(room.catalog, [1]) == 3


def test_the_real_tool_gives_a_real_one(room: Room) -> None:
    if not acoustic.is_available():
        pytest.skip("neither fpcalc nor ffmpeg is installed")
    room.track("a.flac", seconds=4.0)
    room.add()
    room.scan()
    assert run(room) == {"fingerprinted": 1, "without": 0}
