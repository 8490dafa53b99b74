"""The attention screen on real findings: each kind with its evidence and its action, judged by the disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from musicvault.domain.damage import Lost
from musicvault.gui.attention.group_card import GroupCard
from musicvault.gui.desk.damage import spans
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Action, Deed, State
from musicvault.gui.models.attention import AttentionModel, FindingGroup
from musicvault.gui.models.comparing import Span
from musicvault.gui.widgets.block_map import BlockMap
from musicvault.gui.widgets.two_lines import LINES
from tests.engine_room import flip
from tests.gui import sample
from tests.gui.conftest import TRACKS, Office
from tests.sound import make

MIB = 1 << 20


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def group(office: Office, kind: str) -> FindingGroup:
    return next(one for one in office.window.attention.model.groups if one.kind == kind)


def card(office: Office, kind: str) -> GroupCard:
    office.window.show_screen("attention")
    return next(one for one in office.window.attention.cards() if one.group.kind == kind)


def press(office: Office, where: GroupCard, text: str) -> None:
    button = next(button for button, action in where._buttons if action.label.startswith(text))
    office.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    office.settle()


def test_damage_names_the_drive_that_heals_it_and_shows_its_evidence(office: Office) -> None:
    office.protect()
    whole = digest(office.music / "a/1.flac")
    flip(office.copy_of(office.first, "a/1.flac"))
    office.act(Deed.SCRUB)
    damaged = card(office, "damaged")
    row = damaged.group.rows[0]
    assert row.remedy == "The copy on Music is good."
    assert damaged.evidence.row == row
    assert damaged.findings is not None
    assert damaged.findings.accessibleName() == "1 file is damaged"  # several cards have such a list
    line = damaged.findings.findings.index(0).data(LINES)
    assert (line.words, line.corner) == (row.words, row.where)  # the evidence stands below, once
    assert row.words not in [one.text() for one in damaged.evidence.findChildren(QLabel)]
    assert "The drive gives back other bytes" in damaged.evidence.accessibleName().replace("the drive", "The drive")
    office.window.show_screen("history")
    office.settle()
    event = next(one for one in office.window.history.rows.rows if one.path == b"a/1.flac" and one.title == "Checked")
    facts = dict(event.facts)
    assert (facts["Verdict"], event.words.partition(" · ")[0]) == ("Damaged", "Damaged")
    assert facts["Evidence"].startswith("the drive gives back other bytes")
    office.window.show_screen("attention")
    press(office, damaged, "Repair from Music")
    office.confirm()
    assert digest(office.copy_of(office.first, "a/1.flac")) == whole
    assert office.window.attention.model.groups == ()


def test_what_no_copy_has_is_told_as_lost(office: Office) -> None:
    office.protect()
    for place in (
        office.music / "a/1.flac",
        *(office.copy_of(drive, "a/1.flac") for drive in (office.first, office.second)),
    ):
        flip(place)
    flip(office.music / "a/2.flac")
    office.act(Deed.SCRUB)
    overview = office.window.overview.model
    assert overview is not None
    assert overview.primary is not None
    assert overview.primary.label == "Repair 1 file"  # of two: no more than can be done
    lost = group(office, "lost")
    assert (lost.title, lost.actions[0].label) == ("1 file can't be made whole now", "Try to repair")
    assert len(lost.rows) == 3
    assert all(row.lost and row.spans for row in lost.rows)
    chosen = card(office, "lost")
    assert chosen.findings is not None
    chosen.findings.setCurrentIndex(chosen.findings.findings.index(0))
    said = [one.text() for one in chosen.evidence.findChildren(QLabel)]
    size = (office.music / "a/1.flac").stat().st_size
    whole = f"It is a single block, and that is lost: bytes 0–{size - 1:,}"
    assert whole in said  # as all copies agree
    assert any(text.startswith("Lost: 0:00.") for text in said)


def test_a_copy_that_vanished_from_a_drive_is_no_damage_and_comes_back(office: Office) -> None:
    office.protect()
    whole = digest(office.music / "a/1.flac")
    office.copy_of(office.first, "a/1.flac").unlink()
    office.act(Deed.SCRUB)
    gone = card(office, "gone")
    press(office, gone, "Repair")
    office.confirm()
    assert digest(office.copy_of(office.first, "a/1.flac")) == whole


def test_several_of_a_kind_are_chosen_and_put_back_with_one_preview(office: Office) -> None:
    office.protect()
    names = ("a/1.flac", "a/2.flac")
    old = {name: digest(office.music / name) for name in names}
    for number, name in enumerate(names):
        make(office.music / name, seed=60 + number, seconds=0.3, title="Another take")
    office.act(Deed.SCAN)
    replaced = card(office, "replaced")
    assert [button.text() for button, _ in replaced._buttons] == ["Put back", "Accept", "Compare"]
    assert replaced.findings is not None
    replaced.findings._toggle(replaced.findings.findings.index(1))
    press(office, replaced, "Put back")
    office.confirm()
    assert digest(office.music / "a/1.flac") == old["a/1.flac"]
    assert digest(office.music / "a/2.flac") != old["a/2.flac"]


def test_a_mass_change_is_undone_file_by_file(office: Office) -> None:
    office.protect()
    old = {name: digest(office.music / name) for name in TRACKS}
    for number, name in enumerate(TRACKS[:3]):
        make(office.music / name, seed=50 + number, seconds=0.3, title="Encrypted")
    for name in TRACKS[3:5]:
        (office.music / name).unlink()
    office.act(Deed.SCAN)
    brake = card(office, "brake")
    assert [action.deed for action in brake.group.actions] == [Deed.COMPARE, Deed.CONFIRM, Deed.REVERT]
    press(office, brake, "Put back")
    assert not (office.music / TRACKS[3]).exists()  # only previewed yet
    office.confirm()
    assert {name: digest(office.music / name) for name in TRACKS} == old
    assert office.window.attention.model.groups == ()  # all of it was decided: the brake is off


def test_what_was_damaged_when_it_came_is_told_and_alarms_nobody(office: Office) -> None:
    whole = digest(office.music / "a/1.flac")
    (office.music / "a" / "1.flac.md5").write_text("0" * 32 + "  1.flac\n")
    office.protect()
    born = group(office, "born")
    assert [row.path for row in born.rows] == [b"a/1.flac"]
    assert not born.waits
    assert office.window.attention.model.count == 0
    assert card(office, "born").findings is not None
    assert digest(office.copy_of(office.first, "a/1.flac")) == whole


def test_shift_checks_all_between_and_the_space_bar_one(window: MainWindow, qtbot: QtBot) -> None:
    window.show_screen("attention")
    window.attention.show_model(sample.attention())
    held = next(one for one in window.attention.cards() if one.group.kind == "held")
    findings = held.findings
    assert findings is not None
    findings.resize(600, 400)
    for row, keys in ((1, Qt.KeyboardModifier.NoModifier), (3, Qt.KeyboardModifier.ShiftModifier)):
        findings.scrollTo(findings.findings.index(row))
        at = findings.visualRect(findings.findings.index(row)).center()
        qtbot.mouseClick(findings.viewport(), Qt.MouseButton.LeftButton, keys, QPoint(16, at.y()))
    assert len(findings.findings.chosen()) == 17
    assert held._all.text() == "17 of 20 chosen"
    findings.setCurrentIndex(findings.findings.index(0))
    findings.keyPressEvent(QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier))
    assert len(findings.findings.chosen()) == 16
    assert held.evidence.row == held.group.rows[0]


def test_parity_that_is_damaged_asks_for_nothing_chosen(office: Office) -> None:
    """The action is for all of it: no row of it is an item."""
    asked: list[Action] = []
    row = sample.attention().groups[0].rows[0]
    act = Action(Deed.SYNC, "Make it anew")
    office.window.attention.show_model(
        AttentionModel(
            (
                FindingGroup(
                    "parity",
                    "Recovery data",
                    "",
                    sample.attention().groups[0].tone,
                    "verify",
                    (row,),
                    (act,),
                    chooses=False,
                ),
            )
        )
    )
    office.window.attention.acted.connect(asked.append)
    card(office, "parity")._buttons[0][0].click()
    assert asked == [act]
    office.settle()


def test_damage_in_time_is_exact_where_it_is_known() -> None:
    size = 10 * MIB
    assert spans(size, 100.0, (2, 3, 7), ()) == (Span(20.0, 40.0), Span(70.0, 80.0))
    assert spans(2 * MIB, 100.0, (1,), ()) == ()
    lost = (Lost(0, 4096, 1.5, 1.6), Lost(8192, 9000))
    assert spans(size, 100.0, (0,), lost) == (Span(1.5, 1.6, True),)


def test_a_map_says_and_paints_each_state_differently(office: Office) -> None:
    maps = {
        "good": BlockMap(9),
        "bad": BlockMap(9, (4,), State.DAMAGED),
        "lost": BlockMap(9, (4,), State.DAMAGED, lost=(4,)),
        "unreadable": BlockMap(9, (), State.UNREADABLE),
        "healed": BlockMap(9, (), State.PROTECTED, healed=(4,)),
    }
    seen = set()
    for one in maps.values():
        office.qtbot.addWidget(one)
        one.resize(200, 12)
        picture = QPixmap(one.size())
        one.render(picture)
        seen.add(bytes(picture.toImage().constBits()))
    assert len(seen) == len(maps)
    assert len({one.accessibleName() for one in maps.values()}) == len(maps)
