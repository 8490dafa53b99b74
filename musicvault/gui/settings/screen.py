"""The settings screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from musicvault.domain.paths import display
from musicvault.gui.firstrun.returning import PlaceButtons
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.attention import Preview
from musicvault.gui.models.places import LibraryRow, SettingsModel
from musicvault.gui.settings.watch_card import WatchCard
from musicvault.gui.theme import Mode
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.buttons import Button, action_button
from musicvault.gui.widgets.card import Card, Glyph
from musicvault.gui.widgets.layouts import clear, page
from musicvault.gui.widgets.preview import PreviewPanel
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import files
from musicvault.language import tr

_MOST_LINES = 6
"""So many patterns are seen at once."""


class LibraryCard(Card):
    """One library: its folder, what scans leave out there."""

    def __init__(self, row: LibraryRow, send: Callable[[Action], None]) -> None:
        super().__init__()
        self.name = row.name
        self._exclusions = list(row.exclusions)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(Glyph("folder"))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(ElidedLabel(row.name, "strong"))
        place = display(row.path) if row.placed else tr("nobody said yet where it lies on this computer")
        words.addWidget(ElidedLabel(place, "small", Qt.TextElideMode.ElideMiddle))
        head.addLayout(words, 1)
        head.addWidget(label(files(row.items) if row.online else tr("not connected"), "small"))
        self.body.addLayout(head)
        if not row.online:
            self.body.addWidget(PlaceButtons(row, send))
        self.body.addWidget(label(tr("Left out, one pattern a line (such as *.tmp or /Incoming):"), "muted"))
        self.patterns = QPlainTextEdit("\n".join(row.exclusions))
        self.patterns.setFixedHeight(px(24 + 17 * min(_MOST_LINES, max(2, len(row.exclusions) + 1))))
        self.patterns.setTabChangesFocus(True)
        self.patterns.setAccessibleName(tr("Patterns left out of {name}", name=row.name))
        self.body.addWidget(self.patterns)
        line = QHBoxLayout()
        self.save = Button(tr("Save…"))
        self.save.setEnabled(False)
        self.patterns.textChanged.connect(lambda: self.save.setEnabled(self.is_edited))
        line.addWidget(self.save)
        line.addStretch(1)
        leave = Action(Deed.REMOVE_LIBRARY, tr("Stop looking after it…"), row.name)
        line.addWidget(action_button(leave, send, "quiet", "cross"))
        self.body.addLayout(line)

    @property
    def is_edited(self) -> bool:
        """Whether something else is typed there than what holds."""
        return self.lines() != self._exclusions

    def lines(self) -> list[str]:
        return [text.strip() for text in self.patterns.toPlainText().splitlines() if text.strip()]


class SettingsScreen(QWidget):
    """Choices take effect at once, exclusions once their effect was shown."""

    acted = Signal(Action)
    mode_chosen = Signal(Mode)
    fingerprints_chosen = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._model: SettingsModel | None = None
        self._area, column, _ = page(self)
        self.preview = PreviewPanel(self.acted.emit)
        column.addWidget(self.preview)
        look = Card(tr("Appearance"))
        row = QHBoxLayout()
        row.setSpacing(8)
        self.modes: dict[Mode, Button] = {}
        group = QButtonGroup(self)
        for mode, words, icon in (
            (Mode.SYSTEM, tr("As the system"), "computer"),
            (Mode.LIGHT, tr("Light"), "sun"),
            (Mode.DARK, tr("Dark"), "moon"),
        ):
            button = Button(words, "chip", icon)
            button.clicked.connect(lambda _=False, m=mode: self.mode_chosen.emit(m))
            group.addButton(button)
            row.addWidget(button)
            self.modes[mode] = button
        row.addStretch(1)
        look.body.addLayout(row)
        column.addWidget(look)
        scans = Card(tr("Scans"))
        self.fingerprints = QCheckBox(tr("Calculate acoustic fingerprints after a scan"))
        self.fingerprints.toggled.connect(self.fingerprints_chosen)
        scans.body.addWidget(self.fingerprints)
        words = tr("They find the same recording in another format. Protection never waits for them.")
        scans.body.addWidget(label(words, "small", wrap=True))
        column.addWidget(scans)
        self.watch = WatchCard()
        column.addWidget(self.watch)
        head = QHBoxLayout()
        head.addWidget(label(tr("Music folders"), "subheading"))
        head.addStretch(1)
        add = Action(Deed.ADD_LIBRARY, tr("Add a music folder"))
        head.addWidget(action_button(add, self.acted.emit, "quiet", "folder-plus"))
        column.addLayout(head)
        self._libraries = QVBoxLayout()
        self._libraries.setSpacing(12)
        column.addLayout(self._libraries)
        self._about = label("", "small", wrap=True)
        self._about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self._about)
        column.addStretch(1)

    def show_mode(self, mode: Mode) -> None:
        self.modes[mode].setChecked(True)

    def show_preview(self, preview: Preview) -> None:
        """What an action would do, above the settings."""
        self.preview.show_preview(preview)
        self._area.verticalScrollBar().setValue(0)

    def show_model(self, model: SettingsModel) -> None:
        if model == self._model:
            return
        self._model = model
        unsaved = {card.name: card.patterns.toPlainText() for card in self.findChildren(LibraryCard) if card.is_edited}
        self.fingerprints.blockSignals(True)
        self.fingerprints.setChecked(model.fingerprints)
        self.fingerprints.blockSignals(False)
        clear(self._libraries)
        for row in model.libraries:
            card = LibraryCard(row, self.acted.emit)
            if row.name in unsaved:
                card.patterns.setPlainText(unsaved[row.name])
            card.save.clicked.connect(lambda _=False, c=card: self._save(c))
            self._libraries.addWidget(card)
        if not model.libraries:
            self._libraries.addWidget(label(tr("None yet."), "muted"))
        self._about.setText(
            tr("MusicVault {version} · catalog {path}", version=model.version, path=display(model.catalog))
        )

    def _save(self, card: LibraryCard) -> None:
        values = {"exclusions": tuple(card.lines())}
        self.acted.emit(Action(Deed.SET_EXCLUSIONS, tr("Save"), card.name, values=values))
