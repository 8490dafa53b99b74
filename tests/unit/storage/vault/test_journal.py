"""What was flushed is read back exactly; half a line never counts; a damaged line is known as such."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicvault.domain.values import Essence
from musicvault.errors import DriveGone, NoSpace
from musicvault.storage.vault import records
from musicvault.storage.vault.journal import Journal, replay
from musicvault.storage.vault.records import FoldMark, Operation, Record, from_line, to_line
from tests.corruption.faultfs import faulty_drive
from tests.unit.storage.vault.samples import NOW, record_of

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=20).filter(
    lambda name: name not in (".", "..")
)
PATHS = st.builds(lambda name: b"data/music/" + name.encode(), NAMES)
DIGESTS = st.binary(min_size=32, max_size=32)
RECORDS = st.builds(
    Record,
    operation=st.sampled_from([Operation.PUT, Operation.REPLACE, Operation.EXPECT]),
    path=PATHS,
    time=st.integers(0, 1 << 33),
    generation=st.integers(1, 1 << 50),
    blake3=DIGESTS,
    sha256=DIGESTS,
    size=st.integers(0, 1 << 50),
    mtime_ns=st.integers(-(1 << 62), 1 << 62),
    essence=st.none() | st.builds(Essence, st.sampled_from(["flac", "ogg/vorbis"]), DIGESTS, st.integers(0, 1 << 50)),
    library=st.sampled_from(["", "music"]),
    original=st.binary(max_size=30),
)
RECORD = record_of(b"data/music/a.flac", b"a")


@given(RECORDS)
def test_a_line_says_exactly_what_was_meant(record: Record) -> None:
    line = to_line(record)
    assert line.count(b"\n") == 1
    assert from_line(line) == record
    assert json.loads(line)["op"] == record.operation


@given(RECORDS, st.data())
@settings(max_examples=50)
def test_any_flipped_bit_is_noticed(record: Record, data: st.DataObject) -> None:
    line = bytearray(to_line(record))
    line[data.draw(st.integers(0, len(line) - 2))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ValueError):
        from_line(bytes(line))


def test_the_form_is_readable_without_us() -> None:
    record = Record(
        Operation.VERSION,
        b"musicvault/versions/ab/x.mp3",
        NOW,
        3,
        source="data/music/Björk/\n.mp3".encode(),
        blake3=b"\1" * 32,
        sha256=b"\2" * 32,
        original=b"caf\xe9.mp3",
    )
    fields = json.loads(to_line(record))
    assert fields["path"] == "musicvault/versions/ab/x.mp3"
    assert fields["from"] == "data/music/Björk/\n.mp3"
    assert fields["original_raw"] == "Y2Fm6S5tcDM="
    assert fields["sha256"] == "02" * 32


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": b"/etc/passwd"},
        {"path": b"data/../../x"},
        {"path": b"musicvault/volume.json"},
        {"path": b"data/\xff"},
        {"path": b""},
        {"path": b"musicvault/incoming/1.partial"},
        {"source": b"data/b"},
        {"operation": Operation.RENAME},
        {"sha256": b""},
        {"blake3": b"short"},
    ],
)
def test_what_would_not_be_taken_back_is_not_written(wrong: dict[str, object]) -> None:
    fields = {name: getattr(RECORD, name) for name in Record.__slots__}
    with pytest.raises(ValueError):
        to_line(Record(**(fields | wrong)))


def test_a_hostile_line_with_a_right_check_is_damage() -> None:
    for rest in (b'"op":"put","path":"../../x"}', b'"op":"format"}', b'"op":' + b"[" * 9000, b"}", b'"op":5}'):
        check = records._check(rest)
        with pytest.raises(ValueError):
            from_line(b'{"check":"' + check + b'",' + rest + b"\n")


def test_append_and_replay(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path / "journal")
    others = [record_of(b"data/music/%d" % number, b"x") for number in range(64)]
    mark = FoldMark(NOW, 3, {b"manifest-sha256.txt": b"\3" * 32})
    with Journal(path) as journal:
        journal.append(RECORD)
        journal.append_many(others)
        journal.append_many([])
        journal.append(mark)
    read = replay(path)
    assert read.records == (RECORD, *others)
    assert read.marks == (mark,)
    assert (read.damaged, read.half) == ((), False)
    with Journal(path) as journal:
        journal.empty()
        journal.append(RECORD)
    assert replay(path).records == (RECORD,)


def test_an_absent_journal_is_empty(tmp_path: Path) -> None:
    assert replay(os.fsencode(tmp_path / "journal")).records == ()


@pytest.mark.parametrize("kept", [1, 10, 100])
def test_half_a_last_line_is_ignored_and_cut_off(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(to_line(RECORD) + to_line(RECORD)[:kept])
    read = replay(os.fsencode(path))
    assert (read.records, read.half) == ((RECORD,), True)
    with Journal(os.fsencode(path)) as journal:
        journal.append(RECORD)
    assert replay(os.fsencode(path)).records == (RECORD, RECORD)


def test_a_torn_first_write_leaves_an_empty_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b"\0" * 200_000)
    assert replay(os.fsencode(path)).half
    Journal(os.fsencode(path)).close()
    assert path.read_bytes() == b""


def test_damaged_lines_are_numbered_and_the_others_count(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    line = to_line(RECORD)
    path.write_bytes(line + line.replace(b"put", b"pat") + b"\n" + b"x" * 300_000 + b"\n" + line)
    read = replay(os.fsencode(path))
    assert read.records == (RECORD, RECORD)
    assert read.damaged == (2, 3, 4)
    assert not read.half


def test_a_full_drive_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = os.fsencode(tmp_path / "journal")
    real = os.fsync

    def fail(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Journal(path) as journal:
        journal.append(RECORD)
        monkeypatch.setattr(os, "fsync", fail)
        monkeypatch.setattr(os, "ftruncate", lambda *_: fail(0))  # not even taking it back works
        with pytest.raises(NoSpace):
            journal.append(record_of(b"data/music/lost", b"x"))
        monkeypatch.undo()
        assert os.fsync is real
        journal.append(RECORD)
    assert replay(path).records == (RECORD, RECORD)
    assert replay(path).damaged == ()


def test_what_could_not_be_flushed_says_nothing_to_whoever_reads_it_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch that it belongs to is given up, and its process may end before it writes another line."""
    path = os.fsencode(tmp_path / "journal")

    def fail(_handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with Journal(path) as journal:
        journal.append(RECORD)
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(DriveGone):
            journal.append(record_of(b"data/music/never placed", b"x"))
        monkeypatch.undo()
    assert replay(path).records == (RECORD,)


@pytest.mark.parametrize("place", [9000, -10])
def test_a_bad_sector_is_damage_to_the_lines_in_it_and_to_no_other(tmp_path: Path, place: int) -> None:
    with faulty_drive(tmp_path) as drive:
        own = drive.backing / "musicvault"
        own.mkdir()
        (own / "volume.json").write_bytes(b"{}")
        records = [record_of(b"data/music/%d.flac" % number, b"%d" % number) for number in range(60)]
        (own / "journal").write_bytes(b"".join(to_line(record) for record in records))
        size, number = (own / "journal").stat().st_size, (own / "journal").stat().st_ino
        drive.break_({"op": "read", "inode": number, "errno": "EIO", "at": place % size})
        path = os.fsencode(drive.point / "musicvault" / "journal")
        found = replay(path)
        assert found.damaged
        assert not found.half
        assert 40 < len(found.records) < 60
        with Journal(path) as journal:
            journal.append(record_of(b"data/music/new.flac", b"new"))
            assert journal.size > 0
        after = replay(path)
        assert after.records == (*found.records, record_of(b"data/music/new.flac", b"new"))
        assert after.damaged
        assert (own / "journal.unread").stat().st_ino == number


def test_a_drive_that_stopped_answering_is_no_bad_sector(tmp_path: Path) -> None:
    with faulty_drive(tmp_path) as drive:
        own = drive.backing / "musicvault"
        own.mkdir()
        (own / "volume.json").write_bytes(b"{}")
        (own / "journal").write_bytes(to_line(record_of(b"data/music/a.flac", b"a")))
        drive.break_({"op": "read", "errno": "EIO"})
        path = os.fsencode(drive.point / "musicvault" / "journal")
        with pytest.raises(DriveGone):
            replay(path)
        with pytest.raises(DriveGone):
            Journal(path)
        assert {one.name for one in own.iterdir()} == {"volume.json", "journal"}
