"""A drive's card on the drives screen: what is known of it at a glance, and what can be done there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui.drives import health_words
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.overview import DriveCard
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.bars import ThinBar
from musicvault.gui.widgets.buttons import action_button
from musicvault.gui.widgets.card import Card, Glyph, line
from musicvault.gui.widgets.drive_card import drive_icon, fullness, kind, space, space_tone, status_icon
from musicvault.gui.widgets.layouts import FlowLayout
from musicvault.gui.widgets.pill import Pill
from musicvault.gui.widgets.speed_curve import SpeedCurve, is_telling, span
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import ago, files, percent, size
from musicvault.language import tr


class DrivePanel(Card):
    """One drive, or the disk of a library."""

    def __init__(self, model: DriveCard, send: Callable[[Action], None]) -> None:
        super().__init__()
        self.model = model
        self.setAccessibleName(f"{model.label}: {model.status}. {model.note}")
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(Glyph(drive_icon(model), None, 20))
        head.addWidget(ElidedLabel(model.label, "heading"), 1)
        head.addWidget(Pill(model.status, model.tone, status_icon(model)))
        self.body.addLayout(head)
        self.body.addWidget(ElidedLabel(kind(model), "small"))
        bar = ThinBar()
        bar.show_share(fullness(model), space_tone(model))
        self.body.addSpacing(4)
        self.body.addWidget(bar)
        self.body.addWidget(label(space(model) or tr("space unknown"), "small"))
        self.body.addSpacing(2)
        for name, value in facts(model):
            self.body.addLayout(fact_row(name, value))
        self._health(model)
        for text in (model.todo, *model.warnings):
            if text:
                self.body.addWidget(label(text, "short", wrap=True))
        told = model.todo or (not model.is_library and model.intact == 1)  # then the note repeats the oldest proof
        if model.note and model.tone is not Tone.GOOD and not told:
            self.body.addWidget(label(f"{model.note[:1].upper()}{model.note[1:]}.", "small", wrap=True))
        if model.notes:
            self.body.addWidget(label(model.notes, "small", wrap=True))
        self.body.addStretch(1)
        if model.actions:
            self.body.addWidget(line())
            self.body.addLayout(_buttons(model, send))

    def _health(self, model: DriveCard) -> None:
        care = model.care
        row = QHBoxLayout()
        row.addWidget(label(tr("Health"), "muted"))
        row.addStretch(1)
        if vitals := health_words.vitals(care):
            row.addWidget(label(vitals, "small"))
            row.addSpacing(6)
        row.addWidget(health_words.health_pill(care))
        self.body.addLayout(row)
        if care.reason:
            self.body.addWidget(label(care.reason, "damaged" if model.failing else "small", wrap=True))
        if not care.lines or not care.lines[0].known:
            return
        if is_telling(care.lines[0]):
            curve = SpeedCurve(small=True)
            curve.show_lines(care.lines[:1])
            self.body.addWidget(curve)
        self.body.addLayout(fact_row(tr("Read speed"), span(care.lines[0])))
        if change := health_words.change(care):
            self.body.addWidget(label(change, "small", wrap=True))


def facts(model: DriveCard) -> list[tuple[str, str]]:
    """What there is and how well it is proven."""
    music = files(model.files) + (f" · {size(model.music)}" if model.music else "")
    found = [(tr("Music"), music)]
    if model.intact is not None:
        found.append((tr("Intact"), percent(model.intact)))
    found.append((tr("Oldest proof"), ago(model.oldest_proof)))
    if model.parity:
        found.append((tr("Recovery data"), tr("{value} %", value=model.parity)))
    return found


def fact_row(name: str, value: str, role: str = "") -> QHBoxLayout:
    """A name at the left, its value at the right."""
    row = QHBoxLayout()
    row.setSpacing(12)
    row.addWidget(label(name, "muted"))
    worth = ElidedLabel(value, role)
    worth.setAlignment(Qt.AlignmentFlag.AlignRight)
    row.addWidget(worth, 1)
    return row


def _buttons(model: DriveCard, send: Callable[[Action], None]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    row.addStrut(px(18) + 12)  # as high as with the icon, so that cards side by side have their lines in one line
    links = QWidget()
    flow = FlowLayout(links, 8, 2)
    row.addWidget(links, 1)
    for action in model.actions:
        edits = action.deed is Deed.RELABEL
        button = action_button(action, send, "icon" if edits else "link", "settings" if edits else "")
        button.setAccessibleDescription(model.label)  # which drive: each card has the same buttons
        if edits:
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        else:
            flow.addWidget(button)
    return row


class RetiredRow(QWidget):
    """A drive that was retired, in one quiet line."""

    def __init__(self, model: DriveCard, send: Callable[[Action], None]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(10)
        row.addWidget(Glyph("drives"))
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(ElidedLabel(model.label, "muted"))
        there = tr("connected") if model.online else tr("not connected")
        text = tr("{files} still serve to repair and restore · {there}", files=files(model.files), there=there)
        words.addWidget(ElidedLabel(text, "small"))
        row.addLayout(words, 1)
        for action in model.actions:
            icon = {Deed.RELABEL: "settings"}.get(action.deed, "")
            row.addWidget(action_button(action, send, "icon" if icon else "link", icon))
        self.setAccessibleName(tr("{drive}: retired", drive=model.label))
