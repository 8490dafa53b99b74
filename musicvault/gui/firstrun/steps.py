"""The three steps of the first start. Each knows when it is complete and what it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QRadioButton, QVBoxLayout, QWidget

from musicvault.domain import policy_wording
from musicvault.domain.paths import display
from musicvault.domain.policy import Rule
from musicvault.gui.drives.add_panel import VolumeRow, pick_folder
from musicvault.gui.models.places import FolderGuess, Volume
from musicvault.gui.policy.templates import templates
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, Glyph, Notice
from musicvault.gui.widgets.layouts import TileLayout, clear
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import files, size
from musicvault.language import tr


def leave_out(name: str, act: Callable[[], None]) -> Button:
    """The button that takes a place back which was chosen by mistake."""
    made = Button(tr("Leave {name} out", name=name), "icon", "cross")
    made.clicked.connect(act)
    return made


class MusicStep(QWidget):
    """Which folder; shows what a quick look found there."""

    changed = Signal()
    look_wanted = Signal(bytes)

    def __init__(self) -> None:
        super().__init__()
        self.guess: FolderGuess | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._card = Card()
        self._content = QVBoxLayout()
        self._content.setSpacing(6)
        self._card.body.addLayout(self._content)
        column.addWidget(self._card)
        row = QHBoxLayout()
        self.choose = Button(tr("Choose another folder…"), "", "folder")
        self.choose.clicked.connect(lambda: pick_folder(self, tr("Your music"), self.look_wanted.emit))
        row.addWidget(self.choose)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(
            label(
                tr("You can add more folders later. MusicVault never changes your files unless you ask it to."),
                "small",
                wrap=True,
            )
        )
        column.addStretch(1)
        self.show_guess(None)

    @property
    def complete(self) -> bool:
        return self.guess is not None and not self.guess.problem and bool(self.guess.path)

    def show_guess(self, guess: FolderGuess | None) -> None:
        self.guess = guess
        chosen = guess is not None and bool(guess.path)
        self.choose.set_text(tr("Choose another folder…") if chosen else tr("Choose a folder…"))
        clear(self._content)
        if guess is None or not guess.path:
            self._content.addWidget(label(tr("No music folder chosen"), "strong"))
            self._content.addWidget(
                label(tr("Choose the folder that holds your music, or drop it here."), "muted", wrap=True)
            )
            self.changed.emit()
            return
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(Glyph("folder", Tone.INFO, 40, disc=True))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(ElidedLabel(display(guess.path), "heading", Qt.TextElideMode.ElideMiddle))
        words.addWidget(label(self._found(guess), "muted", wrap=True))
        head.addLayout(words, 1)
        self._content.addLayout(head)
        if guess.problem:
            self._content.addWidget(Notice(tr("This folder can't be read."), guess.problem, Tone.DAMAGED))
        self.changed.emit()

    @staticmethod
    def _found(guess: FolderGuess) -> str:
        if guess.files is None:
            return tr("looking …")
        if not guess.files:
            return tr("no audio files found here so far")
        kinds = ", ".join(f"{name} {amount:,}" for name, amount in guess.formats)
        return tr("{files}, {size}: {kinds}", files=files(guess.files), size=size(guess.bytes), kinds=kinds)


class DrivesStep(QWidget):
    """Which of the connected volumes get copies."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[VolumeRow] = []
        self._extra: list[bytes] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._card = Card()
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self._card.body.addLayout(self._list)
        column.addWidget(self._card)
        row = QHBoxLayout()
        other = Button(tr("Add a folder on a drive…"), "", "folder")
        other.clicked.connect(lambda: pick_folder(self, tr("A folder on the drive"), self.add_folder))
        row.addWidget(other)
        row.addStretch(1)
        column.addLayout(row)
        self._advice = label("", "small", wrap=True)
        column.addWidget(self._advice)
        column.addStretch(1)
        self.show_volumes(())

    @property
    def complete(self) -> bool:
        return True  # drives can follow later; until then the overview says what is missing

    def chosen(self) -> tuple[tuple[bytes, str], ...]:
        """Paths and labels."""
        picked = [
            (row.volume.path, row.volume.label)
            for row in self._rows
            if isinstance(row.chooser, QCheckBox) and row.chooser.isChecked()
        ]
        named = [(path, display(path.rstrip(b"/").rpartition(b"/")[2])) for path in self._extra]
        return tuple(picked + named)

    def show_volumes(self, volumes: Sequence[Volume]) -> None:
        checked = {path for path, _ in self.chosen()}
        clear(self._list)
        self._rows = []
        for volume in volumes:
            box = QCheckBox()
            box.setChecked(volume.path in checked)
            box.toggled.connect(self._advise)
            row = VolumeRow(volume, box)
            self._rows.append(row)
            self._list.addWidget(row)
        for path in self._extra:
            row_of_it = QHBoxLayout()
            row_of_it.setContentsMargins(4, 6, 4, 6)
            row_of_it.setSpacing(12)
            row_of_it.addWidget(Glyph("folder"))
            row_of_it.addWidget(ElidedLabel(display(path), "strong", Qt.TextElideMode.ElideMiddle), 1)
            row_of_it.addWidget(leave_out(display(path), partial(self._leave_out, path)))
            self._list.addLayout(row_of_it)
        if not volumes and not self._extra:
            self._list.addWidget(label(tr("No drive is connected"), "strong"))
            words = tr("Plug one in: it will appear here. You can also go on and add it later.")
            self._list.addWidget(label(words, "muted", wrap=True))
        self._advise()

    def add_folder(self, path: bytes) -> None:
        if path not in self._extra:
            self._extra.append(path)
        self.show_volumes([row.volume for row in self._rows])

    def _leave_out(self, path: bytes) -> None:
        self._extra.remove(path)
        self.show_volumes([row.volume for row in self._rows])

    def _advise(self) -> None:
        chosen = {path for path, _ in self.chosen()}
        same = any(row.volume.shares_library and row.volume.path in chosen for row in self._rows)
        if same:
            words = tr("A copy on the same disk doesn't survive that disk. It counts as the same drive.")
        elif len(chosen) < 2:
            words = tr("Two drives that aren't kept together are better than one.")
        else:
            words = tr("Good: keep at least one of them away from home if you can.")
        self._advice.setText(words)
        self.changed.emit()


