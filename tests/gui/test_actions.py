"""Every action of the window, on real files, each judged by what is on the disk in the end."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import mutagen
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QLabel

from musicvault.catalog import libraries
from musicvault.engine.library import add_library
from musicvault.engine.scan import scan
from musicvault.gui.firstrun.screen import FirstRun
from musicvault.gui.library.tags_tab import TagsTab
from musicvault.gui.models.actions import Action, Deed, State
from musicvault.gui.models.jobs import JobState
from musicvault.gui.models.library import Filter
from musicvault.gui.settings.screen import LibraryCard
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.text import ElidedLabel
from tests.engine_room import flip
from tests.gui.conftest import TRACKS, Office, press
from tests.sound import make


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_first_run_protects_a_folder(office: Office) -> None:
    """A newcomer: chooses the folder, a folder on a drive, a promise, and starts."""
    first_run = office.window.first_run
    assert isinstance(first_run, FirstRun)
    assert first_run.isVisible()
    first_run.choose_music(os.fsencode(office.music))
    office.settle()
    assert first_run.music.guess is not None
    assert first_run.music.guess.files == len(TRACKS)
    press(office, first_run.next)
    first_run.drives.add_folder(os.fsencode(office.first))
    press(office, first_run.next)
    press(office, first_run.next)
    assert office.ended[-1].state is JobState.DONE, office.ended[-1].message
    for name in (*TRACKS, "a/cover.jpg"):
        assert digest(office.copy_of(office.first, name)) == digest(office.music / name)
    assert office.window.screen_name == "overview"
    assert office.window.sidebar.isVisible()


def test_add_library_then_add_drive(office: Office) -> None:
    office.act(Deed.ADD_LIBRARY, path=os.fsencode(office.music))
    office.act(Deed.ADD_DRIVE, path=os.fsencode(office.first), label="Elements", site="home")
    assert digest(office.copy_of(office.first, "b/3.flac")) == digest(office.music / "b/3.flac")
    labels = [drive.label for drive in office.window.drives._drives or ()]
    assert labels == ["Music", "Elements"]


def test_a_folder_that_cannot_be_is_said_and_changes_nothing(office: Office) -> None:
    office.act(Deed.ADD_LIBRARY, path=os.fsencode(office.tmp / "nowhere"))
    assert office.ended[-1].state is JobState.FAILED
    assert "nowhere" in office.window.toasts.texts()[0]


def test_what_a_running_job_finds_is_listed_before_it_ends(office: Office) -> None:
    assert office.window.library.model.layout_of_rows.count == 0
    ctx = office.app.context
    list(scan(ctx, [add_library(ctx, os.fsencode(office.music)).id]))  # as far as a job has come by now
    office.desk.refresh()
    office.settle()
    assert office.window.library.model.layout_of_rows.count == 7


def test_scan_finds_what_is_new_and_sync_copies_it(office: Office) -> None:
    office.protect()
    make(office.music / "b/7.flac", seed=9, seconds=0.3, title="Seven")
    office.act(Deed.SCAN)
    assert office.window.library.model.layout_of_rows.count == 8
    assert not office.copy_of(office.first, "b/7.flac").exists()
    office.act(Deed.SYNC, "First")
    assert digest(office.copy_of(office.first, "b/7.flac")) == digest(office.music / "b/7.flac")
    assert not office.copy_of(office.second, "b/7.flac").exists()


@pytest.mark.parametrize("where", ["library", "drive"])
def test_rot_is_found_shown_and_healed(office: Office, where: str) -> None:
    office.protect()
    whole = digest(office.music / "a/1.flac")
    rotten = office.music / "a/1.flac" if where == "library" else office.copy_of(office.second, "a/1.flac")
    flip(rotten)
    office.act(Deed.SCRUB)
    assert office.window.attention.model.count == 1
    assert "damaged" in office.window.overview.hero.sentence.text()
    office.window.library.filter(Filter.DAMAGED)
    row = office.select("1.flac")
    assert row.state is State.DAMAGED
    office.window.show_screen("overview")
    model = office.window.overview.model
    assert model is not None
    assert model.primary is not None
    own = model.drives[0]
    assert (own.status, own.note) == (
        ("Look here", "1 file needs you") if where == "library" else ("Connected", own.note)
    )
    office.window.do(model.primary)
    office.settle()
    assert digest(rotten) != whole  # only previewed yet
    office.confirm()
    assert digest(rotten) == whole
    assert office.window.attention.model.count == 0


def test_one_file_is_repaired_from_the_inspector(office: Office) -> None:
    office.protect()
    before = {name: digest(office.music / name) for name in ("a/1.flac", "b/3.flac")}
    for name in before:
        flip(office.music / name)
    office.act(Deed.SCRUB)
    office.select("1.flac")
    detail = office.window.library.inspector.details[0]
    assert detail.primary is not None
    office.window.do(detail.primary)
    office.settle()
    office.confirm()
    assert digest(office.music / "a/1.flac") == before["a/1.flac"]
    assert digest(office.music / "b/3.flac") != before["b/3.flac"]


def test_a_changed_file_is_accepted_or_put_back(office: Office) -> None:
    office.protect()
    old = {name: digest(office.music / name) for name in ("a/1.flac", "a/2.flac")}
    for number, name in enumerate(old):
        make(office.music / name, seed=70 + number, seconds=0.3, title="Another take")
    new = {name: digest(office.music / name) for name in old}
    office.act(Deed.SCAN)
    held = {row.path: row.item for group in office.window.attention.model.groups for row in group.rows}
    assert set(held) == {b"a/1.flac", b"a/2.flac"}
    office.window.show_screen("attention")
    office.act(Deed.ACCEPT, items=(held[b"a/1.flac"],))
    office.confirm()
    assert digest(office.music / "a/1.flac") == new["a/1.flac"]
    assert digest(office.copy_of(office.first, "a/1.flac")) == new["a/1.flac"]
    office.act(Deed.REJECT, items=(held[b"a/2.flac"],))
    office.confirm()
    assert digest(office.music / "a/2.flac") == old["a/2.flac"]
    assert digest(office.copy_of(office.first, "a/2.flac")) == old["a/2.flac"]
    assert office.window.attention.model.count == 0


def test_a_file_that_is_gone_comes_back_or_is_let_go(office: Office) -> None:
    office.protect()
    whole = digest(office.music / "a/1.flac")
    (office.music / "a/1.flac").unlink()
    (office.music / "b/3.flac").unlink()
    office.act(Deed.SCAN)
    gone = {row.path: row.item for group in office.window.attention.model.groups for row in group.rows}
    office.window.show_screen("attention")
    office.act(Deed.RESTORE, items=(gone[b"a/1.flac"],))
    office.confirm()
    assert digest(office.music / "a/1.flac") == whole
    office.act(Deed.FORGET, items=(gone[b"b/3.flac"],))
    office.confirm()
    assert not (office.music / "b/3.flac").exists()
    assert office.copy_of(office.first, "b/3.flac").exists()
    assert office.window.library.model.layout_of_rows.count == 6
    undo = next(one for one in office.window.toasts.findChildren(Button) if one.accessibleName() == "Undo")
    press(office, undo)
    office.confirm()
    assert [row.path for group in office.window.attention.model.groups for row in group.rows] == [b"b/3.flac"]


def test_tags_are_edited_in_the_form_and_undone_to_the_byte(office: Office) -> None:
    office.protect()
    before = digest(office.music / "a/1.flac")
    office.select("1.flac")
    inspector = office.window.library.inspector
    inspector._tab = 1
    inspector.show_details(inspector.details)
    form = inspector.tab_widget()
    assert isinstance(form, TagsTab)
    form.field("title").setFocus()
    form.field("title").selectAll()
    office.qtbot.keyClicks(form.field("title"), "A new title")
    assert form.save.isEnabled()
    press(office, form.save)
    assert mutagen.File(office.music / "a/1.flac")["title"] == ["A new title"]
    assert office.window.library.inspector.details[0].row.title == "A new title"
    office.act(Deed.UNDO)
    office.confirm()
    assert digest(office.music / "a/1.flac") == before


def test_what_can_t_hold_tags_gets_no_form(office: Office) -> None:
    office.protect()
    office.select("cover.jpg")
    inspector = office.window.library.inspector
    inspector._tab = 1
    inspector.show_details(inspector.details)
    form = inspector.tab_widget()
    assert isinstance(form, TagsTab)
    assert not form.field("title").isVisibleTo(form)
    assert not form.save.isVisibleTo(form)


def test_many_files_are_edited_together(office: Office) -> None:
    office.protect()
    office.window.show_screen("library")
    office.settle()
    office.window.library.table.selectAll()
    inspector = office.window.library.inspector
    office.qtbot.waitUntil(lambda: len(inspector.details) == 7, timeout=20_000)
    form = inspector.tab_widget()
    assert isinstance(form, TagsTab)
    assert form.field("title").placeholderText() == "(several values)"
    assert form.field("artist").text() == ""  # the cover has no artist: mixed
    office.qtbot.keyClicks(form.field("genre"), "Test; Tone")
    press(office, form.save)
    for number, name in enumerate(TRACKS, 1):
        tags = mutagen.File(office.music / name)
        assert (tags["genre"], tags["title"]) == (["Test", "Tone"], [f"Title {number}"])


def test_what_is_left_out_is_changed_in_the_settings(office: Office) -> None:
    office.protect()
    make(office.music / "Incoming/5.flac", seed=11, seconds=0.3)
    library = office.window.settings.findChildren(LibraryCard)[0]
    library.patterns.setPlainText("Incoming\nb")
    office.window.show_screen("settings")
    press(office, library.save)
    shown = [one.text() for one in office.window.settings.preview.findChildren(ElidedLabel)]
    assert "b/3.flac" in shown
    assert "a/1.flac" not in shown
    assert libraries.every(office.app.catalog)[0].exclusions == (), "only shown yet"
    library.patterns.setPlainText("Incoming")
    press(office, library.save)
    office.confirm()
    office.act(Deed.SCAN)
    assert libraries.every(office.app.catalog)[0].exclusions == ("Incoming",)
    assert office.window.library.model.layout_of_rows.count == 7


def test_what_is_typed_into_the_settings_outlives_what_happens_meanwhile(office: Office) -> None:
    office.protect()
    office.window.settings.findChildren(LibraryCard)[0].patterns.setPlainText("Half a patt")
    make(office.music / "a/9.flac", seed=12, seconds=0.3)
    office.act(Deed.SCAN)
    (card,) = office.window.settings.findChildren(LibraryCard)
    assert card.patterns.toPlainText() == "Half a patt"
    assert card.save.isEnabled()


def test_a_folder_is_looked_after_no_more_and_comes_back_as_it_was(office: Office) -> None:
    office.protect()
    office.window.show_screen("settings")
    office.settle()
    card = office.window.settings.findChildren(LibraryCard)[0]
    press(office, next(one for one in card.findChildren(Button) if "Stop looking" in one.text()))
    office.confirm()
    assert office.window.library.model.layout_of_rows.count == 0
    assert all(office.copy_of(office.first, name).exists() and (office.music / name).exists() for name in TRACKS)
    office.act(Deed.ADD_LIBRARY, path=os.fsencode(office.music))
    assert office.ended[-1].counts.get("copied", 0) == 0, "the copies are known again"
    assert office.window.library.model.layout_of_rows.count == 7


def test_a_running_job_is_paused_resumed_and_stopped_from_the_footer(office: Office) -> None:
    for number in range(40):
        make(office.music / f"many/{number}.flac", seed=200 + number, seconds=0.05)
    office.window.do(Action(Deed.ADD_LIBRARY, values={"path": os.fsencode(office.music)}))
    office.qtbot.waitUntil(lambda: bool(office.window.footer.strips()), timeout=20_000)
    strip = office.window.footer.strips()[0]
    office.qtbot.mouseClick(strip.pause, Qt.MouseButton.LeftButton)
    office.qtbot.mouseClick(strip.stop, Qt.MouseButton.LeftButton)
    office.settle()
    assert office.ended[-1].state in (JobState.STOPPED, JobState.DONE)
    assert office.window.footer.isHidden()
    office.act(Deed.SCAN)
    assert office.window.library.model.layout_of_rows.count == 47


def test_closing_waits_for_the_next_safe_point_without_freezing(office: Office) -> None:
    office.window.may_close = office.desk.close
    for number in range(40):
        make(office.music / f"many/{number}.flac", seed=300 + number, seconds=0.05)
    office.window.do(Action(Deed.ADD_LIBRARY, values={"path": os.fsencode(office.music)}))
    with office.qtbot.waitSignal(office.window.closed, timeout=60_000):
        office.window.close()
    assert not office.jobs.running()
    assert not office.window.isVisible()


def test_while_the_window_is_open_what_is_new_is_protected_by_itself(office: Office) -> None:
    office.protect()
    fresh = make(office.music / "b/7.flac", seed=30, seconds=0.3, title="Seven")
    os.utime(fresh, ns=(1, fresh.stat().st_mtime_ns - 60 * 10**9))  # nobody is writing it any more
    office.desk.watching._on = True
    office.desk.watching.start()
    copy = office.copy_of(office.second, "b/7.flac")
    office.qtbot.waitUntil(copy.exists, timeout=60_000)
    office.window.do(Action(Deed.SCAN))  # the watch makes room for what the user asks for, and comes back
    office.qtbot.waitUntil(lambda: [row.title for row in office.ended][-1:] == ["Scan everything"], timeout=60_000)
    assert office.ended[-1].state is JobState.DONE
    office.qtbot.waitUntil(office.desk.watching.runs, timeout=60_000)
    assert office.window.footer.isHidden() or office.window.footer.strips()
    assert digest(copy) == digest(fresh)


def test_a_cover_beside_the_music_is_shown(office: Office) -> None:
    picture = QImage(600, 400, QImage.Format.Format_RGB32)
    picture.fill(QColor("#aa3366"))
    picture.save(str(office.music / "b" / "folder.png"))
    office.protect()
    row = office.select("3.flac")
    detail = office.window.library.inspector.details[0]
    shown = QImage.fromData(detail.cover)
    assert (shown.width(), shown.height()) == (176, 176)
    assert shown.pixelColor(88, 88).name() == "#aa3366"
    covers = office.window.library.covers
    office.qtbot.waitUntil(lambda: covers.of(row) is not None, timeout=20_000)
    assert covers.of(office.select("1.flac")) is None  # its picture can't be decoded


def test_a_mass_change_waits_for_the_users_word(office: Office) -> None:
    office.protect()
    for name in TRACKS[:4]:
        (office.music / name).unlink()
    office.act(Deed.SCAN)
    kinds = [group.kind for group in office.window.attention.model.groups]
    assert "brake" in kinds
    office.window.show_screen("attention")
    office.act(Deed.CONFIRM, "Music")
    shown = {one.text() for one in office.window.attention.preview.findChildren(QLabel)}
    assert {f"{name} · Missing" for name in TRACKS[:4]} <= shown
    office.confirm()
    assert "brake" not in [group.kind for group in office.window.attention.model.groups]
    assert office.copy_of(office.first, "a/1.flac").exists()
