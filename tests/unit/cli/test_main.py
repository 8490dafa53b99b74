"""Every way to end is an exit code and a sentence."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from musicvault.cli import main
from musicvault.cli.commands import status
from musicvault.cli.deciding import does_more_than_one
from musicvault.cli.session import Session
from musicvault.cli.stopping import Stopper
from musicvault.domain.notices import Finished, ItemDone, Job
from musicvault.engine.context import Context
from musicvault.engine.drives import add_drive
from musicvault.errors import (
    Cancelled,
    CatalogDamaged,
    CatalogNewer,
    DriveGone,
    DriveRefused,
    DriveUnwritable,
    ItemError,
    Locked,
    NoSpace,
    UsageError,
    VaultError,
)
from musicvault.runtime.control import Control
from tests.engine_room import Room


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """The handlers of the test run come back after each test."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


ENDS = [
    (UsageError("So not."), 2),
    (VaultError("Stopped here."), 10),
    (DriveGone("Gone."), 11),
    (NoSpace("Full."), 12),
    (CatalogNewer("Newer."), 13),
    (CatalogDamaged("Damaged."), 14),
    (Locked("Locked."), 15),
    (DriveRefused("Refused."), 16),
    (DriveUnwritable("Read-only."), 17),
    (ItemError("a.flac", "read", "no"), 3),
    (Cancelled(), 130),
    (KeyboardInterrupt(), 130),
    (ZeroDivisionError("by nought"), 1),
]


