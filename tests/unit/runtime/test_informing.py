"""What is shown on the desktop: each matter once, and anew only when more came to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.engine.drives import add_drive
from musicvault.engine.repair import repair
from musicvault.engine.scrub import scrub
from musicvault.engine.sync import sync
from musicvault.runtime.informing import Informing
from musicvault.runtime.plans import Plans
from tests.engine_room import Room, flip


class Desk:
    """Three tracks with a copy of each, and what is shown of them."""

    def __init__(self, tmp: Path) -> None:
        self.room = Room(tmp)
        (tmp / "Drive").mkdir()
        for number in range(3):
            self.room.track(f"{number}.flac", number)
        self.room.add()
        add_drive(self.room.ctx, os.fsencode(tmp / "Drive"))
        self.room.scan()
        self.room.run(sync(self.room.ctx))
        self.shown: list[str] = []
        self.informing = Informing(self.room.ctx, self._show, None)

    def _show(self, _title: str, text: str) -> bool:
        self.shown.append(text)
        return True

    def rot(self, number: int) -> bytes:
        """Both copies of a track get the same damage; gives what the library's was."""
        original = self.room.music / f"{number}.flac"
        before = original.read_bytes()
        flip(original)
        flip(self.room.tmp / "Drive/MusicVault/data/music" / original.name)
        self.room.run(scrub(self.room.ctx))
        return before

    def look(self) -> list[str]:
        """What is shown the next day, without what to do about it."""
        self.shown.clear()
        self.room.later(1)
        list(self.informing.round(Plans()))
        return [line.partition(".")[0] for text in self.shown for line in text.splitlines()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_files_are_counted_not_their_copies(desk: Desk) -> None:
    desk.rot(0)
    assert desk.look() == ["Damage stands in 1 file"]


def test_what_is_left_of_a_matter_is_not_told_again_and_what_comes_to_it_is(desk: Desk) -> None:
    desk.rot(0)
    assert desk.look() == ["Damage stands in 1 file"]
    before = desk.rot(1)
    assert desk.look() == ["Damage stands in 2 files"]
    times = (desk.room.music / "1.flac").stat()
    (desk.room.music / "1.flac").write_bytes(before)  # from a backup of the user's
    os.utime(desk.room.music / "1.flac", ns=(times.st_atime_ns, times.st_mtime_ns))
    desk.room.scan()
    desk.room.run(repair(desk.room.ctx))
    assert desk.look() == []
    assert len(desk.informing.texts) == 1
    desk.rot(2)
    assert desk.look() == ["Damage stands in 2 files"]


def test_one_file_that_vanished_is_one(desk: Desk) -> None:
    (desk.room.music / "0.flac").unlink()
    desk.room.scan()
    assert desk.look() == ["1 file vanished from the library"]
    assert "Bring it back" in desk.shown[0]
