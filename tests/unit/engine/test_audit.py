"""The log of events tells when it was tampered with, and the drives tell when its end was cut off."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from musicvault.catalog.database import Catalog
from musicvault.engine.audit import check_log
from musicvault.engine.context import Context
from musicvault.storage.vault.heads import noted_head
from musicvault.storage.vault.layout import VaultLayout
from tests.guarded import Guarded


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    room = Guarded(tmp_path)
    (room.music / "one.txt").write_bytes(b"one")
    room.drive("a")
    room.protect()
    return room


def tampered(room: Guarded, *statements: str) -> Context:
    room.catalog.close()
    with closing(sqlite3.connect(room.catalog.path)) as connection:
        connection.execute("DROP TRIGGER IF EXISTS event_stays")
        connection.execute("DROP TRIGGER IF EXISTS event_is_kept")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    room.catalog = Catalog.open(room.catalog.path)
    return Context(room.catalog, room.now)


def test_an_honest_log_holds(room: Guarded) -> None:
    found = check_log(room.ctx)
    assert found.holds
    assert found.guarded
    assert found.events == room.catalog.value("SELECT count(*) FROM event")
    (witness,) = found.witnesses
    assert witness.label == "a"
    noted = noted_head(VaultLayout(os.fsencode(room.tmp / "a" / "MusicVault")))
    assert noted is not None
    assert noted.number == witness.number


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE event SET detail = '{}' WHERE id = 2", 2),
        ("UPDATE event SET at = at + 1 WHERE id = 1", 1),
        ("DELETE FROM event WHERE id = 2", 3),
        ("DELETE FROM event WHERE id = 1", 2),
        ("DELETE FROM event WHERE id > 3", 4),
        ("DELETE FROM event", 1),
    ],
)
def test_a_changed_or_lost_event_is_named(room: Guarded, statement: str, broken_at: int) -> None:
    found = check_log(tampered(room, statement))
    assert not found.holds
    assert found.broken_at == broken_at


def test_a_drive_remembers_an_end_that_was_cut_off(room: Guarded) -> None:
    renumbered = "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'event'"
    found = check_log(tampered(room, "DELETE FROM event WHERE id > 1", renumbered))
    assert found.broken_at is None
    assert [(witness.label, witness.holds) for witness in found.witnesses] == [(None, False), ("a", False)]
    assert not found.holds


def test_the_computer_remembers_an_end_that_no_drive_has_seen(room: Guarded) -> None:
    noted = room.vaults()[0]
    room.scrub()
    last = room.catalog.value("SELECT max(id) FROM event")
    room.ctx = tampered(room)
    found = check_log(room.ctx)
    assert [(one.label, one.holds) for one in found.witnesses] == [(None, True), (noted.label, True)]
    assert found.witnesses[0].number == last > found.witnesses[1].number
    renumbered = f"UPDATE sqlite_sequence SET seq = {last - 1} WHERE name = 'event'"
    found = check_log(tampered(room, f"DELETE FROM event WHERE id >= {last}", renumbered))
    assert [one.holds for one in found.witnesses] == [False, True]
    assert "noted elsewhere" in found.sentence
    room.ctx = tampered(room)
    room.scrub()
    found = check_log(tampered(room))
    assert [one.holds for one in found.witnesses] == [False, True], "what was noted stays, though the log went on"


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER IF EXISTS event_is_new",
        "CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT 1; END",
        "SELECT 1",
    ],
)
def test_an_unguarded_log_is_told_and_guarded_again(room: Guarded, statement: str) -> None:
    ctx = tampered(room, statement)
    found = check_log(ctx)
    assert (found.broken_at, found.guarded, found.holds) == (None, False, False)
    assert check_log(ctx).holds
    for refused in ("UPDATE event SET at = 0", "DELETE FROM event", "REPLACE INTO event SELECT * FROM event"):
        with (
            pytest.raises(sqlite3.IntegrityError, match="append-only"),
            room.catalog.transaction(room.now()) as transaction,
        ):
            transaction.execute(refused)
    said = room.catalog.rows("SELECT type, outcome, detail FROM event ORDER BY id DESC LIMIT 1")
    assert said == [("fixity check", "fail", '{"log":"unguarded"}')]


def test_a_log_that_went_on_after_its_end_was_cut_off(room: Guarded) -> None:
    last = room.catalog.value("SELECT max(id) FROM event")
    room.ctx = tampered(room, f"DELETE FROM event WHERE id = {last}")
    (room.music / "two.txt").write_bytes(b"two")
    room.protect()
    assert check_log(room.ctx).broken_at == last + 1


def test_an_empty_log_holds(tmp_path: Path) -> None:
    catalog = Catalog.open(tmp_path / "catalog.sqlite3")
    assert check_log(Context(catalog, lambda: 0.0)).holds
    catalog.close()
