"""Looking after drives from the command line, as a user does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.corruption.drives import Drive, drive
from tests.corruption.faultfs import faulty_drive
from tests.e2e.program import Program
from tests.e2e.warm import Nursery
from tests.sound import make


@pytest.fixture
def program(tmp_path: Path, nursery: Nursery) -> Program:
    made = Program(tmp_path, nursery)
    made.music.mkdir()
    for number in range(3):
        make(made.music / f"{number}.flac", seed=number)
    (made.music / "cover.jpg").write_bytes(os.urandom(400_000))
    return made


def test_an_audit_needs_nothing_and_writes_nothing(program: Program) -> None:
    before = sorted(os.listdir(program.place))
    result = program.json("drive", "audit", program.music)
    assert (result.summary["checked"], result.summary["unreadable"]) == (4, 0)
    (speed,) = result.of_type("speed")
    assert len(speed["curve"]) == 32
    assert sorted(os.listdir(program.place)) == before, "not even a catalog"
    assert "Every byte of these files could be read." in program.run("drive", "audit", program.music).out
    program.run("drive", "audit", program.place / "gone", code=2)


def test_an_audit_of_a_failing_drive_ends_with_20(program: Program, tmp_path: Path) -> None:
    with faulty_drive(tmp_path / "faulty") as faulty:
        (faulty.point / "a.bin").write_bytes(b"a" * 50_000)
        (faulty.point / "b.bin").write_bytes(b"b" * 50_000)
        faulty.break_({"op": "read", "name": "b.bin", "errno": "EIO"})
        result = program.json("drive", "audit", faulty.point, code=20)
        assert [line["path"] for line in result.of_type("failed")] == ["b.bin"]


def test_health_is_unknown_with_its_reason_until_somebody_says_otherwise(program: Program, tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    program.run("protect", program.music, "--to", tmp_path / "A")
    (line,) = program.json("drive", "health").of_type("health")
    assert line["state"] in ("unknown", "healthy", "failing")
    assert line["reason"] or line["state"] == "healthy"
    program.run("scrub")
    (line,) = program.json("drive", "health", "A").of_type("health")
    assert line["bytes_read"] > 400_000
    status = program.json("status").summary["drives"][0]
    assert (status["health"], status["retired"]) == (line["state"], False)


def test_a_drive_is_described_and_listed(program: Program, tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    program.run("drive", "add", tmp_path / "A", "--label", "A")
    program.run("drive", "edit", "A", "--media", "hdd", "--notes", "bought 2021", "--site", "office", "--label", "B")
    (line,) = program.json("drive", "list").of_type("drive")
    assert (line["label"], line["media"], line["notes"], line["site"]) == ("B", "hdd", "bought 2021", "office")
    result = program.run("drive", "edit", "B", "--media", "papyrus", code=2)
    assert "hdd, ssd, flash, optical, network" in result.err


def test_what_waits_for_a_drive_that_is_away(program: Program, tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "disk") as disk:
        program.run("protect", program.music, "--to", disk.point)
        disk.unmount()
        (program.music / "new.jpg").write_bytes(os.urandom(1000))
        program.run("scan")
        listed = program.run("drive", "list").out
        assert "away, seen just now" in listed
        assert "Plug in mounted: 1 file to copy (1 kB)" in listed
        assert "Plug in mounted: 1 file to copy" in program.run("status").out
        (line,) = program.json("drive", "list").of_type("drive")
        assert (line["online"], line["lacking"], line["overdue"]) == (False, 1, 0)
        plan = program.json("plan")
        assert plan.of_type("step") == [], "sync can do nothing of it now"
        assert [(line["path"], line["where"]) for line in plan.of_type("waiting")] == [("new.jpg", "mounted")]
        assert (plan.summary["files"], plan.summary["waiting"]) == (0, 1)


def test_a_copied_drive_is_told_wherever_drives_are_listed(program: Program, tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "disk") as disk:
        program.run("protect", program.music, "--to", disk.point)
        twin = Drive("ext4", tmp_path / "twin", disk.mib)
        disk.unmount()
        assert twin.image is not None
        assert disk.image is not None
        twin.image.write_bytes(disk.image.read_bytes())
        disk.mount()
        twin.mount()
        try:
            (line,) = program.json("drive", "list").of_type("drive")
            assert (line["online"], "One is a copy of the other" in line["reason"]) == (False, True)
            for words in (("drive", "list"), ("status",)):
                assert "One is a copy of the other" in program.run(*words).out
        finally:
            twin.unmount()


def test_a_drive_is_replaced_retired_and_ejected(program: Program, tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "one") as one, drive("ext4", tmp_path / "two") as two:
        program.run("protect", program.music, "--to", one.point)
        program.run("drive", "edit", "mounted", "--label", "Old", "--site", "home")
        refused = program.json("drive", "retire", "Old", code=21)
        assert (refused.summary["short"], refused.summary["retired"]) == (4, 0)
        assert len(refused.of_type("failed")) == 4
        result = program.json("drive", "replace", "Old", two.point)
        assert (result.summary["copied"], result.summary["retired"], result.summary["short"]) == (4, 1, 0)
        by_label = {line["label"]: line for line in program.json("drive", "list").of_type("drive")}
        assert {label: line["retired"] for label, line in by_label.items()} == {"Old": True, "mounted": False}
        assert by_label["mounted"]["site"] == "home"
        assert program.json("status").summary["standings"]["protected"] == 4
        told = program.run("drive", "eject", "Old").out
        assert "It is safe to unplug Old now." in told
        assert not os.path.ismount(one.point)
        program.run("drive", "eject", "Old", code=11)


def test_who_holds_a_drive_is_named(program: Program, tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "disk") as disk:
        program.run("protect", program.music, "--to", disk.point)
        with subprocess.Popen(["sleep", "60"], cwd=disk.point) as holder:
            result = program.run("drive", "eject", "mounted", code=15)
            holder.kill()
        assert f"sleep ({holder.pid})" in result.err
        assert "don't unplug it yet" in result.err
