"""A small library that is lost again and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.engine.rebuild.lost import Lost


@pytest.fixture
def room(tmp_path: Path) -> Lost:
    room = Lost(tmp_path)
    room.track("Nina/01 One.flac", title="One")
    room.track("Nina/02 Two.mp3", 2, title="Two")
    (room.music / "Nina" / "cover.jpg").write_bytes(b"picture" * 100)
    return room