@pytest.mark.parametrize(("error", "code"), ENDS, ids=[type(error).__name__ for error, _ in ENDS])
def test_each_error_has_its_code_and_one_sentence(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(session: Session) -> NoReturn:
        raise error

    monkeypatch.delenv("MUSICVAULT_DEBUG", raising=False)
    monkeypatch.setattr(status, "show", fail)
    assert main.run(["status", "--json"]) == code
    out, err = capsys.readouterr()
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("musicvault: ")
    (line,) = [json.loads(line) for line in out.splitlines()]
    assert (line["type"], line["exit_code"]) == ("summary", code)
    assert line["error"] in err


def test_a_traceback_is_for_those_who_ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(session: Session) -> NoReturn:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(status, "show", fail)
    monkeypatch.setenv("MUSICVAULT_DEBUG", "1")
    assert main.run(["status"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "mistake in MusicVault" in err.splitlines()[-1]


def job(code: int, **counts: int) -> Job:
    yield ItemDone("copied", b"a", "One")
    yield Finished("sync", counts, code)


@pytest.mark.parametrize(
    ("codes", "code"), [((0, 0), 0), ((0, 3), 3), ((3, 22), 22), ((22, 20), 20), ((20, 3), 20), ((3, 0), 3)]
)
def test_of_several_jobs_the_gravest_code_counts(codes: tuple[int, int], code: int) -> None:
    session = Session()
    session.json = True
    for each in codes:
        session.run(lambda ctx, each=each: job(each))  # type: ignore[misc]
    assert session.outcome.exit_code == code
    session.close()


def test_counts_of_several_jobs_add_up_in_one_summary(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session()
    session.json = True
    session.run(lambda ctx: job(0, copied=1))
    session.run(lambda ctx: job(0, copied=2, failed=1))
    session.finish("sync", 0)
    session.close()
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["copied"], last["failed"]) == (3, 1)


def test_a_job_that_fails_is_closed_and_its_counts_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    closed = []

    def failing(ctx: Context) -> Job:
        try:
            yield Finished("sync", {"copied": 4}, 12)
            raise NoSpace("Full.")
        finally:
            closed.append(True)

    session = Session()
    with pytest.raises(NoSpace):
        session.run(failing)
    session.finish("sync", 12, "Full.")
    session.close()
    assert closed == [True]
    assert capsys.readouterr().out == "4 copied.\n"


def test_the_first_signal_asks_the_second_one_insists() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job is to ignore one
        signal.signal(number, signal.default_int_handler)
    stopper, control = Stopper(), Control()
    stopper.install()
    with stopper.guarding(control):
        signal.raise_signal(signal.SIGTERM)
        assert control.cancelled
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_signal_that_is_to_be_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    Stopper().install()
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_more_than_one_is_told_from_one() -> None:
    assert not does_more_than_one(job(0))

    def two() -> Job:
        yield ItemDone("tagged", b"a")
        yield ItemDone("failed", b"b")
        yield ItemDone("tagged", b"c")

    assert does_more_than_one(two())


@pytest.mark.parametrize(
    ("words", "told"), [("search ''", True), ("policy check", True), ("status", True), ("policy template 3-2-1", False)]
)
def test_a_mistyped_catalog_does_not_look_like_a_library_without_worries(
    words: str, told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typo = tmp_path / "Katalog.sqlite3"
    said = []
    for _ in range(2):
        assert main.run(["--catalog", str(typo), *shlex.split(words)]) == 0
        said.append(f"There was no catalog {typo}: this is a new one." in capsys.readouterr().out)
    assert said == [told, False]


@pytest.mark.parametrize(
    ("data", "cause"), [(None, "No such file or directory (ENOENT)"), (b"\xff", "it is no text in UTF-8")]
)
def test_a_policy_that_cannot_be_read_is_refused_in_words(
    data: bytes | None, cause: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.toml"
    if data is not None:
        file.write_bytes(data)
    assert main.run(["policy", "import", str(file)]) == 2
    assert capsys.readouterr().err == f"musicvault: {file} can't be read: {cause}.\n"


def json_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.root
def test_a_policy_check_says_which_drive_is_too_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    disk, music = tmp_path / "disk", tmp_path / "music"
    disk.mkdir()
    music.mkdir()
    (music / "booklet.pdf").write_bytes(bytes(3_000_000))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "musicvault-test", disk], check=True)
    try:
        assert main.run(["library", "add", str(music)]) == 0
        assert main.run(["drive", "add", str(disk), "--label", "Small"]) == 0
        assert main.run(["scan", "--no-fingerprints"]) == 0
        capsys.readouterr()
        assert main.run(["policy", "check", "--json"]) == 21
        checked = json_lines(capsys)
        assert main.run(["plan", "--json"]) == 0
        planned = json_lines(capsys)
        assert main.run(["policy", "set", "--copies", "3", "--dry-run", "--json"]) == 0
        tried = json_lines(capsys)
        assert main.run(["policy", "set", "--copies", "3", "--json"]) == 0
        assert main.run(["status", "--json"]) == 0
        said = json_lines(capsys)[-1]
        assert main.run(["policy", "check", "--json"]) == 21
        then = json_lines(capsys)
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
    (full,) = [line for line in checked if line["type"] == "too-full"]
    assert full["drive"] == "Small"
    assert full["bytes"] > 1_000_000
    further = {"type": "further", "rule": "Everything", "drives": 1, "bytes": 3_000_000}
    assert further in checked, "one more drive, and what has no room on this one"
    assert further in planned
    assert [line["further_drives"] for line in (checked[-1], planned[-1], tried[-1])] == [1, 1, 2]
    further |= {"drives": 2, "bytes": 6_000_000}
    assert further in tried
    assert further in then
    (copying,) = [line for line in tried if line["type"] == "to-copy"]
    assert copying["short_bytes"] == full["bytes"]
    assert "Small is too full" in said["sentence"]


def test_a_label_is_checked_before_it_is_only_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for label in ("A", "B"):
        (tmp_path / label).mkdir()
        assert main.run(["drive", "add", str(tmp_path / label), "--label", label]) == 0
    for words in (["label", "B", ""], ["label", "B", "a"], ["edit", "B", "--label", "a"]):
        assert main.run(["drive", *words, "--dry-run"]) == 2
        assert main.run(["drive", *words]) == 2
    capsys.readouterr()
    changes = ["--label", "C", "--site", "office", "--notes", "old", "--media", "hdd"]
    assert main.run(["drive", "edit", "B", *changes, "--dry-run", "--json"]) == 0
    tried = json_lines(capsys)[-1]
    assert main.run(["drive", "edit", "B", *changes, "--json"]) == 0
    done = json_lines(capsys)[-1]
    assert tried.pop("dry_run") is True
    assert tried == done
    assert (done["label"], done["site"], done["notes"], done["media"]) == ("C", "office", "old", "hdd")


@pytest.mark.parametrize(
    "words",
    [
        ("drive", "add", ""),
        ("library", "add", ""),
        ("protect", ".", "--to", ""),
        ("restore", "--to", ""),
        ("drive", "remove", ""),
        ("sync", "--drive", ""),
        ("scan", "--library", ""),
        ("drive", "audit", ""),
    ],
)
def test_an_empty_word_is_not_the_folder_that_one_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """It is a variable of a script that was never set."""
    here = tmp_path / "here"
    here.mkdir()
    room = Room(here)
    (here / "Drive").mkdir()
    room.add()
    add_drive(room.ctx, os.fsencode(here / "Drive"))
    room.catalog.close()
    monkeypatch.chdir(here / "Drive" if "drive" in words[0] or "--drive" in words else room.music)
    before = sorted(here.rglob("*"))
    assert main.run(["--catalog", str(room.catalog.path), *words]) == 2
    assert [one for one in sorted(here.rglob("*")) if "catalog" not in one.name and one not in before] == []
