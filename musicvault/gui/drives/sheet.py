"""One drive, whole: its health and what the verdict rests on, its speed over the passes, and what can be done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui.drives import health_words
from musicvault.gui.drives.behind import PageBehind
from musicvault.gui.drives.panel import fact_row, facts
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.drives import Care, SpeedLine
from musicvault.gui.models.overview import DriveCard
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.buttons import action_button
from musicvault.gui.widgets.card import Card, Glyph
from musicvault.gui.widgets.drive_card import drive_icon, kind, space, status_icon
from musicvault.gui.widgets.layouts import FlowLayout, clear
from musicvault.gui.widgets.pill import Pill
from musicvault.gui.widgets.speed_curve import SpeedCurve, is_telling, said
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import day, files, size
from musicvault.language import tr, trn

_PASSES = 6
_ERRORS = 12


_TELLING = 10**11
"""Bytes; of less no rate is told."""


class DriveSheet(PageBehind):
    """Shows the drive that `show_drive` gave; *All drives* leads back."""

    acted = Signal(Action)

    def __init__(self) -> None:
        super().__init__()
        self.key: tuple[bool, str] | None = None
        self._model: DriveCard | None = None
        self._content = QVBoxLayout()
        self._content.setSpacing(16)
        self.column.addLayout(self._content)

    def show_drive(self, model: DriveCard) -> None:
        """Everything that is known of this drive."""
        if model == self._model:
            return
        self._model, self.key = model, (model.is_library, model.label)
        clear(self._content)
        self._content.addWidget(_Head(model, self.acted.emit))
        self.pair = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.pair.setSpacing(16)
        self.pair.addWidget(_Health(model.care, model, self.acted.emit), 10)
        self.pair.addWidget(_Speed(model.care), 13)
        self._content.addLayout(self.pair)
        if model.care.errors:
            self._content.addWidget(_Errors(model.care))
        self._turn()

    def resizeEvent(self, event: object) -> None:
        self._turn()

    def _turn(self) -> None:
        narrow = self.width() < px(760)
        if self._model is not None:
            self.pair.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)


class _Head(Card):
    def __init__(self, model: DriveCard, send: Callable[[Action], None]) -> None:
        super().__init__()
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(Glyph(drive_icon(model), None, 24))
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(ElidedLabel(model.label, "title"))
        words.addWidget(ElidedLabel(" · ".join(part for part in (kind(model), model.care.model) if part), "muted"))
        head.addLayout(words, 1)
        head.addWidget(Pill(model.status, model.tone, status_icon(model)))
        self.body.addLayout(head)
        self.body.addSpacing(4)
        figures = QWidget()
        flow = FlowLayout(figures, 36, 10)
        seen = [] if model.online or model.last_seen is None else [(tr("Last seen"), day(model.last_seen))]
        for name, value in ((tr("Space"), space(model) or tr("unknown")), *facts(model), *seen):
            flow.addWidget(_figure(name, value))
        self.body.addWidget(figures)
        for text in (model.todo, *model.warnings):
            if text:
                self.body.addWidget(label(text, "short", wrap=True))
        if model.notes:
            self.body.addWidget(label(model.notes, "muted", wrap=True))
        self.body.addSpacing(4)
        place = QWidget()
        flow = FlowLayout(place, 8, 8)
        for action in deeds(model):
            flow.addWidget(action_button(action, send))
        self.body.addWidget(place)


def _figure(name: str, value: str) -> QWidget:
    """A name small above its value."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(1)
    column.addWidget(label(name, "small"))
    column.addWidget(label(value, "strong"))
    return made


