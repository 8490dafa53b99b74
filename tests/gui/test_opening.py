"""What stands on the screen while a catalog is brought up to date."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from musicvault.domain.notices import Advanced, Started
from musicvault.gui.opening import Card, opening


def test_the_bar_says_how_far_it_is_where_that_is_known(qtbot: QtBot) -> None:
    card = Card()
    qtbot.addWidget(card)
    card.hear(Started("migrate", "catalog.sqlite3", bytes=200))
    card.hear(Advanced(0, 50))
    assert card.bar.value() * 4 == card.bar.maximum()
    card.hear(Started("migrate", "catalog.sqlite3"))
    assert card.bar.maximum() == 0, "no end is known"
    card.hear(Advanced(0, 0))


def test_nothing_is_shown_where_nothing_is_migrated(qtbot: QtBot) -> None:
    shown = {id(widget) for widget in QApplication.topLevelWidgets() if widget.isVisible()}

    def cards() -> list[Card]:
        every = (one for one in QApplication.topLevelWidgets() if id(one) not in shown)
        return [one for one in every if isinstance(one, Card) and one.isVisible()]

    with opening() as tell:
        assert not cards()
        tell(Started("migrate", "catalog.sqlite3"))
        assert len(cards()) == 1
    assert not cards()
