"""The exit codes of the contract, each reached for real, each with one sentence and no traceback."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.program import Program, flip, reads


def one_sentence(text: str) -> None:
    """Standard error holds the program's name and a sentence, nothing else."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("musicvault: ")
    assert lines[0].endswith(".") or " musicvault " in lines[0] or lines[0].endswith("--new")


@pytest.mark.parametrize(
    "words",
    [
        ["polcy"],
        ["scan", "--nonsense"],
        ["scan", "--library", "Rock"],
        ["sync", "--drive", "Elements"],
        ["protect", "Nowhere", "--to", "One"],
        ["protect", "Music", "--to", "Nowhere"],
        ["protect", "Music"],
        ["protect", "/dev/null", "--to", "One"],
        ["library", "add", "Nowhere"],
        ["library", "remove", "Rock"],
        ["drive", "label", "Elements", "X"],
        ["tag", "nothing-like-it"],
        ["tag", "", "--set", "shoesize=43"],
        ["tag", "undo", "much"],
        ["accept", "nothing-like-it"],
        ["policy", "set", "--copies", "0"],
        ["policy", "set", "--copies", "2", "--volumes", "3"],
        ["policy", "set", "--copies", "many"],
        ["history", "nothing/like.it"],
        ["history", "--verify", "Solo/Six.wav"],
        ["scrub"],
        ["restore"],
    ],
    ids=" ".join,
)
def test_usage(program: Program, words: list[str]) -> None:
    result = program.run(*words, code=2)
    one_sentence(result.err)
    assert result.out == ""


def test_usage_in_json_is_a_summary_as_well(program: Program) -> None:
    result = program.json("scan", "--nonsense", code=2)
    assert "--nonsense" in result.summary["error"]


def test_damage_held_changes_and_failures(protected: Program, pieces: Path) -> None:
    shutil.copyfile(pieces / "Nina/Blues/01 One.flac", protected.music / "Björk/Debut/02 Five.flac")
    protected.json("scan", "--no-fingerprints", code=22)
    flip(protected.music / "Solo/Six.wav")
    protected.json("scrub", code=20)
    assert protected.json("status").code == 0, "status never tells by its exit code"
    protected.run("repair", code=None)
    protected.run("reject", "five")
    protected.json("scan", "--no-fingerprints")
    if os.geteuid() == 0:
        return  # root reads everything
    (protected.music / "new.flac").write_bytes(b"x")
    (protected.music / "new.flac").chmod(0)
    protected.json("scan", "--no-fingerprints", code=3)


def test_the_drive_is_gone(protected: Program) -> None:
    (protected.place / "One").rename(protected.place / "Elsewhere")
    one_sentence(protected.run("sync", "--drive", "One", code=11).err)
    protected.music.rename(protected.place / "Else")
    one_sentence(protected.run("scan", code=11).err)


def test_the_catalog_is_damaged_or_newer_or_no_place_for_one(program: Program) -> None:
    catalog = program.place / "catalog.sqlite3"
    catalog.write_bytes(b"This is no catalog at all, whatever its name says. " * 100)
    one_sentence(program.run("status", code=14).err)
    catalog.unlink()
    program.run("status")
    connection = sqlite3.connect(catalog)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    one_sentence(program.run("status", code=13).err)
    one_sentence(program.run("status", "--catalog", "/dev/null/catalog", code=10).err)


def test_another_process_is_at_work(protected: Program) -> None:
    big = protected.music / "big.wav"
    with big.open("wb") as file:
        file.truncate(1 << 40)
    seen: list[int] = []

    def other_is_refused(pid: int) -> bool:
        if not reads(big)(pid):
            return False
        refused = protected.run("scan", code=15)
        one_sentence(refused.err)
        assert str(pid) in refused.err
        assert protected.json("status").code == 0, "reading is never locked"
        seen.append(pid)
        return True

    stopped = protected.interrupt(["scan"], other_is_refused, signal.SIGTERM)
    assert seen
    assert stopped.code == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle_of_a_scan(protected: Program, number: signal.Signals) -> None:
    big = protected.music / "big.wav"
    with big.open("wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no room, and minutes to read
    stopped = protected.interrupt(["scan", "--json"], reads(big), number)
    assert (stopped.code, stopped.err) == (130, "musicvault: Stopped. What was done stays done.\n")
    assert stopped.summary["exit_code"] == 130
    big.unlink()
    assert protected.json("scan", "--no-fingerprints").findings == set()
    assert protected.json("scrub").findings == set()


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc to see which signals are answered")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_it_is_still_loading(protected: Program, number: signal.Signals) -> None:
    stopped = protected.interrupt(["scan"], answers_signals, number)
    assert stopped.code == 130
    assert "Traceback" not in stopped.err


def answers_signals(pid: int) -> bool:
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        caught = next(int(line.split()[1], 16) for line in file if line.startswith("SigCgt:"))
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def test_a_vault_of_another_catalog_is_refused(protected: Program) -> None:
    one_sentence(protected.run("drive", "add", "One", "--catalog", "other.sqlite3", code=16).err)
    result = protected.run("protect", "Music", "--to", "One", "--catalog", "third.sqlite3", code=16)
    one_sentence(result.err)


@pytest.fixture
def stick(program: Program) -> Iterator[Path]:
    """A drive of 4 MiB that is a file system of its own."""
    folder = program.place / "Stick"
    folder.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False).returncode
    ):
        pytest.skip("mounting needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_drive_that_is_full(program: Program, stick: Path) -> None:
    for number in range(12):
        (program.music / f"{number}.jpg").write_bytes(bytes([number]) * 400_000)
    full = program.json("protect", "Music", "--to", "Stick", "--no-fingerprints", code=12)
    assert "Stick" in full.summary["error"]
    assert 0 < full.summary["copied"] < 20
    check = ["sha256sum", "--quiet", "-c", "manifest-sha256.txt"]
    subprocess.run(check, cwd=stick / "MusicVault", check=True)


def test_a_drive_that_is_read_only(program: Program, stick: Path) -> None:
    program.run("drive", "add", "Stick")
    subprocess.run(["mount", "-o", "remount,ro", stick], check=True)
    result = program.run("protect", "Music", "--to", "Stick", "--no-fingerprints", code=17)
    one_sentence(result.err)


def test_a_scrub_needs_a_library_or_a_drive(protected: Program) -> None:
    protected.run("library", "remove", "Music")
    assert protected.json("scrub").summary["intact"] > 0
    one_sentence(protected.run("scrub", "--catalog", "other.sqlite3", code=2).err)
