"""A polite kill ends the program, whenever it comes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from musicvault.gui.signals import Signals


@pytest.fixture
def signals(qtbot: QtBot) -> Iterator[tuple[Signals, list[str]]]:
    before = {which: signal.getsignal(which) for which in (signal.SIGINT, signal.SIGTERM)}
    left: list[str] = []
    made = Signals(lambda: left.append("opening"))
    yield made, left
    made.stop()
    for which, handler in before.items():
        signal.signal(which, handler)


def test_it_leaves_by_what_is_shown(signals: tuple[Signals, list[str]], qtbot: QtBot) -> None:
    made, left = signals
    made.leave_by(lambda: left.append("window"))
    os.kill(os.getpid(), signal.SIGTERM)
    qtbot.waitUntil(lambda: left == ["window"])


def test_none_is_lost_between_the_opening_and_the_window(signals: tuple[Signals, list[str]], qtbot: QtBot) -> None:
    """The window takes a second to be built: a kill then closed what was gone already, and the program stayed."""
    made, left = signals
    os.kill(os.getpid(), signal.SIGTERM)
    qtbot.waitUntil(lambda: left == ["opening"])
    made.leave_by(lambda: left.append("window"))
    qtbot.waitUntil(lambda: left == ["opening", "window"])
