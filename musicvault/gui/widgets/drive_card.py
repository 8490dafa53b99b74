"""A drive at a glance: what it is, how full, how it fares, what waits there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.overview import DriveCard
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.bars import ThinBar
from musicvault.gui.widgets.buttons import action_button
from musicvault.gui.widgets.card import Card, Glyph, line
from musicvault.gui.widgets.pill import Pill
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import TONE_ICONS, ago, files, percent, size
from musicvault.language import tr


def drive_icon(model: DriveCard) -> str:
    return "computer" if model.is_library else "drives"


class DriveTile(Card):
    """The short form, for the overview."""

    def __init__(self, model: DriveCard) -> None:
        super().__init__(padding=16)
        self.setAccessibleName(f"{model.label}: {model.status}. {model.note}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Glyph(drive_icon(model)))
        head.addWidget(ElidedLabel(model.label, "heading"), 1)
        self.body.addLayout(head)
        self.body.addWidget(ElidedLabel(_kind(model), "small"))
        bar = ThinBar()
        bar.show_share(_fullness(model), _space_tone(model))
        self.body.addSpacing(4)
        self.body.addWidget(bar)
        self.body.addWidget(label(_space(model), "small"))
        self.body.addWidget(Pill(model.status, model.tone, _status_icon(model)))
        self.body.addStretch(1)
        self.body.addWidget(ElidedLabel(model.note, "small"))


class DrivePanel(Card):
    """The long form, for the drives screen, with the drive's actions."""

    def __init__(self, model: DriveCard, send: Callable[[Action], None]) -> None:
        super().__init__()
        self.setAccessibleName(f"{model.label}: {model.status}. {model.note}")
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(Glyph(drive_icon(model), None, 20))
        head.addWidget(ElidedLabel(model.label, "heading"), 1)
        head.addWidget(Pill(model.status, model.tone, _status_icon(model)))
        self.body.addLayout(head)
        self.body.addWidget(ElidedLabel(_kind(model), "small"))
        bar = ThinBar()
        bar.show_share(_fullness(model), _space_tone(model))
        self.body.addSpacing(4)
        self.body.addWidget(bar)
        self.body.addWidget(label(_space(model), "small"))
        self.body.addSpacing(2)
        for name, value in _facts(model):
            row = QHBoxLayout()
            row.addWidget(label(name, "muted"))
            row.addWidget(_right(ElidedLabel(value)), 1)
            self.body.addLayout(row)
        for warning in model.warnings:
            self.body.addWidget(label(warning, "short", wrap=True))
        if model.note and model.tone is not Tone.GOOD:
            self.body.addWidget(label(model.note, "small", wrap=True))
        self.body.addStretch(1)
        if model.actions:
            self.body.addWidget(line())
            row = QHBoxLayout()
            row.setSpacing(18)
            for action in model.actions:
                if action.deed is not Deed.RELABEL:
                    row.addWidget(action_button(action, send, "link"))
            row.addStretch(1)
            for action in model.actions:
                if action.deed is Deed.RELABEL:
                    row.addWidget(action_button(action, send, "icon", "settings"))
            self.body.addLayout(row)


def _right(widget: ElidedLabel) -> ElidedLabel:
    widget.setAlignment(Qt.AlignmentFlag.AlignRight)
    return widget


def _kind(model: DriveCard) -> str:
    return " · ".join(part for part in (model.kind, model.site) if part)


def _status_icon(model: DriveCard) -> str:
    return "away" if not model.online else TONE_ICONS[model.tone]


def _fullness(model: DriveCard) -> float | None:
    return model.used / model.size if model.used is not None and model.size else None


def _space_tone(model: DriveCard) -> Tone | None:
    if not model.online:
        return Tone.AWAY
    share = _fullness(model)
    return Tone.SHORT if share is not None and share > 0.95 else None


def _space(model: DriveCard) -> str:
    if model.used is None or not model.size:
        return tr("space unknown")
    return tr("{used} of {size}", used=size(model.used), size=size(model.size))


def _facts(model: DriveCard) -> list[tuple[str, str]]:
    music = files(model.files) + (f" · {size(model.music)}" if model.music else "")
    facts = [(tr("Music"), music)]
    if model.intact is not None:
        facts.append((tr("Intact"), percent(model.intact)))
    facts.append((tr("Oldest proof"), ago(model.oldest_proof)))
    health = model.health or tr("unknown")
    facts.append((tr("Health"), f"{health} ({model.health_reason})" if model.health_reason else health))
    return facts
