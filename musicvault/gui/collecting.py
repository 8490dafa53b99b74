"""Cyclic garbage is collected in the window's own thread only.

Python collects it in whichever thread happens to make the next object. Widgets that are part of it would be destroyed
there, beside Qt's own thread, which ends in a crash now and then (PySide 6 doesn't hand them over; `test_collecting`
would show it). So Python's own collector rests while there is a window, and the event loop collects what is due by
Python's own thresholds.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500


@contextmanager
def collecting_here(parent: QObject) -> Iterator[None]:
    """Until the end of the block, which begins and ends in the thread of the event loop, in which `parent` lives."""
    was_on = gc.isenabled()
    gc.disable()
    timer = QTimer(parent)
    timer.timeout.connect(collect_what_is_due)
    timer.start(_EVERY_MS)
    try:
        yield
    finally:
        timer.stop()
        timer.deleteLater()
        gc.collect()
        if was_on:
            gc.enable()


def collect_what_is_due() -> None:
    """The oldest generation that has outgrown its threshold, with all younger ones, as Python itself would."""
    grown = [count > most > 0 for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)]
    if any(grown):
        gc.collect(max(generation for generation, due in enumerate(grown) if due))
