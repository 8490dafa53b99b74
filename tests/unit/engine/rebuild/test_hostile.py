"""A snapshot is hostile input: it is passed over, and the drive's own lists say what is there."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from musicvault.catalog import history, libraries, vaults
from musicvault.catalog.rebuild import is_new
from musicvault.domain.clocks import Doubt
from musicvault.engine.timekeeping import TrustedClock
from tests.unit.engine.rebuild.lost import Lost, signed, snapshot_changed


@pytest.fixture
def room(tmp_path: Path) -> Lost:
    room = Lost(tmp_path)
    (room.music / "A").mkdir()
    (room.music / "A" / "one.txt").write_bytes(b"one")
    (room.music / "A" / "two.txt").write_bytes(b"two")
    room.protect("a")
    return room


def not_sqlite(vault: Path) -> None:
    path = vault / "musicvault" / "catalog.sqlite3"
    path.write_bytes(b"#!/bin/sh\nrm -rf ~\n" * 1000)
    signed(path)


def another_database(vault: Path) -> None:
    path = vault / "musicvault" / "catalog.sqlite3"
    path.unlink()
    snapshot_changed(vault, "CREATE TABLE item(id)", "PRAGMA user_version = 1")


def cut_short(vault: Path) -> None:
    path = vault / "musicvault" / "catalog.sqlite3"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    signed(path)


def pages_overwritten(vault: Path) -> None:
    path = vault / "musicvault" / "catalog.sqlite3"
    content = bytearray(path.read_bytes())
    for start in range(8192, len(content), 8192):
        content[start : start + 512] = os.urandom(512)
    path.write_bytes(content)
    signed(path)


def changed(*statements: str, script: str = "") -> Callable[[Path], None]:
    return lambda vault: snapshot_changed(vault, *statements, script=script)


PASSED_OVER = {
    "not SQLite": not_sqlite,
    "another database": another_database,
    "cut short": cut_short,
    "overwritten": pages_overwritten,
    "newer": changed("PRAGMA user_version = 99"),
    "older than any": changed("PRAGMA user_version = 0"),
    "a view in the place of a table": changed(
        "ALTER TABLE content RENAME TO old", "CREATE VIEW content AS SELECT * FROM old"
    ),
    "a path that leads out": changed("UPDATE item SET folder = CAST('../../etc' AS BLOB)"),
    "a name with a slash": changed("UPDATE item SET name = CAST('a/../../b' || id AS BLOB)"),
    "a copy outside": changed("UPDATE replica SET path = CAST('/etc/passwd' AS BLOB) WHERE vault_id IS NOT NULL"),
    "a copy in a copy": changed("UPDATE replica SET path = CAST('data/../../x' AS BLOB) WHERE vault_id IS NOT NULL"),
    "a state of nowhere": changed("UPDATE replica SET state = 'splendid'"),
    "a role of nowhere": changed("UPDATE replica SET role = 'king'"),
    "a digest too short": changed("UPDATE content SET blake3 = x'00'"),
    "blocks too many": changed("UPDATE content_detail SET blocks = zeroblob(1600000)"),
    "no details": changed("DELETE FROM content_detail"),
    "a negative size": changed("UPDATE content SET size = -1"),
    "a slug that climbs": changed("UPDATE library SET slug = '../../home'"),
    "traits that are none": changed("UPDATE volume SET traits = '{\"x\": 1}'"),
    "a finding that is none": changed(
        "INSERT INTO finding(replica_id, verdict, evidence, at) SELECT id, 'magic', '[]', 0 FROM replica LIMIT 1"
    ),
    "items without libraries": changed("PRAGMA foreign_keys = OFF", "DELETE FROM library"),
    "types turned around": changed(
        script="CREATE TABLE loose AS SELECT * FROM vault; DROP TABLE vault; ALTER TABLE loose RENAME TO vault;"
        "UPDATE vault SET label = x'00ff', generation = 'many';"
    ),
}


@pytest.mark.parametrize("harm", PASSED_OVER.values(), ids=PASSED_OVER.keys())
def test_what_makes_no_sense_is_passed_over(room: Lost, harm: Callable[[Path], None]) -> None:
    (room.vault("a") / "musicvault" / "catalog.previous.sqlite3").unlink(missing_ok=True)
    harm(room.vault("a"))
    room.new_computer()
    finished = room.rebuild("a")
    assert any("can't be used" in note for note in room.notes())
    assert finished.counts["read"] == 2
    assert room.restored() == room.files
    assert not is_new(room.catalog)


def test_what_a_schema_would_do_is_never_done(room: Lost) -> None:
    snapshot_changed(
        room.vault("a"),
        "CREATE TRIGGER evil AFTER INSERT ON item BEGIN DELETE FROM library; END",
        "CREATE VIEW libraries AS SELECT load_extension('evil')",
        "CREATE TABLE extra(id INTEGER)",
    )
    room.new_computer()
    finished = room.rebuild("a")
    assert finished.counts["read"] == 0
    assert {row[0] for row in room.catalog.rows("SELECT name FROM sqlite_schema")} & {"evil", "extra"} == set()
    assert room.restored() == room.files


def test_a_forged_log_is_taken_only_as_far_as_it_holds(room: Lost) -> None:
    snapshot_changed(
        room.vault("a"),
        "DROP TRIGGER event_stays",
        'UPDATE event SET detail = \'{"all": "well"}\' WHERE id = 3',
    )
    room.new_computer()
    room.rebuild("a")
    told = room.done()
    events = sorted(history.latest(room.catalog), key=lambda event: event.id)
    assert [event.id for event in events[:2]] == [1, 2]
    (opened,) = [event for event in events if event.detail.get("rebuilt")]
    heads = opened.detail["heads"]
    assert [head.get("holds") for head in heads] == [False, None]  # type: ignore[attr-defined]
    assert [one.where for one in told if one.action == "noted" and "as far as it holds" in one.reason] == ["a"]
    assert all(event.detail.get("all") != "well" for event in events)


def test_a_snapshot_can_not_choose_files_of_this_computer(room: Lost) -> None:
    home = room.tmp / "home"
    home.mkdir()
    (home / "two.txt").write_bytes(b"mine")
    snapshot_changed(room.vault("a"), f"UPDATE library SET root = CAST('{home}' AS BLOB)")
    room.new_computer()
    room.rebuild("a")
    (library,) = libraries.every(room.catalog)
    assert not library.is_placed
    assert (home / "two.txt").read_bytes() == b"mine"


@pytest.mark.parametrize("kept", ["x{", '"later"', '[9e9, 1.0, 0.0, 0.0, "boot"]'])
def test_the_clock_of_the_other_computer_is_left_there(room: Lost, kept: str) -> None:
    snapshot_changed(room.vault("a"), f"INSERT OR REPLACE INTO service VALUES('clock', '{kept}')")
    room.new_computer()
    finished = room.rebuild("a")
    assert finished.counts["read"] == 0  # it was used
    assert TrustedClock(room.catalog, lambda: 2e9, lambda: 1.0, lambda: "boot").keep() is Doubt.NONE


def test_a_link_for_a_snapshot_is_not_followed(room: Lost) -> None:
    path = room.vault("a") / "musicvault" / "catalog.sqlite3"
    path.rename(room.tmp / "elsewhere")
    path.symlink_to(room.tmp / "elsewhere")
    (room.vault("a") / "musicvault" / "catalog.previous.sqlite3").unlink(missing_ok=True)
    room.new_computer()
    assert room.rebuild("a").counts["read"] == 2


def test_what_lies_on_the_drive_as_a_link_is_not_read(room: Lost) -> None:
    (room.tmp / "secret").write_bytes(b"secret")
    copy = room.vault("a") / "data" / "music" / "A" / "one.txt"
    copy.unlink()
    copy.symlink_to(room.tmp / "secret")
    room.without_snapshot("a")
    room.new_computer()
    room.rebuild("a")
    assert set(room.restored()) == {"A/two.txt"}
    assert len(vaults.every(room.catalog)) == 1


def test_a_list_of_the_drive_that_was_never_written_so_is_none_though_it_is_signed(room: Lost) -> None:
    vault = room.vault("a")
    manifest, signatures = vault / "manifest-sha256.txt", vault / "tagmanifest-sha256.txt"
    before = sha256(manifest.read_bytes()).hexdigest()
    manifest.write_bytes(manifest.read_bytes() + b"0" * 64 + b"  data/music/\xff.flac\n")
    signatures.write_text(signatures.read_text().replace(before, sha256(manifest.read_bytes()).hexdigest()))
    room.new_computer()
    assert room.rebuild("a").exit_code == 0
    assert room.restored() == room.files
    assert b"\xff" not in manifest.read_bytes()


def test_files_come_back_though_both_manifests_are_gone_bad(room: Lost) -> None:
    for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        path = room.vault("a") / name
        path.write_bytes(bytes(path.stat().st_size))
    room.without_snapshot("a")
    room.new_computer()
    assert room.rebuild("a").counts["items"] == 2
    assert room.restored() == room.files
