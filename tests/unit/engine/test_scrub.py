"""A scrub reads every copy from its medium, finds silent damage, and never calls the user's own doing damage."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from blake3 import blake3

from musicvault.catalog import chain, history, libraries, replicas
from musicvault.domain.notices import Advanced, Finished, ItemDone, Notice
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine.library import remove_library
from musicvault.engine.scrub import scrub
from musicvault.errors import Cancelled, DriveGone, Locked
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.vault.records import Operation, Record
from tests.engine_room import flip
from tests.guarded import Guarded, is_valid
from tests.sound import retag

V = Verdict


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    for number in (1, 2, 3):
        made.track(f"album/{number}.flac", number, title=f"Song {number}")
    (made.music / "album" / "cover.jpg").write_bytes(b"\xff\xd8" + bytes(range(256)) * 9)
    made.drive("first")
    made.drive("second")
    made.protect()
    return made


def test_all_is_well(room: Guarded) -> None:
    finished = room.scrub()
    assert finished.exit_code == 0
    assert finished.counts["checked"] == finished.counts["intact"] == 12
    assert finished.counts["bytes"] == 3 * sum(path.stat().st_size for path in (room.music / "album").iterdir())
    assert room.told() == []


def test_a_flipped_byte_on_a_drive_and_in_the_library_is_found_and_nothing_else(room: Guarded) -> None:
    flip(room.copy("first", "album/1.flac"))
    flip(room.copy("second", "album/cover.jpg"))
    flip(room.music / "album/2.flac")
    finished = room.scrub()
    assert finished.exit_code == 20
    assert room.verdicts() == {
        ("first", "album/1.flac", V.CORRUPT),
        ("second", "album/cover.jpg", V.CORRUPT),
        ("Music", "album/2.flac", V.CORRUPT),
    }
    assert (finished.counts["corrupt"], finished.counts["intact"]) == (3, 9)
    assert room.copy_state("first", "album/1.flac") is ReplicaState.CORRUPT
    assert room.state("album/2.flac") is ReplicaState.CORRUPT
    for finding in room.told():
        assert finding.bad_blocks == (0,)
        assert "confirmed" in [fact.code for fact in finding.evidence]


def test_one_repair_heals_what_one_scrub_found(room: Guarded) -> None:
    flip(room.copy("first", "album/1.flac"))
    flip(room.music / "album/2.flac")
    room.scrub()
    finished = room.repair()
    assert finished.exit_code == 0, room.notices
    assert finished.counts["repaired"] == 2
    assert all(finding.healed for finding in room.told())
    assert room.copy("first", "album/1.flac").read_bytes() == (room.music / "album/1.flac").read_bytes()
    assert room.copy("first", "album/2.flac").read_bytes() == (room.music / "album/2.flac").read_bytes()
    assert room.scrub().exit_code == 0


def test_a_copy_that_is_gone_from_a_drive_is_missing(room: Guarded) -> None:
    room.copy("first", "album/3.flac").unlink()
    finished = room.scrub()
    assert finished.exit_code == 20
    assert room.verdicts() == {("first", "album/3.flac", V.MISSING)}
    assert room.copy_state("first", "album/3.flac") is ReplicaState.MISSING


def test_a_library_file_that_its_owner_deleted_is_told_and_is_no_damage(room: Guarded) -> None:
    (room.music / "album/1.flac").unlink()
    for _ in range(2):
        assert room.scrub().exit_code == 0
        assert room.verdicts() == {("Music", "album/1.flac", V.MISSING)}
    assert room.state("album/1.flac") is ReplicaState.MISSING


def test_a_file_that_moved_since_the_last_scan_is_not_missing(room: Guarded) -> None:
    (room.music / "album/1.flac").rename(room.music / "renamed.flac")
    assert room.scrub().exit_code == 0
    assert room.verdicts() == {("Music", "renamed.flac", V.MOVED)}
    assert room.state("renamed.flac") is ReplicaState.INTACT


def test_a_tag_edit_since_the_last_scan_is_an_edit(room: Guarded) -> None:
    retag(room.music / "album/1.flac", title="Another title", artist="Someone")
    assert room.scrub().exit_code == 0
    assert room.verdicts() == {("Music", "album/1.flac", V.RETAGGED)}
    # The drives still hold the version before: intact, superseded, never damage.
    assert room.copy_state("first", "album/1.flac") is ReplicaState.INTACT
    assert room.scrub().exit_code == 0
    assert room.told() == []


def test_a_tag_edit_that_keeps_the_time_stamp_is_an_edit(room: Guarded) -> None:
    path = room.music / "album/1.flac"
    before = path.stat()
    retag(path, title="Song 9")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size  # padding took it up
    assert room.scrub().exit_code == 0
    assert room.verdicts() == {("Music", "album/1.flac", V.RETAGGED)}


def test_a_touched_file_is_intact_and_its_times_are_noted(room: Guarded) -> None:
    os.utime(room.music / "album/1.flac", (5, 5))
    assert room.scrub().exit_code == 0
    assert room.told() == []
    replica = replicas.in_library(room.catalog, room.item("album/1.flac").id)
    assert replica.stat.mtime_ns == 5 * 10**9


def test_a_drive_s_copy_may_be_touched_too(room: Guarded) -> None:
    os.utime(room.copy("first", "album/1.flac"), (5, 5))
    assert room.scrub().exit_code == 0
    assert room.told() == []


def test_a_drive_that_is_read_was_seen(room: Guarded) -> None:
    room.later(30)
    room.scrub(drives=["first"])
    seen = {vault.label: room.time - vault.seen_at < 86400 for vault in room.vaults()}
    assert seen == {"first": True, "second": False}


def test_what_the_vault_itself_says_otherwise_is_foreign(room: Guarded) -> None:
    (vault,) = [one for one in room.vaults() if one.label == "first"]
    path = room.copy("first", "album/cover.jpg")
    path.write_bytes(b"another computer's newer cover")
    layout = VaultLayout(vault.folder)
    stated = Record(
        Operation.REPLACE,
        b"data/music/album/cover.jpg",
        1,
        9,
        blake3=blake3(path.read_bytes()).digest(),
        sha256=hashlib.sha256(path.read_bytes()).digest(),
        size=30,
    )
    with Journal(layout.journal) as journal:
        journal.append(stated)
    assert room.scrub(drives=["first"]).exit_code == 22
    assert room.verdicts() == {("first", "album/cover.jpg", V.FOREIGN)}
    assert room.repair().exit_code == 22
    assert path.read_bytes() == b"another computer's newer cover"


def test_damage_that_is_known_is_told_again_but_logged_once(room: Guarded) -> None:
    flip(room.music / "album/1.flac")
    flip(room.copy("first", "album/2.flac"))
    room.scrub()
    known = {finding.known for finding in room.told()}
    events = len(list(history.latest(room.catalog)))
    assert room.scrub().exit_code == 20
    assert known == {False}
    assert [finding.known for finding in room.told()] == [True, True]
    assert len(list(history.latest(room.catalog))) == events + 3  # one for each pass


def test_damage_that_went_away_by_itself_is_intact_again(room: Guarded) -> None:
    flip(room.copy("first", "album/2.flac"))
    room.scrub()
    flip(room.copy("first", "album/2.flac"))
    assert room.scrub().exit_code == 0
    assert room.copy_state("first", "album/2.flac") is ReplicaState.INTACT
    item = room.item("album/2.flac")
    assert history.of_item(room.catalog, item.id)[0].detail == {"verdict": "intact", "was": "corrupt"}


def test_one_event_for_each_pass_and_one_for_each_finding(room: Guarded) -> None:
    flip(room.copy("first", "album/1.flac"))
    before = max(record.id for record in history.latest(room.catalog))
    room.scrub()
    events = [record for record in history.latest(room.catalog) if record.id > before]
    passes = [record for record in events if record.item_id is None]
    findings = [record for record in events if record.item_id is not None]
    assert sorted(record.outcome for record in passes) == ["fail", "success", "success"]
    assert [record.detail["checked"] for record in passes] == [4, 4, 4]
    assert [record.detail["verdict"] for record in findings] == ["corrupt"]
    assert {record.type for record in events} == {"fixity check"}
    assert chain.verify(room.catalog._connections.mine()).broken_at is None


def test_a_read_from_the_medium_is_a_proof_and_settles_the_expectation(room: Guarded) -> None:
    room.track("late.flac", 9)
    room.scan()
    item = room.item("late.flac")
    assert item.content.provisional
    room.scrub(library=True)
    proven = replicas.in_library(room.catalog, item.id)
    assert proven.proven_at is not None
    assert proven.grade is not None
    assert not room.item("late.flac").content.provisional


def test_rot_before_any_second_read_is_damage_too(room: Guarded) -> None:
    room.track("late.flac", 9)
    room.scan()
    flip(room.music / "late.flac")
    assert room.scrub(library=True).exit_code == 20
    assert room.verdicts() == {("Music", "late.flac", V.CORRUPT)}


def test_older_versions_on_a_drive_are_read_as_well(room: Guarded) -> None:
    retag(room.music / "album/1.flac", title="Another title")
    room.protect()
    (vault,) = [one for one in room.vaults() if one.label == "first"]
    (version,) = Path(os.fsdecode(vault.folder), "musicvault", "versions").rglob("*-1.flac")
    flip(version)
    finished = room.scrub(drives=["first"])
    assert finished.counts["checked"] == 5
    assert finished.exit_code == 20
    assert room.verdicts() == {("first", "album/1.flac", V.CORRUPT)}
    assert room.copy_state("first", "album/1.flac") is ReplicaState.INTACT
    assert room.repair().exit_code == 0  # the other drive has that version
    assert room.scrub().exit_code == 0
    assert is_valid(vault)


def test_only_what_was_asked_for_is_read(room: Guarded) -> None:
    flip(room.copy("second", "album/1.flac"))
    assert room.scrub(drives=["first"]).counts["checked"] == 4
    assert room.scrub(library=True).exit_code == 0
    assert room.scrub(drives=["second"]).exit_code == 20


# -- interrupted, away, busy


def test_an_interrupted_pass_goes_on_where_it_stopped(room: Guarded) -> None:
    job = scrub(room.ctx, vault_ids=[room.vaults()[0].id])
    for notice in job:
        if isinstance(notice, Advanced):
            break
    assert isinstance(job, Generator)
    job.close()
    done = 4
    assert room.scrub(drives=["first"]).counts["checked"] == 0  # all was read, the end was not reached
    assert room.scrub(drives=["first"]).counts["checked"] == done


def test_a_dry_run_counts_what_a_pass_would_read_and_changes_nothing(room: Guarded) -> None:
    flip(room.copy("first", "album/1.flac"))
    before = list(history.latest(room.catalog, 1))
    whole = room.run(scrub(room.ctx, dry_run=True))
    assert (whole.counts["checked"], whole.counts["intact"], whole.exit_code) == (12, 0, 0)
    assert whole.counts["bytes"] == 3 * sum(path.stat().st_size for path in (room.music / "album").iterdir())
    assert list(history.latest(room.catalog, 1)) == before
    interrupted = scrub(room.ctx, vault_ids=[room.vaults()[0].id])
    assert isinstance(interrupted, Generator)
    next(notice for notice in interrupted if isinstance(notice, Advanced))
    interrupted.close()
    assert room.run(scrub(room.ctx, vault_ids=[room.vaults()[0].id], dry_run=True)).counts["checked"] < 4


def test_cancelled_between_two_files_reads_only_the_rest_later(room: Guarded) -> None:
    for number in range(10, 90):
        (room.music / f"{number}.txt").write_bytes(bytes([number]) * 1000)
    room.protect()
    read: list[int] = []

    def stop() -> None:
        if any(read):
            raise Cancelled

    job = scrub(room.ctx.with_checkpoint(stop), vault_ids=[room.vaults()[0].id])
    with pytest.raises(Cancelled):
        read.extend(notice.files for notice in job if isinstance(notice, Advanced))
    stopped = next(record for record in history.latest(room.catalog) if record.type == "fixity check")
    assert stopped.outcome == "warning"
    assert stopped.detail["complete"] is False
    finished = room.scrub(drives=["first"])
    before = stopped.detail["checked"]
    assert isinstance(before, int)
    assert before > 0
    assert finished.counts["checked"] + before == 84
    resumed = next(record for record in history.latest(room.catalog) if record.type == "fixity check")
    assert resumed.detail["resumed"] is True


def test_a_pass_that_was_left_too_long_begins_anew(room: Guarded) -> None:
    job = scrub(room.ctx, vault_ids=[room.vaults()[0].id])
    for notice in job:
        if isinstance(notice, Advanced):
            break
    assert isinstance(job, Generator)
    job.close()
    room.later(days=4)
    assert room.scrub(drives=["first"]).counts["checked"] == 4


def test_a_proof_of_the_future_is_no_proof(room: Guarded) -> None:
    now = room.time
    room.later(days=3650)  # the clock was wrong
    room.scrub()
    room.time = now
    assert room.scrub().counts["checked"] == 12


def test_a_drive_that_is_away_says_nothing_about_its_copies(room: Guarded) -> None:
    (room.tmp / "first").rename(room.tmp / "away")
    assert room.scrub().counts["checked"] == 8
    chosen = [vault.id for vault in room.vaults() if vault.label == "first"]
    notices: list[Notice] = []
    with pytest.raises(DriveGone):
        notices.extend(scrub(room.ctx, vault_ids=chosen))
    assert room.copy_state("first", "album/1.flac") is ReplicaState.INTACT


def test_a_drive_that_vanishes_meanwhile_says_nothing_either(room: Guarded) -> None:
    def pull() -> None:
        if (room.tmp / "first").exists():
            (room.tmp / "first").rename(room.tmp / "away")

    chosen = [vault.id for vault in room.vaults() if vault.label == "first"]
    notices: list[Notice] = []
    with pytest.raises(DriveGone):
        notices.extend(scrub(room.ctx.with_checkpoint(pull), vault_ids=chosen))
    assert isinstance(notices[-1], Finished)
    assert not [notice for notice in notices if isinstance(notice, ItemDone) and notice.finding]
    for name in ("album/1.flac", "album/2.flac", "album/3.flac", "album/cover.jpg"):
        assert room.copy_state("first", name) is ReplicaState.INTACT


def test_a_library_in_use_is_still_read_and_its_findings_wait(room: Guarded) -> None:
    flip(room.music / "album/1.flac")
    (library,) = libraries.every(room.catalog)
    with room.ctx.locked("tag", libraries=(library.id,)):
        finished = room.scrub(library=True)
    assert finished.exit_code == 3
    assert finished.counts["intact"] == 3
    assert room.state("album/1.flac") is ReplicaState.INTACT
    assert room.scrub(library=True).exit_code == 20


def test_two_scrubs_of_one_drive_don_t_run_at_once(room: Guarded) -> None:
    job = scrub(room.ctx, vault_ids=[room.vaults()[0].id])
    next(iter(job))
    with pytest.raises(Locked):
        list(scrub(room.ctx, vault_ids=[room.vaults()[0].id]))
    assert isinstance(job, Generator)
    job.close()
    assert room.scrub(drives=["first"]).counts["checked"] == 4


def test_what_is_no_longer_a_file_is_unreadable(room: Guarded) -> None:
    path = room.copy("first", "album/1.flac")
    path.unlink()
    path.mkdir()
    assert room.scrub(drives=["first"]).exit_code == 20
    assert room.verdicts() == {("first", "album/1.flac", V.UNREADABLE)}


def test_damage_from_birth_changes_no_exit_code(room: Guarded) -> None:
    data = (room.music / "album/1.flac").read_bytes()
    (room.music / "broken.flac").write_bytes(data[:5000] + b"\0" * 40 + data[5040:])
    room.protect()
    room.scan()
    assert room.scrub().exit_code == 0
    assert room.told() == []


def test_copies_of_a_library_that_was_removed_are_still_proven(room: Guarded) -> None:
    remove_library(room.ctx, libraries.every(room.catalog)[0])
    assert room.scrub().counts["intact"] == 8
    flip(room.copy("first", "album/1.flac"))
    assert room.scrub().exit_code == 20
    assert room.verdicts() == {("first", "album/1.flac", V.CORRUPT)}
    assert room.scrub().exit_code == 20, "and as long as it stands"
