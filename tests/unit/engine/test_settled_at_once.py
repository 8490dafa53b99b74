"""A drive that fails once in mid-batch: what was begun is settled in the same run, on files written a moment ago."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from musicvault.catalog import replicas
from musicvault.engine.reconcile import copies
from musicvault.engine.sync import sync
from musicvault.errors import DriveGone, ItemError, UnstableError
from musicvault.storage import durable
from musicvault.storage.reading import read_file
from tests.guarded import Guarded, is_valid


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    room = Guarded(tmp_path)
    (room.music / "note.txt").write_text("old " * 30)
    room.drive("Elements")
    room.protect()
    (room.music / "note.txt").write_text("another " * 20)
    os.utime(room.music / "note.txt", (2_000_000_000, 2_000_000_000))
    (room.music / "z").mkdir()
    (room.music / "z/later.txt").write_text("new")
    room.scan()
    return room


def failing(at: int, real: Callable[..., Any], error: Exception, times: int = 1) -> Callable[..., Any]:
    calls = [0]

    def call(*words: Any, **options: Any) -> Any:
        calls[0] += 1
        if at <= calls[0] < at + times:
            raise error
        return real(*words, **options)

    return call


@pytest.mark.parametrize(
    ("error", "times"),
    [
        (UnstableError("note.txt", "read", "the file changed while it was read"), 1),
        (ItemError("x", "read", "EIO"), 1),
        (ItemError("x", "read", "EIO"), 9),
    ],
)
def test_no_bytes_are_kept_under_the_digest_of_others(
    room: Guarded, monkeypatch: pytest.MonkeyPatch, error: ItemError, times: int
) -> None:
    with monkeypatch.context() as patch:
        # The old copy has stepped aside and the new one is in place; the next file's name can't be had.
        patch.setattr(durable, "place", failing(3, durable.place, DriveGone("Input/output error")))
        patch.setattr(copies, "read_file", failing(1, read_file, error, times))
        with pytest.raises(DriveGone):
            room.run(sync(room.ctx))
    assert room.run(sync(room.ctx)).exit_code == 0
    assert room.scrub().exit_code == 0, room.told()
    assert is_valid(room.vaults()[0])
    own = Path(os.fsdecode(room.vaults()[0].folder), "musicvault")
    assert [path.read_text() for path in (own / "versions").rglob("*note.txt")] == ["old " * 30]
    aside = [path.read_text() for path in own.rglob("quarantine/*note.txt")]
    assert aside == (["another " * 20] if times > 1 else []), "one read error is no word on what was just written"


def test_a_copy_that_the_catalog_knows_in_incoming_comes_home(room: Guarded) -> None:
    """As a program before this one left it, where something else had the last name of a ring."""
    room.run(sync(room.ctx))
    copy = room.copy("Elements", "note.txt")
    waiting = b"musicvault/incoming/rename-0123456789ab.partial"
    number = copy.stat().st_ino
    copy.rename(os.path.join(os.fsdecode(room.vaults()[0].folder), os.fsdecode(waiting)))
    with room.catalog.transaction(room.now()) as transaction:
        replicas.set_path(transaction, room.replica("Elements", "note.txt"), waiting)
        transaction.touch(room.item("note.txt").id)
    room.run(sync(room.ctx))
    assert copy.stat().st_ino == number
    assert is_valid(room.vaults()[0])
