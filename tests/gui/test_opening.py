"""Opening the window on a catalog that doesn't open: what is wrong is said, and the button that helps does so."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from musicvault.app import App, open_app
from musicvault.catalog.database import Catalog
from musicvault.domain.notices import Advanced, Started
from musicvault.errors import CatalogDamaged, CatalogNewer, Locked
from musicvault.gui.opening import Opening
from musicvault.gui.theme import Theme


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "catalog.sqlite3"
    Catalog.open(place).close()
    return place


def shown(opening: Opening, qtbot: QtBot, press: Callable[[], None]) -> list[str]:
    """Open, and press a button once something is wrong; the buttons that were offered."""
    qtbot.addWidget(opening)
    offered: list[str] = []

    def look() -> None:
        if opening.error is None:
            return
        clock.stop()
        offered.extend(one.text() for one in opening.findChildren(QPushButton) if one.isVisible())
        press()

    clock = QTimer(opening)
    clock.timeout.connect(look)
    clock.start(5)
    app = opening.wait()
    if app is not None:
        app.close()
    return offered


def test_a_good_catalog_opens_and_nothing_is_shown(path: Path, qtbot: QtBot, theme: Theme) -> None:
    opening = Opening(lambda tell: open_app(path, tell))
    qtbot.addWidget(opening)
    app = opening.wait()
    assert isinstance(app, App)
    assert not opening.isVisible()
    app.close()


def test_a_damaged_catalog_is_set_aside_at_the_users_word_only(path: Path, qtbot: QtBot, theme: Theme) -> None:
    path.write_bytes(b"rot" * 5000)
    opening = Opening(lambda tell: open_app(path, tell))
    assert shown(opening, qtbot, opening.leave.click) == ["Quit", "Set it aside and start again from a drive"]
    assert isinstance(opening.error, CatalogDamaged)
    assert path.read_bytes() == b"rot" * 5000
    opening = Opening(lambda tell: open_app(path, tell))
    shown(opening, qtbot, opening.anew.click)
    assert opening.begins_anew
    (aside,) = [name for name in os.listdir(path.parent) if ".damaged-" in name]
    assert (path.parent / aside).read_bytes() == b"rot" * 5000
    assert path.read_bytes()[:6] == b"SQLite"


def test_the_catalog_of_a_newer_program_is_left_alone(path: Path, qtbot: QtBot, theme: Theme) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 900")
    opening = Opening(lambda tell: open_app(path, tell))
    assert shown(opening, qtbot, opening.leave.click) == ["Quit"]
    assert isinstance(opening.error, CatalogNewer)
    assert opening.headline.text() == "Your list of files was made by a newer MusicVault."


def test_somebody_elses_database_is_not_set_aside(path: Path, qtbot: QtBot, theme: Theme) -> None:
    other = path.with_name("bookmarks.sqlite")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE bookmarks(url TEXT)")
    opening = Opening(lambda tell: open_app(other, tell))
    assert shown(opening, qtbot, opening.leave.click) == ["Quit", "Try again"]


def test_a_locked_catalog_is_tried_again(
    path: Path, qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("musicvault.catalog.database.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("INSERT INTO meta VALUES('x', 'y')")
        opening = Opening(lambda tell: open_app(path, tell))

        def free_and_again() -> None:
            assert isinstance(opening.error, Locked)
            other.execute("ROLLBACK")
            other.close()
            opening.again.click()

        assert shown(opening, qtbot, free_and_again) == ["Quit", "Try again"]
    assert opening.app is not None


def test_a_catalog_that_is_open_elsewhere_is_not_set_aside(path: Path, qtbot: QtBot, theme: Theme) -> None:
    from musicvault.app import set_aside

    with closing(Catalog.open(path)), pytest.raises(Locked, match="Close it first"):
        set_aside(path)
    assert path.exists()


def test_it_says_how_far_a_migration_is(path: Path, qtbot: QtBot, theme: Theme) -> None:
    opening = Opening(lambda tell: open_app(path, tell))
    qtbot.addWidget(opening)
    opening.hear(Started("migrate", "catalog.sqlite3", bytes=200))
    opening.hear(Advanced(0, 50))
    assert opening.isVisible()
    assert opening.bar.share == 0.25
    opening.hear(Started("migrate", "catalog.sqlite3"))
    assert not opening.bar.isVisible(), "no end is known"
