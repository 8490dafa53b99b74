"""One rule of the policy: what it says, what it comes to, and the form in the same place while it is edited."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from musicvault.domain import policy_wording
from musicvault.domain.policy import Rule
from musicvault.gui.models.policy import RuleEffect
from musicvault.gui.policy.rule_form import RuleForm
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, Glyph, Notice
from musicvault.gui.widgets.layouts import clear
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import files
from musicvault.language import tr


class RuleCard(Card):
    """A rule at a place of the policy (`number` from 1). The default rule stays where it is."""

    changed = Signal()
    moved = Signal(int)
    """By so many places: -1 or 1."""
    removed = Signal()
    opened = Signal()
    offers_wanted = Signal(object)

    def __init__(self, rule: Rule, number: int, rules: int, drives: Sequence[str]) -> None:
        super().__init__()
        self._rule, self._drives = rule, tuple(drives)
        self.default, self._alone = number == rules, rules == 1
        self.form: RuleForm | None = None
        self._head(number, rules)
        self.wish = label(policy_wording.wish(rule), "muted", wrap=True)
        self.body.addWidget(self.wish)
        self._place = QVBoxLayout()
        self.body.addLayout(self._place)
        row = QHBoxLayout()
        row.setSpacing(10)
        self._glyph = Glyph("info", Tone.AWAY)
        self.effect = label("", "small", wrap=True)
        row.addWidget(self._glyph)
        row.addWidget(self.effect, 1)
        self.body.addLayout(row)
        self._obstacles = QVBoxLayout()
        self._obstacles.setSpacing(6)
        self.body.addLayout(self._obstacles)
        self._shown: RuleEffect | None = None
        self._glyph.hide()
        self.effect.hide()

    def _head(self, number: int, rules: int) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        self._name, self._scope = label("", "heading"), ElidedLabel("", "muted")
        self._number = label("", "heading")
        head.addWidget(self._number)
        head.addWidget(self._name)
        head.addWidget(self._scope, 1)
        name = self._rule.name
        self.up = Button(tr("Move {name} up", name=name), "icon", "chevron-up")
        self.down = Button(tr("Move {name} down", name=name), "icon", "chevron-down")
        self.remove = Button(tr("Remove {name}", name=name), "icon", "cross")
        self.edit = Button(tr("Edit"), "quiet")
        self.up.clicked.connect(lambda: self.moved.emit(-1))
        self.down.clicked.connect(lambda: self.moved.emit(1))
        self.remove.clicked.connect(self.removed)
        self.edit.clicked.connect(self.opened)
        for button in (self.up, self.down, self.remove):
            head.addWidget(button)
            if self.default:
                button.hide()
        head.addWidget(self.edit)
        self.body.addLayout(head)
        self._show_name()
        self.show_place(number, rules)

    def suits(self, rule: Rule, place: tuple[int, int], drives: tuple[str, ...]) -> bool:
        """Whether this card can stand for a rule at that place (its number, and how many there are)."""
        number, rules = place
        same = (self._rule, self._drives) == (rule, drives)
        return same and self.default == (number == rules) and self._alone == (rules == 1)

    def show_place(self, number: int, rules: int) -> None:
        """It is the rule of this number from now on."""
        self._number.setText(f"{number}.")
        self.up.setEnabled(number > 1)
        self.down.setEnabled(number < rules - 1)

    def rule(self) -> Rule:
        return self._rule if self.form is None else self.form.rule()

    def open(self) -> None:
        """Show the form in the place of the sentence."""
        if self.form is None:
            self.form = RuleForm(self._rule, self._drives, default=self.default)
            self.form.changed.connect(self._edited)
            self.form.offers_wanted.connect(self.offers_wanted)
            self._place.addWidget(self.form)
        self.wish.hide()
        self.edit.set_text(tr("Done"))

    def close_form(self) -> None:
        """Show the sentence again, with what was edited."""
        if self.form is not None:
            self._rule = self.form.rule()
            self.form = None
            clear(self._place)
        self._show_name()
        self.wish.setText(policy_wording.wish(self._rule))
        self.wish.show()
        self.edit.set_text(tr("Edit"))

    def show_effect(self, effect: RuleEffect | None) -> None:
        """What the rule comes to; None while that isn't known."""
        if effect == self._shown:
            return
        self._shown = effect
        self._glyph.setVisible(effect is not None)
        self.effect.setVisible(effect is not None)
        clear(self._obstacles)
        if effect is None:
            return
        if not effect.files:
            self._glyph.show_state("info", Tone.AWAY)
            self.effect.setText(tr("No music is known yet.") if self._alone else tr("No file is under this rule."))
        else:
            tone = Tone.SHORT if effect.short else Tone.GOOD
            self._glyph.show_state("short" if effect.short else "good", tone)
            self.effect.setText(tr("{files}: {words}", files=files(effect.files), words=effect.words))
        if effect.obstacles:
            self._obstacles.addWidget(Notice(tr("These drives can't meet it"), "\n".join(effect.obstacles), Tone.SHORT))

    def obstacles(self) -> list[str]:
        """What stands in the way, as it is shown."""
        return [] if self._shown is None else list(self._shown.obstacles)

    def _edited(self) -> None:
        assert self.form is not None
        self._rule = self.form.rule()
        self._show_name()
        self.changed.emit()

    def _show_name(self) -> None:
        self._name.setText(tr(self._rule.name) if self._rule.name else tr("(no name yet)"))
        if self.default:
            text = tr("for all files") if self._alone else tr("for all that no other rule matches")
        else:
            text = tr("for {scope}", scope=self._rule.scope) if self._rule.scope else tr("for no files yet")
        self._scope.setText(text)
        self.setAccessibleName(f"{self._rule.name}, {text}: {policy_wording.wish(self._rule)}")
