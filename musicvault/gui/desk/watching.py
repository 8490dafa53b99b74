"""The background watch in the window: its own while no service runs, else a look at the service's; drives that come and
go; the watch's settings."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import asdict, fields, replace

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from musicvault import settings
from musicvault.app import App
from musicvault.catalog import libraries, vaults
from musicvault.domain import wording
from musicvault.domain.notices import Job
from musicvault.engine.status import Status
from musicvault.errors import VaultError
from musicvault.gui.bridge import Jobs, Listener, Questions
from musicvault.gui.desk.drive_cards import waits_for
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.jobs import JobRow, JobState
from musicvault.gui.models.schedule import Next, ScheduleModel, Watcher
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.wording import size, stage_title
from musicvault.language import tr
from musicvault.runtime import integrating, state
from musicvault.runtime.control import Control
from musicvault.runtime.plans import plans_of
from musicvault.runtime.state import State
from musicvault.settings import WatchSettings
from musicvault.storage.arrivals import Arrivals
from musicvault.storage.watching import SETTLE_S, TRUTH_S

_POLL_MS = 2000
_WAIT_S = 0.25
_DAY = 86400
_HANDS_OFF_S = 20.0
"""A service that was just installed gets so long to take over before the window watches again itself."""


class Watching(QObject):
    """`on`: whether the window may watch itself (a demo doesn't)."""

    moved = Signal()
    """A drive came or went."""

    def __init__(self, app: App, window: MainWindow, jobs: Jobs, questions: Questions, *, on: bool) -> None:
        super().__init__(window)
        self._app, self._window, self._jobs, self._questions, self._on = app, window, jobs, questions, on
        self.number = 0
        self.settle_seconds = SETTLE_S
        """So long nothing may happen to a file before it is looked at."""
        self._wanted = self._closed = False
        self._hands_off_until = 0.0
        self._elsewhere = False
        self._complained = ""
        self._roots: dict[str, bytes | None] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self.look)
        self._arrivals = Arrivals(self._below, self._folders)
        self._looked = False
        self._listener = Listener(self._listen)
        self._listener.heard.connect(self._heard, Qt.ConnectionType.QueuedConnection)
        panel, card = window.activity.schedule, window.settings.watch
        panel.pause_asked.connect(lambda: self._pause(True))
        panel.resume_asked.connect(lambda: self._pause(False))
        panel.kept.connect(self._keep)
        card.saved.connect(self.save)

    def begin(self) -> None:
        """Notice drives, and show what is watched."""
        self._listener.start()
        self._timer.start()
        self.look()
        self._questions.ask(_load, self._window.settings.watch.show_settings, self._complain)

    def close(self) -> None:
        """Hear nothing more."""
        self._closed = True
        self._timer.stop()
        self._listener.close()
        self._arrivals.close()

    # -- the window's own watch

    def start(self) -> None:
        """Watch while no service does."""
        self._wanted = True
        if not self._on or self._closed or self.runs():
            return
        self._questions.ask(self._free, self._start_if, self._complain, key="watch")

    def _free(self) -> bool:
        return not state.runs(self._app.catalog.path)

    def _start_if(self, free: bool) -> None:
        busy = any(not row.background for row in self._jobs.running())
        if not free or not self._wanted or busy or self.runs() or self._closed:
            return
        if time.monotonic() < self._hands_off_until:
            return
        self._hands_off_until = 0.0
        app = self._app

        def make(control: Control) -> Job:
            from musicvault.runtime.watch import watch

            wanted = settings.load().fingerprints
            ctx = app.context.with_checkpoint(control.checkpoint)
            return watch(ctx, beside=True, fingerprints=wanted, settle_seconds=self.settle_seconds)

        self.number = self._jobs.start(tr("Watch your music"), make, "watch", background=True)

    def stop(self) -> None:
        """Make room for a job of the user's."""
        self._wanted = False
        if self.runs():
            self._jobs.cancel(self.number)

    def runs(self) -> bool:
        """Whether the window's own watch is at work."""
        return self._own() is not None

    def _own(self) -> JobRow | None:
        return next((row for row in self._jobs.running() if row.id == self.number), None)

    # -- what is shown

    def look(self) -> None:
        """Read again what the watch does."""
        if self._closed:
            return
        own = self._own()
        paused = own is not None and own.state is JobState.PAUSED
        self._questions.ask(lambda: _read(self._app, own is not None, paused), self._show, self._complain, "schedule")

    def _show(self, model: ScheduleModel) -> None:
        self._window.activity.schedule.show_model(model)
        was, self._elsewhere = self._elsewhere, model.who is Watcher.SERVICE
        if was and not self._elsewhere and self._wanted:
            self.start()  # the service has ended
        elif self._wanted and not self._elsewhere and not self.runs() and self._hands_off_until:
            self.start()

    def _pause(self, on: bool) -> None:
        if self.runs():
            (self._jobs.pause if on else self._jobs.resume)(self.number)
            self.look()
            return

        def write() -> WatchSettings:
            settings.save(replace(settings.load(), prove=not on))
            return _load()

        self._questions.ask(write, self._followed, self._complain)

    def _followed(self, now: WatchSettings) -> None:
        self._window.settings.watch.show_settings(now)
        self.look()

    def save(self, wanted: WatchSettings) -> None:
        """Put these settings in force; a running service follows them."""

        def write() -> WatchSettings:
            after = replace(settings.load(), **asdict(wanted))
            plans_of(after)
            settings.save(after)
            return _load()

        self._questions.ask(write, self._followed, lambda error: self._window.settings.watch.complain(str(error)))

    def _keep(self, on: bool) -> None:
        self._window.activity.schedule.model = None  # shown anew, whatever comes of it
        self._hands_off_until = time.monotonic() + _HANDS_OFF_S if on else 0.0
        self._window.acted.emit(Action(Deed.KEEP_WATCHING, values={"on": on}))

    def _complain(self, error: Exception) -> None:
        if str(error) == self._complained:
            return  # asked every other second, told once
        self._complained = str(error)
        self._window.toasts.say(str(error), Tone.DAMAGED, stays=True)

    # -- drives that come and go

    def _below(self) -> list[bytes]:
        return [vault.below for vault in vaults.every(self._app.catalog)]

    def _folders(self) -> list[bytes]:
        return [vault.folder for vault in vaults.every(self._app.catalog)]

    def _listen(self) -> object:
        """On the listener's thread. The first look only tells what was there before."""
        try:
            found = self._arrivals.wait(_WAIT_S)
        except (OSError, VaultError):
            time.sleep(_WAIT_S)
            return ()
        first, self._looked = not self._looked, True
        return () if first else found

    def _heard(self, changes: object) -> None:
        if not self._closed and isinstance(changes, tuple):
            self.moved.emit()

    def greet(self, now: Status) -> None:
        """Say what waits for drives that were just plugged in. One that was just added is no news."""
        before, self._roots = self._roots, {one.presence.vault.id: one.presence.root for one in now.drives}
        for drive in now.drives:
            vault, root = drive.presence.vault, drive.presence.root
            known = vault.id in before and not vault.retired
            if known and drive.presence.online and root != before[vault.id]:
                todo = waits_for(drive)
                action = Action(Deed.SYNC, tr("Copy now"), vault.label) if drive.waiting and todo else None
                text = tr("{drive} is connected.", drive=vault.label)
                self._window.toasts.say(f"{text} {todo}".strip(), Tone.INFO, action)


