"""What the computer says about itself, and what it says when it says nothing."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from musicvault.storage import disks, machine


def supplies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **found: tuple[str, str]) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: None, raising=False)
    monkeypatch.setattr(machine, "_SUPPLIES", tmp_path)
    for name, (kind, online) in found.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "type").write_text(f"{kind}\n")
        if online:
            (tmp_path / name / "online").write_text(f"{online}\n")


def test_mains_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    supplies(tmp_path, monkeypatch, AC=("Mains", "1"), BAT0=("Battery", ""))
    assert machine.on_mains() is True


def test_a_pulled_plug_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    supplies(tmp_path, monkeypatch, AC=("Mains", "0"), BAT0=("Battery", ""))
    assert machine.on_mains() is False


def test_a_computer_that_says_nothing_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    supplies(tmp_path, monkeypatch)
    assert machine.on_mains() is None
    monkeypatch.setattr(machine, "_SUPPLIES", tmp_path / "nowhere")
    assert machine.on_mains() is None


@pytest.mark.parametrize(("average", "busy"), [("55.10", True), ("0.40", False)])
def test_pressure_on_the_disks_is_busy(
    average: str, busy: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "io").write_text(f"some avg10={average} avg60=1.0 avg300=0.0 total=1\nfull avg10=0 avg60=0 total=0\n")
    monkeypatch.setattr(machine, "_PRESSURE", tmp_path / "io")
    monkeypatch.setattr(os, "getloadavg", lambda: (0.1, 0.1, 0.1))
    assert machine.is_busy() is busy


def test_load_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 1.0, 1.0))
    assert machine.is_busy()


def test_traffic_is_that_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stats, own = tmp_path / "diskstats", tmp_path / "io"

    def now(read: int, written: int, mine: int) -> None:
        stats.write_text(f" 8 0 sda 1 0 {read} 0 1 0 {written} 0 0 0 0\n 8 1 sda1 1 0 {read} 0 1 0 {written} 0 0 0 0\n")
        own.write_text(f"rchar: 5\nread_bytes: {mine}\nwrite_bytes: 0\n")

    monkeypatch.setattr(machine, "_STATS", stats)
    monkeypatch.setattr(machine, "_OWN", own)
    monkeypatch.setattr(disks, "of_device", lambda _device: disks.Disk("sda"))
    now(100, 0, 0)
    traffic = machine.Traffic(os.fsencode(tmp_path))
    assert traffic.known
    now(1100, 50, 1000 * 512)
    assert traffic.of_others() == 50 * 512
    assert traffic.of_others() == 0


def test_traffic_of_an_unknown_disk_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disks, "of_device", lambda _device: disks.UNKNOWN)
    traffic = machine.Traffic(os.fsencode(tmp_path))
    assert not traffic.known
    assert traffic.of_others() == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="I/O priorities are Linux's")
def test_standing_back_is_of_this_thread_only() -> None:
    seen: dict[str, object] = {}

    def work() -> None:
        me = psutil.Process(threading.get_native_id())
        me.ionice(psutil.IOPRIO_CLASS_BE, 7)
        with machine.standing_back():
            seen["inside"] = me.ionice().ioclass
        seen["after"] = tuple(me.ionice())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen["inside"] == psutil.IOPRIO_CLASS_IDLE
    assert seen["after"] == (psutil.IOPRIO_CLASS_BE, 7), "what it was before"
    assert psutil.Process().ionice().ioclass != psutil.IOPRIO_CLASS_IDLE


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="adjtimex is Linux's")
def test_the_system_vouches_for_its_own_clock_or_for_none() -> None:
    vouched = machine.synchronised()
    assert vouched is None or abs(vouched - time.time()) < 5
