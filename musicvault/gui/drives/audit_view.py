"""Auditing any folder or drive: choose it, watch it being read once, keep what came of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.domain.paths import display
from musicvault.gui.activity.lines import Lines, LinesModel
from musicvault.gui.drives import audit_report
from musicvault.gui.drives.behind import PageBehind
from musicvault.gui.models.drives import AuditModel
from musicvault.gui.models.jobs import JobRow
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, Glyph
from musicvault.gui.widgets.layouts import FlowLayout
from musicvault.gui.widgets.speed_curve import SpeedCurve, is_telling
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import TONE_ICONS, files, size
from musicvault.language import tr


class AuditView(PageBehind):
    """What is read isn't changed, and no drive needs to be added for it."""

    chosen = Signal()
    """The user wants to choose a folder."""
    stopped = Signal()
    export_asked = Signal(str)
    """"text" or "json"."""

    def __init__(self) -> None:
        super().__init__()
        self.model: AuditModel | None = None
        self.column.addWidget(self._intro())
        self._result = self._outcome()
        self._result.hide()
        self.column.addWidget(self._result)
        self.column.addStretch(1)

    def _intro(self) -> Card:
        card = Card(tr("Audit a drive"))
        words = tr(
            "Any drive, also one that MusicVault doesn't use: everything in a folder is read once from the device. You "
            "see how fast it is from end to end, and which files it can't give any more. Nothing is written."
        )
        card.body.addWidget(label(words, "muted", wrap=True))
        row = QHBoxLayout()
        self.choose = Button(tr("Choose a folder…"), "primary", "folder")
        self.choose.clicked.connect(self.chosen)
        self.stop = Button(tr("Stop"))
        self.stop.clicked.connect(self.stopped)
        self.stop.hide()
        row.addWidget(self.choose)
        row.addWidget(self.stop)
        row.addStretch(1)
        card.body.addSpacing(4)
        card.body.addLayout(row)
        return card

    def _outcome(self) -> Card:
        card = Card()
        head = QHBoxLayout()
        head.setSpacing(10)
        self._glyph = Glyph("scan", Tone.INFO, 22)
        head.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(3)
        self.verdict = label("", "heading", wrap=True)
        self._folder = ElidedLabel("", "small", Qt.TextElideMode.ElideMiddle)
        words.addWidget(self.verdict)
        words.addWidget(self._folder)
        head.addLayout(words, 1)
        card.body.addLayout(head)
        self.progress = label("", "muted")
        card.body.addWidget(self.progress)
        self._current = ElidedLabel("", "small", Qt.TextElideMode.ElideMiddle)
        card.body.addWidget(self._current)
        self.curve = SpeedCurve()
        card.body.addWidget(self.curve)
        self._speed = label("", "small", wrap=True)
        card.body.addWidget(self._speed)
        self._remark = label("", "short", wrap=True)
        card.body.addWidget(self._remark)
        self.lines = Lines(tr("Files that can't be read"))
        self.lines.setFixedHeight(px(168))
        self.lines.setSpacing(2)
        card.body.addWidget(self.lines)
        place = QWidget()
        flow = FlowLayout(place, 8, 8)
        self.save_text, self.save_json = Button(tr("Save as text…")), Button(tr("Save as JSON…"))
        self.save_text.clicked.connect(lambda: self.export_asked.emit("text"))
        self.save_json.clicked.connect(lambda: self.export_asked.emit("json"))
        flow.addWidget(self.save_text)
        flow.addWidget(self.save_json)
        card.body.addWidget(place)
        return card

    def show_lines(self, lines: LinesModel) -> None:
        """What could not be read, as it comes."""
        self.lines.setModel(lines)

    def show_model(self, model: AuditModel, job: JobRow | None = None) -> None:
        """How it stands; `job` tells the rate while it runs."""
        self.model = model
        tone = Tone.INFO
        if model.over:
            read = Tone.GOOD if model.checked else Tone.INFO
            tone = Tone.DAMAGED if model.unreadable else Tone.SHORT if model.failed or model.message else read
        self._glyph.show_state(TONE_ICONS[tone] if model.over else "scan", tone)
        self.verdict.setText(audit_report.verdict(model))
        self._folder.setText(" · ".join(part for part in (display(model.folder), model.model) if part))
        amount = f"{files(model.checked)} · {size(model.bytes)}"
        if job is not None and job.rate and not model.over:
            amount += " · " + tr("{amount}/s", amount=size(job.rate))
        self.progress.setText(amount)
        self._current.setText(model.current)
        self._current.setVisible(not model.over)
        self.curve.setVisible(is_telling(model.line))
        if is_telling(model.line):
            self.curve.show_lines((model.line,), model.slow_parts)
        self._speed.setText(audit_report.speed(model))
        self._remark.setText(audit_report.remark(model))
        self._remark.setVisible(bool(audit_report.remark(model)))
        self.lines.setVisible(bool(model.amount_of_trouble))
        for button in (self.save_text, self.save_json):
            button.setVisible(model.over)
        self.choose.setVisible(model.over)
        self.choose.set_text(tr("Audit another…"))
        self.stop.setVisible(not model.over)
        self._result.show()
