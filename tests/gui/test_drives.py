"""Drives from the window: names, letting one go, adopting a backup, checking one copy, trying a restore."""

from __future__ import annotations

import os
import shutil
from typing import Any

from musicvault.catalog import vaults
from musicvault.gui.models.actions import Action, Deed, State
from musicvault.gui.models.jobs import JobState
from tests.engine_room import flip
from tests.gui.conftest import TRACKS, Office, press


def labels(office: Office) -> list[str]:
    return [vault.label for vault in vaults.every(office.app.catalog)]


def test_a_drive_gets_another_name_and_place(office: Office) -> None:
    office.protect()
    screen = office.window.drives
    office.window.show_screen("drives")
    screen.edit("First")
    assert screen.editor.isVisible()
    screen.editor.label_field.setText("Elements")
    screen.editor.site_field.setText("bank")
    press(office, screen.editor.save)
    assert sorted(labels(office)) == ["Elements", "Second"]
    card = next(drive for drive in screen._drives or () if drive.label == "Elements")
    assert card.site == "bank"
    screen.edit("Elements")
    screen.editor.label_field.setText("Second")
    press(office, screen.editor.save)
    assert office.ended[-1].state is JobState.FAILED
    assert "already" in office.window.toasts.texts()[-1]


def test_a_drive_is_let_go_after_a_preview_and_keeps_all_that_is_on_it(office: Office) -> None:
    office.protect()
    before = sorted(path for path in office.second.rglob("*") if path.is_file() and "data" in path.parts)
    office.window.show_screen("drives")
    office.window.drives.edit("Second")
    press(office, office.window.drives.editor.remove)
    assert sorted(labels(office)) == ["First", "Second"]  # only previewed yet
    office.confirm()
    assert labels(office) == ["First"]
    assert sorted(path for path in office.second.rglob("*") if path.is_file() and "data" in path.parts) == before
    office.act(Deed.ADD_DRIVE, path=os.fsencode(office.second))
    assert sorted(labels(office)) == ["First", "Second"]
    assert not office.ended[-1].counts.get("copied")


def test_a_backup_that_is_there_is_taken_over(office: Office) -> None:
    office.act(Deed.ADD_LIBRARY, path=os.fsencode(office.music))
    backup = office.first / "old backup"
    shutil.copytree(office.music, backup)
    other = backup / "b/3.flac"
    other.write_bytes(other.read_bytes()[:-1] + b"\0")
    panel = office.window.drives.panel
    office.window.show_screen("drives")
    office.window.drives.open_panel()
    office.settle()
    panel.choose(os.fsencode(office.first), "Elements")
    panel.take_backup(os.fsencode(backup))
    press(office, panel.add)
    assert office.ended[-1].state is JobState.DONE, office.ended[-1]
    assert office.ended[-1].counts["adopted"] == len(TRACKS)  # the cover too, but for the one that differs
    assert other.exists()
    assert not (backup / "a/1.flac").exists()
    for name in TRACKS:
        assert office.copy_of(office.first, name).read_bytes() == (office.music / name).read_bytes()


def test_one_copy_is_verified_from_the_inspector(office: Office) -> None:
    office.protect()
    flip(office.copy_of(office.second, "a/1.flac"))
    office.select("1.flac")
    for copy, state in (("First", State.PROTECTED), ("Second", State.DAMAGED)):
        shown = next(one for one in office.window.library.inspector.details[0].copies if one.place == copy)
        assert shown.actions[0].deed is Deed.CHECK
        office.window.do(shown.actions[0])
        office.settle()
        after = next(one for one in office.window.library.inspector.details[0].copies if one.place == copy)
        assert after.state is state
    assert office.window.attention.model.count == 1


def test_restoring_is_tried_from_the_overview(office: Office) -> None:
    office.protect()
    model = office.window.overview.model
    assert model is not None
    assert model.drill is not None
    assert "never" in model.drill.text
    assert model.drill.action == Action(Deed.DRILL, "Try it now")
    office.window.do(model.drill.action)
    office.settle()
    assert office.ended[-1].state is JobState.DONE
    again = office.window.overview.model
    assert again is not None
    assert again.drill is not None
    assert "2 of 2 right" in again.drill.text


def test_an_older_version_is_listed_and_given_back(office: Office) -> None:
    office.protect()
    before = (office.music / "a/1.flac").read_bytes()
    row = office.select("1.flac")
    office.act(Deed.TAG, items=(row.id,), edits={"title": ("A new title",)})
    office.act(Deed.SYNC)
    office.qtbot.waitUntil(lambda: bool(office.window.library.inspector.details[0].versions), timeout=20_000)
    (kept,) = office.window.library.inspector.details[0].versions
    assert "other tags: Title" in kept.words
    assert [line.split(":")[0] for line in sorted(kept.places.split("\n"))][:2] == ["First", "Music, for undoing"]
    assert kept.action is not None
    out = office.tmp / "out"
    values: dict[str, Any] = {**kept.action.values, "path": os.fsencode(out)}
    office.act(kept.action.deed, items=kept.action.items, **values)
    assert office.ended[-1].state is JobState.DONE, office.ended[-1].message
    assert (out / "music/a/1.flac").read_bytes() == before
    assert (office.music / "a/1.flac").read_bytes() != before
