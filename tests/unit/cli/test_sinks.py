"""The two sinks say the same things, each in its own way, and survive any name and any tag."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from typing import Any

import pytest

from musicvault.cli import jsonlines
from musicvault.cli.jsonlines import JsonLines, path_values
from musicvault.cli.progress import Progress
from musicvault.cli.sink import Stream
from musicvault.cli.style import Style, table, width_of
from musicvault.cli.text import FEW, Text
from musicvault.domain.notices import ItemDone
from musicvault.domain.verdict import Evidence, Finding, Verdict

NASTY = [b"a\nb.flac", b"\xff\xfe.mp3", "🎵 emoji.ogg".encode(), "\u202egnp.exe".encode(), b"x" * 255, b"tab\t.wav"]


def said_in_json(*notices: ItemDone, dry_run: bool = False) -> list[dict[str, Any]]:
    out = io.StringIO()
    sink = JsonLines(Stream(out))
    for notice in notices:
        sink.item(notice, dry_run=dry_run)
    sink.summary({"exit_code": 0}, "")
    return [json.loads(line) for line in out.getvalue().splitlines()]


def said_in_words(*notices: ItemDone, verbose: bool = False, dry_run: bool = False) -> str:
    out = io.StringIO()
    sink = Text(Stream(out), Progress(wanted=False), Style(terminal=False), verbose=verbose)
    for notice in notices:
        sink.item(notice, dry_run=dry_run)
    sink.summary({}, "The end.")
    return out.getvalue()


def finding(verdict: Verdict, path: bytes = b"a/b.flac", healed: bool | None = None) -> ItemDone:
    facts = (Evidence("drive-changed"), Evidence("healed-from", {"source": "Two"}))
    return ItemDone("finding", path, "One", finding=Finding(path, "One", verdict, facts, (3,), healed=healed))


def test_a_finding_has_its_documented_keys() -> None:
    line, last = said_in_json(finding(Verdict.CORRUPT))
    assert line["type"] == "finding"
    assert (line["path"], line["where"], line["verdict"]) == ("a/b.flac", "One", "corrupt")
    assert line["evidence"][0] == "the drive gives back other bytes than were proven there"
    assert line["codes"] == ["drive-changed", "healed-from"]
    assert line["bad_blocks"] == [3]
    assert "healed" not in line
    assert last == {"type": "summary", "schema": 1, "exit_code": 0}


def test_healing_is_said_by_repair_only() -> None:
    assert said_in_json(finding(Verdict.CORRUPT, healed=True))[0]["healed"] is True
    assert said_in_json(finding(Verdict.CORRUPT, healed=False))[0]["healed"] is False


@pytest.mark.parametrize("name", NASTY)
def test_any_name_is_one_valid_line(name: bytes) -> None:
    line, _ = said_in_json(finding(Verdict.MISSING, name))
    exact = base64.b64decode(line["path_raw"]) if "path_raw" in line else line["path"].encode()
    assert exact == name
    words = said_in_words(finding(Verdict.MISSING, name))
    assert len(words.splitlines()) == len(said_in_words(finding(Verdict.MISSING)).splitlines())


@pytest.mark.parametrize("text", ["\u2028", "\x85", "\ud800", "a\nb", '"', "Björk", "\x1b[31m"])
def test_any_tag_is_one_valid_line(text: str) -> None:
    line = jsonlines.line({"title": text})
    assert len(line.splitlines()) == 1
    assert json.loads(line) == {"title": text}
    line.encode("utf-8")


def test_actions_failures_and_notes_have_types_of_their_own() -> None:
    types = [
        line["type"]
        for line in said_in_json(
            ItemDone("copied", b"a", "One", 7, reason="no-copy-on-drive"),
            ItemDone("failed", b"a", "One", problem="no"),
            ItemDone("noted", b"", "Music", reason="a sentence"),
        )
    ]
    assert types == ["action", "failed", "note", "summary"]


def test_words_tell_damage_and_leave_routine_unsaid() -> None:
    copied = ItemDone("copied", b"a/b.flac", "One", 7, reason="no-copy-on-drive")
    assert said_in_words(copied) == "The end.\n"
    assert said_in_words(copied, verbose=True).startswith("Copied: a/b.flac · One (7 bytes): the drive has no copy yet")
    assert said_in_words(copied, dry_run=True).startswith("Would copy: a/b.flac")
    assert "Damaged\n    One · a/b.flac\n    the drive gives back" in said_in_words(finding(Verdict.CORRUPT))
    assert said_in_words(ItemDone("failed", b"x", "One", problem="no room")).startswith(
        "Could not be done: One · x: no room"
    )


def test_a_healed_finding_says_from_where_and_nothing_of_the_harm() -> None:
    assert said_in_words(finding(Verdict.CORRUPT, healed=True)).startswith(
        "Healed\n    One · a/b.flac\n    rebuilt from the copy on Two\n"
    )


def test_harmless_findings_are_counted_after_a_few_damage_never() -> None:
    many = [finding(Verdict.RETAGGED, b"%d.flac" % number) for number in range(FEW + 3)]
    words = said_in_words(*many)
    assert words.count("One · ") == FEW
    assert "3 more files" in words
    assert said_in_words(*many, verbose=True).count("One · ") == FEW + 3
    damage = [finding(Verdict.CORRUPT, b"%d.flac" % number) for number in range(FEW + 3)]
    assert said_in_words(*damage).count("One · ") == FEW + 3


def test_a_path_that_is_shown_exactly_needs_no_bytes() -> None:
    assert path_values(b"a b/c.flac") == {"path": "a b/c.flac"}
    assert path_values(b"\xff") == {"path": "\\xff", "path_raw": "/w=="}


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert Style(terminal=True).good("ok") == "\x1b[32mok\x1b[0m"
    assert Style(terminal=False).good("ok") == "ok"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Style(terminal=True).good("ok") == "ok"


def test_tables_align_wide_characters() -> None:
    assert table([("ab", "1"), ("日本", "22")], right=frozenset({1}), indent="") == ["ab     1", "日本  22"]
    assert width_of("e\u0301") == 1


def test_a_reader_that_leaves_is_not_an_error() -> None:
    code = (
        "import sys\nfrom musicvault.cli.sink import standard_output\n"
        "out = standard_output(utf8=True)\n"
        "sys.stdin.readline()\n"
        "for _ in range(9999): out.write('line\\n')\n"
        "out.flush()\nout.write('more')\nout.flush()\n"
        "sys.exit(0 if out.closed else 9)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.close()
    assert (_errors_after_go(child), child.returncode) == (b"", 0)


def _errors_after_go(child: subprocess.Popen[bytes]) -> bytes:
    assert child.stdin is not None
    assert child.stderr is not None
    child.stdin.write(b"go\n")
    child.stdin.close()
    errors = child.stderr.read()
    child.stderr.close()
    child.wait()
    return errors


def test_no_standard_output_at_all_is_quiet() -> None:
    stream = Stream(None)
    stream.write("x")
    stream.flush()
    assert stream.closed
    assert not stream.is_terminal
