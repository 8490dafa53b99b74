"""The manual in the window: every page of the project's documentation, and links that lead from one to another."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import Qt, QUrl
from pytestqt.qtbot import QtBot

from musicvault.gui.frame.window import MainWindow
from musicvault.gui.help.pages import FOLDER, Page, pages


def test_every_page_is_listed_once_and_the_first_steps_come_first() -> None:
    keys = [page.key for page in pages()]
    assert keys[0] == "start"
    assert sorted(keys) == sorted(path.stem for path in FOLDER.glob("*.md"))
    assert all(page.title and not page.title.startswith("#") for page in pages())


def test_f1_opens_it_and_a_page_is_shown(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    qtbot.waitUntil(lambda: window.screen_name == "help", timeout=5_000)
    screen = window.help
    for row, page in enumerate(pages()):
        screen.list.setCurrentRow(row)
        assert page.title in screen.page.toPlainText().splitlines()[0]


@pytest.mark.parametrize("page", pages(), ids=[page.key for page in pages()])
def test_links_between_pages_lead_somewhere(window: MainWindow, page: Page) -> None:
    known = {one.key for one in pages()}
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.text):
        assert target.startswith("https://") or target.removesuffix(".md") in known, target


def test_a_link_is_followed_inside(window: MainWindow) -> None:
    window.show_screen("help")
    window.help.follow(QUrl("policy.md"))
    chosen = window.help.list.currentItem()
    assert chosen is not None
    assert chosen.text() == "The policy"
    window.help.follow(QUrl("../../../etc/passwd"))
    window.help.follow(QUrl("file:///etc/passwd"))
    assert window.help.list.currentItem() is chosen
