"""The best that is left is given out on request, under another name, with a map of what is lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from musicvault.domain.notices import ItemDone
from musicvault.engine.partial import give_partial, partial_name
from musicvault.errors import UsageError
from tests.engine_room import flip
from tests.guarded import Guarded

ONE = "album/1.flac"


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    path = made.track(ONE, seconds=8.0)
    made.track("album/2.flac", 2)
    made.drive("first")
    made.protect()
    for copy in (path, made.copy("first", ONE)):
        os.truncate(copy, 300_000)
    flip(made.music / "album/2.flac")
    made.scrub()
    return made


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_best_partial_lies_beside_its_map(room: Guarded, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for folder in (room.music, tmp_path / "first") for path in folder.rglob("*.flac")}
    size = room.item(ONE).content.digests.size
    finished = room.run(give_partial(room.ctx, None, os.fsencode(tmp_path / "out")))
    assert finished.exit_code == 20
    assert finished.counts["partial"] == 1
    assert finished.counts["whole"] == 1  # the other one can be healed
    name = "music/album/1.partial-damaged.flac"
    assert files(tmp_path / "out") == {name, f"{name}.json"}
    partial = (tmp_path / "out" / name).read_bytes()
    kept = 300_000 // 4096 * 4096
    assert partial[:kept] == before[room.music / ONE][:kept]
    assert partial[kept:] == bytes(size - kept)
    (lost,) = json.loads((tmp_path / "out" / f"{name}.json").read_text("utf-8"))["lost"]
    assert lost["bytes"] == [kept, size]
    assert lost["to"] == "0:08.0"
    assert lost["filled_with"] == "zeros"
    (told,) = [notice for notice in room.notices if isinstance(notice, ItemDone)]
    assert told.action == "partly-given"
    assert "0:08.0" in told.reason
    assert before == {path: path.read_bytes() for path in before}


def test_nothing_is_overwritten(room: Guarded, tmp_path: Path) -> None:
    room.run(give_partial(room.ctx, None, os.fsencode(tmp_path / "out")))
    finished = room.run(give_partial(room.ctx, None, os.fsencode(tmp_path / "out")))
    assert finished.counts["failed"] == 1


@pytest.mark.parametrize("inside", ["Music/out", "first/MusicVault/out"])
def test_never_into_a_library_or_a_vault(room: Guarded, tmp_path: Path, inside: str) -> None:
    with pytest.raises(UsageError):
        room.run(give_partial(room.ctx, None, os.fsencode(tmp_path / inside)))


def test_a_dry_run_writes_nothing(room: Guarded, tmp_path: Path) -> None:
    room.run(give_partial(room.ctx, "", os.fsencode(tmp_path / "out"), dry_run=True))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (b"a/Song.flac", b"a/Song.partial-damaged.flac"),
        (b"a.b/Song", b"a.b/Song.partial-damaged"),
        (b".x", b".x.partial-damaged"),
    ],
)
def test_its_name_says_it(path: bytes, name: bytes) -> None:
    assert partial_name(path) == name
