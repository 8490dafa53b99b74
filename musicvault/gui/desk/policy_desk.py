"""The part of the desk for policy, risk and reports: reads on a thread of its own, for these may take seconds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from musicvault.app import App
from musicvault.domain.paths import display
from musicvault.domain.policy import Rule
from musicvault.errors import Cancelled
from musicvault.gui.bridge import Jobs, Questions
from musicvault.gui.desk.overview_model import rule_standings
from musicvault.gui.desk.policy_model import forecast, policy_model
from musicvault.gui.desk.reporting import export_policy, read_policy, write_report
from musicvault.gui.desk.risk_model import risk_model
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.jobs import JobRow
from musicvault.gui.models.risk import RiskModel, WhatIf
from musicvault.gui.theme.tokens import Tone
from musicvault.language import tr

_CALM_S = 30.0


class PolicyDesk(QObject):
    """Answers the Policy screen and the Overview's questions about risk and reports. `complain` shows an error."""

    def __init__(self, app: App, window: MainWindow, jobs: Jobs, complain: Callable[[Exception], None]) -> None:
        super().__init__(window)
        self._app, self._window, self._jobs, self._complain = app, window, jobs, complain
        self._questions = Questions("policy", self)
        self._newest, self._asked_at, self._stale = 0, 0.0, True
        jobs.finished.connect(self._ended)
        policy, overview = window.policy, window.overview
        policy.forecast_wanted.connect(self._forecast)
        policy.offers_wanted.connect(window.library.ask_offers)
        policy.import_wanted.connect(self._choose_import)
        policy.export_wanted.connect(self._choose_export)
        overview.rules_wanted.connect(self._ask_rules)
        overview.risk.wanted.connect(self._ask_risk)
        window.shown_screen.connect(lambda *_: self.refresh())

    def idle(self) -> bool:
        """Whether nothing is asked."""
        return self._questions.idle()

    def close(self) -> None:
        self._newest += 1
        self._questions.close()

    def refresh(self, *, changed: bool = True) -> None:
        """Read again what the screen in front shows. The risk takes a pass over the whole catalog: it is only asked
        where the Overview `changed`, and while jobs go on changing it not all the time."""
        ctx, window = self._app.context, self._window
        if window.screen_name == "policy":
            self._questions.ask(lambda: policy_model(ctx), window.policy.show_model, self._complain, key="policy")
        elif window.screen_name == "overview" and (changed or self._stale):
            if not self._stale and self._jobs.running() and time.monotonic() - self._asked_at < _CALM_S:
                return
            self._asked_at, self._stale = time.monotonic(), False
            self._ask_risk(window.overview.risk.asked)
            if window.overview.by_rule:
                self._ask_rules()

    def _ended(self, _row: JobRow) -> None:
        self._stale = True

    def act(self, action: Action) -> bool:
        """Carry out what isn't a job; False for what belongs to others."""
        if action.deed is not Deed.REPORT:
            return False
        form, path = str(action.values["format"]), action.values.get("path")
        if isinstance(path, bytes):
            self._report(form, path, action.values.get("days", 30))
        else:
            name = tr("MusicVault report") + f".{form}"
            chosen, _ = QFileDialog.getSaveFileName(self._window, tr("Save the report"), name, f"*.{form}")
            if chosen:
                self.act(Action(action.deed, action.label, values={**action.values, "path": os.fsencode(chosen)}))
        return True

    def take_policy(self, path: bytes) -> None:
        """Show the policy of a file as an edit of the one in force."""
        self._questions.ask(
            lambda: read_policy(path), lambda rules: self._window.policy.take(rules, "imported"), self._complain
        )

    def give_policy(self, path: bytes) -> None:
        """Write the policy in force into a file."""
        ctx = self._app.context
        self._questions.ask(
            lambda: export_policy(ctx, path),
            lambda _: self._said(tr("The policy is saved as {file}.", file=display(path)), path),
            self._complain,
        )

    def _report(self, form: str, path: bytes, days: object) -> None:
        assert isinstance(days, int)
        ctx, overview = self._app.context, self._window.overview

        def done(_: None) -> None:
            overview.report.show_busy(False)
            self._said(tr("The report is saved as {file}.", file=display(path)), path)

        def failed(error: Exception) -> None:
            overview.report.show_busy(False)
            self._complain(error)

        overview.report.show_busy(True)
        self._questions.ask(lambda: write_report(ctx, form, days, path), done, failed)

    def _said(self, text: str, path: bytes) -> None:
        look = Action(Deed.OPEN_FOLDER, tr("Open"), values={"path": path})
        self._window.toasts.say(text, Tone.GOOD, look)

    def _forecast(self, rules: tuple[Rule, ...]) -> None:
        """A newer question ends an older one at its next safe point."""
        self._newest += 1
        mine = self._newest

        def checkpoint() -> None:
            if mine != self._newest:
                raise Cancelled

        def failed(error: Exception) -> None:
            if not isinstance(error, Cancelled):
                self._window.policy.show_unknown(str(error))

        ctx = self._app.context.with_checkpoint(checkpoint)
        self._questions.ask(lambda: forecast(ctx, rules), self._window.policy.show_forecast, failed, key="forecast")

    def _ask_risk(self, asked: WhatIf) -> None:
        def work() -> RiskModel:
            return risk_model(self._app.context, asked)

        self._questions.ask(work, self._window.overview.risk.show_model, self._complain, key="risk")

    def _ask_rules(self) -> None:
        ctx = self._app.context
        show = self._window.overview.show_rules
        self._questions.ask(lambda: rule_standings(ctx), show, self._complain, key="rules")

    def _choose_import(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self._window, tr("Import a policy"), "", tr("Policies (*.toml)"))
        if chosen:
            self.take_policy(os.fsencode(chosen))

    def _choose_export(self) -> None:
        name, kinds = tr("policy.toml"), tr("Policies (*.toml)")
        chosen, _ = QFileDialog.getSaveFileName(self._window, tr("Export the policy"), name, kinds)
        if chosen:
            self.give_policy(os.fsencode(chosen))
