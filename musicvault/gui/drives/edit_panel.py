"""A drive's name, where it is kept, and letting it go. A panel, not a dialog."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLineEdit

from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.overview import DriveCard
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card
from musicvault.gui.widgets.text import label
from musicvault.language import tr


class EditDrive(Card):
    """Edits the drive that `show_drive` gave; *Stop using it* is answered with a preview."""

    asked = Signal(Action)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._label = ""
        self._heading = label("", "heading", wrap=True)
        self.body.addWidget(self._heading)
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        self.label_field, self.site_field = QLineEdit(), QLineEdit()
        self.site_field.setPlaceholderText(tr("home, office, bank …"))
        for caption, field in ((tr("Name"), self.label_field), (tr("Kept at"), self.site_field)):
            field.setMaximumWidth(320)
            field.setAccessibleName(caption)
            field.textChanged.connect(lambda *_: self._changed())
            field.returnPressed.connect(self._send)
            form.addRow(label(caption, "muted"), field)
        self.body.addLayout(form)
        row = QHBoxLayout()
        row.setSpacing(10)
        self.save = Button(tr("Save"), "primary")
        self.save.clicked.connect(self._send)
        cancel = Button(tr("Cancel"))
        cancel.clicked.connect(self.closed)
        self.remove = Button(tr("Stop using this drive…"), "quiet", "cross")
        self.remove.clicked.connect(lambda: self.asked.emit(Action(Deed.REMOVE_DRIVE, subject=self._label)))
        row.addWidget(self.save)
        row.addWidget(cancel)
        row.addStretch(1)
        row.addWidget(self.remove)
        self.body.addLayout(row)

    def show_drive(self, drive: DriveCard) -> None:
        self._label = drive.label
        self._heading.setText(drive.label)
        self.label_field.setText(drive.label)
        self.site_field.setText(drive.site)
        self.save.setEnabled(False)
        self.label_field.setFocus()
        self.label_field.selectAll()

    def _changed(self) -> None:
        self.save.setEnabled(bool(self.label_field.text().strip()))

    def _send(self) -> None:
        name = self.label_field.text().strip()
        if name:
            values = {"label": name, "site": self.site_field.text().strip()}
            self.asked.emit(Action(Deed.RELABEL, tr("Save"), self._label, values=values))
