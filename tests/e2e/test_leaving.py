"""What comes out of the vaults again: drills, older versions, and what is handed to others."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import bagit
import pytest

from tests.e2e.program import PROJECT, Program, flip
from tests.sound import retag
from tests.unit.reports.premis_rules import violations

ONE = "Nina/Blues/01 One.flac"


def test_a_drill_and_what_the_status_tells_of_it(protected: Program) -> None:
    assert protected.json("status").summary["drill"] is None
    done = protected.json("drill", "--sample", "3", "--seed", "11").summary
    assert (done["sampled"], done["right"], done["seed"], done["sample"]) == (6, 6, 11, "3")
    drill = protected.json("status").summary["drill"]
    assert (drill["sampled"], drill["right"], drill["seed"]) == (6, 6, 11)
    assert re.search(r"[Ll]ast restore drill: just now, 6 of 6 right", protected.run("status").out)
    events = [line for line in protected.json("history").of_type("event") if "restore drill" in line["detail"]]
    assert {event["where"] for event in events} == {"One", "Two"}
    same = [protected.json("drill", "--sample", "3", "--seed", "11").of_type("action") for _ in range(2)]
    assert same[0] == same[1]
    assert len(same[0]) == 6


def test_a_drill_finds_what_would_not_come_back(protected: Program) -> None:
    flip(protected.place / "One/MusicVault/data/music" / ONE)
    scratch = protected.place / "scratch"
    scratch.mkdir()
    found = protected.json("drill", "--sample", "all", "--scratch", scratch, code=20)
    assert found.findings == {("One", ONE, "corrupt")}
    assert (found.summary["sampled"], found.summary["right"]) == (16, 15)
    assert os.listdir(scratch) == []
    assert "15 of 16 right" in protected.run("status").out
    protected.run("repair")
    assert protected.json("drill", "--sample", "100%", "--drive", "One").summary["right"] == 8


@pytest.mark.parametrize(
    "words",
    [["--sample", "some"], ["--sample", "0"], ["--drive", "Nowhere"], ["--scratch", "Music"], ["--scratch", "gone"]],
)
def test_drills_that_make_no_sense(protected: Program, words: list[str]) -> None:
    protected.run("drill", *words, code=2)


def test_an_older_version_is_listed_and_comes_back(protected: Program) -> None:
    assert protected.json("versions", "one").summary["versions"] == 0
    before = (protected.music / ONE).read_bytes()
    retag(protected.music / ONE, title="Uno")
    protected.run("protect", "Music", "--to", "One", "--to", "Two", "--no-fingerprints")
    result = protected.json("versions", "uno")
    (version,) = result.of_type("version")
    assert (version["path"], version["fields"], version["sound"]) == (ONE, ["title"], "same")
    assert {(place["where"], place["role"]) for place in version["places"]} == {("One", "version"), ("Two", "version")}
    assert ONE in protected.run("versions", "uno").out
    protected.json("versions", "uno", "--restore", str(version["number"]), "--to", "Back")
    assert (protected.place / "Back/music" / ONE).read_bytes() == before
    again = protected.json("versions", "uno", "--restore", str(version["number"]), "--to", "Back").summary
    assert (again["restored"], again["already"]) == (0, 1)
    (protected.place / "Back/music" / ONE).write_bytes(b"mine")
    protected.json("versions", "uno", "--restore", str(version["number"]), "--to", "Back", code=3)
    assert (protected.place / "Back/music" / ONE).read_bytes() == b"mine"
    for words in (["--restore", "999999", "--to", "x"], ["--restore", "1"], ["--to", "x"]):
        protected.run("versions", "uno", *words, code=2)
    protected.run("versions", "no such file", code=2)


def test_the_manifest_is_checked_by_sha256sum(protected: Program) -> None:
    (protected.music / "back\\slash\n.txt").write_bytes(b"odd")
    protected.run("scan")
    words = protected.command("export", "manifest")
    printed = subprocess.run(words, check=True, cwd=protected.place, env=protected.environment, capture_output=True)
    done = protected.json("export", "manifest", "--output", "all.sha256").summary
    assert (protected.place / "all.sha256").read_bytes() == printed.stdout
    assert (done["files"], done["root"]) == (9, str(protected.music))
    check = ["sha256sum", "-c", "--strict", "--quiet", str(protected.place / "all.sha256")]
    assert subprocess.run(check, cwd=protected.music, check=False).returncode == 0
    protected.run("export", "manifest", "--output", "all.sha256", code=2)
    protected.run("export", "manifest", "nina", "--output", "all.sha256", "--replace")
    assert len((protected.place / "all.sha256").read_bytes().splitlines()) == 4
    protected.json("export", "manifest", code=2)
    protected.run("export", "manifest", "no such file", code=2)


def test_the_trail_keeps_the_rules_of_premis(protected: Program) -> None:
    done = protected.json("export", "premis", "--output", "trail.xml").summary
    root = ElementTree.parse(protected.place / "trail.xml").getroot()
    assert violations(root) == []
    assert (done["objects"], done["agents"]) == (8, 1)
    assert done["events"] > 16
    one = ElementTree.fromstring(protected.run("export", "premis", "01 one").out.encode())
    assert violations(one) == []
    assert len([1 for element in one if element.tag.endswith("object")]) == 1


def test_a_bag_for_an_archive(protected: Program) -> None:
    words = ["--org", "Radio X", "--contact", "Ann Example"]
    assert protected.json("export", "bag", "", "Bag", *words, "--dry-run").summary["packed"] == 8
    assert not (protected.place / "Bag").exists()
    done = protected.json("export", "bag", "", "Bag", *words).summary
    assert (done["packed"], done["failed"], done["path"]) == (8, 0, str(protected.place / "Bag"))
    found = bagit.Bag(str(protected.place / "Bag"))
    found.validate()
    assert (found.info["Source-Organization"], found.info["Contact-Name"]) == ("Radio X", "Ann Example")
    protected.run("export", "bag", "", "Bag", code=2)
    protected.run("export", "bag", "", "Music/Bag", code=2)
    protected.run("export", "bag", "no such file", "Other", code=2)


def test_the_sender_may_stand_in_the_settings(protected: Program, tmp_path: Path) -> None:
    place = tmp_path / "config" / "musicvault"
    place.mkdir(parents=True)
    (place / "settings.toml").write_text('organization = "Radio X"\ncontact = "a@x.example"\n')
    protected.run("export", "bag", "nina", "Bag", environment={"XDG_CONFIG_HOME": str(tmp_path / "config")})
    info = bagit.Bag(str(protected.place / "Bag")).info
    assert (info["Source-Organization"], info["Contact-Email"]) == ("Radio X", "a@x.example")


def test_no_bag_is_better_than_half_a_bag(protected: Program) -> None:
    for path in (protected.music, *(protected.place / name / "MusicVault/data/music" for name in ("One", "Two"))):
        flip(path / ONE)
    result = protected.json("export", "bag", "nina", "Bag", code=3)
    assert [line["path"] for line in result.of_type("failed")] == [ONE]
    assert not [name for name in os.listdir(protected.place) if "Bag" in name or name.startswith(".musicvault")]


def test_all_keys_are_documented(protected: Program) -> None:
    retag(protected.music / ONE, title="Uno")
    protected.run("protect", "Music", "--to", "One", "--no-fingerprints")
    documented = set(re.findall(r"`([a-z0-9_]+)`", (PROJECT / "resources/docs/cli.md").read_text("utf-8")))
    for words in (
        ["drill"],
        ["versions", ""],
        ["export", "manifest", "--output", "m"],
        ["export", "premis", "--output", "p"],
        ["export", "bag", "", "Bag"],
    ):
        for line in protected.json(*words).lines:
            nested = [key for place in line.get("places", []) for key in place]
            assert {*line, *nested, line["type"]} <= documented, words
