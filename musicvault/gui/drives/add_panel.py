"""Adding a drive: the connected ones to choose from, a name, a site. A panel, not a dialog."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from musicvault.domain.paths import display
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.places import Volume
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.bars import ThinBar
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Glyph
from musicvault.gui.widgets.layouts import clear
from musicvault.gui.widgets.panel import Panel
from musicvault.gui.widgets.pill import Pill
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import size
from musicvault.language import tr

_NARROW = 600


class VolumeRow(QWidget):
    """One connected volume to choose: its name, its place, the room on it, and what speaks against it."""

    def __init__(self, volume: Volume, chooser: QWidget) -> None:
        super().__init__()
        self.volume = volume
        self.chooser = chooser
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 6, 4, 6)
        row.setSpacing(12)
        chooser.setAccessibleName(volume.label)
        row.addWidget(chooser)
        row.addWidget(Glyph("computer" if volume.shares_library or volume.path == b"/" else "drives"))
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(ElidedLabel(volume.label, "strong"))
        words.addWidget(ElidedLabel(display(volume.path), "small", Qt.TextElideMode.ElideMiddle))
        row.addLayout(words, 3)
        room = QVBoxLayout()
        room.setSpacing(4)
        bar = ThinBar()
        bar.show_share(1 - volume.free / volume.size if volume.size else None)
        room.addWidget(bar)
        room.addWidget(label(tr("{free} free of {size}", free=size(volume.free), size=size(volume.size)), "small"))
        place = QWidget()
        place.setLayout(room)
        room.setContentsMargins(0, 0, 0, 0)
        place.setFixedWidth(px(170))
        self._facts = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._facts.setSpacing(12)
        row.addLayout(self._facts)
        self._facts.addWidget(place)
        verdict = QHBoxLayout()
        if judged := _judged(volume):
            verdict.addWidget(judged)
        verdict.addStretch(1)
        corner = QWidget()
        corner.setLayout(verdict)
        verdict.setContentsMargins(0, 0, 0, 0)
        corner.setFixedWidth(px(200))
        self._facts.addWidget(corner)
        chooser.setEnabled(volume.writable)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What is known of it one below the other where its name would have no room."""
        super().resizeEvent(event)
        narrow = event.size().width() < px(_NARROW)
        self._facts.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)


def _judged(volume: Volume) -> Pill | None:
    """What the volume is good for; None where nothing is known of that."""
    if not volume.writable:
        return Pill(tr("read-only"), Tone.AWAY, "broken")
    if volume.shares_library:
        return Pill(tr("same disk as your music"), Tone.SHORT, "attention")
    if volume.has_vault:
        return Pill(tr("has a vault"), Tone.INFO, "info")
    return None if volume.shares_library is None else Pill(tr("separate disk"), Tone.GOOD, "good")


