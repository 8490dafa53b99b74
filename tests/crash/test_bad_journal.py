"""A journal with a bad sector is exchanged for one that can be written: a crash after each step leaves all lines that
can be read, and the next opening finishes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.storage.vault import writing
from musicvault.storage.vault.journal import Journal, replay
from musicvault.storage.vault.records import to_line
from tests.corruption.faultfs import faulty_drive
from tests.unit.storage.vault.samples import record_of


class Crash(BaseException):
    pass


@pytest.mark.parametrize("step", ["written", "kept", "placed"])
def test_after_each_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def crash(done: str) -> None:
        if done == f"journal: {step}":
            raise Crash

    with faulty_drive(tmp_path) as drive:
        own = drive.backing / "musicvault"
        own.mkdir()
        (own / "volume.json").write_bytes(b"{}")
        records = [record_of(b"data/music/%d.flac" % number, b"%d" % number) for number in range(30)]
        (own / "journal").write_bytes(b"".join(to_line(record) for record in records))
        number = (own / "journal").stat().st_ino
        drive.break_({"op": "read", "inode": number, "errno": "EIO", "at": 5000})
        path = os.fsencode(drive.point / "musicvault" / "journal")
        before = replay(path)
        monkeypatch.setattr(writing, "on_step", crash)
        with pytest.raises(Crash):
            Journal(path)
        monkeypatch.undo()
        assert replay(path).records == before.records
        with Journal(path):
            pass
        after = replay(path)
        assert (after.records, bool(after.damaged)) == (before.records, True)
        assert {one.stat().st_ino for one in own.glob("journal.unread*")} == {number}
