"""The library's list while the first scan fills the catalog: it says what is going on, and grows."""

from __future__ import annotations

import os

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from musicvault.domain.policy import Rule
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Deed
from musicvault.gui.widgets.card import Glyph
from musicvault.gui.widgets.empty_state import EmptyState
from tests.gui import sample
from tests.gui.conftest import TRACKS, Office


def empty(window: MainWindow) -> str:
    """What the list says instead of files."""
    pile = window.library._pile.currentWidget()
    assert pile is not None
    return next((one.accessibleName() for one in pile.findChildren(EmptyState) if not one.isHidden()), "")


def test_an_empty_list_says_why_it_is_empty(window: MainWindow, qtbot: QtBot) -> None:
    library, source = window.library, sample.Rows(0)
    window.show_screen("library")
    library.show_source(source)
    qtbot.waitUntil(lambda: "No music yet" in empty(window))
    library.show_stock(1, 0, at_work=True)
    qtbot.waitUntil(lambda: "Getting to know your music" in empty(window))
    library.show_stock(1, 0, at_work=False)
    qtbot.waitUntil(lambda: "Nothing was found in your music folders" in empty(window))
    library.show_stock(0, 0, at_work=False)
    qtbot.waitUntil(lambda: "Your music will be listed here" in empty(window))


def test_the_list_is_read_again_as_it_grows_unless_somebody_uses_it(window: MainWindow, qtbot: QtBot) -> None:
    library, source = window.library, sample.Rows(200)
    window.show_screen("library")
    library.show_source(source)
    assert not library.show_stock(1, 900, at_work=True)  # it is being read just now
    qtbot.waitUntil(lambda: not library._reading)
    assert library.show_stock(1, 900, at_work=True)
    assert not library.show_stock(1, 901, at_work=True)  # that is told already
    assert not library.show_stock(1, 1100, at_work=True)
    assert library.show_stock(1, 1200, at_work=True)
    library.table.verticalScrollBar().setValue(300)
    assert not library.show_stock(1, 2000, at_work=True)
    library.table.verticalScrollBar().setValue(0)
    assert library.show_stock(1, 2000, at_work=True)


def test_a_first_scan_fills_the_list_without_a_word(office: Office) -> None:
    office.window.show_screen("library")
    office.act(Deed.ADD_LIBRARY, path=os.fsencode(office.music))
    assert office.window.library.model.layout_of_rows.count == len(TRACKS) + 1
    assert empty(office.window) == ""


def test_what_the_inspector_says_while_empty_stands_in_its_middle(window: MainWindow, qtbot: QtBot) -> None:
    window.show_screen("library")
    qtbot.wait(1)
    inspector = window.library.inspector
    parts = [*inspector.findChildren(Glyph), *inspector.findChildren(QLabel)]
    middles = {one.mapTo(inspector, QPoint(one.width() // 2, 0)).x() for one in parts if one.isVisible()}
    assert max(middles) - min(middles) <= 2


def test_each_file_stands_by_its_own_rule(office: Office) -> None:
    """How many copies it should have, and how old its proof is (which is told from when it falls due)."""
    office.protect()
    strict = Rule("Strict", "path:a", copies=2, volumes=1, proof_days=30)
    office.act(Deed.SET_POLICY, rules=(strict, Rule(copies=3, volumes=1)), did={"policy": "added"})
    strictly, usual = office.select("1.flac"), office.select("3.flac")
    assert (strictly.wanted, usual.wanted) == (2, 3)
    assert all(row.proof_days is not None and row.proof_days < 1 for row in (strictly, usual))
    assert office.window.library.inspector.details[0].row.wanted == 3


def test_a_window_that_stays_open_shows_how_old_the_proofs_have_become(office: Office) -> None:
    office.protect()
    assert (office.select("a/1.flac").proof_days or 0) < 1
    context, now = office.app.context, office.app.context.now
    object.__setattr__(context, "now", lambda: now() + 5 * 86400.0)
    office.desk.refresh()  # as every 20 seconds
    office.settle()
    assert 5 <= (office.select("a/1.flac").proof_days or 0) < 6
