"""What the user knows of a drive: name, place, kind, notes, recovery data; and letting it go. A panel, not a dialog."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.overview import DriveCard
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.fields import calm
from musicvault.gui.widgets.panel import Panel
from musicvault.gui.widgets.text import label
from musicvault.language import tr

_MOST_PARITY = 30


class EditDrive(Panel):
    """Edits the drive that `show_drive` gave; *Stop using it* is answered with a preview."""

    asked = Signal(Action)

    def __init__(self) -> None:
        super().__init__()
        self._label = ""
        self._heading = label("", "heading", wrap=True)
        self.body.addWidget(self._heading)
        self._fields()
        hint = tr(
            "Recovery data (PAR2) heals what no copy has any more. It takes about that share of the drive's music; "
            "0 % keeps none, 5 % is a good choice where there is one drive only. The next copying makes it."
        )
        self.body.addWidget(label(hint, "small", wrap=True))
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

    def _fields(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        self.label_field, self.site_field, self.notes_field = QLineEdit(), QLineEdit(), QLineEdit()
        self.site_field.setPlaceholderText(tr("home, office, bank …"))
        self.notes_field.setPlaceholderText(tr("when it was bought, which shelf …"))
        self.media_field = QComboBox()
        for name, value in (
            (tr("not known"), ""),
            (tr("Hard disk"), "hdd"),
            (tr("SSD"), "ssd"),
            (tr("USB stick or card"), "flash"),
            (tr("Optical disc"), "optical"),
            (tr("Network"), "network"),
        ):
            self.media_field.addItem(name, value)
        self.parity_field = QSpinBox()
        self.parity_field.setRange(0, _MOST_PARITY)
        self.parity_field.setSuffix(" %")
        rows: tuple[tuple[str, QWidget], ...] = (
            (tr("Name"), self.label_field),
            (tr("Kept at"), self.site_field),
            (tr("Kind"), self.media_field),
            (tr("Notes"), self.notes_field),
            (tr("Recovery data"), self.parity_field),
        )
        for caption, field in rows:
            field.setMaximumWidth(px(110 if field is self.parity_field else 320))
            field.setAccessibleName(caption)
            if not isinstance(field, QLineEdit):
                calm(field)
            words = label(caption, "muted")
            words.setMinimumHeight(field.sizeHint().height())
            form.addRow(words, field)
        for line in (self.label_field, self.site_field, self.notes_field):
            line.textChanged.connect(lambda *_: self._changed())
            line.returnPressed.connect(self._send)
        self.media_field.currentIndexChanged.connect(lambda *_: self._changed())
        self.parity_field.valueChanged.connect(lambda *_: self._changed())
        self.body.addLayout(form)

    def show_drive(self, drive: DriveCard) -> None:
        self._label = drive.label
        self._heading.setText(drive.label)
        self.label_field.setText(drive.label)
        self.site_field.setText(drive.site)
        self.notes_field.setText(drive.notes)
        self.media_field.setCurrentIndex(max(0, self.media_field.findData(drive.media)))
        self.parity_field.setValue(drive.parity)
        self.save.setEnabled(False)
        self.label_field.setFocus()
        self.label_field.selectAll()

    def _changed(self) -> None:
        self.save.setEnabled(bool(self.label_field.text().strip()))

    def _send(self) -> None:
        name = self.label_field.text().strip()
        if name:
            values = {
                "label": name,
                "site": self.site_field.text().strip(),
                "media": self.media_field.currentData(),
                "notes": self.notes_field.text().strip(),
                "parity": self.parity_field.value(),
            }
            self.asked.emit(Action(Deed.RELABEL, tr("Save"), self._label, values=values))
