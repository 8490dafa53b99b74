"""Snapshots of an older version: what it wrote otherwise is put right on the way in."""

from __future__ import annotations

from pathlib import Path

import pytest

from musicvault.catalog import rules, search
from tests.unit.engine.rebuild.lost import Lost, snapshot_changed


@pytest.fixture
def room(tmp_path: Path) -> Lost:
    room = Lost(tmp_path)
    room.track("Nina/01 One.flac", title="One")
    room.track("Nina/02 Two.mp3", 2, title="Two")
    return room


def test_what_an_older_version_did_not_know_is_not_zero(room: Lost) -> None:
    room.protect("a")
    snapshot_changed(room.vault("a"), "UPDATE track SET duration = 0, bits = 0, year = 0", "PRAGMA user_version = 1")
    room.new_computer()
    room.rebuild("a")
    assert [found.path for found in search.find(room.catalog, "length:<10 or bits:<16 or year:<1900")] == []
    assert room.catalog.value("SELECT count(*) FROM track") == 2


def test_a_scope_that_an_older_version_understood_differently_hides_no_snapshot(room: Lost) -> None:
    room.protect("a")
    change = "INSERT INTO rule(position, name, scope, copies, volumes, proof_days, version_days)"
    snapshot_changed(room.vault("a"), change + " VALUES(1, 'Some', 'title: One', 1, 1, 90, 90)")
    room.new_computer()
    assert room.rebuild("a").counts["read"] == 0
    assert rules.every(room.catalog)[0].scope == r"title\: One"
