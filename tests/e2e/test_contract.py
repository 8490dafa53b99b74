"""What scripts rely on: JSON lines, their keys, and quiet manners."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.program import PROJECT, Program, flip

COMMANDS = [
    ["library", "list"],
    ["library", "add", "Music"],
    ["library", "exclude", "Music", "*.tmp"],
    ["library", "exclude", "Music", "Nina", "--dry-run"],
    ["drive", "list"],
    ["drive", "label", "One", "--site", "home"],
    ["scan"],
    ["scan", "--dry-run"],
    ["status"],
    ["search", ""],
    ["search", "bjork deb"],
    ["history"],
    ["history", "Solo/Six.wav"],
    ["policy", "show"],
    ["policy", "set", "--prove-every", "30", "--dry-run"],
    ["sync"],
    ["sync", "--dry-run"],
    ["scrub"],
    ["repair"],
    ["repair", "--missing", "--dry-run"],
    ["restore", "--to", "Back", "--dry-run"],
    ["tag", "nina"],
    ["tag", "one", "--set", "genre=Blues", "--dry-run"],
    ["accept", ""],
    ["reject", ""],
    ["forget", ""],
    ["adopt", ""],
    ["refuse", ""],
    ["watch", "--once"],
    ["risk", "--add-drive", "away", "--prove-every", "30"],
    ["report", "--format", "json"],
    ["doctor"],
    ["protect", "Music", "--to", "One", "--dry-run"],
    ["drive", "remove", "Two", "--dry-run"],
    ["library", "remove", "Music", "--dry-run"],
    [],
]


def test_every_command_speaks_json_with_documented_keys(protected: Program) -> None:
    documented = set(re.findall(r"`([a-z0-9_]+)`", (PROJECT / "resources/docs/cli.md").read_text("utf-8")))
    unknown: dict[str, set[str]] = {}
    for words in COMMANDS:
        result = protected.json(*words)
        for line in result.lines:
            missing = (set(line) | {str(line["type"])}) - documented
            for key in ("libraries", "drives", "unprotected"):
                nested = line.get(key)
                if isinstance(nested, list):
                    missing |= {inner for entry in nested for inner in entry} - documented
            if missing:
                unknown.setdefault(" ".join(words), set()).update(missing)
    assert unknown == {}


def test_status_has_the_keys_that_scripts_rely_on(protected: Program) -> None:
    (line,) = protected.json("status").lines
    assert {"items", "tracks", "bytes", "states", "libraries", "drives", "attention"} <= line.keys()
    assert {"intact", "corrupt", "missing", "unreadable"} <= line["states"].keys()
    assert (line["items"], line["tracks"], line["states"]["intact"]) == (8, 6, 24)
    assert line["libraries"][0].items() >= {"name": "Music", "path": str(protected.music), "online": True}.items()
    assert line["libraries"][0]["items"] == 8
    assert {"label", "path", "online", "items", "bytes", "oldest_proof"} <= line["drives"][0].keys()
    assert line["drives"][0]["path"] == str(protected.place / "One")
    for place in (*line["libraries"], *line["drives"]):
        assert place["health"] != "unknown" or place["health_reason"], "unknown comes with its reason"


def test_search_lists_everything_and_finds_by_folded_prefixes(protected: Program) -> None:
    everything = protected.json("search", "").of_type("item")
    assert len(everything) == 8
    keys = {"path", "title", "artist", "album", "duration", "digest", "sha256", "essence", "fingerprint"}
    assert all(keys <= line.keys() for line in everything)
    found = protected.json("search", "BJORK", "fo").of_type("item")
    assert [line["path"] for line in found] == ["Björk/Debut/01 Four.m4a"]
    assert len(found[0]["digest"]) == len(found[0]["sha256"]) == len(found[0]["essence"]) == 64
    assert found[0]["fingerprint"] is False
    assert protected.json("search", "nothing-like-it").summary["items"] == 0


def test_the_catalog_can_be_named_before_and_after_the_command(protected: Program) -> None:
    assert protected.json("--catalog", "other.sqlite3", "status").summary["items"] == 0
    assert protected.json("status", "--catalog", "other.sqlite3").summary["items"] == 0
    assert protected.json("status").summary["items"] == 8
    assert protected.run("--json", "status").summary["items"] == 8


def test_what_would_be_left_out_is_named_before(protected: Program) -> None:
    found = protected.json("library", "exclude", "Music", "Solo", "--dry-run").of_type("turned")
    assert [(line["path"], line["leaves"]) for line in found] == [("Solo/Six.wav", True)]
    protected.run("library", "exclude", "Music", "Solo")
    found = protected.json("library", "exclude", "Music", "--include", "Solo", "--dry-run").of_type("turned")
    assert [(line["path"], line["leaves"]) for line in found] == [("Solo/Six.wav", False)]


def test_what_was_let_go_is_taken_back_by_a_word(protected: Program) -> None:
    protected.run("forget", "undo", code=2)
    (protected.music / "Solo/Six.wav").unlink()
    protected.run("scan")
    protected.run("forget", "six")
    assert protected.json("forget", "undo").summary["expected"] == 1
    protected.run("repair", "--missing")
    assert (protected.music / "Solo/Six.wav").exists()


def test_a_dry_run_writes_nothing(protected: Program) -> None:
    flip(protected.place / "One/MusicVault/data/music/Solo/Six.wav")
    protected.run("scrub", code=20)
    (protected.music / "Solo/new.txt").write_text("new")

    def everything() -> dict[str, tuple[int, int, int]]:
        stats = {str(path): path.stat() for path in protected.place.rglob("*") if "catalog.sqlite3" not in str(path)}
        return {path: (stat.st_size, stat.st_mtime_ns, stat.st_ino) for path, stat in stats.items()}

    before, events = everything(), protected.json("history").summary["events"]
    for words in (
        ["protect", "Music", "--to", "One"],
        ["scan"],
        ["sync"],
        ["repair"],
        ["repair", "--missing"],
        ["scrub"],
        ["check"],
        ["drill", "--sample", "3"],
        ["watch", "--once"],
        ["restore", "--to", "Back"],
        ["tag", "nina", "--set", "genre=X", "--yes"],
        ["library", "remove", "Music"],
        ["drive", "remove", "One"],
        ["drive", "add", "Two"],
    ):
        protected.run(*words, "--dry-run", code=None)
        assert everything() == before, words
    assert protected.json("status").summary["items"] == 8
    assert protected.json("history").summary["events"] == events
    protected.run("watch", "--dry-run", code=2)


def test_a_supposed_failure_rate_is_told_beside_its_outcome(protected: Program) -> None:
    told = protected.json("risk", "--assume", "hdd=0.03", "--dry-run").summary
    assert (told["assumptions"]["media"]["hdd"], told["then"]["assumptions"]["media"]["hdd"]) == (0.0157, 0.03)


def test_without_words_and_without_a_screen_it_says_how_things_stand(program: Program) -> None:
    out = program.run().out
    assert "Show MusicVault where your music is." in out
    assert "musicvault protect" in out


def test_output_goes_into_a_pipe_that_closes(protected: Program) -> None:
    line = f"{sys.executable} -P -m musicvault search '' --json | head -n 1"
    shell = ["bash", "-o", "pipefail", "-c", line]
    done = subprocess.run(shell, check=True, cwd=protected.place, env=protected.environment, capture_output=True)
    assert done.stderr == b""
    assert json.loads(done.stdout)["type"] == "item"


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8"])
def test_any_locale_will_do(protected: Program, locale: str) -> None:
    environment = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert "Debut" in protected.run("search", "bjork", environment=environment).out
    listed = protected.run("search", "bjork", "--json", environment=environment).of_type("item")
    assert {line["artist"] for line in listed} == {"Björk", None}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete(program: Program, shell: str) -> None:
    script = program.run("--show-completion", shell, code=None).out
    if "musicvault" not in script:
        pytest.skip("typer asks the running shell here")
    assert "_MUSICVAULT_COMPLETE" in script


def test_completion_offers_commands(program: Program) -> None:
    asked = {"_MUSICVAULT_COMPLETE": "complete_bash", "COMP_WORDS": "musicvault s", "COMP_CWORD": "1"}
    offered = program.run(environment=asked).out.split()
    assert set(offered) == {"scan", "sync", "scrub", "status", "search"}


def test_version_and_help(program: Program) -> None:
    assert re.fullmatch(r"MusicVault \d+\.\d+\.\d+\n", program.run("--version").out)
    assert "protect" in program.run("--help").out
    assert not Path(os.path.join(program.place, "catalog.sqlite3")).exists()