class AddDrive(Panel):
    """Choose a volume or a folder, name it, say where it is kept."""

    asked = Signal(Action)

    def __init__(self) -> None:
        super().__init__(tr("Add a drive"))
        self._replaced = ""
        self._volumes: list[VolumeRow] = []
        self._folder: bytes = b""
        text = tr(
            "MusicVault makes one folder there, “MusicVault”, with plain files that any program can read. "
            "Nothing else on the drive is touched."
        )
        self.body.addWidget(label(text, "muted", wrap=True))
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self.body.addLayout(self._list)
        self._group = QButtonGroup(self)
        self._group.buttonToggled.connect(lambda *_: self._chosen())
        other = QHBoxLayout()
        self.choose_folder = Button(tr("Another folder…"), "quiet", "folder")
        self.choose_folder.clicked.connect(self._ask_folder)
        other.addWidget(self.choose_folder)
        self._other = ElidedLabel("", "small", Qt.TextElideMode.ElideMiddle)
        other.addWidget(self._other, 1)
        self.body.addLayout(other)
        self.body.addLayout(self._backup_row())
        hint = tr("Files there that match yours, byte for byte, move into the vault. All others stay where they are.")
        self._backup_hint = label(hint, "small", wrap=True)
        self._backup_hint.hide()
        self.body.addWidget(self._backup_hint)
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        self.label_field, self.site_field = QLineEdit(), QLineEdit()
        self.label_field.setPlaceholderText(tr("as printed on the drive"))
        self.site_field.setPlaceholderText(tr("home, office, bank …"))
        for caption, field in ((tr("Name"), self.label_field), (tr("Kept at"), self.site_field)):
            field.setMaximumWidth(px(320))
            field.setAccessibleName(caption)
            field.returnPressed.connect(self._entered)
            form.addRow(label(caption, "muted"), field)
        self.body.addLayout(form)
        row = QHBoxLayout()
        row.setSpacing(10)
        self.add = Button(tr("Add drive"), "primary")
        self.add.setEnabled(False)
        self.add.clicked.connect(self._send)
        cancel = Button(tr("Cancel"))
        cancel.clicked.connect(self.closed)
        row.addWidget(self.add)
        row.addWidget(cancel)
        row.addStretch(1)
        self.body.addLayout(row)

    def _backup_row(self) -> QHBoxLayout:
        """A backup that some other program made there needn't be copied again."""
        self._backup = b""
        row = QHBoxLayout()
        self.choose_backup = Button(tr("Use a backup that is there already…"), "quiet", "restore")
        self.choose_backup.clicked.connect(lambda: pick_folder(self, tr("The folder of your backup"), self.take_backup))
        row.addWidget(self.choose_backup)
        self._backup_words = ElidedLabel("", "small", Qt.TextElideMode.ElideMiddle)
        row.addWidget(self._backup_words, 1)
        return row

    def replace_drive(self, label: str) -> None:
        """From now on the chosen drive takes this one's place; empty: it is added."""
        self._replaced = label
        self.heading.setText(tr("Replace {drive}", drive=label) if label else tr("Add a drive"))
        self.add.set_text(tr("Go on") if label else tr("Add drive"))
        for widget in (self.choose_backup, self._backup_words):
            widget.setVisible(not label)

    def take_backup(self, folder: bytes) -> None:
        """Files in this folder that are yours, byte for byte, move into the vault instead of being copied."""
        self._backup = folder
        self._backup_words.setText(display(folder))
        self._backup_hint.setVisible(bool(folder))

    def show_volumes(self, volumes: Sequence[Volume]) -> None:
        clear(self._list)
        self._volumes = []
        for volume in volumes:
            chooser = QRadioButton()
            self._group.addButton(chooser)
            made = VolumeRow(volume, chooser)
            self._volumes.append(made)
            self._list.addWidget(made)
        if not volumes:
            words = tr("No other drive is connected. Plug one in, or choose a folder.")
            self._list.addWidget(label(words, "muted", wrap=True))
        self._chosen()

    def choose(self, folder: bytes, name: str = "") -> None:
        """Take a folder that isn't in the list (also dropped onto the window)."""
        self._folder = folder
        self._other.setText(display(folder))
        self._group.setExclusive(False)
        for row in self._volumes:
            if isinstance(row.chooser, QRadioButton):
                row.chooser.setChecked(False)
        self._group.setExclusive(True)
        if not self.label_field.text():
            self.label_field.setText(name or display(folder.rstrip(b"/").rpartition(b"/")[2]))
        self._chosen()

    def _place(self) -> bytes:
        for row in self._volumes:
            if isinstance(row.chooser, QRadioButton) and row.chooser.isChecked():
                return row.volume.path
        return self._folder

    def _chosen(self) -> None:
        for row in self._volumes:
            if isinstance(row.chooser, QRadioButton) and row.chooser.isChecked():
                self._other.setText("")
                if not self.label_field.isModified():
                    self.label_field.setText(row.volume.label)
        self.add.setEnabled(bool(self._place()))

    def _ask_folder(self) -> None:
        pick_folder(self, tr("A folder on the drive"), self.choose)

    def _entered(self) -> None:
        if self.add.isEnabled():
            self._send()

    def _send(self) -> None:
        values: dict[str, object] = {
            "path": self._place(),
            "label": self.label_field.text().strip(),
            "site": self.site_field.text().strip(),
            "adopt": self._backup,
        }
        self.take_backup(b"")
        if self._replaced:
            del values["adopt"]
            self.asked.emit(Action(Deed.REPLACE, tr("Replace it"), self._replaced, values=values))
        else:
            self.asked.emit(Action(Deed.ADD_DRIVE, tr("Add drive"), values=values))


def pick_folder(parent: QWidget, title: str, take: Callable[[bytes], None]) -> None:
    """Let the system's own chooser pick a folder."""
    folder = QFileDialog.getExistingDirectory(parent, title)
    if folder:
        take(os.fsencode(folder))
