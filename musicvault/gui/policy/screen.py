"""The policy screen: the rules as sentences, first to last, and what a change comes to before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from musicvault.domain import policies
from musicvault.domain.policy import Rule
from musicvault.domain.query import QueryError
from musicvault.errors import UsageError
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.policy import Forecast, PolicyModel, RuleEffect
from musicvault.gui.policy.effect_bar import EffectBar
from musicvault.gui.policy.places_card import PlacesCard
from musicvault.gui.policy.rule_card import RuleCard
from musicvault.gui.policy.template_card import TemplateCard
from musicvault.gui.policy.templates import templates
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.gradual import Gradually
from musicvault.gui.widgets.layouts import TileLayout, drop, page
from musicvault.gui.widgets.text import label, set_tooltip
from musicvault.gui.widgets.tool_row import ToolRow
from musicvault.language import tr

_ASK_AFTER = 250  # ms


class PolicyScreen(QWidget):
    """Edits a copy of the policy; nothing changes before *Save*."""

    acted = Signal(Action)
    forecast_wanted = Signal(object)
    """A policy that could be, as a tuple of rules."""
    offers_wanted = Signal(object)
    import_wanted = Signal()
    export_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._model: PolicyModel | None = None
        self._draft: list[Rule] = []
        self._did: dict[str, object] = {}
        self._open, self._elsewhere = -1, False
        self.cards: list[RuleCard] = []
        self._effects: tuple[RuleEffect, ...] = ()
        self._spare: list[RuleCard] = []
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_ASK_AFTER)
        self._wait.timeout.connect(lambda: self.forecast_wanted.emit(tuple(self._draft)))
        self._area, column, outer = page(self)
        column.addWidget(self._tools())
        self._rules = QVBoxLayout()
        self._rules.setSpacing(12)
        self._gradually = Gradually(self)
        column.addLayout(self._rules)
        self.places = PlacesCard(self.acted.emit)
        column.addWidget(self.places)
        column.addWidget(label(tr("Ready-made promises"), "subheading"))
        tiles = QWidget()
        layout = TileLayout(tiles, least=px(240), gap=14, most=3)
        self.templates = [TemplateCard(template, self._take_template) for template in templates()]
        for template in self.templates:
            layout.addWidget(template)
        column.addWidget(tiles)
        column.addStretch(1)
        self.bar = EffectBar()
        self.bar.save.clicked.connect(self._save)
        self.bar.revert.clicked.connect(self._revert)
        outer.addWidget(self.bar)
        self.show_model(PolicyModel())

    def _tools(self) -> QWidget:
        words = tr("The first rule that matches a file decides for it. A change removes no copy.")
        self.undo = Button(tr("Undo"), "quiet", "undo")
        self.take_in, self.give_out = Button(tr("Import…"), "quiet"), Button(tr("Export…"), "quiet")
        self.add = Button(tr("Add a rule"), "", "plus")
        self.undo.clicked.connect(lambda: self.acted.emit(Action(Deed.UNDO_POLICY, tr("Undo the last change"))))
        self.take_in.clicked.connect(self.import_wanted)
        self.give_out.clicked.connect(self.export_wanted)
        self.add.clicked.connect(self.add_rule)
        return ToolRow(label(words, "muted", wrap=True), (self.undo, self.take_in, self.give_out, self.add))

    # ── what is shown ─────────────────────────────────────────────────────────────────────────

    def show_model(self, model: PolicyModel) -> None:
        """The policy in force. What the user is editing stays."""
        before, self._model = self._model, model
        if before is None or not self.edited:
            self._elsewhere = False
            if before is None or tuple(self._draft) != model.rules or before.drives != model.drives:
                self._put(model.rules, keep_open=before is not None and len(before.rules) == len(model.rules))
        elif before.rules != model.rules:
            self._elsewhere = True
        if not self.edited:
            self._did = {}
            self.bar.hide()
            self._show_effects(model.effects)
        self.undo.setEnabled(bool(model.last_change) and not self.edited)
        set_tooltip(self.undo, model.last_change)
        self.places.show_places(model.home, model.related)
        for card in self.templates:
            card.show_chosen(policies.template(card.template.key, model.rules[-1]) == model.rules[-1])

    def show_forecast(self, found: Forecast) -> None:
        """The answer to `forecast_wanted`; one about an older edit is ignored."""
        if self.edited and found.rules == tuple(self._draft) and not self._problem():
            self._show_effects(found.effects)
            self.bar.show_forecast(found, elsewhere=self._elsewhere)

    def show_unknown(self, problem: str) -> None:
        """The forecast failed."""
        if self.edited:
            self.bar.show_unknown(problem)

    @property
    def edited(self) -> bool:
        """Whether something was edited and not saved."""
        return self._model is not None and tuple(self._draft) != self._model.rules and bool(self._did)

    def draft(self) -> tuple[Rule, ...]:
        """The policy as it is edited."""
        return tuple(self._draft)

    # ── editing ───────────────────────────────────────────────────────────────────────────────

    def add_rule(self) -> None:
        """A new rule before the default one, wanting what that wants, open for editing."""
        names = {rule.name.casefold() for rule in self._draft}
        stem = tr("New rule")
        name = next(one for one in (stem, *(f"{stem} {n}" for n in range(2, 200))) if one.casefold() not in names)
        at = len(self._draft) - 1
        default = self._draft[-1]
        self._change([*self._draft[:-1], _named(default, name), default], at, policy="added", rule=name)

    def take(self, rules: tuple[Rule, ...], did: str) -> None:
        """Show another policy as an edit, to look at and to save."""
        self._change(list(rules), -1, policy=did)

    def open_rule(self, index: int) -> None:
        """Edit the rule at this place, or close it again."""
        closing = index == self._open
        for card in self.cards:
            card.close_form()
        self._open = -1 if closing else index
        if not closing:
            self.cards[index].open()

    def _take_template(self, key: str) -> None:
        default = policies.template(key, self._draft[-1])
        self._change([*self._draft[:-1], default], len(self._draft) - 1, policy="template", template=key)

    def _move(self, card: RuleCard, by: int) -> None:
        at = self.cards.index(card)
        rules = list(self._draft)
        rules[at], rules[at + by] = rules[at + by], rules[at]
        opened = {at: at + by, at + by: at}.get(self._open, self._open)
        self._change(rules, opened, policy="moved", rule=card.rule().name)

    def _remove(self, card: RuleCard) -> None:
        at = self.cards.index(card)
        self._change([*self._draft[:at], *self._draft[at + 1 :]], -1, policy="removed", rule=card.rule().name)

    def _edited_one(self, card: RuleCard) -> None:
        at = self.cards.index(card)
        self._draft[at] = card.rule()
        self._note(policy="edited", rule=self._draft[at].name)
        self._consider()

    def _change(self, rules: list[Rule], opened: int, **did: object) -> None:
        self._note(**did)
        self._put(tuple(rules), opened=opened)
        self._consider()

    def _note(self, **did: object) -> None:
        """What is being done, for the log: several things at once are an edit, and what is edited of a rule that was
        just added belongs to adding it."""
        if self._did.get("policy") == "added" and did["policy"] == "edited":
            return
        self._did = {"policy": "edited"} if self._did and self._did != did else did

    def _consider(self) -> None:
        """See what the edit comes to, or why it can't be."""
        assert self._model is not None
        self._wait.stop()
        self.undo.setEnabled(bool(self._model.last_change) and not self.edited)
        if not self.edited:
            self._did = {}
            self.bar.hide()
            self._show_effects(self._model.effects)
            return
        problem = self._problem()
        if problem:
            self.bar.show_problem(problem)
        else:
            self.bar.show_busy()
            self._wait.start()

    def _problem(self) -> str:
        try:
            policies.checked(self._draft)
        except QueryError as error:
            problem = str(error).partition(". ")[0].rstrip(".") + "."  # the rule's own card says all of it
            return tr("At character {position}: {problem}", position=error.position + 1, problem=problem)
        except UsageError as error:
            return str(error)
        return ""

    def _save(self) -> None:
        did = dict(self._did)
        self.acted.emit(
            Action(Deed.SET_POLICY, tr("Save the policy"), values={"rules": tuple(self._draft), "did": did})
        )

    def _revert(self) -> None:
        assert self._model is not None
        self._did = {}
        self._put(self._model.rules)
        self._consider()

    # ── the cards ─────────────────────────────────────────────────────────────────────────────

    def _put(self, rules: tuple[Rule, ...], *, opened: int = -1, keep_open: bool = False) -> None:
        """Show these rules, one of them open. A policy of one rule is open from the start."""
        opened = self._open if keep_open else opened
        for card in self.cards:
            card.close_form()
        self._spare += self.cards
        self._draft, self.cards, self._open = list(rules), [], -1
        self._gradually.run(self._cards_of(rules, 0 if len(rules) == 1 else opened))

    def _cards_of(self, rules: tuple[Rule, ...], opened: int) -> Iterator[None]:
        """Put a card for each rule in its place: one that is there already, else a new one."""
        for number, rule in enumerate(rules, 1):
            drives, place = self._drives(), (number, len(rules))
            card = next((one for one in self._spare if one.suits(rule, place, drives)), None)
            if card is not None:
                self._spare.remove(card)
                card.show_place(*place)
                self._rules.removeWidget(card)
            self.cards.append(card or self._made(rule, place, drives))
            self._rules.insertWidget(number - 1, self.cards[-1])
            if number - 1 == opened:
                self.open_rule(opened)
            if card is None:
                yield
        for card in self._spare:
            drop(card)
        self._spare = []
        self._show_effects(self._effects)
        if opened >= 0 and self._did.get("policy") in ("added", "template"):
            self._area.ensureWidgetVisible(self.cards[opened])
            form = self.cards[opened].form
            if form is not None and self._did.get("policy") == "added":
                form.scope.setFocus()

    def _drives(self) -> tuple[str, ...]:
        return () if self._model is None else tuple(self._model.drives)

    def _made(self, rule: Rule, place: tuple[int, int], drives: tuple[str, ...]) -> RuleCard:
        card = RuleCard(rule, *place, drives)
        card.changed.connect(self._calling(self._edited_one, card))
        card.removed.connect(self._calling(self._remove, card))
        card.opened.connect(self._calling(self._toggle, card))
        card.moved.connect(lambda by, which=card: self._move(which, by))
        card.offers_wanted.connect(self.offers_wanted)
        return card

    @staticmethod
    def _calling(what: Callable[[RuleCard], None], card: RuleCard) -> Callable[[], None]:
        return lambda: what(card)

    def _toggle(self, card: RuleCard) -> None:
        self.open_rule(self.cards.index(card))

    def _show_effects(self, effects: tuple[RuleEffect, ...]) -> None:
        self._effects = effects
        known = len(effects) == len(self._draft)
        for index, card in enumerate(self.cards):
            card.show_effect(effects[index] if known else None)


def _named(rule: Rule, name: str) -> Rule:
    return replace(rule, name=name, scope="")