def _load() -> WatchSettings:
    now = settings.load()
    return WatchSettings(**{field.name: getattr(now, field.name) for field in fields(WatchSettings)})


def _read(app: App, own: bool, paused: bool) -> ScheduleModel:
    """Who watches and what comes next. Reads small files and the catalog."""
    path = app.catalog.path
    running, found = state.runs(path), state.read(path)
    if not (running or own) or (own and found.pid != os.getpid()):
        found = State()  # what another one wrote, some time ago
    who = Watcher.WINDOW if own else Watcher.SERVICE if running else Watcher.NOBODY
    proves = settings.load().prove
    return ScheduleModel(
        who,
        found.pid,
        stage_title(JobRow(0, found.doing, stage=found.doing, subject=found.subject)) if found.doing else "",
        wording.waits(found.waits) if who is not Watcher.NOBODY else "",
        tuple(_coming(app, found)) if who is not Watcher.NOBODY else (),
        tuple(_rates(found)),
        found.matters,
        found.problems,
        found.limits,
        paused if own else who is Watcher.SERVICE and not proves,
        integrating.installed(),
        sys.platform.startswith("linux"),
    )


def _rates(found: State) -> list[str]:
    return [
        tr("{name}: {size} a day keep every proof in time", name=name, size=size(rate * _DAY))
        for name, rate in found.rates
    ]


def _coming(app: App, found: State) -> list[Next]:
    now = app.context.now()
    coming = [
        Next(tr("Next full look through {name}", name=library.name), library.scanned_at + TRUTH_S)
        for library in libraries.every(app.catalog)
        if library.scanned_at is not None and library.is_placed
    ]
    if found.next_at:
        words = {
            "quiet-hours": tr("Quiet hours end, proving goes on"),
            "nothing-due": tr("Next look at which copies fall due"),
        }
        coming.append(Next(words.get(found.waits, tr("Proving tries again")), found.next_at))
    if found.report_at:
        coming.append(Next(tr("Next report"), found.report_at))
    return sorted((one for one in coming if one.at > now), key=lambda one: one.at)
