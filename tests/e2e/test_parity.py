"""Parity as a user meets it: chosen, made by sync, seen by scrub, used by repair, and of use without MusicVault."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.program import Program
from tests.e2e.warm import Nursery
from tests.parity_tool import bare, damage, needs_par2, noise

pytestmark = needs_par2

SONG = noise(1, 900_000)


@pytest.fixture
def program(tmp_path: Path, nursery: Nursery) -> Program:
    made = Program(tmp_path, nursery)
    (made.music / "Aja").mkdir(parents=True)
    (made.music / "Aja/01.bin").write_bytes(SONG)
    (made.music / "Aja/cover.bin").write_bytes(noise(2, 30_000))
    (tmp_path / "Elements").mkdir()
    return made


def test_what_both_copies_lost_comes_back(program: Program, tmp_path: Path) -> None:
    program.json("library", "add", "Music")
    program.json("drive", "add", "Elements", "--label", "Elements", "--parity", "5")
    program.json("scan")
    said = program.json("sync", "--dry-run").summary
    assert (said["dry_run"], said["parity_made"]) == (True, 1), "counted for copies that are still to be made"
    synced = program.json("sync")
    assert synced.summary["parity_made"] == 1
    assert [(line["path"], line["where"]) for line in synced.of_type("action") if line["action"] == "parity"] == [
        ("Aja", "Elements")
    ]
    assert program.json("sync").summary["parity_made"] == 0
    asked = program.json("drive", "parity", "Elements").summary
    assert (asked["parity"], asked["usable"]) == (5, True)
    assert asked["parity_bytes"] > 40_000
    assert program.json("status").summary["drives"][0]["parity"] == 5
    for path in (program.music / "Aja/01.bin", tmp_path / "Elements/MusicVault/data/music/Aja/01.bin"):
        damage(path, 400_000, 6000)
    program.json("scrub", code=20)
    dry = program.json("repair", "--dry-run", code=20)
    assert {"would-heal-with"} <= {code for line in dry.of_type("finding") for code in line["codes"]}
    repaired = program.run("repair")
    assert "healed from parity of Elements" in repaired.out
    assert (program.music / "Aja/01.bin").read_bytes() == SONG
    program.json("verify", "Elements")
    program.json("scrub")


def test_any_par2_program_repairs_the_bag_where_it_lies(program: Program, tmp_path: Path) -> None:
    program.json("protect", "Music", "--to", "Elements")
    program.json("drive", "parity", "Elements", "10")
    program.json("sync")
    bag = tmp_path / "Elements/MusicVault"
    (file,) = (bag / "musicvault/parity").iterdir()
    damage(bag / "data/music/Aja/01.bin", 123_456, 20_000)
    assert bare("repair", bag, file) == 0
    assert (bag / "data/music/Aja/01.bin").read_bytes() == SONG


def test_a_damaged_set_is_told_and_made_anew(program: Program, tmp_path: Path) -> None:
    program.json("protect", "Music", "--to", "Elements")
    program.json("drive", "parity", "Elements", "10")
    program.json("sync")
    (file,) = (tmp_path / "Elements/MusicVault/musicvault/parity").iterdir()
    damage(file, 5000, 100)
    assert program.json("scrub", code=20).summary["parity_damaged"] == 1
    program.json("verify", "Elements", code=20)
    program.json("sync")
    program.json("verify", "Elements")
    program.json("scrub")


@pytest.mark.parametrize(
    "words",
    [
        ["drive", "parity", "Elements", "31"],
        ["drive", "add", "Elements", "--parity", "99"],
        ["policy", "set", "--parity", "31"],
    ],
)
def test_a_percentage_out_of_range_is_refused(program: Program, words: list[str]) -> None:
    program.json("drive", "add", "Elements")
    program.json(*words, code=2)


def test_a_rule_of_the_policy_asks_for_parity(program: Program, tmp_path: Path) -> None:
    (program.music / "Other").mkdir()
    (program.music / "Other/02.bin").write_bytes(noise(3, 50_000))
    program.json("library", "add", "Music")
    program.json("drive", "add", "Elements", "--label", "Elements")
    program.json("policy", "add", "Precious", "--scope", "path:Aja", "--parity", "10")
    program.json("scan")
    assert program.json("sync", "--dry-run").summary["parity_made"] == 1
    synced = program.json("sync")
    assert [line["path"] for line in synced.of_type("action") if line["action"] == "parity"] == ["Aja"]
    assert program.json("sync").summary["parity_made"] == 0
    ten = program.json("drive", "parity", "Elements").summary["parity_bytes"]
    program.json("drive", "parity", "Elements", "5")
    assert program.json("sync").summary["parity_made"] == 1, "the rule wants more than the drive for Aja already"
    program.json("policy", "remove", "Precious")
    assert program.json("sync").summary["parity_made"] == 1
    assert program.json("drive", "parity", "Elements").summary["parity_bytes"] < ten
    program.json("drive", "parity", "Elements", "0")
    assert program.json("sync").summary["parity_removed"] == 2
