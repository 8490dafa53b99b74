"""The service asks the disks by itself; here a real program called smartctl answers from recordings."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from musicvault.catalog import drive_health, vaults
from musicvault.domain.health import HealthState, SmartReport
from musicvault.domain.policy import Standing
from musicvault.engine.drives import add_drive
from musicvault.engine.status import status
from musicvault.runtime.proving import Machine
from musicvault.storage import volumes
from musicvault.storage.smart import asking
from musicvault.storage.volumes import Volume
from tests.engine_room import Room
from tests.unit.runtime.test_service import Lived, room

__all__ = ["room"]
RECORDED = Path(__file__).parents[1] / "storage/smart"
HOUR, DAY = 1 / 24, 1.0


class Asked:
    """A smartctl in PATH, and what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "smartctl"
        self.program.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/asked"\ncat "{folder}/answer"\n')
        self.program.chmod(0o755)

    def says(self, name: str) -> None:
        shutil.copy(RECORDED / f"{name}.json", self.folder / "answer")

    @property
    def times(self) -> int:
        asked = self.folder / "asked"
        return len(asked.read_text().splitlines()) if asked.exists() else 0


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return Asked(folder)


@pytest.fixture
def lived(room: object, asked: Asked) -> Lived:
    return Lived(room, machine=Machine(ask=as_a_disk))  # type: ignore[arg-type]


def as_a_disk(volume: Volume) -> SmartReport:
    """The volume of a test may lie on anything."""
    return asking.ask(replace(volume, disk="sda", network=False))


def answered(lived: Lived, days: float = 0.0) -> None:
    """Two rounds: one asks, one hears."""
    lived.pass_by(days)
    lived.service.caring.wait(30)
    lived.pass_by(0.0001)


def health(lived: Lived) -> drive_health.StoredHealth:
    (vault,) = vaults.every(lived.room.catalog)
    found = drive_health.of_volume(lived.room.catalog, vault.volume_id)
    assert found is not None
    return found


def test_disks_are_asked_once_a_day(lived: Lived, asked: Asked) -> None:
    asked.says("wd-red-wd20efrx")
    answered(lived)
    assert (asked.times, health(lived).state) == (1, HealthState.HEALTHY), "library and drive share a disk"
    for _ in range(2):
        answered(lived, 11 * HOUR)
        assert asked.times == 1
    answered(lived, 2 * HOUR)
    assert asked.times == 2
    assert lived.shown == []


def test_a_restart_is_no_reason_to_ask(lived: Lived, asked: Asked) -> None:
    asked.says("wd-red-wd20efrx")
    answered(lived)
    lived.start()
    answered(lived, HOUR)
    assert asked.times == 1


def test_a_drive_that_fails_counts_no_more_and_is_told_of_once(lived: Lived, asked: Asked) -> None:
    with lived.room.catalog.transaction(lived.wall) as transaction:
        transaction.execute("UPDATE rule SET copies = 1, volumes = 1")
    asked.says("wd-red-wd20efrx")
    answered(lived)
    assert status(lived.room.ctx).standings[Standing.PROTECTED] == 6
    asked.says("hitachi-hds721050-usb-failing")
    answered(lived, DAY)
    assert health(lived).state is HealthState.FAILING
    assert status(lived.room.ctx).standings[Standing.PROTECTED] == 0
    assert [text for text in lived.shown if "is failing" in text] == lived.shown
    assert len(lived.shown) == 1
    answered(lived, DAY)
    assert len(lived.shown) == 1
    asked.says("asleep")
    answered(lived, DAY)
    assert health(lived).state is HealthState.FAILING, "that it sleeps doesn't make it well"


def test_a_sleeping_disk_is_asked_again_when_it_may_be_awake(lived: Lived, asked: Asked) -> None:
    asked.says("asleep")
    answered(lived)
    assert "asleep" in health(lived).reason
    asked.says("wd-red-wd20efrx")
    answered(lived, HOUR / 2)
    assert asked.times == 1
    answered(lived, HOUR)
    assert (asked.times, health(lived).state) == (2, HealthState.HEALTHY)
    assert all("-n standby" in line for line in (asked.folder / "asked").read_text().splitlines())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("permission-denied", "administrator"),
        ("flash-stick-unknown-bridge", "USB case"),
        ("intel-raid-volume-says-nothing", "gave no health data"),
    ],
)
def test_unknown_stays_unknown_with_its_reason(lived: Lived, asked: Asked, name: str, reason: str) -> None:
    asked.says(name)
    answered(lived)
    assert health(lived).state is HealthState.UNKNOWN
    assert reason in health(lived).reason
    assert lived.shown == []


def test_a_disk_that_hangs_holds_nothing_up(lived: Lived, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWER_S", 1.0)
    asked.program.write_text("#!/bin/sh\nsleep 1000\n")
    lived.round()
    assert lived.oldest() == 0, "all was copied and proven meanwhile"
    answered(lived)
    assert "in time" in health(lived).reason


@pytest.fixture
def plugged(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, mounted; `tmp_path / "image"` is what it is made of."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    point, image = tmp_path / "plugged", tmp_path / "image"
    point.mkdir()
    with image.open("wb") as file:
        file.truncate(8 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, point], check=True)
    yield point
    subprocess.run(["umount", point], check=False)


def test_a_drive_that_arrives_is_asked(lived: Lived, asked: Asked, plugged: Path, tmp_path: Path) -> None:
    add_drive(lived.room.ctx, os.fsencode(plugged))
    asked.says("wd-red-wd20efrx")
    answered(lived)
    assert asked.times == 2, "two disks"
    subprocess.run(["umount", "-l", plugged], check=True)
    answered(lived, HOUR)
    answered(lived, HOUR)
    assert asked.times == 2
    subprocess.run(["mount", "-o", "loop", tmp_path / "image", plugged], check=True)
    answered(lived, HOUR)
    assert asked.times == 3


def test_a_disk_that_never_answers_silences_no_other(room: Room, plugged: Path) -> None:
    ends, silent, asked = threading.Event(), volumes.volume_of(os.fsencode(room.music)).disk, list[str]()

    def ask(volume: Volume) -> SmartReport:
        asked.append(volume.disk)
        if volume.disk == silent:
            ends.wait()
        return SmartReport("asked")

    lived = Lived(room, machine=Machine(ask=ask))
    lived.round()
    add_drive(room.ctx, os.fsencode(plugged))
    for _ in range(3):
        lived.pass_by(1)
    assert asked.count(silent) == 1, "it is still asked"
    assert len(asked) >= 3
    ends.set()
