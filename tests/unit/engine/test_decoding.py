"""The decode check: resumable, stamped with its decoder, and no alarm whatever it says."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from musicvault.audio import decode
from musicvault.catalog import decodes, findings, replicas, search
from musicvault.domain import wording
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine import attention, decoding
from musicvault.engine.decoding import check
from musicvault.engine.status import status
from musicvault.errors import Cancelled
from tests.engine_room import Room, flip
from tests.sound import retag


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def library(room: Room, count: int = 3) -> None:
    for number in range(count):
        room.track(f"{number}.flac", number + 1, title=str(number))
    (room.music / "cover.jpg").write_bytes(b"x")
    room.add()
    room.scan()


def run(room: Room, **options: bool | str) -> dict[str, int]:
    finished = room.run(check(room.ctx, **options))  # type: ignore[arg-type]
    assert finished.exit_code == 0
    counts = dict(finished.counts)
    counts.pop("bytes")
    return counts


CLEAN = {"clean": 0, "broken": 0, "failed": 0}


def test_each_track_is_tried_once(room: Room) -> None:
    library(room)
    assert run(room, dry_run=True) == {**CLEAN, "decoded": 3}
    assert run(room) == {**CLEAN, "decoded": 3, "clean": 3}
    assert run(room) == run(room, dry_run=True) == {**CLEAN, "decoded": 0}
    said = decoding.result(room.ctx, room.item("0.flac"))
    assert said is not None
    assert (said.outcome, said.tool, said.version) in {("clean", *one) for one in decode.decoders()}
    assert [found.decode is not None for found in search.find(room.catalog, "")] == [True, True, True, False]
    found = status(room.ctx).decoding
    assert (found.checked, found.broken) == (3, 0)


def test_an_interrupted_check_goes_on_where_it_stopped(room: Room) -> None:
    library(room, 40)
    stop = False

    def checkpoint() -> None:
        if stop:
            raise Cancelled

    job = check(room.ctx.with_checkpoint(checkpoint))
    with suppress(Cancelled):
        for _ in job:
            stop = sum(decodes.counts(room.catalog).values()) > 0
    first = sum(decodes.counts(room.catalog).values())
    assert 0 < first < 40
    assert run(room)["decoded"] == 40 - first


def test_what_never_decoded_is_named_protected_and_no_alarm(room: Room) -> None:
    flip(room.track("broken.flac", 2), 9000)
    library(room, 1)
    assert run(room) == {**CLEAN, "decoded": 2, "clean": 1, "broken": 1}
    assert room.findings() == [("broken.flac", Verdict.BORN_DAMAGED)]
    (finding,) = attention.born_damaged(room.ctx)
    assert "rejects it" in wording.evidence(finding.evidence[0])
    assert room.state("broken.flac") is ReplicaState.INTACT
    assert room.scan().exit_code == 0
    found = status(room.ctx)
    assert (found.decoding.broken, found.born_damaged, found.attention) == (1, 1, 0)
    assert run(room) == {**CLEAN, "decoded": 0}
    assert room.findings() == [], "it is told once"


def test_the_same_bytes_met_again_are_named_too(room: Room) -> None:
    flip(room.track("broken.flac", 2), 9000)
    room.add()
    room.scan()
    run(room)
    shutil.copyfile(room.music / "broken.flac", room.music / "again.flac")
    room.scan()
    assert run(room) == {**CLEAN, "decoded": 0}
    assert room.findings() == [("again.flac", Verdict.BORN_DAMAGED)]


def test_another_version_of_a_decoder_may_try_again(room: Room) -> None:
    library(room, 1)
    item = room.item("0.flac")
    strict = decodes.Decoded("broken", "flac", "0.9", "too old", 1.0)
    decodes.save(room.catalog, item.content.digests.blake3, strict)
    run(room)
    assert [finding.evidence[0].values["version"] for finding in attention.born_damaged(room.ctx)] == ["0.9"]
    assert run(room, again=True) == {**CLEAN, "decoded": 1, "clean": 1}
    assert attention.born_damaged(room.ctx) == []
    assert not room.item("0.flac").born_damaged
    assert run(room, again=True) == {**CLEAN, "decoded": 0}


def test_an_edit_is_tried_anew_and_a_damaged_file_waits(room: Room) -> None:
    library(room, 2)
    run(room)
    retag(room.music / "0.flac", title="another")
    flip(room.music / "1.flac", 9000, keep_times=False)
    room.scan()
    assert run(room) == {**CLEAN, "decoded": 1, "clean": 1}
    item = room.item("1.flac")
    assert findings.of(room.catalog, replicas.in_library(room.catalog, item.id).id) is not None


def test_a_query_narrows_it(room: Room) -> None:
    room.track("strange.flac", 7, title="Fruit")
    library(room)
    assert run(room, query="strange fruit")["decoded"] == 1


def test_a_file_that_changed_since_the_scan_tells_nothing(room: Room) -> None:
    library(room, 1)
    flip(room.music / "0.flac", 9000, keep_times=False)
    assert run(room) == {**CLEAN, "decoded": 0}
    assert sum(decodes.counts(room.catalog).values()) == 0