class PromiseStep(QWidget):
    """Which template."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.templates = templates()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        tiles = QWidget()
        layout = TileLayout(tiles, least=px(300), gap=12, most=2)
        self._group = QButtonGroup(self)
        for index, template in enumerate(self.templates):
            card = Card(padding=14)
            row = QHBoxLayout()
            row.setSpacing(12)
            radio = QRadioButton()
            radio.setAccessibleName(template.name)
            self._group.addButton(radio, index)
            row.addWidget(radio, 0, Qt.AlignmentFlag.AlignTop)
            words = QVBoxLayout()
            words.setSpacing(3)
            words.addWidget(label(template.name, "strong"))
            words.addWidget(label(template.words, "muted", wrap=True))
            row.addLayout(words, 1)
            card.body.addLayout(row)
            card.body.addStretch(1)
            layout.addWidget(card)
        column.addWidget(tiles)
        self._words = label("", "small", wrap=True)
        column.addWidget(self._words)
        column.addStretch(1)
        self._group.idToggled.connect(lambda *_: self._describe())
        self.choose("one-spare")

    @property
    def complete(self) -> bool:
        return True

    def rule(self) -> Rule:
        return self.templates[max(0, self._group.checkedId())].rule

    def choose(self, key: str) -> None:
        """Take the template of this name."""
        names = [template.key for template in self.templates]
        self._group.button(names.index(key)).setChecked(True)

    def _describe(self) -> None:
        self._words.setText(policy_wording.sentence(self.rule()))
        self.changed.emit()
