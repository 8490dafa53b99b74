"""Screens with much on them are built a few cards at a time; what is unchanged stays, with what the user did there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from musicvault.domain.policy import Rule
from musicvault.gui.attention.finding_list import FindingList, FindingsModel
from musicvault.gui.bridge import Questions
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.attention import AttentionModel
from musicvault.gui.models.policy import PolicyModel
from musicvault.gui.preferences import Preferences
from musicvault.gui.theme import Theme
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.layouts import TileLayout
from tests.gui import sample, samples_of_policy

RULES = (*(Rule(f"Rule {n}", f"genre:g{n}", copies=3, volumes=2) for n in range(19)), Rule(copies=3, volumes=2))


class Shown(QObject):
    """Which widgets were shown as windows of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[QWidget] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.windows.append(watched)
        return False


def test_no_part_of_a_screen_is_a_window_before_it_has_its_place(window: MainWindow, qapp: QApplication) -> None:
    shown = Shown()
    qapp.installEventFilter(shown)
    try:
        window.overview.show_model(sample.overview())
        window.drives.show_drives(sample.drives())
        window.attention.show_model(sample.attention())
        window.policy.show_model(samples_of_policy.policy())
        window.policy.open_rule(1)
    finally:
        qapp.removeEventFilter(shown)
    assert [type(one).__name__ for one in shown.windows] == []


def test_twenty_rules_come_a_few_at_a_time_and_a_moved_one_keeps_its_card(window: MainWindow, qtbot: QtBot) -> None:
    screen = window.policy
    screen.show_model(PolicyModel(RULES))
    assert 0 < len(screen.cards) < len(RULES)
    qtbot.waitUntil(lambda: len(screen.cards) == len(RULES))
    before = list(screen.cards)
    before[3].down.click()
    assert [card.rule().name for card in screen.cards[3:5]] == ["Rule 4", "Rule 3"]
    assert screen.cards == [*before[:3], before[4], before[3], *before[5:]]
    assert (before[0].up.isEnabled(), before[3].up.isEnabled(), before[18].down.isEnabled()) == (False, True, False)
    assert screen.draft() == (*RULES[:3], RULES[4], RULES[3], *RULES[5:])
    screen.add_rule()
    assert len(screen.cards) == len(RULES) + 1
    form = screen.cards[19].form
    assert form is not None
    assert form.rule().name == "New rule"


def test_a_policy_that_changes_while_it_is_built_leaves_no_card_behind(window: MainWindow, qtbot: QtBot) -> None:
    screen = window.policy
    screen.show_model(PolicyModel(RULES))
    screen.show_model(PolicyModel(RULES[-3:]))
    qtbot.waitUntil(lambda: screen._rules.count() == 3)
    assert [card.rule() for card in screen.cards] == list(RULES[-3:])


def test_what_was_unchecked_stays_so_when_the_findings_change(window: MainWindow, qtbot: QtBot) -> None:
    model = sample.attention()
    window.attention.show_model(model)
    qtbot.waitUntil(lambda: len(window.attention.cards()) == len(model.groups))
    before = {card.group.kind: card for card in window.attention.cards()}
    assert before["held"].findings is not None
    before["held"].findings.findings.check_span(0, 4, on=False)
    groups = tuple(replace(group, rows=group.rows[2:]) if group.kind == "held" else group for group in model.groups)
    window.attention.show_model(AttentionModel(groups))
    after = {card.group.kind: card for card in window.attention.cards()}
    assert len(after["held"].unchecked()) == 3
    assert all(after[kind] is before[kind] for kind in before if kind != "held")


def test_what_is_built_is_dressed_a_few_times_and_not_at_each_level(
    theme: Theme, preferences: Preferences, questions: Questions, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is moved under another parent is dressed anew with all in it: a window that is put together from the
    inside out dressed each button thirty times."""
    dressed: list[QEvent.Type] = []
    change = Button.changeEvent

    def counted(self: Button, event: QEvent) -> None:
        dressed.append(event.type())
        change(self, event)

    monkeypatch.setattr(Button, "changeEvent", counted)
    made = MainWindow(theme, preferences, questions)
    qtbot.addWidget(made)
    assert dressed.count(QEvent.Type.StyleChange) < 8 * len(made.findChildren(Button))


def test_a_height_is_measured_once_for_a_width(qtbot: QtBot) -> None:
    measured: list[int] = []

    class Part(QWidget):
        def heightForWidth(self, width: int) -> int:
            measured.append(width)
            return 20

        def hasHeightForWidth(self) -> bool:
            return True

    ground = QWidget()
    qtbot.addWidget(ground)
    tiles = TileLayout(ground, least=100, gap=0, most=2)
    tiles.addWidget(Part())
    assert [tiles.heightForWidth(200) for _ in range(3)] == [20, 20, 20]
    assert len(measured) == 1
    tiles.addWidget(Part())
    tiles.addWidget(Part())
    assert tiles.heightForWidth(200) == 40, "what was added is measured"


def test_twenty_thousand_findings_are_laid_out_a_few_at_a_time(qtbot: QtBot) -> None:
    asked: list[int] = []

    class Counting(FindingsModel):
        def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
            asked.append(1)
            return super().rowCount(parent)

    row = sample.attention().groups[0].rows[0]
    shown = FindingList(Counting(tuple(replace(row, id=number, item=number) for number in range(20_000))))
    qtbot.addWidget(shown)
    shown.show()
    shown.findings.check_all(False)
    assert len(asked) < 10_000
