"""What scrubs see of a drive is kept, bounded, and judged; nothing is called well that nobody can know."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from musicvault.catalog import drive_health, libraries, vaults
from musicvault.catalog.drive_health import KEPT_ERRORS, KEPT_PASSES, ReadError, ReadPass
from musicvault.domain import curves
from musicvault.domain.curves import Part
from musicvault.domain.health import HealthState, SmartReport
from musicvault.domain.media import Media
from musicvault.domain.policy import Standing
from musicvault.engine import drive_care
from musicvault.engine.drive_audit import Audit, audit
from musicvault.engine.drives import describe_drive
from musicvault.engine.status import status
from musicvault.errors import UsageError
from tests.engine_room import flip
from tests.guarded import Guarded

WELL = SmartReport(protocol="ATA", model="Disk", passed=True, temperature=30)
ILL = SmartReport(protocol="ATA", model="Disk", passed=False)


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    made.drive("A")
    for number in range(4):
        (made.music / f"{number}.bin").write_bytes(os.urandom(600_000))
    made.protect()
    return made


def health(room: Guarded) -> drive_care.DriveHealth:
    (vault,) = room.vaults()
    return drive_care.known(room.ctx, vault, online=True)


def read_pass(room: Guarded, errors: int = 0, *, complete: bool = True) -> None:
    (vault,) = room.vaults()
    found = [ReadError(b"%d.bin" % number, 5, None, "Input/output error (EIO)") for number in range(errors)]
    with room.catalog.transaction(room.now()) as transaction:
        read = ReadPass(
            vault.volume_id,
            transaction.now,
            complete,
            "order",
            10,
            10**9,
            errors,
            0,
            (Part(10**9, 5.0), *curves.EMPTY[1:]),
        )
        drive_health.record_pass(transaction, read, found)


def smart(room: Guarded, report: SmartReport) -> None:
    (vault,) = room.vaults()
    with room.catalog.transaction(room.now()) as transaction:
        drive_health.set_smart(transaction, vault.volume_id, report)


def events(room: Guarded) -> list[str]:
    sql = "SELECT json_extract(detail, '$.\"drive health\"') FROM event WHERE detail LIKE '%drive health%' ORDER BY id"
    return [row[0] for row in room.catalog.rows(sql)]


def test_before_anybody_looked_health_is_unknown(room: Guarded) -> None:
    found = health(room)
    assert (found.state, found.at) == (HealthState.UNKNOWN, None)
    assert "Nobody has looked yet" in found.reason


def test_a_scrub_leaves_its_curve(room: Guarded) -> None:
    room.scrub(drives=["A"])
    found = health(room)
    assert found.state is HealthState.UNKNOWN, "a good read is no word of the disk"
    (one,) = found.passes
    assert (one.complete, one.errors, one.corrupt) == (True, 0, 0)
    assert one.bytes >= 4 * 600_000
    assert sum(part.bytes for part in one.curve) == 4 * 600_000, "small files tell nothing of speed"


def test_rot_is_counted_by_what_was_read(room: Guarded) -> None:
    flip(room.copy("A", "1.bin"))
    room.scrub(drives=["A"])
    found = health(room)
    assert found.seen.corrupt == 1
    assert found.seen.corrupt_per_tb == pytest.approx(1e12 / found.seen.bytes_read)
    assert "gave back 1 file damaged" in found.reason
    assert found.state is HealthState.UNKNOWN


def test_errors_make_a_drive_failing_until_it_reads_well_again(room: Guarded) -> None:
    read_pass(room, 3)
    assert (health(room).state, events(room)) == (HealthState.FAILING, ["failing"])
    read_pass(room, complete=False)
    assert health(room).state is HealthState.FAILING, "half a pass takes nothing back"
    read_pass(room)
    assert (health(room).state, events(room)) == (HealthState.UNKNOWN, ["failing", "unknown"])


def test_errors_add_up_over_passes(room: Guarded) -> None:
    (vault,) = room.vaults()
    for name in (b"a", b"b", b"c"):
        with room.catalog.transaction(room.now()) as transaction:
            read = ReadPass(vault.volume_id, transaction.now, False, "order", 1, 1, 1, 0, curves.EMPTY)
            drive_health.record_pass(transaction, read, [ReadError(name, None, None, "EIO")])
    assert health(room).seen.error_files == 3
    assert health(room).state is HealthState.FAILING


def test_the_disks_own_word(room: Guarded) -> None:
    smart(room, WELL)
    assert (health(room).state, health(room).reason) == (HealthState.HEALTHY, "")
    smart(room, ILL)
    assert (health(room).state, events(room)) == (HealthState.FAILING, ["failing"])
    smart(room, SmartReport("The drive is asleep, and was not woken.", asleep=True))
    assert health(room).state is HealthState.FAILING, "sleep takes nothing back"
    smart(room, WELL)
    assert events(room) == ["failing", "healthy"]


def test_an_old_word_calls_no_drive_well(room: Guarded) -> None:
    smart(room, WELL)
    room.later(61)
    read_pass(room)
    assert (health(room).state, "last asked 61 days ago" in health(room).reason) == (HealthState.UNKNOWN, True)
    smart(room, ILL)
    room.later(400)
    read_pass(room)
    assert health(room).state is HealthState.FAILING


def test_all_of_it_is_bounded(room: Guarded) -> None:
    for _ in range(KEPT_PASSES + 3):
        read_pass(room, 30)
    assert len(health(room).passes) == KEPT_PASSES
    assert len(health(room).errors) == KEPT_ERRORS


def test_nonsense_in_the_tables_is_read_as_unknown(room: Guarded) -> None:
    smart(room, WELL)
    read_pass(room)
    for nonsense in ("", "[]", "{", "5", '{"counters": 5}', '{"passed": [], "counters": {"x": 1}}', "[[1,2]]"):
        room.catalog.rows("UPDATE health SET smart = ?, state = ?", (nonsense, nonsense))
        room.catalog.rows("UPDATE read_pass SET curve = ?", (nonsense,))
        assert health(room).state is HealthState.UNKNOWN
        assert health(room).smart is None
        assert health(room).passes[0].curve == curves.EMPTY


def test_words_of_another_computer_are_shown_plainly(room: Guarded) -> None:
    smart(room, replace(WELL, model="Disk\x1b[2J"))
    room.catalog.rows("UPDATE health SET reason = 'gone' || char(27) || '[2J'")
    found = health(room)
    assert found.smart is not None
    assert "\x1b" not in found.reason + found.smart.model


def test_asking_writes_down_why_nothing_is_known(room: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(room.tmp))
    (found,) = drive_care.check(room.ctx, room.vaults())
    assert (found.state, bool(found.reason)) == (HealthState.UNKNOWN, True)
    assert found.at is not None


def test_a_drive_is_described(room: Guarded) -> None:
    (vault,) = room.vaults()
    found = describe_drive(room.ctx, vault, media=Media.FLASH, notes="  bought\n 2021 ")
    assert (found.media, found.notes) == ("flash", "bought 2021")
    assert vaults.every(room.catalog)[0].media == "flash"


# -- audits


def run_audit(folder: Path, room: Guarded) -> tuple[Audit, int]:
    found = Audit()
    return found, room.run(audit(os.fsencode(folder), found)).exit_code


def test_an_audit_reads_everything_once(room: Guarded) -> None:
    place = room.tmp / "any"
    (place / "sub").mkdir(parents=True)
    for name in ("a", "sub/b"):
        (place / name).write_bytes(os.urandom(3_000_000))
    (place / "link").symlink_to("a")
    (place / "empty").touch()
    found, code = run_audit(place, room)
    assert (dict(found.counts), code) == ({"checked": 3, "bytes": 6_000_000, "unreadable": 0, "failed": 0}, 0)
    assert sum(part.bytes for part in found.curve) == 6_000_000


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_no_fault_of_the_device(room: Guarded) -> None:
    place = room.tmp / "any"
    place.mkdir()
    (place / "secret").touch(0o000)
    found, code = run_audit(place, room)
    assert (found.counts["failed"], found.counts["unreadable"], code) == (1, 0, 3)


def test_an_audit_wants_a_folder(room: Guarded) -> None:
    with pytest.raises(UsageError):
        run_audit(room.tmp / "gone", room)


def test_a_librarys_own_disk_is_looked_after(room: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(room.tmp))
    known = libraries.every(room.catalog)
    (found,) = drive_care.check(room.ctx, [], known)
    assert (found.name, found.vault, found.state) == ("Music", None, HealthState.UNKNOWN)
    assert len(drive_care.check(room.ctx, room.vaults(), known)) == 1, "on a drive's disk it is told once"
    with room.catalog.transaction(room.now()) as transaction:
        drive_health.set_smart(transaction, known[0].volume_id, ILL)
    assert status(room.ctx).libraries[0].failing
    assert status(room.ctx).drives[0].failing
    assert status(room.ctx).standings[Standing.PROTECTED] == 0


def test_what_is_read_of_one_round_is_one_pass(room: Guarded) -> None:
    (vault,) = room.vaults()
    part = (Part(5 << 20, 1.0), *curves.EMPTY[1:])
    other = (Part(), Part(8 << 20, 2.0), *curves.EMPTY[2:])
    for number, (name, curve) in enumerate((("one", part), ("one", part), ("two", other), ("one", other))):
        with room.catalog.transaction(room.now() + number) as transaction:
            read = ReadPass(vault.volume_id, transaction.now, name == "two", "device", 2, 10, 1, 1, curve, name)
            drive_health.record_pass(transaction, read, [ReadError(b"%d" % number, None, None, "EIO")])
    newest, before = drive_health.passes(room.catalog, vault.volume_id)
    assert (newest.round, newest.files, newest.bytes, newest.errors, newest.corrupt) == ("one", 6, 30, 3, 3)
    assert newest.curve[:2] == (Part(10 << 20, 2.0), Part(8 << 20, 2.0))
    assert (before.round, before.complete, before.files) == ("two", True, 2)


def test_curves_by_different_bases_are_not_mixed(room: Guarded) -> None:
    (vault,) = room.vaults()
    for basis, size in (("device", 9 << 20), ("order", 5 << 20)):
        with room.catalog.transaction(room.now()) as transaction:
            curve = (Part(size, 1.0), *curves.EMPTY[1:])
            read = ReadPass(vault.volume_id, transaction.now, False, basis, 1, size, 0, 0, curve, "one")
            drive_health.record_pass(transaction, read, ())
    (one,) = drive_health.passes(room.catalog, vault.volume_id)
    assert (one.basis, one.bytes, one.curve[0].bytes) == ("device", 14 << 20, 9 << 20)
