"""A snapshot of whatever catalog there can be serves a rebuild."""

from __future__ import annotations

from pathlib import Path

from musicvault.engine.repair import repair
from musicvault.engine.scrub import scrub
from tests.corruption.drives import protected
from tests.engine_room import flip
from tests.unit.engine.rebuild.lost import Lost


def test_also_one_that_knows_quarantined_bytes_by_their_journal_line_alone(tmp_path: Path) -> None:
    """As after a crash: the line says what was set aside, but nothing of its blocks."""
    room = Lost(tmp_path)
    for name in ("one", "two"):
        (room.music / f"{name}.txt").write_bytes(name.encode())
    room.protect("a")
    copies = [room.vault("a") / "data" / "music" / f"{name}.txt" for name in ("one", "two")]
    for copy in copies:
        flip(copy)
    room.run(scrub(room.ctx))
    with protected(copies[0]):
        room.run(repair(room.ctx))
    room.run(repair(room.ctx))
    assert list(room.catalog.rows("SELECT count(*) FROM content_detail WHERE blocks = x''")) == [(1,)]
    room.scan_and_sync()
    room.new_computer()
    assert room.rebuild("a").counts["read"] == 0
    assert room.notes() == []
    assert room.restored() == room.files
