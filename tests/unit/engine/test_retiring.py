"""A drive is parted with only when everything is safe without it, and even then nothing on it is lost."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from musicvault.catalog import rules, vaults
from musicvault.domain.notices import ItemDone
from musicvault.domain.policy import Standing
from musicvault.domain.states import ReplicaState
from musicvault.engine import drives, locating, retiring
from musicvault.engine.status import status
from musicvault.engine.sync import sync
from musicvault.engine.waiting import waiting
from musicvault.errors import DriveGone, UsageError
from tests.corruption.drives import drive
from tests.engine_room import flip
from tests.guarded import Guarded, is_valid


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    for number in range(3):
        (made.music / f"{number}.bin").write_bytes(os.urandom(5000))
    return made


def vault(room: Guarded, label: str) -> vaults.Vault:
    (found,) = [one for one in room.vaults() if one.label == label]
    return found


def on_real_drives(room: Guarded) -> None:
    """Folders of one disk are one drive to the policy: ask for one, so that folders will do."""
    rule = rules.default_rule(room.catalog)
    with room.catalog.transaction(room.now()) as transaction:
        rules.set_default(transaction, type(rule)(copies=2, volumes=1))


def test_a_drive_whose_files_would_fall_short_stays(room: Guarded) -> None:
    room.drive("A")
    on_real_drives(room)
    room.protect()
    end = room.run(retiring.retire(room.ctx, vault(room, "A")))
    assert (end.exit_code, end.counts["short"], end.counts["retired"]) == (21, 3, 0)
    assert {os.fsdecode(done.path) for done in room.done()} == {"0.bin", "1.bin", "2.bin"}
    assert all("it would fall short" in done.problem for done in room.done())
    assert not vault(room, "A").retired


def test_it_is_drained_first_with_proof(tmp_path: Path, room: Guarded) -> None:
    with drive("tmpfs", tmp_path / "disk", mib=32) as disk:
        room.drive("A")
        on_real_drives(room)
        room.protect()
        room.drive("B", disk.point)
        end = room.run(retiring.retire(room.ctx, vault(room, "A")))
        assert (end.exit_code, end.counts["copied"], end.counts["proven"], end.counts["retired"]) == (0, 3, 3, 1)
        assert vault(room, "A").retired
        assert is_valid(vault(room, "A")), "nothing on it was touched"
        assert status(room.ctx).standings[Standing.PROTECTED] == 3
        with pytest.raises(UsageError):
            room.run(retiring.retire(room.ctx, vault(room, "A")))


@pytest.mark.parametrize(("copies", "retired"), [(2, 1), (3, 0)])
def test_a_further_drive_that_is_full_is_no_obstacle_where_it_is_not_needed(
    copies: int, retired: int, tmp_path: Path, room: Guarded
) -> None:
    with drive("tmpfs", tmp_path / "disk", mib=1) as disk:
        for label in "AB":
            room.drive(label)
        on_real_drives(room)
        room.protect()
        rule = rules.default_rule(room.catalog)
        with room.catalog.transaction(room.now()) as transaction:
            rules.set_default(transaction, replace(rule, copies=copies))
        room.drive("Full", disk.point)
        (disk.point / "filling").write_bytes(bytes(shutil.disk_usage(disk.point).free))
        end = room.run(retiring.retire(room.ctx, vault(room, "A")))
        assert (end.exit_code, end.counts["retired"], end.counts["short"]) == (
            0 if retired else 21,
            retired,
            3 - 3 * retired,
        )
        assert any("too full" in notice.reason for notice in room.notices if isinstance(notice, ItemDone))


def test_a_dry_run_says_what_would_come_and_copies_nothing(room: Guarded) -> None:
    room.drive("A")
    on_real_drives(room)
    room.protect()
    room.drive("B")
    end = room.run(retiring.retire(room.ctx, vault(room, "A"), dry_run=True))
    assert (end.exit_code, end.counts["short"], end.counts["proven"], end.counts["copied"]) == (0, 0, 3, 3)
    assert end.counts["retired"] == 0
    assert not vault(room, "A").retired


def test_old_proofs_prove_nothing(room: Guarded) -> None:
    room.drive("A")
    room.drive("B")
    on_real_drives(room)
    room.protect()
    room.later(200)
    end = room.run(retiring.retire(room.ctx, vault(room, "A")))
    assert (end.exit_code, end.counts["short"]) == (21, 3)
    assert "not proven within 90 days" in room.done()[-1].problem
    room.scrub()
    assert room.run(retiring.retire(room.ctx, vault(room, "A"))).counts["retired"] == 1


def test_a_retired_drive_counts_for_nothing_and_still_heals(room: Guarded) -> None:
    room.drive("A")
    on_real_drives(room)
    room.protect()
    end = room.run(retiring.retire(room.ctx, vault(room, "A"), force=True))
    assert (end.exit_code, end.counts["retired"]) == (21, 1)
    assert status(room.ctx).standings[Standing.AT_RISK] == 3
    (room.music / "new.bin").write_bytes(b"x" * 5000)
    room.scan()
    with pytest.raises(UsageError, match="is retired"):
        room.run(sync(room.ctx, [vault(room, "A").id]))
    room.run(sync(room.ctx))
    assert not room.copy("A", "new.bin").exists(), "it gets no copies any more"
    flip(room.music / "1.bin")
    room.scrub(library=True)
    assert room.repair().counts["repaired"] == 1
    assert room.state("1.bin") is ReplicaState.INTACT


def test_it_comes_back_into_service(room: Guarded) -> None:
    room.drive("A")
    on_real_drives(room)
    room.protect()
    room.run(retiring.retire(room.ctx, vault(room, "A"), force=True))
    retiring.unretire(room.ctx, vault(room, "A"))
    assert status(room.ctx).standings[Standing.PROTECTED] == 3


def test_taking_a_vault_up_again_keeps_it_retired_but_adding_a_removed_drive_does_not(room: Guarded) -> None:
    room.drive("A")
    on_real_drives(room)
    room.protect()
    room.run(retiring.retire(room.ctx, vault(room, "A"), force=True))
    with room.catalog.transaction(room.now()) as transaction:
        vaults.add(transaction, vault(room, "A"))
    assert vault(room, "A").retired
    drives.remove_drive(room.ctx, vault(room, "A"))
    room.drive("A")
    assert not vault(room, "A").retired


def test_a_dead_drive_is_retired_by_what_the_others_have(tmp_path: Path, room: Guarded) -> None:
    with drive("tmpfs", tmp_path / "dead", mib=32) as disk:
        room.drive("A", disk.point)
        room.drive("B")
        on_real_drives(room)
        room.protect()
        disk.unmount()
        assert room.run(retiring.retire(room.ctx, vault(room, "A"))).counts["retired"] == 1


def test_a_successor_must_be_another_and_there(tmp_path: Path, room: Guarded) -> None:
    room.drive("A")
    with drive("tmpfs", tmp_path / "dead", mib=32) as disk:
        room.drive("B", disk.point)
        retiring.check_successor(room.ctx, vault(room, "A"), vault(room, "B"))
        disk.unmount()
        with pytest.raises(DriveGone):
            retiring.check_successor(room.ctx, vault(room, "A"), vault(room, "B"))
    with pytest.raises(UsageError):
        retiring.check_successor(room.ctx, vault(room, "A"), vault(room, "A"))


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({"allowed": ("A", "C d")}, "musicvault policy edit Everything --only-on B --only-on 'C d'"),
        ({"forbidden": ("B",)}, "musicvault policy edit Everything --not-on ''"),
        ({"forbidden": ("A",)}, ""),
        ({"allowed": ("A", "B")}, ""),
    ],
)
def test_a_rule_that_wants_nothing_on_the_successor_is_told_before_anything_is_done(
    changes: dict[str, tuple[str, ...]], command: str, room: Guarded
) -> None:
    room.drive("A")
    room.drive("B")
    with room.catalog.transaction(room.now()) as transaction:
        rules.set_default(transaction, replace(rules.default_rule(room.catalog), **changes))  # type: ignore[arg-type]
    if not command:
        retiring.check_successor(room.ctx, vault(room, "A"), vault(room, "B"))
        return
    with pytest.raises(UsageError) as refused:
        retiring.check_successor(room.ctx, vault(room, "A"), vault(room, "B"))
    assert str(refused.value).endswith(command)


def test_what_waits_for_a_drive(room: Guarded) -> None:
    room.drive("A")
    room.protect()
    (room.music / "new.bin").write_bytes(b"x" * 7000)
    room.scan()
    (todo,) = waiting(room.ctx, locating.locate(room.ctx))
    assert (todo.overdue, todo.lacking, todo.bytes) == (0, 1, 7000)
    room.later(100)
    (todo,) = waiting(room.ctx, locating.locate(room.ctx))
    assert (todo.overdue, todo.lacking, todo.files) == (3, 1, 4)
    room.scrub(drives=["A"])
    (todo,) = waiting(room.ctx, locating.locate(room.ctx))
    assert todo.overdue == 0
