"""Runs the audit of a folder for the Drives screen, keeps its result, and writes it to a file on request."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from musicvault.domain import curves
from musicvault.domain.notices import ItemDone, Job
from musicvault.domain.paths import display
from musicvault.engine.drive_audit import Audit
from musicvault.engine.drive_audit import audit as job_of
from musicvault.errors import reason_of
from musicvault.gui.activity.lines import LinesModel
from musicvault.gui.bridge import Jobs, Questions
from musicvault.gui.desk.drive_facts import DEVICE, speeds
from musicvault.gui.drives import audit_report
from musicvault.gui.drives.add_panel import pick_folder
from musicvault.gui.drives.audit_view import AuditView
from musicvault.gui.models.drives import AuditModel, SpeedLine, Trouble
from musicvault.gui.models.jobs import JobRow
from musicvault.language import tr
from musicvault.runtime.control import Control

_MOST = 10_000
"""So many files that can't be read are kept for the report."""


class Auditing(QObject):
    """One audit at a time. `say` tells the user what came of saving."""

    def __init__(self, view: AuditView, jobs: Jobs, questions: Questions, say: Callable[[str, bool], None]) -> None:
        super().__init__(view)
        self._view, self._jobs, self._questions, self._say = view, jobs, questions, say
        self._number = 0
        self._found = Audit()
        self._model = AuditModel(b"", 0.0)
        self._lines = LinesModel(_line)
        self._troubles: deque[Trouble] = deque(maxlen=_MOST)
        view.chosen.connect(lambda: pick_folder(view, tr("The drive or folder to audit"), self.start))
        view.stopped.connect(lambda: jobs.cancel(self._number))
        view.export_asked.connect(self._export)
        jobs.changed.connect(self._changed)
        jobs.happened.connect(self._happened)

    def start(self, folder: bytes) -> None:
        """Read everything in this folder once."""
        if any(row.id == self._number for row in self._jobs.running()):
            return
        found = self._found = Audit()
        self._lines = LinesModel(_line)
        self._troubles.clear()
        self._view.show_lines(self._lines)
        self._model = AuditModel(folder, 0.0)

        def make(control: Control) -> Job:
            return job_of(folder, found, control.checkpoint)

        title = tr("Audit {folder}", folder=os.fsdecode(folder.rstrip(b"/").rpartition(b"/")[2]) or "/")
        self._number = self._jobs.start(title, make, "audit")

    def _changed(self, row: JobRow) -> None:
        if row.id != self._number and self._number:
            return
        if not self._number and not self._model.folder:
            return
        found, line = self._found, self._found.curve
        over = row.state.is_over
        self._model = replace(
            self._model,
            began=row.started,
            ended=row.ended if over else None,
            model=found.volume.hardware.model if found.volume is not None else "",
            checked=found.counts["checked"],
            bytes=found.counts["bytes"],
            unreadable=found.counts["unreadable"],
            failed=found.counts["failed"],
            current=row.current,
            line=SpeedLine(speeds(line), row.started, found.basis == DEVICE, over),
            speed=curves.middle(line),
            slow_parts=curves.slow_parts(line),
            troubles=tuple(self._troubles) if over else (),
            message=row.message if over else "",
        )
        self._view.show_model(self._model, row)

    def _happened(self, row: JobRow, done: list[ItemDone]) -> None:
        if row.id == self._number:
            self._lines.add(done)
            self._troubles.extend(Trouble(one.path, one.problem) for one in done)

    def _export(self, kind: str) -> None:
        name, pattern = ("audit.json", "JSON (*.json)") if kind == "json" else ("audit.txt", tr("Text (*.txt)"))
        chosen, _ = QFileDialog.getSaveFileName(self._view, tr("Save the report"), name, pattern)
        if chosen:
            self.export(kind, Path(chosen))

    def export(self, kind: str, place: Path) -> None:
        """Write the result to a file, on the worker thread."""
        model = self._model
        text = audit_report.as_json(model) if kind == "json" else audit_report.as_text(model)

        def write() -> None:
            place.write_text(text, "utf-8")

        def failed(error: Exception) -> None:
            cause = reason_of(error) if isinstance(error, OSError) else str(error)
            self._say(tr("{file} can't be written: {cause}.", file=place, cause=cause), False)

        self._questions.ask(write, lambda _: self._say(tr("Saved: {file}", file=place), True), failed)


def _line(done: ItemDone) -> str:
    return f"{display(done.path)}: {done.problem}"
