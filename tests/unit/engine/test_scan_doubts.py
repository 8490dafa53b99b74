"""Scans in doubt: what comes back, what changes while it is looked at, what must not be waved through."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from musicvault.catalog import findings, history, items, libraries, replicas
from musicvault.domain.regions import Region
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine import looking, reading
from musicvault.engine.decide import accept, forget
from musicvault.engine.examine import examine
from musicvault.errors import DriveGone
from musicvault.storage.walk import Folder, walk
from tests.engine_room import Room, flip
from tests.sound import make, retag

V = Verdict


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def tracks(room: Room, count: int = 6, folder: str = "album") -> list[Path]:
    paths = [room.track(f"{folder}/{n:02}.flac", n, title=f"Song {n}") for n in range(1, count + 1)]
    room.add()
    room.scan()
    return paths


def ids(room: Room, *names: str) -> list[int]:
    return [room.item(name).id for name in names]


# -- what comes back


def test_a_file_that_was_let_go_is_expected_again_when_it_is_back(room: Room) -> None:
    first = tracks(room)[0]
    shutil.move(first, room.tmp / "kept.flac")
    room.scan()
    room.run(forget(room.ctx, ids(room, "album/01.flac")))
    assert "album/01.flac" not in room.names()
    room.scan()
    assert "album/01.flac" not in room.names()
    shutil.move(room.tmp / "kept.flac", first)
    assert room.scan().exit_code == 0
    assert room.state("album/01.flac") is ReplicaState.INTACT
    assert "album/01.flac" in room.names()


def test_another_file_under_a_name_that_was_let_go_is_new(room: Room) -> None:
    first = tracks(room)[0]
    first.unlink()
    room.scan()
    room.run(forget(room.ctx, ids(room, "album/01.flac")))
    make(first, seed=99, seconds=0.3)
    outcome = room.scan()
    assert (outcome.counts["added"], outcome.exit_code, room.findings()) == (1, 0, [])
    assert "album/01.flac" in room.names()
    assert room.scan().counts["unchanged"] == 6


def test_what_is_held_and_put_back_by_hand_is_intact(room: Room) -> None:
    first = tracks(room)[0]
    content, stat = first.read_bytes(), first.stat()
    make(first, seed=99, seconds=0.5)
    assert room.scan().exit_code == 22
    first.write_bytes(content)
    os.utime(first, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert room.scan().exit_code == 0
    assert room.findings() == []
    assert room.state("album/01.flac") is ReplicaState.INTACT


# -- judged once, not again by other times


def test_a_held_file_whose_mode_is_changed_is_not_called_damaged(room: Room) -> None:
    first = tracks(room)[0]
    make(first, seed=99, seconds=0.5)
    room.scan()
    first.chmod(0o600)
    assert room.scan().exit_code == 22
    assert room.findings() == [("album/01.flac", V.REPLACED)]


def test_touching_a_damaged_file_makes_no_new_version_of_it(room: Room) -> None:
    first = room.track("a.wav", seconds=0.6)
    tracks(room)
    flip(first)
    room.scan()
    assert room.findings() == [("a.wav", V.CORRUPT)]
    os.utime(first)
    assert room.scan().exit_code == 20
    assert room.findings() == [("a.wav", V.CORRUPT)]
    assert room.catalog.value("SELECT sum(changes) FROM brake_count") == 1, "one change, counted once"


def test_what_can_not_be_read_is_one_event_however_often_it_is_tried(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracks(room)
    fail_reading(monkeypatch, "album/01.flac")
    os.utime(room.music / "album/01.flac")
    assert room.scan().exit_code == 20
    assert room.findings() == [("album/01.flac", V.UNREADABLE)]
    events = room.catalog.value("SELECT count(*) FROM event")
    assert room.scan().exit_code == 20
    assert room.findings() == [("album/01.flac", V.UNREADABLE)]
    assert room.catalog.value("SELECT count(*) FROM event") == events


def fail_reading(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    real = os.open

    def refuse(path: bytes, *rest: int, **more: int) -> int:
        if os.fsencode(path).endswith(b"/" + name.encode()):
            raise OSError(5, "Input/output error")
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)


def test_a_new_file_that_can_not_be_read_is_named_by_status(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks(room)
    room.track("album/new.flac", 50)
    fail_reading(monkeypatch, "album/new.flac")
    assert room.scan().exit_code == 3
    left_out = [(reason, path) for _, reason, path, _ in libraries.unprotected(room.catalog)]
    assert left_out == [("unreadable", b"album/new.flac")]


def test_damage_is_read_twice_before_it_is_called_that(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tracks(room)[0]
    content = first.read_bytes()
    flip(first)

    real = looking.survey

    def only_the_first_read_is_wrong(*arguments: object, **options: object) -> object:
        from musicvault.engine import changes

        stat = first.stat()

        def mended(path: bytes, **more: object) -> object:
            monkeypatch.undo()
            first.write_bytes(content)
            os.utime(first, ns=(stat.st_atime_ns, stat.st_mtime_ns))
            return examine(path)

        monkeypatch.setattr(changes, "examine", mended)
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(looking, "survey", only_the_first_read_is_wrong)
    assert room.scan().exit_code == 0
    assert room.findings() == []


# -- the brake


def test_confirming_and_changing_in_one_scan_does_not_pull_the_brake_at_the_next(room: Room) -> None:
    paths = tracks(room, 8)
    for path in paths[:5]:
        make(path, seed=5000 + int(path.stem), seconds=0.3)
    room.scan(confirm=True)
    room.run(accept(room.ctx, ids(room, *[f"album/{path.name}" for path in paths[:5]])))
    assert room.scan().exit_code == 0


def test_the_brake_holds_until_the_user_decides_whatever_is_added_and_however_long_it_takes(room: Room) -> None:
    paths = tracks(room, 8)
    for path in paths[:5]:
        make(path, seed=5000 + int(path.stem), seconds=0.3)
    retag(paths[6], title="a bulk converter wrote this")
    assert room.scan().counts["braked"] == 1
    for number in range(5):
        room.track(f"more/{number}.flac", 700 + number)
    room.later(8)
    assert room.scan().counts["braked"] == 1
    assert room.state("album/07.flac") is ReplicaState.HELD
    room.scan(confirm=True)
    assert room.state("album/07.flac") is ReplicaState.INTACT
    assert room.scan().counts.get("braked", 0) == 0


def test_a_converter_that_replaces_every_file_by_another_is_braked(room: Room) -> None:
    paths = tracks(room, 8)
    for path in paths:
        make(path.with_suffix(".mp3"), seed=int(path.stem), seconds=0.4)
        path.unlink()
    outcome = room.scan()
    assert (outcome.counts["braked"], outcome.counts["missing"], outcome.counts["added"]) == (1, 8, 8)
    assert room.scan().counts["braked"] == 1


def test_moves_do_not_pull_the_brake(room: Room) -> None:
    tracks(room, 8)
    (room.music / "album").rename(room.music / "elsewhere")
    assert room.scan().counts.get("braked", 0) == 0


# -- born damaged


def test_a_retag_by_another_program_keeps_what_was_known_from_birth(room: Room) -> None:
    path = room.track("a.flac", title="Old")
    (room.music / "a.md5").write_text("0" * 32 + " *a.flac\n")
    room.add()
    room.scan()
    assert room.item("a.flac").born_damaged
    retag(path, title="New")
    room.scan()
    assert room.findings() == [("a.flac", V.RETAGGED)]
    assert room.item("a.flac").born_damaged
    path.rename(room.music / "b.flac")
    room.scan()
    item = room.item("b.flac")
    assert item.born_damaged
    replica = replicas.in_library(room.catalog, item.id)
    stored = findings.of(room.catalog, replica.id)
    assert stored is not None
    assert stored.verdict is V.BORN_DAMAGED


def test_a_sidecar_that_was_mended_between_two_scans_is_read_anew(room: Room) -> None:
    first = room.track("a.flac", 1)
    (room.music / "all.sha256").write_text("0" * 64 + " *b.flac\n")
    room.add()
    room.scan()
    second = room.track("b.flac", 2)
    import hashlib

    (room.music / "all.sha256").write_text(hashlib.sha256(second.read_bytes()).hexdigest() + " *b.flac\n")
    room.scan()
    assert not room.item("b.flac").born_damaged
    assert first.exists()


# -- moves


def test_what_several_files_may_be_is_held_until_the_user_lets_it_go(room: Room) -> None:
    first = tracks(room)[0]
    shutil.copy2(first, room.music / "x.flac")
    retag(room.music / "x.flac", title="one")
    shutil.copy2(first, room.music / "y.flac")
    retag(room.music / "y.flac", title="two")
    first.unlink()
    for _ in range(2):
        assert room.scan().exit_code == 22
        assert room.findings() == [("album/01.flac", V.HELD)]
    events = len(history.of_item(room.catalog, room.item("album/01.flac").id))
    room.scan()
    assert len(history.of_item(room.catalog, room.item("album/01.flac").id)) == events
    assert room.run(forget(room.ctx, ids(room, "album/01.flac"))).counts["forgotten"] == 1
    assert room.scan().exit_code == 0


def walked_then(action: object) -> object:
    """A walk during which something happens after the first folder that holds files."""
    left = [action]

    def changed(root: bytes, exclusions: tuple[str, ...], region: Region) -> Iterator[Folder]:
        for folder in walk(root, exclusions, region):
            yield folder
            if folder.files and left:
                left.pop()()  # type: ignore[operator]

    return changed


def test_a_folder_renamed_while_it_is_scanned_keeps_its_items(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks(room)
    before = {name: room.item(name).id for name in room.names()}

    def both(root: bytes, exclusions: tuple[str, ...], region: Region) -> Iterator[Folder]:
        yield from walk(root, exclusions, region)
        (room.music / "album").rename(room.music / "b")
        for folder in walk(root + b"/b", exclusions):
            yield folder._replace(path=b"b")

    monkeypatch.setattr(looking, "walk", both)  # the old name is met, and then the new one
    room.scan()
    monkeypatch.undo()
    room.scan()
    assert {name.replace("b/", "album/"): room.item(name).id for name in room.names()} == before
    assert all(room.state(name) is ReplicaState.INTACT for name in room.names())


def test_a_folder_that_goes_from_under_the_walk_is_looked_for_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracks(room)
    room.track("a first/01.flac", 77)
    room.scan()
    before = {name: room.item(name).id for name in room.names()}
    monkeypatch.setattr(looking, "walk", walked_then(lambda: (room.music / "album").rename(room.music / "z")))
    outcome = room.scan()
    assert outcome.counts["moved"] == 6
    assert outcome.counts.get("failed", 0) == 0
    assert {name.replace("z/", "album/"): room.item(name).id for name in room.names()} == before


def test_a_library_that_vanishes_while_it_is_read_loses_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks(room)
    (room.music / "album/01.flac").unlink()
    for path in room.music.rglob("*.flac"):
        os.utime(path)
    real = reading.read_all

    def unplugged(*arguments: Any) -> object:
        room.music.rename(room.tmp / "away")
        return real(*arguments)

    monkeypatch.setattr(reading, "read_all", unplugged)
    with pytest.raises(DriveGone):
        room.scan()
    assert all(room.state(name) is ReplicaState.INTACT for name in room.names())
    assert len(room.names()) == 6


# -- names


def test_a_link_in_the_place_of_a_file_is_not_the_file(room: Room) -> None:
    first = tracks(room)[0]
    shutil.move(first, room.tmp / "elsewhere.flac")
    os.symlink(room.tmp / "elsewhere.flac", first)
    room.scan()
    assert room.findings() == [("album/01.flac", V.MISSING)]


def test_what_is_excluded_by_now_is_neither_missing_nor_forgotten(room: Room) -> None:
    first = tracks(room)[0]
    os.link(first, room.music / "album" / "twin.flac")
    room.scan()
    library = libraries.every(room.catalog)[0]
    with room.catalog.transaction(1.0) as transaction:
        libraries.set_exclusions(transaction, library, ["01.flac"])
    assert room.scan().exit_code == 0
    assert room.findings() == []
    assert room.state("album/01.flac") is ReplicaState.INTACT


def test_mass_moves_with_and_without_retags_keep_every_item(room: Room) -> None:
    paths = tracks(room, 6)
    ids_before = sorted(ids(room, *room.names()))
    for path in paths[:3]:
        retag(path, title="new " + path.stem)
    (room.music / "album").rename(room.music / "other")
    room.scan()
    assert sorted(ids(room, *room.names())) == ids_before
    assert sorted(verdict for _, verdict in room.findings()) == sorted([V.MOVED] * 6 + [V.RETAGGED] * 3)
    assert items.count(room.catalog, 1) == 6
    assert room.scan().counts["unchanged"] == 6
