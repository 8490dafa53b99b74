"""What differs between two versions of a file, and taking an acceptance back."""

from __future__ import annotations

import os
import random
import wave
from pathlib import Path

import pytest

from musicvault.audio import difference
from musicvault.catalog import contents
from musicvault.domain import comparison
from musicvault.domain.states import ReplicaState
from musicvault.engine import decide, undoing, versions
from musicvault.errors import UsageError
from tests.engine_room import flip
from tests.guarded import Guarded
from tests.sound import make, retag

SONG = "Song.flac"


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    made.track(SONG, 1, seconds=4.0, title="Four Women")
    for number in range(5):
        made.track(f"{number}.flac", number + 5)
    made.drive("A")
    made.protect()
    return made


def replaced(room: Guarded) -> bytes:
    """Another recording under the same name, held by a scan; gives the proven bytes."""
    path = room.music / SONG
    before = path.read_bytes()
    path.unlink()
    make(path, seed=9, seconds=3.0, title="Four Women (live)")
    assert room.scan().exit_code == 22
    return before


def preview(room: Guarded) -> dict[str, object]:
    room.run(decide.accept(room.ctx, [room.item(SONG).id], dry_run=True))
    (done,) = room.done()
    return dict(done.details)


def test_a_preview_says_which_fields_and_seconds_differ(room: Guarded) -> None:
    replaced(room)
    details = preview(room)
    found = details["comparison"]
    assert isinstance(found, dict)
    assert found["sound"] == "different"
    assert found["fields"]["title"] == [["Four Women"], ["Four Women (live)"]]
    assert found["seconds"] == [{"from": "0:00.0", "to": "0:03.0"}]
    assert found["gone"] == [{"from": "0:00.0", "to": "0:04.0"}]
    assert "title: Four Women → Four Women (live); other sound at 0:00.0–0:03.0" in str(details["said"])
    assert room.state(SONG) is ReplicaState.HELD


def test_packets_are_compared_wherever_they_lie(tmp_path: Path) -> None:
    one, other = make(tmp_path / "a.flac", seconds=4.0), make(tmp_path / "b.flac", seconds=4.0, title="x" * 20_000)
    assert difference.differing(os.fsencode(one), os.fsencode(other)) == ([], [])
    flip(other)
    found = difference.differing(os.fsencode(one), os.fsencode(other))
    assert found is not None
    ((begins, ends),), gone = found
    assert 1.0 < begins < ends < 3.0
    assert gone == [(begins, ends)]
    assert difference.differing(os.fsencode(one), os.fsencode(tmp_path / "no.flac")) is None


def test_parts_that_differ_are_told_without_overlap(tmp_path: Path) -> None:
    """Silence where every other packet is noise now: told in tenths, parts so near to each other would seem to
    overlap."""
    packet = 16384  # of which FFmpeg makes one packet
    one, other = tmp_path / "a.wav", tmp_path / "b.wav"
    for path, turns in ((one, [bytes(packet)] * 40), (other, [random.Random(7).randbytes(packet), bytes(packet)] * 20)):
        with wave.open(str(path), "wb") as file:
            file.setparams((2, 2, 44100, 0, "NONE", ""))  # 93 ms each
            file.writeframes(b"".join(turns))
    found = difference.differing(os.fsencode(one), os.fsencode(other))
    assert found is not None
    assert len(found[0]) == 1
    assert found[1] == []


def test_an_older_version_is_compared_with_the_current(room: Guarded) -> None:
    retag(room.music / SONG, title="Wild Is the Wind")
    room.protect()
    (version,) = versions.versions(room.ctx, [room.item(SONG).id])
    found = versions.comparison(room.ctx, version)
    assert found is not None
    (change,) = found.fields
    assert (change.name, change.before, change.after) == ("title", ("Four Women",), ("Wild Is the Wind",))
    assert (found.sound, found.seconds) == (False, None)
    assert comparison.in_words(found) == "title: Four Women → Wild Is the Wind"


def test_an_acceptance_can_be_taken_back(room: Guarded) -> None:
    before = replaced(room)
    accepted = (room.music / SONG).read_bytes()
    ids = [room.item(SONG).id]
    assert room.run(decide.accept(room.ctx, ids)).counts["accepted"] == 1
    room.protect()
    room.run(undoing.undo_accept(room.ctx, dry_run=True))
    assert (room.music / SONG).read_bytes() == accepted
    finished = room.run(undoing.undo_accept(room.ctx))
    assert (finished.exit_code, finished.counts["rejected"]) == (0, 1)
    assert (room.music / SONG).read_bytes() == before
    assert room.state(SONG) is ReplicaState.INTACT
    assert room.scan().exit_code == 0
    room.protect()
    assert room.copy("A", SONG).read_bytes() == before
    assert room.scrub().exit_code == 0
    with pytest.raises(UsageError, match="no acceptance"):
        room.run(undoing.undo_accept(room.ctx))


def test_without_the_drive_the_file_waits_as_it_did_before(room: Guarded) -> None:
    before = replaced(room)
    room.run(decide.accept(room.ctx, [room.item(SONG).id]))
    (room.tmp / "A").rename(room.tmp / "away")
    finished = room.run(undoing.undo_accept(room.ctx))
    assert finished.counts["failed"] == 1
    assert room.state(SONG) is ReplicaState.HELD
    (room.tmp / "away").rename(room.tmp / "A")
    assert room.run(decide.reject(room.ctx, [room.item(SONG).id])).exit_code == 0
    assert (room.music / SONG).read_bytes() == before


def test_what_changed_since_is_not_taken_back(room: Guarded) -> None:
    replaced(room)
    room.run(decide.accept(room.ctx, [room.item(SONG).id]))
    retag(room.music / SONG, title="another")
    room.scan()
    with pytest.raises(UsageError, match="changed again"):
        room.run(undoing.undo_accept(room.ctx))
    assert contents.wrapper(room.catalog, room.item(SONG).content.id).fields["title"] == ("another",)
