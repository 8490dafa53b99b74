"""Any one drive is enough: the computer burns, and a new one goes on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from musicvault.catalog import history, libraries, replicas, rules, vaults
from musicvault.domain.policy import Rule
from musicvault.domain.states import ReplicaState
from musicvault.engine.library import online, place_library
from musicvault.engine.locating import locate
from musicvault.engine.repair import repair
from musicvault.engine.restore import restore
from musicvault.engine.scrub import scrub
from musicvault.engine.status import status
from musicvault.engine.sync import sync
from musicvault.engine.verify import verify
from musicvault.errors import BagRefused, Cancelled, DriveRefused, UsageError
from musicvault.storage.vault.identity import read_identity
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import VaultLayout, free_version_path
from musicvault.storage.vault.records import Operation, Record
from tests.engine_room import flip
from tests.unit.engine.rebuild.lost import Lost, everything
from tests.unit.storage.vault.samples import record_of


def test_from_a_snapshot_all_is_as_it_was(room: Lost) -> None:
    room.protect("a")
    with room.catalog.transaction(room.now()) as transaction:
        rules.set_default(transaction, Rule(copies=3, volumes=2))
    room.track("Nina/03 Three.flac", 3, title="Three")
    room.scan_and_sync()
    events = sum(1 for _ in history.latest(room.catalog))
    room.new_computer()
    finished = room.rebuild("a")
    assert {key: finished.counts[key] for key in ("libraries", "items", "copies", "read", "missing")} == {
        "libraries": 1,
        "items": 4,
        "copies": 4,
        "read": 0,
        "missing": 0,
    }
    assert room.titles() == {"One", "Two", "Three", ""}
    assert rules.default_rule(room.catalog).copies == 3
    assert sum(1 for _ in history.latest(room.catalog)) > events - 3
    assert room.restored() == room.files


def test_the_drive_belongs_to_the_new_catalog(room: Lost) -> None:
    room.protect("a")
    room.new_computer()
    room.rebuild("a")
    who = read_identity(VaultLayout(os.fsencode(room.vault("a"))))
    assert who.owner == room.catalog.catalog_id
    (presence,) = locate(room.ctx)
    assert presence.writable
    assert room.run(verify(os.fsencode(room.vault("a")))).exit_code == 0
    assert room.run(scrub(room.ctx)).exit_code == 0


@pytest.mark.parametrize("snapshot", [True, False])
def test_libraries_wait_until_the_user_points_them_somewhere(room: Lost, snapshot: bool) -> None:
    room.protect("a")
    if not snapshot:
        room.without_snapshot("a")
    room.new_computer()
    room.music.mkdir()  # a folder of the same name is there, and is not taken for the library
    (room.music / "Nina").mkdir()
    (room.music / "Nina" / "01 One.flac").write_bytes(b"something else")
    room.rebuild("a")
    (library,) = libraries.every(room.catalog)
    assert not library.is_placed
    assert not online(room.ctx, library)
    found = status(room.ctx)
    assert not found.libraries[0].online
    assert found.attention == 0
    assert found.states[ReplicaState.INTACT] == 3
    with pytest.raises(Exception, match="not at"):
        room.scan()
    shutil.rmtree(room.music)
    room.music.mkdir()
    library = place_library(room.ctx, library, os.fsencode(room.music))
    assert online(room.ctx, library)
    assert room.run(repair(room.ctx, missing=True)).exit_code == 0
    assert everything(room.music) == room.files
    room.scan()
    assert {room.state(name) for name in room.files} == {ReplicaState.INTACT}
    assert room.run(sync(room.ctx)).counts["copied"] == 0


def test_without_a_snapshot_every_file_is_read(room: Lost) -> None:
    room.protect("a")
    room.without_snapshot("a")
    room.new_computer()
    finished = room.rebuild("a")
    assert (finished.counts["read"], finished.counts["copies"]) == (3, 3)
    assert room.titles() == {"One", "Two", ""}
    assert room.restored() == room.files
    assert room.run(scrub(room.ctx)).exit_code == 0


@pytest.mark.parametrize("keep_previous", [True, False])
def test_a_damaged_snapshot_is_passed_over(room: Lost, keep_previous: bool) -> None:
    room.protect("a")
    room.scan_and_sync()
    before = room.vault("a") / "musicvault" / "catalog.previous.sqlite3"
    assert before.exists()
    flip(room.vault("a") / "musicvault" / "catalog.sqlite3")
    if not keep_previous:
        flip(before)
    room.new_computer()
    finished = room.rebuild("a")
    assert any("not what was written" in note for note in room.notes())
    assert finished.counts["read"] == (0 if keep_previous else 3)
    assert room.restored() == room.files


def test_versions_and_quarantine_come_along(room: Lost) -> None:
    room.protect("a")
    path = room.music / "Nina" / "cover.jpg"
    old = path.read_bytes()
    path.write_bytes(b"another picture" * 50)
    room.scan_and_sync()
    flip(room.vault("a") / "data" / "music" / "Nina" / "01 One.flac")
    room.run(scrub(room.ctx))
    room.run(repair(room.ctx))
    room.without_snapshot("a")
    room.new_computer()
    finished = room.rebuild("a")
    assert finished.counts["versions"] == 2
    assert room.restored() == room.files
    cover = room.item("Nina/cover.jpg")
    kept = [one for one in replicas.of_item(room.catalog, cover.id) if one.role == replicas.VERSION]
    assert [(room.vault("a") / os.fsdecode(one.path)).read_bytes() for one in kept] == [old]


def test_names_of_every_kind_come_back(room: Lost) -> None:
    names = [
        b"Nina/" + b"x" * 250 + b".txt",
        b"Nina/caf\xe9.txt",
        b"Nina/a:b?.txt",
        b"Nina/\xc3\x84.txt",
        "Nina/Ä.txt".encode(),
    ]
    for number, raw in enumerate(names):
        Path(os.fsdecode(os.fsencode(room.music) + b"/" + raw)).write_bytes(b"%d" % number)
    long = b"Nina/" + b'"' * 200 + b".txt"
    Path(os.fsdecode(os.fsencode(room.music) + b"/" + long)).write_bytes(b"long")
    room.protect("a")
    room.without_snapshot("a")
    room.new_computer()
    room.rebuild("a")
    assert room.restored() == room.files


def test_what_one_drive_lost_the_other_gives(room: Lost) -> None:
    room.protect("a", "b")
    room.without_snapshot("a", "b")
    flip(room.vault("a") / "data" / "music" / "Nina" / "01 One.flac")
    (room.vault("a") / "data" / "music" / "Nina" / "02 Two.mp3").unlink()
    flip(room.vault("b") / "data" / "music" / "Nina" / "cover.jpg")
    room.new_computer()
    finished = room.rebuild("a", "b")
    assert (finished.counts["items"], finished.counts["damaged"], finished.counts["missing"]) == (3, 1, 1)
    assert room.restored() == room.files
    assert room.run(scrub(room.ctx)).exit_code == 20  # the second drive's copies were taken at its word, unproven
    assert room.run(repair(room.ctx)).counts["unhealed"] == 0
    assert room.run(scrub(room.ctx)).exit_code == 0


def test_a_drive_whose_manifest_is_damaged_too(room: Lost) -> None:
    room.protect("a")
    room.without_snapshot("a")
    (room.vault("a") / "manifest-sha256.txt").write_bytes(b"\xff\xfe garbage\n")
    room.new_computer()
    room.rebuild("a")
    assert room.restored() == room.files
    assert room.run(verify(os.fsencode(room.vault("a")))).exit_code == 0  # the lists were written anew


def test_a_drive_that_forgot_who_it_is(room: Lost) -> None:
    room.protect("a")
    room.without_snapshot("a")
    (room.vault("a") / "musicvault" / "volume.json").write_bytes(b"{}")
    (room.vault("a") / "bag-info.txt").write_bytes(b"")
    room.new_computer()
    room.rebuild("a")
    assert room.restored() == room.files
    assert read_identity(VaultLayout(os.fsencode(room.vault("a")))).owner == room.catalog.catalog_id


# -- two drives that disagree


@pytest.mark.parametrize("snapshots", ["both", "old", "none"])
@pytest.mark.parametrize("order", ["ab", "ba"])
def test_the_newest_statement_wins_and_the_rest_are_versions(room: Lost, snapshots: str, order: str) -> None:
    room.protect("a", "b")
    cover = room.music / "Nina" / "cover.jpg"
    old = cover.read_bytes()
    later = cover.stat().st_mtime + 1000
    cover.write_bytes(b"new picture" * 60)
    os.utime(cover, (later, later))
    room.scan_and_sync("b")
    os.utime(room.vault("a") / "manifest-sha256.txt", (later - 500, later - 500))
    os.utime(room.vault("b") / "manifest-sha256.txt", (later + 500, later + 500))
    if snapshots != "both":
        room.without_snapshot("b")
    if snapshots == "none":
        room.without_snapshot("a")
    room.new_computer()
    room.rebuild(*order)
    assert room.restored() == room.files
    item = room.item("Nina/cover.jpg")
    copies = {one.vault_id: one for one in replicas.of_item(room.catalog, item.id) if one.role == replicas.CURRENT}
    labels = {vault.label: vault.id for vault in vaults.every(room.catalog)}
    assert copies[labels["b"]].current
    assert not copies[labels["a"]].current
    assert (room.vault("a") / os.fsdecode(copies[labels["a"]].path)).read_bytes() == old


def test_a_file_that_only_the_other_drive_has(room: Lost) -> None:
    room.protect("a", "b")
    room.track("Nina/04 Four.flac", 4, title="Four")
    room.scan_and_sync("b")
    room.without_snapshot("b")
    room.new_computer()
    finished = room.rebuild("a", "b")
    assert finished.counts["read"] == 1
    assert room.restored() == room.files


def test_a_renamed_file_is_one_item(room: Lost) -> None:
    room.protect("a", "b")
    (room.music / "Nina" / "02 Two.mp3").rename(room.music / "Nina" / "02 Deux.mp3")
    room.scan_and_sync("b")
    room.new_computer()
    finished = room.rebuild("b")
    assert finished.counts["items"] == 3
    assert room.restored() == room.files


# -- interrupted work


def test_a_copy_on_its_way_is_brought_home(room: Lost) -> None:
    """Journaled and whole in `incoming/`, not yet under its name, and the computer is gone with the only other copy."""
    room.protect("a")
    layout = VaultLayout(os.fsencode(room.vault("a")))
    content = b"the only copy"
    record = record_of(b"data/music/Nina/new.txt", content, generation=9, original=b"Nina/new.txt")
    with Journal(layout.journal) as journal:
        journal.append(record)
    (room.vault("a") / "musicvault" / "incoming" / "abc-0.partial").write_bytes(content)
    room.new_computer()
    room.files["Nina/new.txt"] = content
    finished = room.rebuild("a")
    assert finished.counts["recovered"] == 1
    assert room.restored() == room.files
    assert room.run(verify(layout.root)).exit_code == 0


def test_a_replacement_that_never_arrived_leaves_the_old_version(room: Lost) -> None:
    room.protect("a")
    layout = VaultLayout(os.fsencode(room.vault("a")))
    stored = b"data/music/Nina/cover.jpg"
    old = Path(os.fsdecode(layout.path(stored))).read_bytes()
    aside = free_version_path(layout, b"\1" * 32, b"cover.jpg")
    version = record_of(
        aside, old, operation=Operation.VERSION, source=stored, generation=9, original=b"Nina/cover.jpg"
    )
    replace = record_of(stored, b"never came", operation=Operation.REPLACE, generation=9, original=b"Nina/cover.jpg")
    with Journal(layout.journal) as journal:
        journal.append_many([_of("music", version), _of("music", replace)])
    os.rename(layout.path(stored), layout.ensure_parent(aside))
    room.without_snapshot("a")
    room.new_computer()
    room.rebuild("a")
    assert room.restored() == room.files


def _of(library: str, record: Record) -> Record:
    from dataclasses import replace

    return replace(record, library=library)


def test_a_rebuild_that_was_stopped_goes_on(room: Lost) -> None:
    room.protect("a")
    room.without_snapshot("a")
    room.new_computer()
    calls = 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls > 12:
            raise Cancelled

    ctx = room.ctx
    room.ctx = ctx.with_checkpoint(stop)
    with pytest.raises(Cancelled):
        room.rebuild("a")
    room.ctx = ctx
    room.rebuild("a")
    assert room.restored() == room.files


def test_what_a_killed_rebuild_left_beside_the_catalog_goes_with_the_next(room: Lost) -> None:
    room.protect("a")
    room.new_computer()
    left = room.tmp / "new" / ".musicvault-rebuild-killed"
    left.mkdir()
    (left / "0.sqlite3").write_bytes(b"a snapshot, half copied")
    room.rebuild("a")
    assert not any((room.tmp / "new").glob(".musicvault-rebuild-*"))


# -- refusals


def test_a_catalog_in_use_is_left_alone(room: Lost) -> None:
    room.protect("a")
    with pytest.raises(UsageError, match="in use"):
        room.rebuild("a")


def test_a_folder_without_a_vault_is_refused(room: Lost) -> None:
    room.protect("a")
    room.new_computer()
    with pytest.raises(BagRefused):
        room.rebuild("burnt-new")
    with pytest.raises(UsageError):
        room.rebuild("nowhere")


def test_a_drive_and_its_copy_are_not_both_believed(room: Lost) -> None:
    room.protect("a")
    shutil.copytree(room.tmp / "a", room.tmp / "clone")
    room.new_computer()
    with pytest.raises(DriveRefused, match="copy of the other"):
        room.rebuild("a", "clone")
    (room.tmp / "link").symlink_to("a")
    assert room.rebuild("a", "a/MusicVault", "link").counts["drives"] == 1
    assert [one.where for one in room.done() if "more than once" in one.reason] == ["a"]


def test_a_vault_of_a_newer_format_is_refused(room: Lost) -> None:
    room.protect("a")
    path = room.vault("a") / "musicvault" / "volume.json"
    path.write_text(path.read_text().replace('"format_version": 1', '"format_version": 2'))
    room.new_computer()
    with pytest.raises(DriveRefused, match="newer"):
        room.rebuild("a")


# -- straight from a drive


@pytest.mark.parametrize("snapshot", [True, False])
@pytest.mark.parametrize("renamed", [True, False])
def test_restore_straight_from_a_drive_writes_nothing_to_it(room: Lost, snapshot: bool, renamed: bool) -> None:
    from musicvault.domain.notices import never_stops
    from musicvault.engine.rebuild.reading import restore_from

    room.protect("a")
    if not snapshot:
        room.without_snapshot("a")
    drive = room.tmp / "a"
    if renamed:
        drive = room.vault("a").rename(room.tmp / "copied")
    before = everything(drive)
    room.new_computer()
    target = room.tmp / "given"
    finished = room.run(restore_from([os.fsencode(drive)], "cover", os.fsencode(target), never_stops, room.now))
    assert finished.counts["restored"] == 1
    room.run(restore_from([os.fsencode(drive)], "", os.fsencode(target), never_stops, room.now))
    assert everything(target / "music") == room.files
    assert everything(drive) == before
    with pytest.raises(UsageError, match="No file matches"):
        room.run(restore_from([os.fsencode(drive)], "zappa", os.fsencode(target), never_stops, room.now))


def test_restore_works_at_once_after_a_rebuild_even_to_the_old_place(room: Lost) -> None:
    room.protect("a")
    room.new_computer()
    room.rebuild("a")
    room.run(restore(room.ctx, "", os.fsencode(room.music)))
    assert everything(room.music / "music") == room.files
