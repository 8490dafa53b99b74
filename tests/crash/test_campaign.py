"""A seeded sample of the crash campaign, and the points at which it once found something (`python -m tests.crash`
tries them all)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.child import in_a_process

pytestmark = pytest.mark.long

NOT_HERE = 77


def campaign(folder: Path, *words: str) -> None:
    done = in_a_process("tests.crash.__main__:main", ["--folder", str(folder), *words])
    if done.returncode == NOT_HERE:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_sample_of_calls_broken_in_every_job(tmp_path: Path) -> None:
    jobs = ("sync", "repair", "replace", "reject", "tag", "snapshot", "reconcile replace")
    campaign(tmp_path, "--sample", "1", "--jobs", *jobs, "--kinds", "KILL", "EIO", "ENOSPC")


def test_a_sample_of_broken_media(tmp_path: Path) -> None:
    kinds = ("power cut", "drive yanked", "drive vanishes", "drive full", "read-only", "exFAT")
    campaign(tmp_path, "--sample", "1", "--jobs", "repair", "--kinds", *kinds)


@pytest.mark.parametrize(
    ("job", "kind", "at"),
    [
        ("sync", "EIO", r"^utimensat.*partial"),
        ("sync", "EIO", r"^pwrite64.*\.locks/vault"),
        ("reject", "EIO", r"^chmod.*partial"),
        ("repair", "EIO on reads", r"^getdents.*incoming>"),
        ("repair", "EIO", r"^unlink.*Music/.*partial"),
        ("adopt", "EIO", r"^unlink.*probe"),
        ("tag", "EIO on reads", r"^pread64.*Music/Aja/01.flac>.*, [0-9]{2,}\)"),
        ("repair", "drive errs", r"^getattr .*/bag-info.txt"),
        ("rebuild", "drive errs", r"^readdir .*/incoming$"),
        ("reconcile copy", "drive errs", r"^(open|read) .*/data/music/note 3.txt"),
    ],
)
def test_what_once_failed_holds(tmp_path: Path, job: str, kind: str, at: str) -> None:
    campaign(tmp_path, "--jobs", job, "--kinds", kind, "--at", at, "--sample", "1")
