"""A drive at a glance: what it is, how full, how it fares, what waits there."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from musicvault.gui.models.overview import DriveCard
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.bars import ThinBar
from musicvault.gui.widgets.card import Card, Glyph
from musicvault.gui.widgets.pill import Pill
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import TONE_ICONS, size
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
        self.body.addWidget(ElidedLabel(kind(model), "small"))
        bar = ThinBar()
        bar.show_share(fullness(model), space_tone(model))
        self.body.addSpacing(4)
        self.body.addWidget(bar)
        self.body.addWidget(label(space(model) or tr("space unknown"), "small"))
        self.body.addWidget(Pill(model.status, model.tone, status_icon(model)))
        self.body.addStretch(1)
        self.body.addWidget(ElidedLabel(model.note, "small"))


def kind(model: DriveCard) -> str:
    """What it is and where it is kept."""
    return " · ".join(part for part in (model.kind, model.site) if part)


def status_icon(model: DriveCard) -> str:
    """The icon beside its state's word."""
    return TONE_ICONS[model.tone] if model.online or model.unusual else "away"


def fullness(model: DriveCard) -> float | None:
    """How full it is, 0 to 1; None where nobody knows."""
    return model.used / model.size if model.used is not None and model.size else None


def space_tone(model: DriveCard) -> Tone | None:
    """The colour of its bar, None for the usual one."""
    if not model.online:
        return Tone.AWAY
    share = fullness(model)
    return Tone.SHORT if share is not None and share > 0.95 else None


def space(model: DriveCard) -> str:
    """Its room in words; empty where nobody knows."""
    if model.used is None or not model.size:
        return ""
    return tr("{used} of {size}", used=size(model.used), size=size(model.size))
