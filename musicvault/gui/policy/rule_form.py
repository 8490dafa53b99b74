"""A rule to edit: its sentence with small controls in it, and beneath it all that a rule can ask for besides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from musicvault.domain.media import Media
from musicvault.domain.policies import LIMITS
from musicvault.domain.policy import Rule
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import line
from musicvault.gui.widgets.layouts import FlowLayout
from musicvault.gui.widgets.number import Number
from musicvault.gui.widgets.query_field import ScopeField
from musicvault.gui.widgets.text import label
from musicvault.language import tr, trn

_NAMES_WIDE = 210


class Chips(QWidget):
    """Words to choose any number of."""

    changed = Signal()

    def __init__(self, name: str, choices: Sequence[tuple[str, str]], chosen: Sequence[str]) -> None:
        super().__init__()
        flow = FlowLayout(self, 6, 6)
        self.buttons: dict[str, Button] = {}
        for key, text in choices:
            button = Button(text, "chip")
            button.setAccessibleName(f"{name}: {text}")
            button.setChecked(key in chosen)
            button.toggled.connect(lambda *_: self.changed.emit())
            self.buttons[key] = button
            flow.addWidget(button)

    def chosen(self) -> tuple[str, ...]:
        return tuple(key for key, button in self.buttons.items() if button.isChecked())


class RuleForm(QWidget):
    """Holds a rule; `changed` after each edit. The default rule has no scope."""

    changed = Signal()
    offers_wanted = Signal(object)
    """What the scope field knows how to take: values by field."""

    def __init__(self, rule: Rule, drives: Sequence[str], *, default: bool) -> None:
        super().__init__()
        self._rule = rule
        self.numbers: dict[str, Number] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(10)
        self.name, self.scope = QLineEdit(rule.name), ScopeField()
        self.problem = label("", "short", wrap=True)
        if not default:
            self._add_scope(column)
        column.addWidget(self._sentence())
        column.addWidget(self._proofs())
        self.more = Button("", "link")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_more)
        row = QHBoxLayout()
        row.addWidget(self.more)
        row.addStretch(1)
        column.addLayout(row)
        self.media = Chips(tr("At least one on"), _media(), rule.media)
        known = [*drives, *(name for name in (*rule.allowed, *rule.forbidden) if name not in drives)]
        choices = [(name, name) for name in dict.fromkeys(known)]
        self.allowed = Chips(tr("Only on"), choices, rule.allowed)
        self.forbidden = Chips(tr("Never on"), choices, rule.forbidden)
        self._rest = self._grid(bool(choices))
        column.addWidget(self._rest)
        self._show_more(False)

    def rule(self) -> Rule:
        """The rule as the form has it; it may be one that can't be."""
        return replace(
            self._rule,
            name=self.name.text().strip(),
            scope=self.scope.text().strip(),
            media=self.media.chosen(),
            allowed=self.allowed.chosen(),
            forbidden=self.forbidden.chosen(),
            **{key: box.value() for key, box in self.numbers.items()},
        )

    def _add_scope(self, column: QVBoxLayout) -> None:
        self.name.setAccessibleName(tr("Name of the rule"))
        self.name.setPlaceholderText(tr("What to call it"))
        self.name.setFixedWidth(px(200))
        self.name.textEdited.connect(lambda *_: self.changed.emit())
        self.scope.setText(self._rule.scope)
        for field in (self.name, self.scope):
            field.setCursorPosition(0)  # a long one is read from its beginning
        self.scope.setAccessibleName(tr("Which files"))
        self.scope.setPlaceholderText(tr("genre:jazz, path:masters, added:<30d …"))
        self.scope.textChanged.connect(self._scope_changed)
        self.scope.entered.connect(lambda: self.offers_wanted.emit(self.scope.know))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.name)
        row.addWidget(label(tr("for all files that match")))
        row.addWidget(self.scope, 1)
        column.addLayout(row)
        self.problem.hide()
        column.addWidget(self.problem)

    def _scope_changed(self) -> None:
        mistake = self.scope.mistake()
        self.problem.setText(mistake)
        self.problem.setVisible(bool(mistake))
        self.changed.emit()

    def _sentence(self) -> QWidget:
        return self._flow(
            tr("Keep"), *self._counted("copies", tr("Copies"), "copy of each file, on", "copies of each file, on"),
            *self._counted("volumes", tr("Different drives"), "drive, at", "different drives, at"),
            *self._counted("sites", tr("Sites"), "site, with", "sites, with"),
            self._number("detached", tr("Unplugged or remote copies")), tr("of them unplugged or remote."),
        )  # fmt: skip

    def _proofs(self) -> QWidget:
        days = self._number("proof_days", tr("Days between proofs"))
        return self._flow(tr("Read every copy again at least every"), days, tr("days."))

    def _counted(self, key: str, name: str, one: str, many: str) -> tuple[Number, QLabel]:
        """A number, and the words behind it in its singular or plural."""
        box = self._number(key, name)
        words = label(trn(one, many, box.value()))
        box.valueChanged.connect(lambda amount: words.setText(trn(one, many, amount)))
        return box, words

    def _flow(self, *parts: str | QWidget) -> QWidget:
        made = QWidget()
        flow = FlowLayout(made, 8, 6)
        for part in parts:
            shown = label(part) if isinstance(part, str) else part
            shown.setMinimumHeight(16 + px(18))
            flow.addWidget(shown)
        return made

    def _number(self, key: str, name: str) -> Number:
        low, high = LIMITS[key]
        box = Number(name, low, high)
        box.setValue(getattr(self._rule, key))
        box.valueChanged.connect(lambda *_: self.changed.emit())
        self.numbers[key] = box
        return box

    def _grid(self, with_drives: bool) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(line())
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(0, px(_NAMES_WIDE))
        grid.setColumnStretch(2, 1)
        column.addLayout(grid)
        rows: list[tuple[str, QWidget, str]] = [
            (tr("Older versions are kept for"), self._number("version_days", tr("Days to keep versions")), tr("days")),
            (
                tr("A drive may be away for"),
                self._number("unseen_days", tr("Days that a drive may be away")),
                tr("days before its copies count as unproven"),
            ),
            (tr("Copies on"), self._number("kinds", tr("Kinds of drive")), tr("different kinds of drive")),
            (tr("At least one on"), self.media, ""),
            (tr("Recovery data"), self._number("parity", tr("Percent of recovery data")), tr("% beside the copies")),
            (tr("Priority"), self._number("priority", tr("Priority")), tr("the higher is copied first")),
        ]
        if with_drives:
            rows += [(tr("Only on"), self.allowed, ""), (tr("Never on"), self.forbidden, "")]
        for index, (name, control, hint) in enumerate(rows):
            wide = isinstance(control, Chips)
            if isinstance(control, Chips):
                control.changed.connect(lambda who=control: self._chosen(who))
            words = label(name, "muted")
            words.setMinimumHeight((12 if wide else 16) + px(18))
            grid.addWidget(words, index, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(control, index, 1, 1, 2 if wide else 1)
            if hint:
                grid.addWidget(label(hint, "muted", wrap=True), index, 2)
        return made

    def _chosen(self, who: Chips) -> None:
        """A drive isn't allowed and forbidden at once: the newer word counts."""
        others = {self.allowed: self.forbidden, self.forbidden: self.allowed}.get(who)
        if others is not None:
            for key in who.chosen():
                button = others.buttons[key]
                was = button.blockSignals(True)
                button.setChecked(False)
                button.blockSignals(was)
        self.changed.emit()

    def _show_more(self, on: bool) -> None:
        self._rest.setVisible(on)
        self.more.set_text(
            tr("Fewer details") if on else tr("Versions, kinds of drive, recovery data, and which drives")
        )


def _media() -> list[tuple[str, str]]:
    names: dict[str, Callable[[], str]] = {
        "hdd": lambda: tr("hard disk"),
        "ssd": lambda: tr("SSD"),
        "flash": lambda: tr("flash"),
        "optical": lambda: tr("disc"),
        "network": lambda: tr("network"),
    }
    return [(kind.value, names[kind.value]()) for kind in Media if kind]
