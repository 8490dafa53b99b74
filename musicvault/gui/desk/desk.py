"""The desk: hears what the window's user wants, has it done, and shows what came of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices

from musicvault import __version__, settings
from musicvault.app import App
from musicvault.catalog import libraries
from musicvault.domain.notices import ItemDone
from musicvault.domain.policy import DAY
from musicvault.engine.status import Status, status
from musicvault.gui.bridge import Jobs, Questions
from musicvault.gui.desk.auditing import Auditing
from musicvault.gui.desk.comparer import Comparer
from musicvault.gui.desk.details import details
from musicvault.gui.desk.drive_cards import connected
from musicvault.gui.desk.findings import attention_model
from musicvault.gui.desk.history_desk import HistoryDesk
from musicvault.gui.desk.keeping import KeptDesk
from musicvault.gui.desk.overview_model import overview_model, under_way
from musicvault.gui.desk.policy_desk import PolicyDesk
from musicvault.gui.desk.previews import is_sure, preview
from musicvault.gui.desk.rows import CatalogRows
from musicvault.gui.desk.telling import Telling
from musicvault.gui.desk.watching import Watching
from musicvault.gui.desk.work import order
from musicvault.gui.drives.add_panel import pick_folder
from musicvault.gui.firstrun import guess
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.attention import AttentionModel, Preview
from musicvault.gui.models.jobs import JobRow
from musicvault.gui.models.library import ItemDetail
from musicvault.gui.models.overview import OverviewModel
from musicvault.gui.models.places import LibraryRow, SettingsModel
from musicvault.language import tr

_REFRESH_MS = 1500
_LOOK_MS = 20_000
"""How often it is asked whether folders came or went; what is mounted is noticed at once."""


class Desk(QObject):
    """Owns nothing that paints. `watching` keeps libraries watched while the window is open."""

    def __init__(
        self, app: App, window: MainWindow, jobs: Jobs, questions: Questions, *, watching: bool = False
    ) -> None:
        super().__init__(window)
        self._app, self._window, self._jobs, self._questions = app, window, jobs, questions
        self._rows = CatalogRows(app.context)
        self._telling = Telling(window)
        self.comparer = Comparer(app.context, self)
        self.policy = PolicyDesk(app, window, jobs, self._telling.complain)
        self.watching = Watching(app, window, jobs, questions, on=watching)
        self.auditing = Auditing(window.drives.audit, jobs, questions, self._telling.said)
        self.history = HistoryDesk(app.context, window, self._telling.complain, self._telling.said)
        self._closing = False
        self._stages: dict[int, str] = {}
        self._status: Status | None = None
        self._today: int | None = None
        self._kept = KeptDesk(app.context, window, questions, self._telling.complain)
        self._dirty = QTimer(self)
        self._dirty.setSingleShot(True)
        self._dirty.setInterval(_REFRESH_MS)
        self._dirty.timeout.connect(self.refresh)
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self.refresh)
        self._connect()

    def start(self) -> None:
        """Show what is there, and lead by the hand where nothing is."""
        self.refresh()
        self._window.library.show_source(self._rows)
        self._look.start()
        self.watching.begin()
        if not libraries.every(self._app.catalog):
            self._window.show_first_run(True)
            self._window.first_run.choose_music(guess.music_folder())
        else:
            self.watching.start()

    # ── what is shown ─────────────────────────────────────────────────────────────────────────

    def refresh(self) -> None:
        """Read status and findings again, on a worker thread."""
        if self._closing:
            return
        ctx = self._app.context

        def read() -> tuple[int, Status, OverviewModel, AttentionModel, SettingsModel]:
            now = status(ctx)
            return int(ctx.now() // DAY), now, overview_model(ctx, now), attention_model(ctx, now), self._settings(now)

        self._questions.ask(read, self._show, self._telling.complain, key="status")

    def _show(self, answer: tuple[int, Status, OverviewModel, AttentionModel, SettingsModel]) -> None:
        today, self._status, overview, findings, options = answer
        window, yesterday, self._today = self._window, self._today, today
        shown = under_way(overview, self._jobs.running())
        changed = shown != window.overview.model
        window.overview.show_model(shown)
        at_work = any(not job.background or job.stage == "scan" for job in self._jobs.running())
        grown = window.library.show_stock(len(options.libraries), overview.total, at_work=at_work)
        if grown or yesterday not in (None, today):  # proofs grow old, whether anything happens or not
            self._rows.forget()
            window.library.refresh()
        window.drives.show_drives(overview.drives)
        window.attention.show_model(findings)
        window.sidebar.show_badge("attention", findings.count)
        window.settings.show_model(options)
        window.first_run.show_libraries(options.libraries)
        self.policy.refresh(changed=changed)
        self.watching.greet(self._status)

    def _settings(self, now: Status) -> SettingsModel:
        rows = tuple(
            LibraryRow(
                one.library.name, one.library.root, one.online, one.items, one.library.exclusions, one.library.is_placed
            )
            for one in now.libraries
        )
        place = os.fsencode(self._app.catalog.path)
        return SettingsModel(rows, settings.load().fingerprints, place, __version__)

    def _show_details(self, ids: tuple[int, ...]) -> None:
        def show(found: Sequence[ItemDetail]) -> None:
            self._window.library.show_details(found)

        self._questions.ask(lambda: details(self._app.context, ids), show, self._telling.complain, key="details")

    # ── what is asked for ─────────────────────────────────────────────────────────────────────

    def act(self, action: Action) -> None:
        """Carry out an action: at once, after a preview, or by asking for what is missing."""
        if action.deed is Deed.ADD_LIBRARY and not action.values.get("path"):
            pick_folder(self._window, tr("Your music"), self._add_library)
        elif action.deed is Deed.GIVE_VERSION and not action.values.get("path"):
            pick_folder(self._window, tr("Where to save it"), lambda folder: self.act(_into(action, folder)))
        elif action.deed is Deed.OPEN_FOLDER:
            self._open_folder(action)
        elif action.deed is Deed.COMPARE:
            self._compare(action)
        elif action.deed is Deed.PLAY:
            self.comparer.play(action, self._telling.complain)
        elif self.policy.act(action):
            return
        elif not is_sure(action):
            self._show_preview(action)
        else:
            self._run(action)

    def _run(self, action: Action) -> None:
        wanted = order(self._app, action)
        if wanted is None:
            return
        if action.deed is Deed.PROTECT:
            self._end_first_run()
        self.watching.stop()
        self._window.first_run.show_busy(True)
        self._jobs.start(wanted.title, wanted.make, wanted.key, after=self.watching.number or None)

    def _end_first_run(self) -> None:
        self._window.show_first_run(False)
        self._window.show_screen("overview")

    def _show_preview(self, action: Action) -> None:
        window = self._window
        shows = {
            "library": window.library.show_preview,
            "drives": window.drives.show_preview,
            "settings": window.settings.show_preview,
            "attention": window.attention.show_preview,
        }
        name = window.screen_name if window.screen_name in shows else "attention"

        def show(found: Preview) -> None:
            window.show_screen(name)
            shows[name](found)

        self._questions.ask(lambda: preview(self._app.context, action), show, self._telling.complain, key="preview")

    def _compare(self, action: Action) -> None:
        self._window.show_comparison()

        def without(error: Exception) -> None:
            self._window.leave_comparison()
            self._telling.complain(error)

        self.comparer.compare(action, self._window.comparing.show_model, without)

    def _add_library(self, folder: bytes) -> None:
        self.act(Action(Deed.ADD_LIBRARY, values={"path": folder}))

    def _open_folder(self, action: Action) -> None:
        folder = action.values.get("path")
        if isinstance(folder, bytes) and folder:
            QDesktopServices.openUrl(QUrl.fromLocalFile(os.fsdecode(folder)))

    def _dropped(self, folder: bytes) -> None:
        if self._window.screen_name == "drives":
            self._window.drives.open_panel()
            self._window.drives.panel.choose(folder)
        elif self._window.sidebar.isHidden():
            self._window.first_run.choose_music(folder)
        else:
            self._add_library(folder)

    def _choose_fingerprints(self, on: bool) -> None:
        settings.save(replace(settings.load(), fingerprints=on))

    def _list_volumes(self, music: bytes = b"") -> None:
        window = self._window
        show = window.first_run.show_volumes if music else window.drives.show_volumes
        self._questions.ask(lambda: connected(self._app.context, music), show, self._telling.complain, key="volumes")

    def _look_into(self, folder: bytes) -> None:
        self._questions.ask(lambda: guess.look(folder), self._window.first_run.show_guess, key="look")

    def _look_at_drive(self, folder: bytes) -> None:
        self._questions.ask(lambda: guess.look_at_drive(folder), self._window.first_run.sources.show_guess)

    # ── jobs ──────────────────────────────────────────────────────────────────────────────────

    def _job_changed(self, row: JobRow) -> None:
        self._window.footer.show_job(row)
        self._window.activity.show_job(row)
        if self._stages.get(row.id) != row.stage and not row.background:
            self._stages[row.id] = row.stage
            self.refresh()

    def _job_said(self, row: JobRow, done: list[ItemDone]) -> None:
        self._window.activity.add_lines(row, done)
        if not self._dirty.isActive():
            self._dirty.start()

    def _job_finished(self, row: JobRow) -> None:
        if self._closing:
            return
        self._stages.pop(row.id, None)
        self._rows.forget()
        self.refresh()
        self._window.library.refresh()
        self._kept.refresh()
        self.history.refresh()
        if row.background:
            return
        self._window.first_run.show_busy(False)
        self._telling.job(row)
        if not any(not one.background for one in self._jobs.running()):
            self.watching.start()

    # ── the rest ──────────────────────────────────────────────────────────────────────────────

    def close(self) -> bool:
        """Whether the window may go now. Jobs are stopped at their next safe point; until then the window only
        hides, and closes by itself when the last one has ended."""
        if not self._closing:
            self._closing = True
            self._look.stop()
            self._dirty.stop()
            self.watching.close()
            self.comparer.close()
            self.policy.close()
            self.history.close()
            self._jobs.finished.connect(self._close_at_last)
            for row in self._jobs.running():
                self._jobs.cancel(row.id)
        if self._jobs.running():
            self._window.hide()
            return False
        return True

    def _close_at_last(self) -> None:
        if not self._jobs.running():
            self._window.close()

    def _connect(self) -> None:
        window, jobs = self._window, self._jobs
        window.acted.connect(self.act)
        self.watching.moved.connect(self.refresh)
        window.dropped.connect(self._dropped)
        window.library.details_wanted.connect(self._show_details)
        window.library.failed.connect(self._telling.failed)
        window.drives.volumes_wanted.connect(self._list_volumes)
        window.first_run.volumes_wanted.connect(self._list_volumes)
        window.first_run.look_wanted.connect(self._look_into)
        window.first_run.drive_look_wanted.connect(self._look_at_drive)
        window.first_run.ended.connect(self._end_first_run)
        window.settings.fingerprints_chosen.connect(self._choose_fingerprints)
        for part in (window.footer, window.activity):
            part.pause_asked.connect(jobs.pause)
            part.resume_asked.connect(jobs.resume)
            part.cancel_asked.connect(jobs.cancel)
        jobs.changed.connect(self._job_changed)
        jobs.happened.connect(self._job_said)
        jobs.finished.connect(self._job_finished)
        self._questions.failed.connect(self._telling.failed)


def _into(action: Action, folder: bytes) -> Action:
    return replace(action, values={**action.values, "path": folder})
