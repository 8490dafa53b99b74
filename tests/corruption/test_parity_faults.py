"""Parity on drives that fail: bad sectors in the copies, in the parity file itself, and while a set is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicvault.catalog import intents, parity
from musicvault.engine.parity.choosing import set_parity
from musicvault.engine.sync import sync
from musicvault.errors import VaultError
from tests.corruption.faultfs import FaultyDrive, faulty_drive
from tests.guarded import Guarded
from tests.parity_tool import damage, needs_par2, noise

pytestmark = needs_par2

FILES = {"Aja/01.bin": noise(1, 1_200_000), "Aja/02.bin": noise(2, 300_000)}


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[FaultyDrive]:
    with faulty_drive(tmp_path / "faulty") as made:
        yield made


@pytest.fixture
def room(tmp_path: Path, faulty: FaultyDrive) -> Guarded:
    (tmp_path / "room").mkdir()
    room = Guarded(tmp_path / "room")
    for name, content in FILES.items():
        (room.music / name).parent.mkdir(exist_ok=True)
        (room.music / name).write_bytes(content)
    set_parity(room.ctx, room.drive("faulty", faulty.point), 10)
    return room


def test_sectors_that_neither_copy_gives_are_filled_in(room: Guarded, faulty: FaultyDrive) -> None:
    room.protect()
    stored = "/MusicVault/data/music/Aja/01.bin"
    faulty.break_(*({"op": "read", "name": stored, "at": at, "errno": "EIO"} for at in (409_600, 413_696)))
    damage(room.music / "Aja/01.bin", 409_700, 6000)
    damage(room.music / "Aja/02.bin", 50_000, 100)
    assert room.scrub().exit_code == 20
    room.repair()
    assert {name: (room.music / name).read_bytes() for name in FILES} == FILES
    faulty.heal()
    room.scrub()
    assert room.repair().exit_code == 0
    assert {name: room.copy("faulty", name).read_bytes() for name in FILES} == FILES


def test_a_set_that_can_not_be_read_is_a_finding_and_stops_nothing(room: Guarded, faulty: FaultyDrive) -> None:
    room.protect()
    (one,) = parity.of_vault(room.catalog, room.vaults()[0].id)
    faulty.break_({"op": "read", "name": "/MusicVault/" + os.fsdecode(one.path), "at": 8192, "errno": "EIO"})
    finished = room.scrub()
    assert (finished.exit_code, finished.counts["parity_damaged"], finished.counts["intact"]) == (20, 1, 4)
    faulty.heal()
    assert room.run(sync(room.ctx)).counts["parity_made"] == 1
    assert room.scrub().exit_code == 0


def test_a_set_with_a_bad_sector_heals_with_the_rest_of_it(room: Guarded, faulty: FaultyDrive) -> None:
    room.protect()
    (one,) = parity.of_vault(room.catalog, room.vaults()[0].id)
    for path in (room.music / "Aja/01.bin", faulty.backing / "MusicVault/data/music/Aja/01.bin"):
        damage(path, 409_700, 6000)
    faulty.break_({"op": "read", "name": "/MusicVault/" + os.fsdecode(one.path), "at": 8192, "errno": "EIO"})
    room.scrub()
    room.repair()
    assert (room.music / "Aja/01.bin").read_bytes() == FILES["Aja/01.bin"]


@pytest.mark.parametrize(("op", "errno"), [("write", "ENOSPC"), ("write", "EIO"), ("fsync", "EIO")])
def test_a_drive_that_fails_meanwhile_keeps_all_copies_and_no_half_set(
    room: Guarded, faulty: FaultyDrive, op: str, errno: str
) -> None:
    set_parity(room.ctx, room.vaults()[0], 0)
    room.protect()
    set_parity(room.ctx, room.vaults()[0], 10)
    faulty.break_({"op": op, "errno": errno, "name": "parity-"})
    try:
        room.run(sync(room.ctx))
    except VaultError:
        pass
    assert parity.of_vault(room.catalog, room.vaults()[0].id) == []
    assert intents.pending(room.catalog) == []
    assert list((faulty.point / "MusicVault/musicvault/parity").iterdir()) == []
    assert list((faulty.point / "MusicVault/musicvault/incoming").iterdir()) == []
    faulty.heal()
    assert room.run(sync(room.ctx)).counts["parity_made"] == 1
    assert room.scrub().exit_code == 0
