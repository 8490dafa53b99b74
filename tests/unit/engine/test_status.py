"""What `status` says of real libraries and drives, at once and not only when it is asked again."""

from __future__ import annotations

import os
from pathlib import Path

from musicvault.engine.drives import add_drive
from musicvault.engine.status import status
from tests.engine_room import Room


def test_a_drive_that_was_just_added_is_said_to_lack_everything(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.track("1.flac")
    room.add()
    room.scan()
    (tmp_path / "Drive").mkdir()
    add_drive(room.ctx, os.fsencode(tmp_path / "Drive"))
    assert "can be copied to Drive now" in status(room.ctx).sentence.detail


def test_what_only_a_library_has_that_is_away_can_be_copied_nowhere(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.track("1.flac")
    room.add()
    room.scan()
    (tmp_path / "Drive").mkdir()
    add_drive(room.ctx, os.fsencode(tmp_path / "Drive"))
    room.music.rename(tmp_path / "lent")
    assert status(room.ctx).sentence.text == "1 file needs another copy: plug in Music."
    (tmp_path / "lent").rename(room.music)
    assert "can be copied to Drive now" in status(room.ctx).sentence.detail
