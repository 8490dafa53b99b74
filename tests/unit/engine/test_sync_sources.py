"""A source that isn't what it should be is judged, and not only left alone."""

from __future__ import annotations

import os
from pathlib import Path

from musicvault.domain.notices import Advanced, ItemDone, Notice
from musicvault.domain.verdict import Verdict
from musicvault.engine.drives import add_drive
from musicvault.engine.sync import sync
from tests.engine_room import Room, flip


def test_a_rotten_source_is_judged_though_another_job_was_at_work_there(tmp_path: Path) -> None:
    room = Room(tmp_path)
    path = room.track("1.flac", 1)
    room.track("2.flac", 2)
    room.add()
    room.scan()
    for name in ("First", "Second"):
        (tmp_path / name).mkdir()
    first = add_drive(room.ctx, os.fsencode(tmp_path / "First"))
    room.run(sync(room.ctx))
    path.unlink()
    room.scan()
    flip(tmp_path / "First/MusicVault/data/music/1.flac")
    job = iter(sync(room.ctx, [add_drive(room.ctx, os.fsencode(tmp_path / "Second")).id]))
    said: list[Notice] = []
    with room.ctx.locked("verify", vaults=(first.id,)):
        while not any(isinstance(one, Advanced) for one in said):  # the other file: the first was refused by then
            said.append(next(job))
    said += job
    assert [one.finding.verdict for one in said if isinstance(one, ItemDone) and one.finding] == [Verdict.CORRUPT]
