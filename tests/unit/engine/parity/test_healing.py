"""What no copy has any more is filled in from parity, to the byte, or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from musicvault.catalog import parity
from musicvault.domain.states import ReplicaState
from musicvault.engine.parity.choosing import set_parity
from musicvault.errors import DriveRefused
from tests.guarded import Guarded, is_valid
from tests.parity_tool import cut, damage, needs_par2, noise

pytestmark = needs_par2

FILES = {
    "Aja/01 Black Cow.bin": noise(1, 1_500_000),
    "Aja/02 Aja.bin": noise(2, 700_000),
    "Aja/cover.bin": noise(3, 90_000),
    "Aja/empty.txt": b"",
    "loose.bin": noise(4, 50_000),
}


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    room = Guarded(tmp_path)
    for name, content in FILES.items():
        (room.music / name).parent.mkdir(exist_ok=True)
        (room.music / name).write_bytes(content)
    set_parity(room.ctx, room.drive("Elements"), 10)
    room.protect()
    return room


def everywhere(room: Guarded, name: str) -> list[Path]:
    return [room.music / name, room.copy("Elements", name)]


def whole(room: Guarded) -> bool:
    return all(path.read_bytes() == content for name, content in FILES.items() for path in everywhere(room, name))


def test_the_same_block_lost_in_every_copy_is_healed_and_said(room: Guarded) -> None:
    for path in everywhere(room, "Aja/01 Black Cow.bin"):
        damage(path, 600_000, 9000)
    assert room.scrub().exit_code == 20
    assert room.repair().exit_code == 0
    assert whole(room)
    codes = {fact.code: fact.values for finding in room.told() for fact in finding.evidence}
    assert codes["healed-with-parity"] == {"source": "Elements"}
    assert is_valid(room.vaults()[0])


def test_a_dry_run_says_so_and_changes_nothing(room: Guarded) -> None:
    for path in everywhere(room, "Aja/01 Black Cow.bin"):
        damage(path, 600_000, 9000)
    room.scrub()
    before = [path.read_bytes() for path in everywhere(room, "Aja/01 Black Cow.bin")]
    room.repair(dry_run=True)
    assert {fact.code for one in room.told() for fact in one.evidence} >= {"would-heal-with"}
    assert [path.read_bytes() for path in everywhere(room, "Aja/01 Black Cow.bin")] == before


def test_damage_in_several_files_of_an_album_is_healed_together(room: Guarded) -> None:
    for name in ("Aja/01 Black Cow.bin", "Aja/02 Aja.bin", "Aja/cover.bin"):
        for path in everywhere(room, name):
            damage(path, 40_000, 5000)
    room.scrub()
    assert room.repair().exit_code == 0
    assert whole(room)


def test_a_file_that_is_gone_everywhere_comes_back(room: Guarded) -> None:
    for path in everywhere(room, "Aja/cover.bin"):
        path.unlink()
    room.scrub()
    assert room.repair(missing=True).exit_code == 0
    assert whole(room)


def test_truncated_copies_give_what_they_have(room: Guarded) -> None:
    one, other = everywhere(room, "Aja/01 Black Cow.bin")
    cut(one, 1_420_000)
    damage(other, 1_440_000, 30_000)
    damage(other, 200_000, 9000)
    room.scrub()
    assert room.repair().exit_code == 0
    assert whole(room)


def test_too_much_damage_is_left_as_it_is_and_named(room: Guarded) -> None:
    for path in everywhere(room, "Aja/01 Black Cow.bin"):
        damage(path, 100_000, 900_000)
    room.scrub()
    before = [path.read_bytes() for path in everywhere(room, "Aja/01 Black Cow.bin")]
    assert room.repair().exit_code == 20
    assert [path.read_bytes() for path in everywhere(room, "Aja/01 Black Cow.bin")] == before
    assert "parity-no-help" in {fact.code for one in room.told() for fact in one.evidence}


def test_parity_that_lies_is_of_no_use_and_does_no_harm(room: Guarded, tmp_path: Path) -> None:
    """A set made elsewhere about a file that lies outside is put in the place of the true one."""
    from musicvault.storage.parity import program

    outside = tmp_path / "Outside"
    (outside / "in").mkdir(parents=True)
    (outside / "victim").write_bytes(noise(7, 8192))
    lie = tmp_path / "lie.par2"
    program.create(os.fsencode(outside), os.fsencode(lie), [b"victim"], size=8192, each=4096, recovery=2)
    (one,) = [one for one in parity.of_vault(room.catalog, room.vaults()[0].id) if one.folder == b"Aja"]
    file = Path(os.fsdecode(room.vaults()[0].folder)) / os.fsdecode(one.path)
    shutil.copyfile(lie, file)
    for path in everywhere(room, "Aja/cover.bin"):
        damage(path, 40_000, 5000)
    room.scrub()
    assert room.repair().exit_code == 20
    (told,) = {
        str(fact.values["cause"]) for one in room.told() for fact in one.evidence if fact.code == "parity-no-help"
    }
    assert "victim" in told
    assert (outside / "victim").read_bytes() == noise(7, 8192)
    assert room.copy_state("Elements", "Aja/cover.bin") is ReplicaState.CORRUPT


def test_half_of_the_parity_file_gone_what_is_left_still_heals(room: Guarded) -> None:
    (one,) = [one for one in parity.of_vault(room.catalog, room.vaults()[0].id) if one.folder == b"Aja"]
    file = Path(os.fsdecode(room.vaults()[0].folder)) / os.fsdecode(one.path)
    os.truncate(file, file.stat().st_size * 2 // 3)
    for path in everywhere(room, "Aja/cover.bin"):
        damage(path, 40_000, 5000)
    room.scrub()
    assert room.repair().exit_code == 0
    assert whole(room)
    assert {one.state for one in parity.of_vault(room.catalog, room.vaults()[0].id)} == {parity.SetState.INTACT}


def test_a_parity_folder_that_leads_elsewhere_is_not_followed(room: Guarded, tmp_path: Path) -> None:
    folder = Path(os.fsdecode(room.vaults()[0].folder)) / "musicvault/parity"
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    for path in everywhere(room, "Aja/cover.bin"):
        damage(path, 40_000, 5000)
    assert room.scrub().counts["parity_damaged"] == 2
    before = sorted(path.name for path in (tmp_path / "elsewhere").iterdir())
    with pytest.raises(DriveRefused):
        room.repair()
    assert room.copy_state("Elements", "Aja/cover.bin") is ReplicaState.CORRUPT
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == before
