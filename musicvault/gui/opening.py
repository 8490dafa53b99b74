"""What a person sees while an older catalog is brought up to date, before there is a window: minutes at a million
files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QVBoxLayout, QWidget

from musicvault.domain.notices import Advanced, Notice, Started
from musicvault.language import tr

_PARTS = 1000


@contextmanager
def opening() -> Iterator[Callable[[Notice], None]]:
    """Gives what hears the notices; a little window stands there from the first one to the end."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    card = Card()
    try:

        def tell(notice: Notice) -> None:
            card.show()
            card.hear(notice)
            application.processEvents()

        yield tell
    finally:
        card.close()
        card.deleteLater()


class Card(QWidget):
    """A sentence and a bar."""

    def __init__(self) -> None:
        super().__init__(None, Qt.WindowType.CustomizeWindowHint | Qt.WindowType.WindowTitleHint)
        self.setWindowTitle("MusicVault")
        self._total = 0
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)  # without an end until one is known
        sentence = QLabel(
            tr("Your catalog is brought up to date for this version of MusicVault. A copy of it is kept.")
        )
        sentence.setWordWrap(True)
        self.bar.setAccessibleName(sentence.text())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 24)
        layout.setSpacing(12)
        layout.addWidget(sentence)
        layout.addWidget(self.bar)
        self.setFixedWidth(420)

    def hear(self, notice: Notice) -> None:
        """Show how far it is."""
        if isinstance(notice, Started):
            self._total = notice.bytes or notice.files or 0
            self.bar.setRange(0, _PARTS if self._total else 0)
        elif isinstance(notice, Advanced) and self._total:
            self.bar.setValue(min(_PARTS, _PARTS * (notice.bytes or notice.files) // self._total))
