"""The cards of the drives screen: built little by little, kept while nothing changes, told apart by what they are."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from musicvault.gui.drives.panel import DrivePanel
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.drives import Care, SpeedLine, Wellness
from musicvault.gui.models.overview import DriveCard
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.speed_curve import SpeedCurve, is_telling
from tests.gui import sample


def panels(window: MainWindow) -> list[DrivePanel]:
    return window.drives.tiles.cards()


def show(window: MainWindow, qtbot: QtBot, drives: tuple[DriveCard, ...]) -> list[DrivePanel]:
    window.show_screen("drives")
    window.drives.show_drives(drives)
    serving = {(drive.is_library, drive.label): drive for drive in drives if not drive.retired}
    qtbot.waitUntil(lambda: {(p.model.is_library, p.model.label): p.model for p in panels(window)} == serving)
    return panels(window)


def test_only_the_card_that_changed_is_built_anew(window: MainWindow, qtbot: QtBot) -> None:
    drives = tuple(replace(drive, label=f"{drive.label} {n}") for n in range(5) for drive in sample.drives())
    before = show(window, qtbot, drives)
    assert len(before) == 20
    after = show(window, qtbot, (*drives[:7], replace(drives[7], status="Away 75 days"), *drives[8:]))
    assert [number for number in range(20) if before[number] is not after[number]] == [7]


def test_failing_drives_come_first_and_retired_ones_have_no_card(window: MainWindow, qtbot: QtBot) -> None:
    drives = list(sample.drives())
    drives[2] = replace(drives[2], care=Care(Wellness.FAILING, "The drive itself says that it is failing."))
    drives[3] = replace(drives[3], retired=True)
    shown = show(window, qtbot, tuple(drives))
    assert [panel.accessibleName().split(":")[0] for panel in shown] == [
        drives[2].label,
        drives[0].label,
        drives[1].label,
    ]


def test_a_library_and_a_drive_of_one_name_are_told_apart(window: MainWindow, qtbot: QtBot) -> None:
    library, drive = (replace(one, label="Music") for one in sample.drives()[:2])
    show(window, qtbot, (library, drive))
    for is_library in (True, False):
        window.drives.open_drive("Music", library=is_library)
        assert window.drives.sheet.key == (is_library, "Music")


def test_a_curve_says_what_it_shows(qtbot: QtBot) -> None:
    curve = SpeedCurve()
    qtbot.addWidget(curve)
    curve.show_lines((SpeedLine((2e8, None, 1e8), by_place=False),))
    assert curve.accessibleName() == "100 MB/s to 200 MB/s, from what was read first to what was read last"
    curve.show_lines((SpeedLine((None, 55e6, None)),))
    assert curve.accessibleName() == "55 MB/s in the one part that was read enough"
    assert not is_telling(SpeedLine((None, 55e6, 56e6, 57e6)))
    curve.show_lines((SpeedLine((None, None)),))
    assert "Too little" in curve.accessibleName()


def test_no_word_about_the_speed_is_cut_off_on_a_card(window: MainWindow, qtbot: QtBot) -> None:
    care = Care(lines=(SpeedLine((118e6, 212e6)),), slower=1.0)
    (panel,) = show(window, qtbot, (replace(sample.drives()[1], care=care),))
    panel.setFixedWidth(panel.minimumWidth() or 300)
    texts = {one.text(): one for one in panel.findChildren(QLabel)}
    assert texts["as fast as before"].wordWrap()
    speed = texts["118 MB/s to 212 MB/s"]
    qtbot.waitUntil(lambda: panel.width() <= 300)
    assert speed.toolTip() == ""  # it would have all that was cut


def test_each_of_the_same_buttons_says_whose_it_is(window: MainWindow, qtbot: QtBot) -> None:
    drive = replace(sample.drives()[1], actions=(Action(Deed.SCRUB, "Verify"), Action(Deed.RELABEL, "Edit")))
    (panel,) = show(window, qtbot, (drive,))
    assert {one.accessibleDescription() for one in panel.findChildren(Button)} == {drive.label}
