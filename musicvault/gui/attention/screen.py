"""The attention screen: a card for each kind of finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui.attention.finding_list import FindingList, FindingsModel
from musicvault.gui.models.actions import Action
from musicvault.gui.models.attention import AttentionModel, FindingGroup, Preview
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, Glyph, line
from musicvault.gui.widgets.empty_state import EmptyState
from musicvault.gui.widgets.layouts import clear, page, scrolled
from musicvault.gui.widgets.pill import Pill
from musicvault.gui.widgets.preview import PreviewPanel
from musicvault.gui.widgets.text import label
from musicvault.gui.wording import files
from musicvault.language import tr


class GroupCard(Card):
    """Explains one kind, lists its findings and acts on the checked ones."""

    def __init__(self, group: FindingGroup, send: Callable[[Action], None]) -> None:
        super().__init__()
        self.group = group
        self._send = send
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(Glyph(group.icon, group.tone, 40, disc=True), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(label(group.title, "heading", wrap=True))
        words.addWidget(label(group.explanation, "muted", wrap=True))
        head.addLayout(words, 1)
        if group.rows:
            head.addWidget(Pill(files(len(group.rows)), group.tone), 0, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(head)
        self.findings: FindingList | None = None
        self._buttons: list[tuple[Button, Action]] = []
        if group.rows:
            self.body.addWidget(line())
            self.findings = FindingList(FindingsModel(group.rows))
            self.findings.findings.dataChanged.connect(lambda *_: self._count())
            self.body.addWidget(self.findings)
        self.body.addWidget(line())
        row = QHBoxLayout()
        row.setSpacing(10)
        if len(group.rows) > 1:
            self._all = QCheckBox(tr("All"))
            self._all.setChecked(True)
            self._all.clicked.connect(self._check_all)
            row.addWidget(self._all)
        row.addStretch(1)
        for index, action in reversed(list(enumerate(group.actions))):
            button = Button(action.label, "primary" if index == 0 else "")
            button.clicked.connect(lambda _=False, a=action: self._act(a))
            row.addWidget(button)
            self._buttons.append((button, action))
        self.body.addLayout(row)

    def _act(self, action: Action) -> None:
        chosen = self.findings.findings.chosen() if self.findings is not None else ()
        self._send(replace(action, items=chosen))

    def _check_all(self, on: bool) -> None:
        if self.findings is not None:
            self.findings.findings.check_all(on)

    def _count(self) -> None:
        chosen = self.findings.findings.checked() if self.findings is not None else 0
        if len(self.group.rows) > 1:
            state = Qt.CheckState.Checked if chosen == len(self.group.rows) else Qt.CheckState.PartiallyChecked
            self._all.setCheckState(state if chosen else Qt.CheckState.Unchecked)
        for button, _ in self._buttons:
            button.setEnabled(bool(chosen))


class AttentionScreen(QWidget):
    """Nothing destructive happens here at once: an action is answered with a preview that asks."""

    acted = Signal(Action)

    def __init__(self) -> None:
        super().__init__()
        self.model = AttentionModel()
        ground, self._column = page()
        self.preview = PreviewPanel(self.acted.emit)
        self._column.addWidget(self.preview)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(16)
        self._column.addLayout(self._cards)
        self._column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._area = scrolled(ground)
        outer.addWidget(self._area)
        self._fill()

    def show_model(self, model: AttentionModel) -> None:
        if model != self.model:
            self.model = model
            self._fill()

    def show_preview(self, preview: Preview) -> None:
        self.preview.show_preview(preview)
        self._area.verticalScrollBar().setValue(0)

    def cards(self) -> list[GroupCard]:
        return self.findChildren(GroupCard)

    def _fill(self) -> None:
        clear(self._cards)
        for group in self.model.groups:
            self._cards.addWidget(GroupCard(group, self.acted.emit))
        if not self.model.groups:
            words = tr("Damaged, missing or changed files will be listed here, each with what happened and what to do.")
            self._cards.addWidget(EmptyState("good", tr("Nothing needs you"), words, tone=Tone.GOOD))
