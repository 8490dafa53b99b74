"""A ready-made promise to choose."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QSizePolicy

from musicvault.domain import policy_wording
from musicvault.gui.policy.templates import Template
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card
from musicvault.gui.widgets.text import label
from musicvault.language import tr


class TemplateCard(Card):
    """*Use this* puts it into the default rule, to look at before it is saved."""

    def __init__(self, template: Template, choose: Callable[[str], None]) -> None:
        super().__init__(template.name, padding=16)
        self.template = template
        self.body.addWidget(label(template.words, wrap=True))
        self.body.addWidget(label(policy_wording.wish(template.rule), "small", wrap=True))
        self.body.addStretch(1)
        self.button = Button(tr("Use this"))
        self.button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.button.setAccessibleName(tr("Use {name}", name=template.name))
        self.button.clicked.connect(lambda: choose(template.key))
        self.body.addWidget(self.button)

    def show_chosen(self, chosen: bool) -> None:
        """Whether the default rule in force is this one."""
        self.button.set_text(tr("In force") if chosen else tr("Use this"))
        self.button.setEnabled(not chosen)
