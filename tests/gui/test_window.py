"""The frame: keyboard, memory, plain text, messages, and a window that stays alive."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from musicvault.gui.bridge import Questions
from musicvault.gui.frame.sidebar import SLIM, WIDE, entries
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.library.chips import Chips
from musicvault.gui.models.actions import Action, Deed, State
from musicvault.gui.models.attention import Preview
from musicvault.gui.models.jobs import JobState
from musicvault.gui.models.library import Filter, Sort
from musicvault.gui.preferences import Preferences
from musicvault.gui.theme import Mode, Theme
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from tests.gui import sample
from tests.gui.filled import fill_all


@pytest.mark.parametrize(("key", "number"), [(entry.key, index % 10) for index, entry in enumerate(entries(), 1)])
def test_each_screen_has_its_key(qtbot: QtBot, window: MainWindow, key: str, number: int) -> None:
    qtbot.keyClick(window, str(number), Qt.KeyboardModifier.ControlModifier)
    assert window.screen_name == key


def test_choosing_the_screen_that_is_shown_leads_back_to_its_beginning(qtbot: QtBot, window: MainWindow) -> None:
    window.drives.show_drives(sample.drives())
    window.show_screen("drives")
    window.drives.open_drive("Elements 4 TB")
    window.show_screen("drives")  # as a preview does, which stays
    assert window.drives.sheet.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert not window.drives.sheet.isVisible()


def test_search_works_from_everywhere(qtbot: QtBot, window: MainWindow) -> None:
    window.library.show_source(sample.Rows(1000))
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    field = window.header.search
    qtbot.keyClicks(field, "bach")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.screen_name == "library"
    qtbot.waitUntil(lambda: window.library.model.layout_of_rows.count == 40, timeout=20_000)
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""
    qtbot.waitUntil(lambda: window.library.model.layout_of_rows.count == 1000, timeout=20_000)


def test_a_mistake_in_the_search_is_said_calmly_with_its_place(qtbot: QtBot, window: MainWindow) -> None:
    field, searched = window.header.search, list[str]()
    field.searched.connect(searched.append)
    field.setText("jazz foo:bar")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.header.problem.isVisible()
    assert "At character 6: There is no field foo." in window.header.problem.toolTip()
    assert searched == []
    field.setText("jazz genre:blues")
    assert not window.header.problem.isVisible()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert searched == ["jazz genre:blues"]


def test_the_search_offers_fields_and_then_what_they_can_say(qtbot: QtBot, window: MainWindow) -> None:
    window.library.show_source(sample.Rows(10))
    field = window.header.search
    window.library.ask_offers(field.know)
    qtbot.keyClicks(field, "-gen")
    assert field.offered == ("genre:",)
    field._completer.activated.emit("genre:")
    assert field.text() == "-genre:"
    qtbot.waitUntil(lambda: bool(field._known), timeout=20_000)
    qtbot.keyClicks(field, "j")
    assert field.offered == ("genre:Jazz",)
    field.clear()
    qtbot.keyClicks(field, "drive:")
    assert field.offered == ('drive:"My Passport"',)
    field.clear()
    qtbot.keyClicks(field, "lossless:y")
    assert field.offered == ("lossless:yes",)
    field.clear()


def test_f5_asks_for_a_scan_and_delete_for_nothing(qtbot: QtBot, window: MainWindow) -> None:
    asked: list[Action] = []
    window.acted.connect(asked.append)
    qtbot.keyClick(window, Qt.Key.Key_Delete)
    assert asked == []
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert [action.deed for action in asked] == [Deed.SCAN]


def test_showing_is_done_here_and_not_asked_for(window: MainWindow) -> None:
    asked: list[Action] = []
    window.acted.connect(asked.append)
    window.do(Action(Deed.SHOW, subject="library", values={"filter": Filter.SHORT}))
    assert window.screen_name == "library"
    assert window.library.model.query.filter is Filter.SHORT
    window.do(Action(Deed.SHOW, subject="no such screen"))
    assert window.screen_name == "overview"
    assert asked == []


def test_it_remembers_where_it_was(
    qtbot: QtBot, window: MainWindow, theme: Theme, tmp_path: Path, questions: Questions
) -> None:
    window.show_screen("drives")
    window.settings.modes[Mode.DARK].click()
    window.library.table.show_columns(["title", "size", "state"])
    window.close()
    again = MainWindow(theme, Preferences(tmp_path / "window.ini"), questions)
    qtbot.addWidget(again)
    assert Preferences(tmp_path / "window.ini").state("window") is not None
    assert again.screen_name == "drives"
    assert again.library.table.shown_columns() == ["title", "size", "state"]
    assert theme.mode is Mode.DARK


def test_at_the_first_start_it_fits_the_screen(
    qtbot: QtBot, theme: Theme, tmp_path: Path, questions: Questions
) -> None:
    made = MainWindow(theme, Preferences(tmp_path / "new.ini"), questions)
    qtbot.addWidget(made)
    room = made.screen().availableSize()
    assert room.height() < 820  # the screen of these tests is a small one
    assert made.minimumHeight() < made.height() < room.height()


def test_damaged_preferences_are_no_obstacle(tmp_path: Path) -> None:
    place = tmp_path / "window.ini"
    place.write_bytes(b"[General]\ntheme=neon\nscreen=@ByteArray(\xff)\n\x00\x00[[[")
    assert Preferences(place).mode is Mode.SYSTEM


def test_a_narrow_window_has_a_slim_sidebar(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1000, 640)
    assert window.sidebar.width() == SLIM
    window.resize(1280, 820)
    assert window.sidebar.width() == WIDE


def test_what_waits_is_said_and_not_only_painted(window: MainWindow) -> None:
    window.sidebar.show_badge("attention", 3)
    names = [child.accessibleName() for child in window.sidebar.findChildren(QWidget)]
    assert "Attention, 3 waiting" in names


def test_text_from_files_stays_text(qtbot: QtBot, window: MainWindow) -> None:
    nasty = "<b>bold</b><img src=x>&amp;"
    row = sample.row_at(0)
    detail = sample.detail(1)
    from dataclasses import replace

    detail = replace(detail, row=replace(row, title=nasty, artist=nasty), headline=nasty, tags={"title": (nasty,)})
    window.library.inspector.show_details([detail])
    labels = window.library.inspector.findChildren(QLabel)
    assert any(nasty in label.text() for label in labels)
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)
    assert all("<img" not in label.toolTip() for label in labels)


def test_every_label_everywhere_is_plain(window: MainWindow) -> None:
    fill_all(window)
    loose = [label.text() for label in window.findChildren(QLabel) if label.textFormat() is not Qt.TextFormat.PlainText]
    assert loose == []


def test_everything_that_can_be_pressed_or_filled_in_has_a_name(window: MainWindow) -> None:
    fill_all(window)
    nameless = []
    for kind in (QPushButton, QLineEdit):
        for child in window.findChildren(kind):
            if child.objectName().startswith("qt_"):
                continue
            spoken: QAccessibleInterface | None = QAccessible.queryAccessibleInterface(child)
            if spoken is not None and not spoken.text(QAccessible.Text.Name):
                nameless.append((type(child).__name__, child.parent()))
    assert nameless == []


def test_messages_stack_go_and_lead_somewhere(qtbot: QtBot, window: MainWindow) -> None:
    window.toasts.say("First")
    window.toasts.say("First")
    window.toasts.say("Second", Tone.DAMAGED, Action(Deed.SHOW, "Look", "activity"), stays=True)
    assert window.toasts.texts() == ["First", "Second"]
    button = next(b for b in window.toasts.findChildren(QPushButton) if b.accessibleName() == "Look")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.screen_name == "activity"
    assert window.toasts.texts() == ["First"]


def test_a_long_message_is_no_tower_beside_its_button(window: MainWindow, qtbot: QtBot) -> None:
    words = "The drive is full and twelve gigabytes are missing. " * 4
    window.toasts.say(words, Tone.SHORT, stays=True)
    window.toasts.say(words + "!", Tone.SHORT, Action(Deed.SHOW, "Details", "activity"), stays=True)
    qtbot.wait(1)
    alone, with_button = window.toasts._shown
    button = next(one for one in with_button.findChildren(Button) if one.text() == "Details")
    assert with_button.height() <= alone.height() + button.height() + 24


def test_the_footer_shows_jobs_while_they_run(window: MainWindow) -> None:
    running, done, failed = sample.jobs()
    assert window.footer.isHidden()
    window.footer.show_job(running)
    assert window.footer.isVisible()
    assert "24 min left" in window.footer.strips()[0].accessibleName()
    from dataclasses import replace

    window.footer.show_job(replace(running, state=JobState.DONE))
    window.footer.show_job(done)
    window.footer.show_job(failed)
    assert window.footer.isHidden()


def test_a_preview_does_nothing_until_confirmed(qtbot: QtBot, window: MainWindow) -> None:
    asked: list[Action] = []
    window.acted.connect(asked.append)
    window.show_screen("attention")
    sure = Action(Deed.REPAIR, "Repair", items=(1,))
    window.attention.show_preview(Preview("Repair 1 file?", ("a",), sure))
    assert window.attention.preview.isVisible()
    assert asked == []
    assert window.attention.preview.confirm is not None
    qtbot.mouseClick(window.attention.preview.confirm, Qt.MouseButton.LeftButton)
    assert asked == [sure]
    assert window.attention.preview.isHidden()


def test_bulk_selection_acts_on_what_is_checked(qtbot: QtBot, window: MainWindow) -> None:
    asked: list[Action] = []
    window.acted.connect(asked.append)
    window.show_screen("attention")
    window.attention.show_model(sample.attention())
    card = window.attention.cards()[0]
    assert card.findings is not None
    qtbot.mouseClick(card.findings.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(12, 20))
    card._buttons[0][0].click()
    assert asked[0].items == (14, 31)


def test_the_legend_leads_to_the_files(window: MainWindow) -> None:
    window.overview.show_model(sample.overview())
    window.overview.bar.chosen.emit(State.STALE)
    assert window.screen_name == "library"
    assert window.library.model.query.filter is Filter.DUE


def test_sorting_by_a_header_asks_the_source(qtbot: QtBot, window: MainWindow) -> None:
    window.library.show_source(sample.Rows(100))
    window.library.table.sorted_by.emit(Sort("size", True))
    assert window.library.model.sort_order == Sort("size", True)


def test_chips_say_how_many(qtbot: QtBot, theme: Theme) -> None:
    chips = Chips()
    qtbot.addWidget(chips)
    chips.show_totals({Filter.ALL: 12480, Filter.DAMAGED: 3})
    names = [button.accessibleName() for button in chips.findChildren(QPushButton)]
    assert "All 12,480" in names
    assert "Damaged 3" in names


def test_a_folder_can_be_dropped(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    from PySide6.QtCore import QMimeData, QUrl
    from PySide6.QtGui import QDropEvent

    got: list[bytes] = []
    window.dropped.connect(got.append)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    event = QDropEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dropEvent(event)
    assert got == [os.fsencode(tmp_path)]


def test_the_loop_turns_while_everything_is_shown(qtbot: QtBot, window: MainWindow) -> None:
    """A watchdog: a timer of the event loop must get its turn between all that a busy window does."""
    turns: list[int] = []
    watchdog = QTimer()
    watchdog.timeout.connect(lambda: turns.append(1))
    watchdog.start(0)
    fill_all(window)
    for entry in entries():
        before = len(turns)
        window.show_screen(entry.key)
        qtbot.waitUntil(lambda n=before: len(turns) > n, timeout=5000)  # type: ignore[misc]
    watchdog.stop()
