"""Building many things without holding the window up."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer


class Gradually(QObject):
    """Carries out steps, some at once and the rest a few a turn of the event loop, so that no turn takes long. How many
    goes by number, not by the clock: the same is there at once on every machine."""

    def __init__(self, parent: QObject, at_once: int = 6, a_turn: int = 2) -> None:
        super().__init__(parent)
        self._at_once, self._a_turn = at_once, a_turn
        self._steps: Iterator[None] = iter(())
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(lambda: self._go(self._a_turn))

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do."""
        return not self._later.isActive()

    def run(self, steps: Iterator[None]) -> None:
        """From now on carry out these, each up to its `yield`; what was left of others is dropped."""
        self._steps = steps
        self._go(self._at_once)

    def _go(self, amount: int) -> None:
        self._later.stop()
        for _ in range(amount):
            if next(self._steps, self) is self:
                return
        self._later.start()
