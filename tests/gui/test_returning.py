"""A new computer: the window's first start with a drive that is there already, judged by what is on the disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from musicvault.app import open_app
from musicvault.engine import drives, library
from musicvault.engine.scan import scan
from musicvault.engine.sync import sync
from musicvault.gui.desk.previews import is_sure
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.jobs import JobState
from musicvault.gui.preferences import Preferences
from musicvault.gui.settings.screen import LibraryCard
from musicvault.gui.theme import Theme
from musicvault.gui.widgets.buttons import Button
from musicvault.settings import Settings, save
from tests.gui.conftest import TRACKS, Office, press


@pytest.fixture
def office(tmp_path: Path, qtbot: QtBot, theme: Theme, preferences: Preferences) -> Iterator[Office]:
    """A window over an empty catalog; the drive `first` holds what an earlier computer copied to it."""
    save(Settings(fingerprints=False))
    made = Office(tmp_path, qtbot, theme, preferences)
    with closing(open_app(tmp_path / "earlier.sqlite3")) as earlier:
        ctx = earlier.context
        music = library.add_library(ctx, os.fsencode(made.music))
        drives.add_drive(ctx, os.fsencode(made.first), "Elements")
        for job in (scan(ctx, [music.id]), sync(ctx)):
            list(job)
    yield made
    made.close()


def test_a_new_computer_starts_again_from_a_drive(office: Office) -> None:
    before = {name: (office.music / name).read_bytes() for name in (*TRACKS, "a/cover.jpg")}
    shutil.rmtree(office.music)
    first_run = office.window.first_run
    office.qtbot.mouseClick(first_run.other, Qt.MouseButton.LeftButton)
    assert not first_run.next.isEnabled()
    first_run.sources.choose(os.fsencode(office.first))
    office.settle()
    assert first_run.sources.guesses[os.fsencode(office.first)].label == "Elements"
    assert first_run.sources.guesses[os.fsencode(office.first)].files == len(before)
    office.qtbot.mouseClick(first_run.next, Qt.MouseButton.LeftButton)
    office.settle()
    assert office.ended[-1].state is JobState.DONE, office.ended[-1].message
    assert [row.name for row in first_run.places.rows] == ["Music"]
    back = office.tmp / "Back"
    back.mkdir()
    office.act(Deed.BRING_BACK, "Music", path=os.fsencode(back))
    assert office.ended[-1].state is JobState.DONE, office.ended[-1].message
    assert {name: (back / name).read_bytes() for name in before} == before
    assert not first_run.isVisible()
    assert office.window.screen_name == "overview"


def test_music_that_is_there_already_is_only_placed(office: Office) -> None:
    office.act(Deed.REBUILD, drives=(os.fsencode(office.first),))
    office.act(Deed.PLACE_LIBRARY, "Music", path=os.fsencode(office.music))
    assert office.ended[-1].state is JobState.DONE, office.ended[-1].message
    assert office.window.library.model.layout_of_rows.count == len(TRACKS) + 1
    assert office.window.attention.model.count == 0


def test_a_folder_that_holds_something_is_not_filled(office: Office) -> None:
    office.act(Deed.REBUILD, drives=(os.fsencode(office.first),))
    full = office.tmp / "Full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    office.act(Deed.BRING_BACK, "Music", path=os.fsencode(full))
    assert office.ended[-1].state is JobState.FAILED
    assert "isn't empty" in office.ended[-1].message
    assert [path.name for path in full.iterdir()] == ["mine.txt"]


def test_a_folder_without_a_vault_is_said_and_cannot_be_taken(office: Office) -> None:
    first_run = office.window.first_run
    office.qtbot.mouseClick(first_run.other, Qt.MouseButton.LeftButton)
    first_run.sources.choose(os.fsencode(office.second))
    office.settle()
    problem = first_run.sources.guesses[os.fsencode(office.second)].problem
    assert problem.startswith("MusicVault has copied nothing to this place")
    assert not first_run.next.isEnabled()
    first_run.sources.choose(os.fsencode(office.first))
    office.settle()
    assert first_run.sources.chosen() == (os.fsencode(office.first),)
    assert first_run.next.isEnabled()
    buttons = first_run.sources.findChildren(Button)
    press(office, next(one for one in buttons if one.accessibleName() == "Leave Elements out"))
    assert first_run.sources.chosen() == ()
    assert not first_run.next.isEnabled()


def test_a_folder_chosen_for_copies_by_mistake_is_left_out(window: MainWindow) -> None:
    step = window.first_run.drives
    step.add_folder(b"/media/wrong")
    step.add_folder(b"/media/right")
    wrong = next(one for one in step.findChildren(Button) if one.accessibleName() == "Leave /media/wrong out")
    wrong.click()
    assert step.chosen() == ((b"/media/right", "right"),)


def test_the_settings_offer_both_ways_while_a_library_has_no_place(office: Office) -> None:
    office.act(Deed.REBUILD, drives=(os.fsencode(office.first),))
    office.window.show_first_run(False)
    office.window.show_screen("settings")
    office.settle()
    cards = office.window.settings.findChildren(LibraryCard)
    words = {button.accessibleName() for card in cards for button in card.findChildren(type(card.save))}
    assert {"It is on this computer…", "Bring it back to a new folder…"} <= words
    assert all(is_sure(Action(deed)) for deed in (Deed.PLACE_LIBRARY, Deed.BRING_BACK))
