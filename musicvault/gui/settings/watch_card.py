"""The settings of the background watch."""

from __future__ import annotations

from PySide6.QtCore import QTime, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QLineEdit, QSpinBox, QTimeEdit, QWidget

from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card
from musicvault.gui.widgets.fields import calm
from musicvault.gui.widgets.text import label
from musicvault.language import tr
from musicvault.settings import WatchSettings

_FORMAT = "HH:mm"
_BOXES = ("prove", "repair", "mains_only", "pause_when_busy", "notify")
_LINES = ("report_to", "mail_server", "mail_user", "mail_from")


class WatchCard(Card):
    """Edits what `show_settings` gave; *Save* sends it, and `complain` says what doesn't fit."""

    saved = Signal(WatchSettings)

    def __init__(self) -> None:
        super().__init__(tr("Background watch"))
        self._shown = WatchSettings()
        self.boxes = {
            "prove": QCheckBox(tr("Prove copies by reading them, a little at a time")),
            "repair": QCheckBox(tr("Heal damage where a good copy is within reach")),
            "mains_only": QCheckBox(tr("Prove only on mains power")),
            "pause_when_busy": QCheckBox(tr("Stand back while the computer or the disk is busy")),
            "notify": QCheckBox(tr("Show on the desktop what needs me")),
        }
        for box in self.boxes.values():
            box.toggled.connect(self._changed)
            self.body.addWidget(box)
        self.body.addLayout(self._quiet_hours())
        self._form = form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        self.bandwidth = QSpinBox()
        self.bandwidth.setRange(0, 10_000)
        self.bandwidth.setSuffix(tr(" MB/s"))
        self.bandwidth.setSpecialValueText(tr("no limit"))
        self.bandwidth.valueChanged.connect(self._changed)
        self._row(form, tr("Read at most"), self.bandwidth, 130)
        self.report = QComboBox()
        for name, value in ((tr("never"), "off"), (tr("daily"), "daily"), (tr("weekly"), "weekly")):
            self.report.addItem(name, value)
        self.report.currentIndexChanged.connect(self._changed)
        self._row(form, tr("Send a report"), self.report, 130)
        self.lines = {name: QLineEdit() for name in _LINES}
        self.security = QComboBox()
        for value in ("starttls", "ssl", "none"):
            self.security.addItem(tr("without encryption") if value == "none" else value.upper(), value)
        self.security.currentIndexChanged.connect(self._changed)
        self.lines["report_to"].setPlaceholderText(tr("name@example.org, or the path of a file"))
        self.lines["mail_server"].setPlaceholderText("smtp.example.org:587")
        self.lines["mail_from"].setPlaceholderText(tr("as the address that it goes to"))
        self._row(form, tr("To"), self.lines["report_to"])
        self._row(form, tr("Mail server"), self.lines["mail_server"])
        self._row(form, tr("Encryption"), self.security, 170)
        self._row(form, tr("Account"), self.lines["mail_user"])
        self._row(form, tr("Sender"), self.lines["mail_from"])
        for line in self.lines.values():
            line.textChanged.connect(self._changed)
        self.body.addLayout(form)
        hint = tr("The password of the mail account is never kept here: it is taken from the system's keyring.")
        self.hint = label(hint, "small", wrap=True)
        self.body.addWidget(self.hint)
        self.problem = label("", "damaged", wrap=True)
        self.problem.hide()
        self.body.addWidget(self.problem)
        row = QHBoxLayout()
        self.save = Button(tr("Save"))
        self.save.clicked.connect(lambda: self.saved.emit(self.settings()))
        row.addWidget(self.save)
        row.addStretch(1)
        self.body.addLayout(row)
        self.show_settings(WatchSettings())

    def _quiet_hours(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.quiet = QCheckBox(tr("Prove nothing between"))
        self.begin, self.end = QTimeEdit(QTime(22, 0)), QTimeEdit(QTime(7, 0))
        row.addWidget(self.quiet)
        for edit, name in ((self.begin, tr("Quiet from")), (self.end, tr("Quiet until"))):
            edit.setDisplayFormat(_FORMAT)
            edit.setAccessibleName(name)
            edit.timeChanged.connect(self._changed)
            edit.setFixedWidth(px(84))
            calm(edit)
        row.addWidget(self.begin)
        row.addWidget(label(tr("and"), "muted"))
        row.addWidget(self.end)
        row.addStretch(1)
        self.quiet.toggled.connect(self._changed)
        return row

    @staticmethod
    def _row(form: QFormLayout, caption: str, field: QWidget, width: int = 320) -> None:
        field.setMaximumWidth(px(width))
        if width < 320:
            field.setMinimumWidth(px(width))
        field.setAccessibleName(caption)
        if not isinstance(field, QLineEdit):
            calm(field)
        name = label(caption, "muted")
        name.setMinimumHeight(field.sizeHint().height())
        form.addRow(name, field)

    def show_settings(self, now: WatchSettings) -> None:
        """What is in force now."""
        self._shown = now
        for name in _BOXES:
            self.boxes[name].setChecked(bool(getattr(now, name)))
        begin, dash, end = now.quiet_hours.partition("-")
        self.quiet.setChecked(bool(dash))
        if dash:
            self.begin.setTime(_time(begin))
            self.end.setTime(_time(end))
        self.bandwidth.setValue(now.bandwidth)
        self.report.setCurrentIndex(max(0, self.report.findData(now.report)))
        self.security.setCurrentIndex(max(0, self.security.findData(now.mail_security)))
        for name in _LINES:
            self.lines[name].setText(getattr(now, name))
        self._changed()

    def settings(self) -> WatchSettings:
        """What the form holds."""
        quiet = f"{self.begin.time().toString(_FORMAT)}-{self.end.time().toString(_FORMAT)}"
        on = {name: box.isChecked() for name, box in self.boxes.items()}
        words = {name: line.text().strip() for name, line in self.lines.items()}
        return WatchSettings(
            on["prove"],
            on["repair"],
            quiet if self.quiet.isChecked() else "",
            on["mains_only"],
            on["pause_when_busy"],
            self.bandwidth.value(),
            on["notify"],
            str(self.report.currentData()),
            words["report_to"],
            words["mail_server"],
            str(self.security.currentData()),
            words["mail_user"],
            words["mail_from"],
        )

    def complain(self, text: str) -> None:
        """What doesn't fit; empty where all does."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _changed(self, *_: object) -> None:
        if not hasattr(self, "save"):
            return
        for edit in (self.begin, self.end):
            edit.setEnabled(self.quiet.isChecked())
        by_mail = "@" in self.lines["report_to"].text() and "/" not in self.lines["report_to"].text()
        wanted = self.report.currentData() != "off"
        self._form.setRowVisible(self.lines["report_to"], wanted)
        for field in (*(self.lines[name] for name in _LINES[1:]), self.security):
            self._form.setRowVisible(field, wanted and by_mail)
        self.hint.setVisible(wanted and by_mail)
        self.complain("")
        self.save.setEnabled(self.settings() != self._shown)


def _time(text: str) -> QTime:
    """24:00 is midnight; Qt knows 0:00 only."""
    hours, _, minutes = text.strip().partition(":")
    return QTime(int(hours) % 24, int(minutes))
