"""The head of the Activity screen: what the background watch does, what comes next, and why it waits."""

from __future__ import annotations

import time

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.schedule import ScheduleModel, Watcher
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button, action_button
from musicvault.gui.widgets.card import Card, Glyph
from musicvault.gui.widgets.layouts import clear
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import day, hour, when
from musicvault.language import tr

_MOST = 4
_AT = 128
_GLYPH, _GAP = 22, 12


class SchedulePanel(Card):
    """Shows a `ScheduleModel`."""

    acted = Signal(Action)
    pause_asked = Signal()
    resume_asked = Signal()
    kept = Signal(bool)
    """The switch "keep watching when this window is closed"."""

    def __init__(self) -> None:
        super().__init__(padding=18)
        self.model: ScheduleModel | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        head = QHBoxLayout()
        head.setSpacing(_GAP)
        self._glyph = Glyph("stale", Tone.AWAY, _GLYPH)
        head.addWidget(self._glyph)
        words = QVBoxLayout()
        words.setSpacing(1)
        self.headline = ElidedLabel("", "heading")
        self.detail = label("", "small", wrap=True)
        words.addWidget(self.headline)
        words.addWidget(self.detail)
        head.addLayout(words, 1)
        self.pause = Button(tr("Pause"), "quiet", "pause")
        self.pause.clicked.connect(self._pause_or_resume)
        head.addWidget(self.pause)
        settings = Action(Deed.SHOW, tr("Settings"), "settings")
        head.addWidget(action_button(settings, self.acted.emit, "quiet", "settings"))
        self.body.addLayout(head)
        self._facts = QWidget()
        self._lines = QVBoxLayout(self._facts)
        self._lines.setContentsMargins(px(_GLYPH) + _GAP, 2, 0, 0)
        self._lines.setSpacing(3)
        self.body.addWidget(self._facts)
        row = QHBoxLayout()
        row.setContentsMargins(px(_GLYPH) + _GAP, 2, 0, 0)
        self.keep = QCheckBox(tr("Keep watching when this window is closed"))
        self.keep.toggled.connect(self.kept)
        row.addWidget(self.keep)
        row.addStretch(1)
        self.body.addLayout(row)
        self.show_model(ScheduleModel())

    def show_model(self, model: ScheduleModel) -> None:
        if model == self.model:
            return
        self.model = model
        self._glyph.show_state(*_mark(model))
        self.headline.setText(headline(model))
        self.detail.setText(detail(model))
        self.detail.setVisible(bool(detail(model)))
        self.pause.setVisible(model.who is not Watcher.NOBODY)
        self.pause.set_text(tr("Resume") if model.paused else tr("Pause"))
        clear(self._lines)
        for text in (*model.matters, *model.problems):
            self._lines.addWidget(label(text, "short", wrap=True))
        for text in model.limits:
            self._lines.addWidget(label(text, "small", wrap=True))
        for coming in model.coming[:_MOST]:
            row = QHBoxLayout()
            row.setSpacing(12)
            at = label(_at(coming.at), "muted")
            at.setFixedWidth(px(_AT))
            row.addWidget(at)
            row.addWidget(ElidedLabel(coming.text), 1)
            self._lines.addLayout(row)
        for text in model.rates[:_MOST]:
            self._lines.addWidget(ElidedLabel(text, "small"))
        self._facts.setVisible(self._lines.count() > 0)
        self.keep.blockSignals(True)
        self.keep.setChecked(bool(model.installed))
        self.keep.setEnabled(model.can_install)
        self.keep.blockSignals(False)
        self.setAccessibleName(f"{headline(model)} {detail(model)}")

    def _pause_or_resume(self) -> None:
        paused = self.model is not None and self.model.paused
        (self.resume_asked if paused else self.pause_asked).emit()


def headline(model: ScheduleModel) -> str:
    """Who watches, and what is being done."""
    if model.who is Watcher.NOBODY:
        return tr("Nobody watches your music right now")
    if model.doing:
        return model.doing
    if model.paused:
        return tr("Paused")
    if model.who is Watcher.SERVICE:
        return tr("MusicVault watches in the background")
    return tr("MusicVault watches while this window is open")


def detail(model: ScheduleModel) -> str:
    """Why it waits, and what that means."""
    if model.who is Watcher.NOBODY:
        return tr("Changes are found by the next scan.")
    parts = []
    if model.paused and model.who is Watcher.SERVICE:
        parts.append(tr("Nothing is proven until you go on; what changes is still copied."))
    elif model.paused:
        parts.append(tr("Nothing is copied or proven until you go on."))
    elif model.waits:
        parts.append(tr("Proving waits: {why}.", why=model.waits))
    if model.who is Watcher.SERVICE:
        parts.append(tr("It runs by itself (process {pid}); this window only shows it.", pid=model.pid))
    return " ".join(parts)


def _at(moment: float) -> str:
    """`05:55` for today, else with the date."""
    return hour(moment) if day(moment) == day(time.time()) else when(moment)


def _mark(model: ScheduleModel) -> tuple[str, Tone]:
    if model.matters or model.problems:
        return "attention", Tone.SHORT
    if model.who is Watcher.NOBODY or model.paused:
        return "pause", Tone.AWAY
    return ("scan", Tone.INFO) if model.doing else ("good", Tone.GOOD)
