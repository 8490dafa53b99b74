"""The foot of the policy screen while something is edited: what it would come to, and the buttons that decide."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui.models.policy import Forecast
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Glyph
from musicvault.gui.widgets.layouts import Breadth
from musicvault.gui.widgets.text import label
from musicvault.gui.wording import count, files
from musicvault.language import tr


class EffectBar(QWidget):
    """Hidden while nothing is edited. Nothing counts before *Save*."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("footer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self)
        row.setContentsMargins(28, 14, 28, 14)
        row.setSpacing(14)
        self._glyph = Glyph("info", Tone.INFO, 36, disc=True)
        row.addWidget(self._glyph)
        words = QVBoxLayout()
        words.setSpacing(2)
        self.headline, self.details = label("", "strong", wrap=True), label("", "small", wrap=True)
        words.addWidget(self.headline)
        words.addWidget(self.details)
        row.addLayout(words, 1)
        self.revert, self.save = Button(tr("Revert")), Button(tr("Save the policy"), "primary")
        row.addWidget(self.revert)
        row.addWidget(self.save)
        Breadth(self, row)
        self.hide()

    def show_busy(self) -> None:
        """The edit is one that can be; what it comes to is being worked out."""
        self._show("info", Tone.INFO, tr("Working out what that would mean …"), "")
        self.save.setEnabled(True)

    def show_problem(self, problem: str) -> None:
        """The edit can't be saved, and why."""
        self._show("attention", Tone.SHORT, tr("This can't be saved yet."), problem)
        self.save.setEnabled(False)

    def show_forecast(self, found: Forecast, *, elsewhere: bool) -> None:
        """`elsewhere`: the policy was changed by somebody else meanwhile."""
        if found.short_then > found.short_now:
            name, tone = "short", Tone.SHORT
        else:
            name, tone = "good", Tone.GOOD
        if not found.short_then:
            headline = tr("All files would be protected.") if found.short_now else tr("All files stay protected.")
        else:
            headline = tr(
                "{files} would fall short, {now} do now.", files=files(found.short_then), now=count(found.short_now)
            )
        lines = [*found.further]
        if found.copying:
            lines.insert(0, tr("To copy: {drives}.", drives=", ".join(found.copying)))
        if found.risk_then:
            risks = {"now": found.risk_now, "then": found.risk_then}
            same = found.risk_now == found.risk_then
            lines.append(
                tr("Chance to lose anything within a year: {now}, as now.", **risks)
                if same
                else tr("Chance to lose anything within a year: {now} now, {then} once all is copied.", **risks)
            )
        if elsewhere:
            lines.append(tr("Somebody else changed the policy meanwhile; saving replaces that."))
        self._show(name, tone, headline, "\n".join(lines))
        self.save.setEnabled(True)

    def show_unknown(self, problem: str) -> None:
        """It can be saved, but what it comes to could not be found out."""
        self._show("attention", Tone.SHORT, tr("What that would mean could not be found out."), problem)

    def _show(self, icon: str, tone: Tone, headline: str, details: str) -> None:
        self._glyph.show_state(icon, tone)
        self.headline.setText(headline)
        self.details.setText(details)
        self.details.setVisible(bool(details))
        self.show()
