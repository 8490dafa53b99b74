"""The drives screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from musicvault.gui.drives.add_panel import AddDrive
from musicvault.gui.drives.audit_view import AuditView
from musicvault.gui.drives.edit_panel import EditDrive
from musicvault.gui.drives.panel import DrivePanel, RetiredRow
from musicvault.gui.drives.sheet import DriveSheet
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.attention import Preview
from musicvault.gui.models.overview import DriveCard
from musicvault.gui.models.places import Volume
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button, action_button
from musicvault.gui.widgets.card import Notice
from musicvault.gui.widgets.empty_state import EmptyState
from musicvault.gui.widgets.layouts import clear, page
from musicvault.gui.widgets.preview import PreviewPanel
from musicvault.gui.widgets.text import label
from musicvault.gui.widgets.tiles import Tiles
from musicvault.gui.widgets.tool_row import ToolRow
from musicvault.gui.wording import size
from musicvault.language import tr, trn


class DrivesScreen(QWidget):
    """A card for each place that holds music; panels open above them, one drive's sheet or an audit in their place."""

    acted = Signal(Action)
    volumes_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._drives: Sequence[DriveCard] | None = None
        self._part = "all"
        self._area, column, _ = page(self)
        self._bar = self._build_bar()
        column.addWidget(self._bar)
        self._build_panels(column)
        self._cards = self._build_cards()
        column.addWidget(self._cards)
        self.sheet = DriveSheet()
        self.sheet.acted.connect(self._act)
        self.audit = AuditView()
        for part in (self.sheet, self.audit):
            part.left.connect(lambda: self.show_part("all"))
            column.addWidget(part)
        words = tr(
            "A drive that isn't always plugged in is the best protection. "
            "MusicVault copies everything there and reads it back."
        )
        self._nothing = EmptyState(
            "drives", tr("No drives yet"), words, Action(Deed.SHOW, tr("Add a drive")), lambda _: self.open_panel()
        )
        column.addWidget(self._nothing, 1)
        column.addStretch(1)
        self.show_drives(())

    def _build_bar(self) -> QWidget:
        self._summary = label("", "muted", wrap=True)
        self.audit_any = Button(tr("Audit any drive"), "quiet", "search")
        self.audit_any.clicked.connect(lambda: self.show_part("audit"))
        self.check_all = Button(tr("Check health"), "quiet")
        self.check_all.clicked.connect(lambda: self.acted.emit(Action(Deed.CHECK_HEALTH, tr("Check health"))))
        self.verify_all = Button(tr("Verify all"), "", "verify")
        self.verify_all.clicked.connect(lambda: self.acted.emit(Action(Deed.SCRUB, tr("Verify all"))))
        self.add = Button(tr("Add a drive"), "primary", "plus")
        self.add.clicked.connect(lambda _=False: self.open_panel())
        return ToolRow(self._summary, (self.audit_any, self.check_all, self.verify_all, self.add))

    def _build_panels(self, column: QVBoxLayout) -> None:
        self.panel = AddDrive()
        self.panel.asked.connect(self._asked)
        self.panel.closed.connect(self.close_panel)
        self.editor = EditDrive()
        self.editor.asked.connect(self._edited)
        self.editor.closed.connect(self.editor.hide)
        self.preview = PreviewPanel(self.acted.emit)
        for part in (self.panel, self.editor, self.preview):
            part.hide()
            column.addWidget(part)

    def _build_cards(self) -> QWidget:
        cards = QWidget()
        column = QVBoxLayout(cards)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        self._failing = QVBoxLayout()
        self._failing.setSpacing(12)
        column.addLayout(self._failing)
        self.tiles: Tiles[DriveCard, DrivePanel] = Tiles(self._panel_of, _key, least=300, gap=16, most=3)
        column.addWidget(self.tiles)
        self._retired_heading = label(tr("Retired"), "caps")
        column.addWidget(self._retired_heading)
        self._retired = QVBoxLayout()
        self._retired.setSpacing(0)
        column.addLayout(self._retired)
        return cards

    def _panel_of(self, drive: DriveCard) -> DrivePanel:
        return DrivePanel(drive, self._act)

    def show_drives(self, drives: Sequence[DriveCard]) -> None:
        if drives == self._drives:
            return
        self._drives = drives
        clear(self._failing)
        clear(self._retired)
        serving = sorted((drive for drive in drives if not drive.retired), key=lambda one: not one.failing)
        for drive in serving:
            if drive.failing:
                self._failing.addWidget(self._proposal(drive))
        self.tiles.show_values(serving)
        retired = [drive for drive in drives if drive.retired]
        for drive in retired:
            self._retired.addWidget(RetiredRow(drive, self._act))
        self._retired_heading.setVisible(bool(retired))
        self._summarise([drive for drive in serving if not drive.is_library])
        shown = next((drive for drive in drives if _key(drive) == self.sheet.key), None)
        if shown is not None:
            self.sheet.show_drive(shown)
        elif self._part == "drive":
            self._part = "all"
        self._refresh_emptiness()

    def _summarise(self, vaults: Sequence[DriveCard]) -> None:
        online = sum(drive.online for drive in vaults)
        music = sum(drive.music for drive in vaults)
        counted = trn("{count} drive", "{count} drives", len(vaults))
        self._summary.setText(
            tr("{drives}, {online} connected · {music} of copies", drives=counted, online=online, music=size(music))
            if vaults
            else ""
        )

    def _proposal(self, drive: DriveCard) -> QWidget:
        """What to do about a drive that is failing."""
        if drive.is_library:
            text = tr("Your music lies on it. Copy what is there now, then move it to a new disk.")
            actions = [Action(Deed.SYNC, tr("Copy to all drives"))]
        else:
            text = tr("Its copies no longer count; they still serve to repair and restore.")
            actions = [Action(Deed.REPLACE, tr("Replace…"), drive.label)]
        headline = tr("{drive} is failing.", drive=drive.label) + (f" {drive.care.reason}" if drive.care.reason else "")
        notice = Notice(headline, text, Tone.DAMAGED)
        look = Action(Deed.DRIVE_DETAILS, tr("Details"), drive.label, values={"library": drive.is_library})
        for action in (*actions, look):
            notice.add_button(action_button(action, self._act))
        return notice

    def show_preview(self, preview: Preview) -> None:
        """What an action would do, above the drives."""
        self.preview.show_preview(preview)
        self._area.verticalScrollBar().setValue(0)

    def show_part(self, part: str) -> None:
        """`all` drives, one `drive`'s sheet, or an `audit`."""
        self._part = part
        if part != "all":
            self.close_panel()
            self.editor.hide()
        self._refresh_emptiness()
        self._area.verticalScrollBar().setValue(0)

    def open_drive(self, name: str, *, library: bool = False) -> None:
        """Everything about the drive of this label, or the disk of the library of this name."""
        drive = next((one for one in self._drives or () if _key(one) == (library, name)), None)
        if drive is not None:
            self.sheet.show_drive(drive)
            self.show_part("drive")

    def edit(self, name: str) -> None:
        """Open the panel for the drive of this label."""
        drive = next((one for one in self._drives or () if one.label == name and not one.is_library), None)
        if drive is not None:
            self.close_panel()
            self.editor.show()
            self.editor.show_drive(drive)
            self._area.verticalScrollBar().setValue(0)

    def show_volumes(self, volumes: Sequence[Volume]) -> None:
        self.panel.show_volumes(volumes)

    def open_panel(self, replaced: str = "") -> None:
        """Add a drive, or choose the one that takes another's place."""
        self.editor.hide()
        self.panel.replace_drive(replaced or "")
        self.panel.show()
        if not replaced:
            self._part = "all"
        self._refresh_emptiness()
        self.volumes_wanted.emit()
        self.panel.label_field.setFocus()
        self._area.verticalScrollBar().setValue(0)

    def close_panel(self) -> None:
        self.panel.hide()
        self._refresh_emptiness()

    def _refresh_emptiness(self) -> None:
        drives = self._drives or ()
        everything = self._part == "all"
        self._nothing.setVisible(everything and not drives and self.panel.isHidden())
        parts = {self.sheet: self._part == "drive", self.audit: self._part == "audit", self._bar: everything,
                 self._cards: everything and bool(drives)}  # fmt: skip
        for part, shown in sorted(
            parts.items(), key=lambda one: not one[1]
        ):  # what goes hands the focus to what is there
            part.setVisible(shown)
        for button in (self.verify_all, self.check_all, self.add):
            button.setVisible(bool(drives))
        self.add.setEnabled(self.panel.isHidden())

    def _act(self, action: Action) -> None:
        if action.deed is Deed.RELABEL:
            self.edit(action.subject)
        elif action.deed is Deed.DRIVE_DETAILS:
            self.open_drive(action.subject, library=bool(action.values.get("library")))
        elif action.deed is Deed.REPLACE:
            self.open_panel(action.subject)
        else:
            self.acted.emit(action)

    def _edited(self, action: Action) -> None:
        self.editor.hide()
        self.acted.emit(action)

    def _asked(self, action: Action) -> None:
        self.close_panel()
        self.acted.emit(action)


def _key(drive: DriveCard) -> tuple[bool, str]:
    """A library and a drive may have one name."""
    return drive.is_library, drive.label
