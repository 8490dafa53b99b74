"""The policy screen: the default rule, sentence by sentence, and its effect before it is saved."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.policy import PolicyModel, PolicyPreview
from musicvault.gui.policy.templates import Template, templates
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, Glyph, line
from musicvault.gui.widgets.layouts import FlowLayout, TileLayout, page, scrolled
from musicvault.gui.widgets.text import label
from musicvault.gui.wording import count, size
from musicvault.language import tr


class TemplateCard(Card):
    """A ready-made promise to choose."""

    def __init__(self, template: Template, choose: Callable[[PolicyModel], None]) -> None:
        super().__init__(template.name, padding=16)
        self.template = template
        self.body.addWidget(label(template.words, "muted", wrap=True))
        self.body.addStretch(1)
        self.button = Button(tr("Use this"))
        self.button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.button.setAccessibleName(tr("Use {name}", name=template.name))
        self.button.clicked.connect(lambda: choose(template.rule))
        self.body.addWidget(self.button)

    def show_chosen(self, chosen: bool) -> None:
        self.button.set_text(tr("In force") if chosen else tr("Use this"))
        self.button.setEnabled(not chosen)


class PolicyScreen(QWidget):
    """Edits a copy of the rule; nothing changes before *Save*."""

    acted = Signal(Action)
    preview_wanted = Signal(PolicyModel)

    def __init__(self) -> None:
        super().__init__()
        self._saved = PolicyModel()
        self._ready = False
        ground, column = page()
        card = Card(tr("The promise for everything"), tr("the library's own copy counts as one"))
        card.body.setSpacing(12)
        self._numbers: dict[str, QSpinBox] = {}
        for parts in (
            (tr("Keep"), "copies", 1, 20, tr("copies, on"), "drives", 1, 20, tr("different disks.")),
            (tr("Read every copy again at least every"), "proof_days", 1, 3650, tr("days.")),
            (tr("Keep replaced versions for"), "keep_days", 0, 3650, tr("days.")),
        ):
            card.body.addWidget(self._sentence(parts))
        card.body.addWidget(line())
        self._effect_glyph = Glyph("info", Tone.INFO)
        self._effect = label("", "muted", wrap=True)
        effect = QHBoxLayout()
        effect.setSpacing(10)
        effect.addWidget(self._effect_glyph)
        effect.addWidget(self._effect, 1)
        card.body.addLayout(effect)
        row = QHBoxLayout()
        row.setSpacing(10)
        self.save, self.revert = Button(tr("Save the promise"), "primary"), Button(tr("Revert"))
        self.save.clicked.connect(self._save)
        self.revert.clicked.connect(lambda: self._put(self._saved))
        row.addWidget(self.save)
        row.addWidget(self.revert)
        row.addStretch(1)
        card.body.addLayout(row)
        column.addWidget(card)
        column.addWidget(label(tr("Ready-made promises"), "subheading"))
        tiles = QWidget()
        layout = TileLayout(tiles, least=220, gap=14, most=3)
        self.templates = [TemplateCard(template, self._put) for template in templates()]
        for template in self.templates:
            layout.addWidget(template)
        column.addWidget(tiles)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(ground))
        self.show_model(PolicyModel())

    def show_model(self, model: PolicyModel) -> None:
        """The rule in force. What the user is editing stays."""
        editing = self._ready and self.edited() != self._saved
        self._saved, self._ready = model, True
        if not editing:
            self._put(model)
        self._changed()

    def show_preview(self, preview: PolicyPreview) -> None:
        tone = Tone.SHORT if preview.short else Tone.GOOD
        self._effect_glyph.show_state("short" if preview.short else "good", tone)
        parts = [tr("{n} files would be protected", n=count(preview.protected))]
        if preview.short:
            parts.append(tr("{n} short of copies", n=count(preview.short)))
        if preview.stale:
            parts.append(tr("{n} due for a proof", n=count(preview.stale)))
        if preview.bytes_needed:
            parts.append(tr("{room} more to copy", room=size(preview.bytes_needed)))
        self._effect.setText(" · ".join(parts) + (f". {preview.words}" if preview.words else "."))

    def edited(self) -> PolicyModel:
        """The rule as the form has it."""
        return PolicyModel(**{name: box.value() for name, box in self._numbers.items()})

    def number(self, name: str) -> QSpinBox:
        return self._numbers[name]

    def _sentence(self, parts: tuple[object, ...]) -> QWidget:
        made = QWidget()
        made.setObjectName("plain")
        flow = FlowLayout(made, 8, 8)
        index = 0
        while index < len(parts):
            part = parts[index]
            if isinstance(part, str) and index + 2 < len(parts) and isinstance(parts[index + 1], int):
                low, high = parts[index + 1], parts[index + 2]
                box = QSpinBox()
                box.setRange(int(str(low)), int(str(high)))
                box.setFixedWidth(84)
                box.setAccessibleName(_spoken(part))
                line_edit = box.lineEdit()
                line_edit.setTextMargins(8, 0, 0, 0)
                box.valueChanged.connect(self._changed)
                self._numbers[part] = box
                flow.addWidget(box)
                index += 3
            else:
                if part:
                    words = label(str(part))
                    words.setMinimumHeight(34)
                    flow.addWidget(words)
                index += 1
        return made

    def _put(self, model: PolicyModel) -> None:
        for name, box in self._numbers.items():
            box.setValue(getattr(model, name))
        self._changed()

    def _changed(self) -> None:
        if not self._ready:
            return
        rule = self.edited()
        self.save.setEnabled(rule != self._saved)
        self.revert.setEnabled(rule != self._saved)
        for card in self.templates:
            card.show_chosen(card.template.rule == rule == self._saved)
        self.preview_wanted.emit(rule)

    def _save(self) -> None:
        self.acted.emit(Action(Deed.SET_POLICY, tr("Save the promise"), values={"rule": self.edited()}))


def _spoken(name: str) -> str:
    return {
        "copies": tr("Copies"),
        "drives": tr("Disks"),
        "proof_days": tr("Days between proofs"),
        "keep_days": tr("Days to keep versions"),
    }[name]
