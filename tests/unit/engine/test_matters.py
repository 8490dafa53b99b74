"""What needs a person, as the service tells it: nothing of what nobody looks after any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from musicvault.catalog import libraries
from musicvault.engine.drives import remove_drive
from musicvault.engine.library import remove_library
from musicvault.engine.matters import Kind, matters, standing_damage
from tests.engine_room import flip
from tests.guarded import Guarded


@pytest.mark.parametrize("gone", ["drive", "library"])
def test_damage_is_nobody_s_worry_once_its_drive_or_library_was_removed(tmp_path: Path, gone: str) -> None:
    room = Guarded(tmp_path)
    room.track("1.flac")
    room.drive("A")
    room.protect()
    flip(room.copy("A", "1.flac"))
    room.scrub(drives=["A"])
    assert ([one.kind for one in matters(room.ctx)], standing_damage(room.ctx)) == ([Kind.DAMAGE], 1)
    if gone == "drive":
        remove_drive(room.ctx, room.vaults()[0])
    else:
        remove_library(room.ctx, libraries.every(room.catalog)[0])
    assert (matters(room.ctx), standing_damage(room.ctx)) == ([], 0)
