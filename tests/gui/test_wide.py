"""On a wide screen pages stay in the middle, no wider than is pleasant to read; messages cover nothing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from musicvault.gui.drives.panel import DrivePanel
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card
from musicvault.gui.widgets.layouts import WIDEST
from tests.gui import sample
from tests.gui.filled import fill


def place(widget: QWidget, within: QWidget) -> QRect:
    return QRect(widget.mapTo(within, QPoint(0, 0)), widget.size())


@pytest.mark.parametrize("name", ["overview", "drives", "attention", "activity", "kept", "policy", "settings"])
def test_a_page_stays_in_the_middle(window: MainWindow, qtbot: QtBot, name: str) -> None:
    fill(window)
    window.show_screen(name)
    window.resize(2560, 1440)
    qtbot.waitUntil(lambda: len(window.drives.tiles.findChildren(DrivePanel)) == len(sample.drives()), timeout=30_000)
    qtbot.wait(1)
    screen = window._screens[name]
    cards = [place(card, screen) for card in screen.findChildren(Card) if card.isVisible()]
    left, right = min(card.left() for card in cards), max(card.right() for card in cards)
    assert WIDEST - 20 <= right - left + 1 <= WIDEST  # a list's scroll bar may stand beside
    assert abs(left - (screen.width() - 1 - right)) <= 20
    assert place(window.header._title, window.header).left() == left  # the title begins where the page does
    assert window.header.search.mapTo(window.header, QPoint(window.header.search.width(), 0)).x() - 1 <= right
    window.resize(1280, 820)
    qtbot.wait(1)
    assert min(place(card, screen).left() for card in screen.findChildren(Card) if card.isVisible()) == 28


def test_the_table_takes_all_the_room(window: MainWindow, qtbot: QtBot) -> None:
    window.library.show_source(sample.Rows(200))
    window.show_screen("library")
    window.resize(2560, 1440)
    qtbot.wait(1)
    assert place(window.header._title, window.header).left() == 28
    assert place(window.library.table, window.library).left() < 40
    window.show_screen("overview")
    qtbot.wait(1)
    assert place(window.header._title, window.header).left() > 28


def test_a_message_covers_no_button(window: MainWindow, qtbot: QtBot) -> None:
    fill(window)
    window.show_screen("policy")
    window.policy.open_rule(0)
    window.resize(1024, 700)
    for text, tone in (("One", Tone.INFO), ("Two", Tone.SHORT), ("Three", Tone.DAMAGED)):
        window.toasts.say(text, tone, Action(Deed.SHOW, "Details", "activity"), stays=True)
    qtbot.wait(1)
    assert all(
        toast.isVisible() and toast.height() >= toast.minimumSizeHint().height() for toast in window.toasts._shown
    )
    taken = place(window.toasts, window)
    for button in window._screens["policy"].findChildren(QPushButton):
        seen = button.visibleRegion().boundingRect().translated(button.mapTo(window, QPoint(0, 0)))
        assert not button.isVisible() or not seen.intersects(taken), button.text()
    before = window.policy.height()
    for button in window.toasts.findChildren(Button):
        if button.accessibleName() == "Dismiss":
            button.click()
    qtbot.waitUntil(window.toasts.isHidden)
    qtbot.waitUntil(lambda: window.policy.height() > before)  # the screen has its room again


def test_a_job_in_the_list_is_as_wide_as_the_list(window: MainWindow, qtbot: QtBot) -> None:
    """Else its time of day stands outside of what is seen."""
    fill(window)
    window.show_screen("activity")
    jobs = window.activity.list

    def fits() -> bool:
        return all(entry.width() == jobs.viewport().width() for _, entry in window.activity._entries.values())

    for width in (1600, 1024):
        window.resize(width, 700)
        qtbot.waitUntil(fits, timeout=30_000)
