"""The manifest is one that coreutils write and check."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from musicvault.engine.library import add_library
from musicvault.engine.restore import restore
from musicvault.reports import manifest
from tests.engine_room import flip
from tests.guarded import Guarded

NAMES = [
    b"plain.txt", b"back\\slash.txt", b"line\nbreak.txt", b"return\r.txt", b"all \\n\n\r\\.txt", b"not \xff utf-8.txt",
    b" blanks .txt", b"-dash.txt", b"*star.txt", "🎵 é.txt".encode(), b"100%25.txt", b"\x01\x7f.txt", b"\\",
]  # fmt: skip


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(made.music) + b"/" + name)).write_bytes(name)
    (made.music / "folder").mkdir()
    (made.music / "folder" / "below.txt").write_bytes(b"below")
    made.drive("first")
    made.protect()
    return made


def export(room: Guarded, query: str = "") -> tuple[bytes, manifest.Listed]:
    parts: list[bytes] = []
    listed = manifest.write(room.ctx, query, parts.append)
    return b"".join(parts), listed


def check(text: bytes, folder: Path) -> int:
    return subprocess.run(
        ["sha256sum", "-c", "--strict", "--quiet", "-"], input=text, cwd=folder, check=False
    ).returncode


def test_sha256sum_takes_every_name(room: Guarded) -> None:
    text, listed = export(room)
    assert listed == manifest.Listed(len(NAMES) + 1, os.fsencode(room.music))
    assert check(text, room.music) == 0
    flip(room.music / "folder" / "below.txt")
    assert check(text, room.music) == 1


def test_the_lines_are_those_of_sha256sum_itself(room: Guarded) -> None:
    text, _ = export(room)
    files = [*sorted(NAMES), b"folder/below.txt"]
    theirs = subprocess.run([b"sha256sum", b"--", *files], cwd=room.music, check=True, capture_output=True).stdout
    assert sorted(text.splitlines()) == sorted(theirs.splitlines())


def test_a_choice_and_several_libraries(room: Guarded) -> None:
    other = room.tmp / "Other"
    other.mkdir()
    (other / "plain.txt").write_bytes(b"another")
    add_library(room.ctx, os.fsencode(other))
    room.protect()
    text, listed = export(room, "below")
    assert (listed.files, listed.root) == (1, os.fsencode(room.music))
    assert check(text, room.music) == 0
    text, listed = export(room, "plain")
    assert (listed.files, listed.root) == (2, None)
    room.run(restore(room.ctx, "", os.fsencode(room.tmp / "back")))
    assert check(text, room.tmp / "back") == 0