def deeds(model: DriveCard) -> list[Action]:
    """What can be done with a drive, the everyday first."""
    name = model.label
    if model.is_library:
        return [action for action in model.actions if action.deed is not Deed.DRIVE_DETAILS]
    if model.retired:
        return [Action(Deed.UNRETIRE, tr("Use it again"), name), Action(Deed.RELABEL, tr("Edit"), name)]
    found = []
    if model.online:
        found = [
            Action(Deed.SYNC, tr("Copy now"), name),
            Action(Deed.SCRUB, tr("Verify all"), name, values={"drive": name}),
            Action(Deed.DRILL, tr("Try restoring"), name),
            Action(Deed.OPEN_FOLDER, tr("Show"), values={"path": model.path}),
            Action(Deed.EJECT, tr("Eject"), name),
        ]
    return [
        *found,
        Action(Deed.RELABEL, tr("Edit"), name),
        Action(Deed.REPLACE, tr("Replace…"), name),
        Action(Deed.RETIRE, tr("Retire…"), name),
    ]


class _Health(Card):
    def __init__(self, care: Care, model: DriveCard, send: Callable[[Action], None]) -> None:
        super().__init__()
        head = QHBoxLayout()
        head.addWidget(label(tr("Health"), "heading"))
        head.addStretch(1)
        head.addWidget(health_words.health_pill(care))
        self.body.addLayout(head)
        if care.reason:
            self.body.addWidget(label(care.reason, "damaged" if model.failing else "muted", wrap=True))
        for fact in care.facts:
            self.body.addLayout(fact_row(fact.name, fact.value, "damaged" if fact.bad else ""))
        if care.bytes_read:
            self.body.addLayout(fact_row(tr("Read by MusicVault"), size(care.bytes_read)))
            rate = care.corrupt_per_tb or 0.0
            if not rate or care.bytes_read >= _TELLING:
                self.body.addLayout(fact_row(tr("Damaged per TB read"), f"{rate:,.2g}", "damaged" if rate else ""))
            unread = files(care.error_files) if care.error_files else tr("none")
            role = "damaged" if care.error_files else ""
            self.body.addLayout(fact_row(tr("Files it could not give"), unread, role))
        self.body.addStretch(1)
        row = QHBoxLayout()
        check = Action(Deed.CHECK_HEALTH, tr("Check health now"), model.label, values={"library": model.is_library})
        button = action_button(check, send, "link", "verify")
        button.setEnabled(model.online)
        row.addWidget(button)
        row.addStretch(1)
        row.addWidget(label(care.asked, "small"))
        self.body.addLayout(row)


class _Speed(Card):
    def __init__(self, care: Care) -> None:
        super().__init__(tr("Read speed"), health_words.change(care))
        if not care.lines or not care.lines[0].known:
            words = tr("Each time the drive is verified, its speed is measured from end to end. It wasn't yet.")
            self.body.addWidget(label(words, "muted", wrap=True))
            self.body.addStretch(1)
            return
        if is_telling(care.lines[0]):
            curve = SpeedCurve()
            curve.show_lines(care.lines)
            self.body.addWidget(curve)
        self.body.addWidget(label(said(care.lines[0]), "small", wrap=True))
        for line in care.lines[:_PASSES]:
            self.body.addLayout(fact_row(_when(line), _what(line), "damaged" if line.errors or line.corrupt else ""))
        self.body.addStretch(1)


def _when(line: SpeedLine) -> str:
    return day(line.at) if line.complete else tr("{day}, in part", day=day(line.at))


def _what(line: SpeedLine) -> str:
    parts = [size(line.bytes)]
    if line.known:
        ordered = sorted(line.known)
        parts.append(tr("{amount}/s", amount=size(ordered[len(ordered) // 2])))
    if line.errors:
        parts.append(trn("{count} unreadable", "{count} unreadable", line.errors))
    if line.corrupt:
        parts.append(trn("{count} damaged", "{count} damaged", line.corrupt))
    return " · ".join(parts)


class _Errors(Card):
    def __init__(self, care: Care) -> None:
        super().__init__(tr("What it could not give"), trn("{count} error", "{count} errors", len(care.errors)))
        for text in care.errors[:_ERRORS]:
            self.body.addWidget(ElidedLabel(text, "muted"))
        more = len(care.errors) - _ERRORS
        if more > 0:
            self.body.addWidget(label(trn("and {count} more", "and {count} more", more), "small"))
