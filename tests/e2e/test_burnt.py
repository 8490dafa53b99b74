"""The computer burns: what a person does next, as child processes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.program import Program, digests, flip


class Burnt(Program):
    """Only the drives are left; `kept` says what the music was."""

    kept: dict[str, bytes]

    def given(self) -> dict[str, bytes]:
        return contents(self.place / "Given" / "music")


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def burnt(protected: Program) -> Burnt:
    program = Burnt(protected.place, protected.nursery)
    program.kept = contents(program.music)
    shutil.rmtree(program.music)
    for path in program.place.glob("catalog.sqlite3*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return program


def test_a_new_computer_goes_on(burnt: Burnt) -> None:
    done = burnt.json("rebuild", "--from", "One", "--from", "Two")
    assert (done.summary["items"], done.summary["drives"], done.summary["copies"]) == (8, 2, 16)
    status = burnt.json("status").summary
    assert [library["online"] for library in status["libraries"]] == [False]
    assert {drive["items"] for drive in status["drives"]} == {8}
    burnt.run("restore", "--to", "Given")
    assert burnt.given() == burnt.kept
    (burnt.place / "Music").mkdir()
    burnt.run("library", "add", "Music", "--as", "Music")
    burnt.run("repair", "--missing")
    assert burnt.json("scan").summary["unchanged"] == 8
    assert burnt.json("protect", "Music", "--to", "One", "--to", "Two").summary["copied"] == 0
    burnt.run("scrub")
    assert burnt.json("history", "--verify").summary["holds"] is True
    for drive in ("One", "Two"):
        assert burnt.json("verify", drive).summary["vault"] == 1


def test_a_rebuild_can_be_tried_out(burnt: Burnt) -> None:
    before = digests(burnt.place / "Two")
    tried = burnt.json("rebuild", "--from", "Two", "--dry-run").summary
    assert digests(burnt.place / "Two") == before
    assert burnt.json("status").summary["items"] == 0
    done = burnt.json("rebuild", "--from", "Two").summary
    assert {**tried, "dry_run": None} == {**done, "dry_run": None}
    assert "in use" in burnt.run("rebuild", "--from", "Two", "--dry-run", code=2).err


def test_restore_straight_from_a_drive_needs_no_catalog(burnt: Burnt) -> None:
    before = digests(burnt.place / "Two")
    burnt.run("restore", "--from", "Two", "--to", "Given")
    assert burnt.given() == burnt.kept
    assert digests(burnt.place / "Two") == before
    assert not list(burnt.place.glob("catalog.sqlite3*"))
    assert burnt.json("restore", "björk", "--from", "Two", "--to", "Some", "--dry-run").summary["restored"] == 3
    burnt.run("restore", "nobody", "--from", "Two", "--to", "Some", code=2)


def test_a_scratched_drive_and_a_half_dead_one(burnt: Burnt) -> None:
    one = burnt.place / "One" / "MusicVault"
    two = burnt.place / "Two" / "MusicVault"
    for vault in (one, two):
        for path in (vault / "musicvault").glob("catalog*"):
            path.unlink()
    copies = sorted(path for path in (one / "data").rglob("*") if path.is_file())
    flip(copies[0])
    copies[1].unlink()
    (two / "data" / copies[2].relative_to(one / "data")).unlink()
    assert burnt.json("verify", "One", code=20).summary["damaged"] == 1
    burnt.run("rebuild", "--from", "One", "--from", "Two")
    burnt.run("restore", "--to", "Given")
    assert burnt.given() == burnt.kept


def test_refusals_are_one_sentence(burnt: Burnt) -> None:
    (burnt.place / "Empty").mkdir()
    for words, code in (
        (("verify", "Empty"), 18),
        (("verify", "Nowhere"), 2),
        (("rebuild", "--from", "Empty"), 18),
        (("rebuild", "--from", "Nowhere"), 2),
        (("rebuild",), 2),
        (("restore", "--from", "Empty", "--to", "Given"), 18),
    ):
        done = burnt.run(*words, code=code)
        assert done.err.count("\n") == 1
    burnt.run("rebuild", "--from", "One")
    assert "in use" in burnt.run("rebuild", "--from", "One", code=2).err
