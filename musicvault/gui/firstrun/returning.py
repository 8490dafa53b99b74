"""The first start of someone who has a MusicVault drive already: the drives, then each library's folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.domain.paths import display
from musicvault.gui.drives.add_panel import pick_folder
from musicvault.gui.firstrun.steps import leave_out
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.places import LibraryRow, VaultGuess
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, Glyph, Notice
from musicvault.gui.widgets.layouts import clear
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import files
from musicvault.language import tr


class DrivesToRead(QWidget):
    """The vaults that the new catalog is to be made from."""

    changed = Signal()
    look_wanted = Signal(bytes)

    def __init__(self) -> None:
        super().__init__()
        self.guesses: dict[bytes, VaultGuess] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._card = Card()
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        self._card.body.addLayout(self._list)
        column.addWidget(self._card)
        row = QHBoxLayout()
        self.add = Button(tr("Choose the drive…"), "", "drives")
        self.add.clicked.connect(lambda: pick_folder(self, tr("The drive, or a folder on it"), self.choose))
        row.addWidget(self.add)
        row.addStretch(1)
        column.addLayout(row)
        words = tr("If you have several, add them all: what one of them lacks or holds damaged comes from the others.")
        column.addWidget(label(words, "small", wrap=True))
        column.addStretch(1)
        self._refresh()

    @property
    def complete(self) -> bool:
        return bool(self.chosen()) and all(guess.label or guess.problem for guess in self.guesses.values())

    def chosen(self) -> tuple[bytes, ...]:
        """The folders of the drives that can be read."""
        return tuple(path for path, guess in self.guesses.items() if guess.label and not guess.problem)

    def choose(self, folder: bytes) -> None:
        """Take a drive's folder and ask for a look into it. A folder that turned out to be none gives way."""
        if folder:
            self.guesses = {path: guess for path, guess in self.guesses.items() if not guess.problem}
            self.guesses[folder] = VaultGuess(folder)
            self._refresh()
            self.look_wanted.emit(folder)

    def show_guess(self, guess: VaultGuess) -> None:
        if guess.path in self.guesses:
            self.guesses[guess.path] = guess
            self._refresh()

    def _leave_out(self, path: bytes) -> None:
        del self.guesses[path]
        self._refresh()

    def _refresh(self) -> None:
        clear(self._list)
        self.add.set_text(tr("Add another drive…") if self.chosen() else tr("Choose the drive…"))
        for guess in self.guesses.values():
            if guess.problem:
                self._list.addWidget(Notice(display(guess.path), guess.problem, Tone.SHORT))
            else:
                made = _line("drives", guess.label or display(guess.path), _found(guess))
                out = leave_out(guess.label or display(guess.path), partial(self._leave_out, guess.path))
                layout = made.layout()
                assert layout is not None
                layout.addWidget(out)
                self._list.addWidget(made)
        if not self.guesses:
            self._list.addWidget(label(tr("No drive chosen yet"), "strong"))
            words = tr(
                "Plug in a drive that MusicVault copied your music to, and choose it here. The copies on it stay as "
                "they are; the drive will belong to this computer from then on."
            )
            self._list.addWidget(label(words, "muted", wrap=True))
        self.changed.emit()


def _found(guess: VaultGuess) -> str:
    if not guess.label:
        return tr("looking …")
    if guess.files is None:
        return tr("{folder} · its lists are damaged: every file there will be read", folder=display(guess.path))
    return tr("{files} · {folder}", files=files(guess.files), folder=display(guess.path))


def _line(icon: str, name: str, words: str) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(12)
    row.addWidget(Glyph(icon, Tone.INFO, 40, disc=True))
    column = QVBoxLayout()
    column.setSpacing(2)
    column.addWidget(ElidedLabel(name, "heading", Qt.TextElideMode.ElideMiddle))
    column.addWidget(ElidedLabel(words, "muted", Qt.TextElideMode.ElideMiddle))
    row.addLayout(column, 1)
    return made


class PlacesStep(QWidget):
    """Where each library of the new catalog lies now, or is to come back to."""

    acted = Signal(Action)

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[LibraryRow, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(12)
        column.addLayout(self._cards)
        words = tr("This can wait: the copies on your drives are known and are looked after already.")
        column.addWidget(label(words, "small", wrap=True))
        column.addStretch(1)

    def show_libraries(self, rows: Sequence[LibraryRow]) -> None:
        if tuple(rows) == self.rows:
            return
        self.rows = tuple(rows)
        clear(self._cards)
        for row in rows:
            card = Card()
            card.body.addWidget(_line("library", row.name, files(row.items)))
            card.body.addWidget(PlaceButtons(row, self.acted.emit))
            self._cards.addWidget(card)


class PlaceButtons(QWidget):
    """What can be done about a library whose folder isn't known: find it, or bring its files back."""

    def __init__(self, row: LibraryRow, send: Callable[[Action], None]) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 4, 0, 0)
        line.setSpacing(8)
        choices = [(Deed.PLACE_LIBRARY, tr("It is on this computer…"), "folder")]
        if not row.placed:
            choices.append((Deed.BRING_BACK, tr("Bring it back to a new folder…"), "restore"))
        for deed, words, icon in choices:
            button = Button(words, "", icon)
            button.clicked.connect(lambda _=False, d=deed: self._ask(Action(d, subject=row.name), send))
            line.addWidget(button)
        line.addStretch(1)

    def _ask(self, action: Action, send: Callable[[Action], None]) -> None:
        heading = tr("Where {name} is now", name=action.subject)
        if action.deed is Deed.BRING_BACK:
            heading = tr("An empty folder for {name}", name=action.subject)
        pick_folder(
            self, heading, lambda folder: send(Action(action.deed, "", action.subject, values={"path": folder}))
        )
