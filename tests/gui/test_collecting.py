"""Widgets that are garbage are destroyed by the window's thread, whoever makes objects meanwhile."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from musicvault.gui.collecting import collecting_here


class Cyclic(QWidget):
    """Only the collector gets rid of it."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


@pytest.fixture
def soon() -> Iterator[None]:
    """The youngest objects are looked through after a hundred more, the older ones at every second time."""
    before = gc.get_threshold()
    gc.set_threshold(100, 1, 1)
    yield
    gc.set_threshold(*before)


def test_garbage_waits_for_the_windows_thread(qapp: QApplication, qtbot: QtBot, soon: None) -> None:
    died_in: list[threading.Thread] = []
    stays: list[list[int]] = []  # objects that go again aren't counted towards the next collection
    go = threading.Event()

    def make_objects() -> None:
        go.wait(30)
        stays.extend([number] for number in range(10_000))

    def has_died() -> bool:
        """Whatever still looked at the widget when objects were looked through first doesn't save it for long."""
        stays.extend([number] for number in range(1_000))
        return died_in != []

    with collecting_here(qapp):
        other = threading.Thread(target=make_objects)
        other.start()
        weakref.finalize(Cyclic(), lambda: died_in.append(threading.current_thread()))
        go.set()
        other.join()
        assert died_in == []
        qtbot.waitUntil(has_died, timeout=30_000)
    assert died_in == [threading.main_thread()]


@pytest.mark.parametrize("was_on", [True, False])
def test_pythons_own_collector_is_left_as_it_was(qapp: QApplication, was_on: bool) -> None:
    before = gc.isenabled()
    (gc.enable if was_on else gc.disable)()
    try:
        with collecting_here(qapp):
            assert not gc.isenabled()
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()
