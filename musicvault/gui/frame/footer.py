"""The strip of running jobs: what, how far, how fast, how long still, pause and stop."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui.models.jobs import JobRow, JobState
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.bars import ThinBar
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.text import ElidedLabel
from musicvault.gui.wording import progress, stage_title
from musicvault.language import tr, trn

MOST = 2
"""Jobs shown at once; the strip counts the others."""
_NARROW = 860


class JobStrip(QWidget):
    """One running job."""

    pause_asked = Signal(int)
    resume_asked = Signal(int)
    cancel_asked = Signal(int)

    def __init__(self, job: JobRow) -> None:
        super().__init__()
        self.job = job
        self.setFixedHeight(px(44))
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(28, 0, 28, 0)
        row.setSpacing(14)
        self._title = ElidedLabel("", "strong")
        self._bar = ThinBar(7)
        self._words = ElidedLabel("", "small")
        row.addWidget(self._title, 7)
        row.addWidget(self._bar, 4)
        row.addWidget(self._words, 9)
        self.pause = Button(tr("Pause"), "quiet")
        self.stop = Button(tr("Stop"), "quiet")
        self.pause.clicked.connect(self._pause_or_resume)
        self.stop.clicked.connect(lambda: self.cancel_asked.emit(self.job.id))
        row.addWidget(self.pause)
        row.addWidget(self.stop)
        self.show_job(job)

    def show_job(self, job: JobRow) -> None:
        self.job = job
        self._title.setText(stage_title(job))
        self._bar.show_share(job.share)
        words = progress(job)
        self._words.setText(words)
        self.pause.set_text(tr("Resume") if job.state is JobState.PAUSED else tr("Pause"))
        self.pause.setEnabled(job.state is not JobState.STOPPING)
        self.stop.setEnabled(job.state is not JobState.STOPPING)
        self.setAccessibleName(f"{job.title}: {words}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = event.size().width() > px(_NARROW)
        self._bar.setVisible(wide)  # without it the words have what the title leaves, at the right
        self._row.setStretchFactor(self._title, 7 if wide else 0)
        self._words.setAlignment(Qt.AlignmentFlag.AlignLeft if wide else Qt.AlignmentFlag.AlignRight)

    def _pause_or_resume(self) -> None:
        paused = self.job.state is JobState.PAUSED
        (self.resume_asked if paused else self.pause_asked).emit(self.job.id)


class Footer(QWidget):
    """Hidden while nothing runs."""

    pause_asked = Signal(int)
    resume_asked = Signal(int)
    cancel_asked = Signal(int)
    more_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("footer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._jobs: dict[int, JobRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 1, 0, 0)
        self._column.setSpacing(0)
        self._strips: dict[int, JobStrip] = {}
        self._more = Button(tr("More jobs"), "quiet")
        self._more.clicked.connect(self.more_asked)
        foot = QHBoxLayout()
        foot.setContentsMargins(18, 0, 28, 6)  # a quiet button's words begin ten pixels in
        foot.addWidget(self._more)
        foot.addStretch(1)
        self._column.addLayout(foot)
        self._more.hide()
        self.hide()

    def show_job(self, job: JobRow) -> None:
        if job.state.is_over or job.idle:
            self._jobs.pop(job.id, None)
        else:
            self._jobs[job.id] = job
        if job.id in self._strips and job.id in self._jobs:
            self._strips[job.id].show_job(job)
        self._arrange()

    def strips(self) -> list[JobStrip]:
        return list(self._strips.values())

    def _arrange(self) -> None:
        wanted = list(self._jobs)[:MOST]
        for number in [n for n in self._strips if n not in wanted]:
            strip = self._strips.pop(number)
            self._column.removeWidget(strip)
            strip.hide()
            strip.deleteLater()
        for number in wanted:
            if number not in self._strips:
                strip = JobStrip(self._jobs[number])
                strip.pause_asked.connect(self.pause_asked)
                strip.resume_asked.connect(self.resume_asked)
                strip.cancel_asked.connect(self.cancel_asked)
                self._column.insertWidget(len(self._strips), strip)
                self._strips[number] = strip
        others = len(self._jobs) - len(self._strips)
        self._more.setVisible(others > 0)
        if others > 0:
            self._more.set_text(trn("and {count} more job", "and {count} more jobs", others))
        self.setVisible(bool(self._jobs))
