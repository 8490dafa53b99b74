"""Where things are: the site of this computer, and which drives may be lost together."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout

from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, Glyph
from musicvault.gui.widgets.layouts import clear
from musicvault.gui.widgets.text import label
from musicvault.language import tr

_SHOWN = 6


class PlacesCard(Card):
    """A rule that asks for several sites can only be kept where somebody said which they are."""

    def __init__(self, send: Callable[[Action], None]) -> None:
        super().__init__(tr("Where things are"), tr("copies at one site can burn together"))
        self._send = send
        self._saved = ""
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label(tr("This computer and its libraries are at")))
        self.home = QLineEdit()
        self.home.setPlaceholderText(tr("home, office …"))
        self.home.setAccessibleName(tr("Site of this computer"))
        self.home.setMaximumWidth(px(220))
        self.save = Button(tr("Save"))
        self.save.setEnabled(False)
        self.home.textChanged.connect(lambda *_: self.save.setEnabled(self._typed() != self._saved))
        self.home.returnPressed.connect(self._ask)
        self.save.clicked.connect(self._ask)
        row.addWidget(self.home)
        row.addWidget(self.save)
        row.addStretch(1)
        self.body.addLayout(row)
        words = tr("Each drive's own site is set on its card on the Drives screen.")
        self.body.addWidget(label(words, "small", wrap=True))
        self._lines = QVBoxLayout()
        self._lines.setSpacing(4)
        self.body.addLayout(self._lines)
        self._related: tuple[str, ...] | None = None

    def show_places(self, home: str, related: tuple[str, ...]) -> None:
        """What is known; what the user is typing stays."""
        if self._typed() == self._saved:
            self.home.setText(home)
        self._saved = home
        self.save.setEnabled(self._typed() != home)
        if related == self._related:
            return
        self._related = related
        clear(self._lines)
        for text in related[:_SHOWN]:
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addWidget(Glyph("info", Tone.AWAY, 16))
            row.addWidget(label(text, "muted", wrap=True), 1)
            self._lines.addLayout(row)

    def _typed(self) -> str:
        return self.home.text().strip()

    def _ask(self) -> None:
        if self._typed() != self._saved:
            self._send(Action(Deed.SET_HOME, tr("Say where this computer is"), self._typed()))
