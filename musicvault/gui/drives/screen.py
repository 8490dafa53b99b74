"""The drives screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui.drives.add_panel import AddDrive
from musicvault.gui.drives.edit_panel import EditDrive
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.attention import Preview
from musicvault.gui.models.overview import DriveCard
from musicvault.gui.models.places import Volume
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.drive_card import DrivePanel
from musicvault.gui.widgets.empty_state import EmptyState
from musicvault.gui.widgets.layouts import TileLayout, page, scrolled
from musicvault.gui.widgets.preview import PreviewPanel
from musicvault.gui.widgets.text import label
from musicvault.gui.wording import size
from musicvault.language import tr, trn


class DrivesScreen(QWidget):
    """A card for each place that holds music; *Add a drive* opens a panel above them."""

    acted = Signal(Action)
    volumes_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._drives: Sequence[DriveCard] | None = None
        ground, column = page()
        bar = QHBoxLayout()
        self._summary = label("", "muted")
        bar.addWidget(self._summary, 1)
        self.verify_all = Button(tr("Verify all"), "", "verify")
        self.verify_all.clicked.connect(lambda: self.acted.emit(Action(Deed.SCRUB, tr("Verify all"))))
        self.add = Button(tr("Add a drive"), "primary", "plus")
        self.add.clicked.connect(self.open_panel)
        bar.addWidget(self.verify_all)
        bar.addWidget(self.add)
        bar.setSpacing(10)
        column.addLayout(bar)
        self.panel = AddDrive()
        self.panel.hide()
        self.panel.asked.connect(self._asked)
        self.panel.closed.connect(self.close_panel)
        column.addWidget(self.panel)
        self.editor = EditDrive()
        self.editor.hide()
        self.editor.asked.connect(self._edited)
        self.editor.closed.connect(self.editor.hide)
        column.addWidget(self.editor)
        self.preview = PreviewPanel(self.acted.emit)
        column.addWidget(self.preview)
        tiles = QWidget()
        self._tiles = TileLayout(tiles, least=300, gap=16, most=3)
        column.addWidget(tiles)
        words = tr(
            "A drive that isn't always plugged in is the best protection. "
            "MusicVault copies everything there and reads it back."
        )
        self._nothing = EmptyState(
            "drives", tr("No drives yet"), words, Action(Deed.SHOW, tr("Add a drive")), lambda _: self.open_panel()
        )
        column.addWidget(self._nothing, 1)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._area = scrolled(ground)
        outer.addWidget(self._area)
        self.show_drives(())

    def show_drives(self, drives: Sequence[DriveCard]) -> None:
        if drives == self._drives:
            return
        self._drives = drives
        self._tiles.clear()
        for drive in drives:
            self._tiles.addWidget(DrivePanel(drive, self._act))
        vaults = [drive for drive in drives if not drive.is_library]
        online = sum(drive.online for drive in vaults)
        music = sum(drive.music for drive in vaults)
        counted = trn("{count} drive", "{count} drives", len(vaults))
        self._summary.setText(
            tr("{drives}, {online} connected · {music} of copies", drives=counted, online=online, music=size(music))
            if vaults
            else ""
        )
        self._refresh_emptiness()

    def show_preview(self, preview: Preview) -> None:
        """What an action would do, above the drives."""
        self.preview.show_preview(preview)
        self._area.verticalScrollBar().setValue(0)

    def edit(self, label: str) -> None:
        """Open the panel for the drive of this label."""
        drive = next((one for one in self._drives or () if one.label == label and not one.is_library), None)
        if drive is not None:
            self.close_panel()
            self.editor.show()
            self.editor.show_drive(drive)
            self._area.verticalScrollBar().setValue(0)

    def show_volumes(self, volumes: Sequence[Volume]) -> None:
        self.panel.show_volumes(volumes)

    def open_panel(self) -> None:
        self.editor.hide()
        self.panel.show()
        self._refresh_emptiness()
        self.volumes_wanted.emit()
        self.panel.label_field.setFocus()

    def close_panel(self) -> None:
        self.panel.hide()
        self._refresh_emptiness()

    def _refresh_emptiness(self) -> None:
        drives = self._drives or ()
        self._nothing.setVisible(not drives and self.panel.isHidden())
        self.verify_all.setVisible(bool(drives))
        self.add.setVisible(bool(drives))
        self.add.setEnabled(self.panel.isHidden())

    def _act(self, action: Action) -> None:
        if action.deed is Deed.RELABEL:
            self.edit(action.subject)
        else:
            self.acted.emit(action)

    def _edited(self, action: Action) -> None:
        self.editor.hide()
        self.acted.emit(action)

    def _asked(self, action: Action) -> None:
        self.close_panel()
        self.acted.emit(action)
