"""The activity screen: jobs at the left, what the chosen one said at the right."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from musicvault.domain.notices import ItemDone
from musicvault.gui.activity.lines import Lines, LinesModel
from musicvault.gui.activity.schedule import SchedulePanel
from musicvault.gui.models.actions import Action
from musicvault.gui.models.jobs import JobRow, JobState
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.bars import ThinBar
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, Glyph
from musicvault.gui.widgets.empty_state import EmptyState
from musicvault.gui.widgets.layouts import Breadth
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import clock, count, hour, progress
from musicvault.language import tr, trn

_MARKS = {
    JobState.RUNNING: ("scan", Tone.INFO),
    JobState.PAUSED: ("pause", Tone.AWAY),
    JobState.STOPPING: ("stop", Tone.AWAY),
    JobState.DONE: ("good", Tone.GOOD),
    JobState.STOPPED: ("stop", Tone.AWAY),
    JobState.FAILED: ("broken", Tone.DAMAGED),
}


def result(job: JobRow) -> str:
    """What came of a job, in one line."""
    if not job.state.is_over:
        return progress(job)
    parts = [job.message.rstrip(".")] if job.message else _parting(job.counts)
    parts = parts or summary(job.counts)[: 1 if job.findings or job.failures else 4]
    if job.findings:
        parts.append(trn("{count} needs you", "{count} need you", job.findings))
    if job.failures and not job.counts.get("short"):
        parts.append(_failed(job))
    if job.ended is not None:
        parts.append(tr("took {time}", time=clock(job.ended - job.started)))
    return " · ".join(parts) or tr("done")


def _failed(job: JobRow) -> str:
    if job.stage == "audit":  # it only reads
        return trn("{count} file could not be read", "{count} files could not be read", job.failures)
    return trn("{count} file could not be done", "{count} files could not be done", job.failures)


def _parting(counts: Mapping[str, int]) -> list[str]:
    """What became of a drive that was to go; empty for other jobs."""
    if counts.get("ejected"):
        return [tr("it is safe to unplug now")]
    if counts.get("retired"):
        return [tr("it is retired")]
    if short := counts.get("short"):
        one, many = "{count} file would fall short", "{count} files would fall short"
        return [tr("it stays in service"), trn(one, many, short)]
    return []


def summary(counts: Mapping[str, int]) -> list[str]:
    """A job's counts in words, those that say most first; what has no word stays out."""
    words = {
        "repaired": tr("repaired"),
        "restored": tr("restored"),
        "rejected": tr("put back"),
        "accepted": tr("accepted"),
        "tagged": tr("edited"),
        "undone": tr("undone"),
        "forgotten": tr("let go"),
        "expected": tr("expected again"),
        "adopted": tr("taken over"),
        "refused": tr("set aside"),
        "added": tr("added"),
        "copied": tr("copied"),
        "replaced": tr("replaced"),
        "checked": tr("checked"),
        "intact": tr("intact"),
        "retagged": tr("retagged by you"),
        "moved": tr("moved"),
        "already": tr("already right"),
        "unchanged": tr("unchanged"),
        "fingerprinted": tr("fingerprinted"),
        "right": tr("came back right"),
        "healthy": tr("healthy"),
        "failing": tr("failing"),
        "unknown": tr("of unknown health"),
    }
    return [f"{count(counts[name])} {word}" for name, word in words.items() if counts.get(name)]


def mark(job: JobRow) -> tuple[str, Tone]:
    """Icon and tone of a job."""
    if job.state is JobState.DONE and (job.findings or job.failures):
        return "attention", Tone.SHORT
    return _MARKS[job.state]


class JobEntry(QWidget):
    """One job in the list."""

    def __init__(self, job: JobRow) -> None:
        super().__init__()
        self.setObjectName("plain")
        # The list would widen the entry to its hint; the list's width is what counts.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 9, 14, 9)
        row.setSpacing(12)
        self._glyph = Glyph(*mark(job), 18)
        row.addWidget(self._glyph)
        words = QVBoxLayout()
        words.setSpacing(3)
        head = QHBoxLayout()
        self._title = ElidedLabel(job.title, "strong")
        head.addWidget(self._title, 1)
        head.addWidget(label(hour(job.started), "small"))
        words.addLayout(head)
        self._bar = ThinBar(4)
        words.addWidget(self._bar)
        self._result = ElidedLabel("", "small")
        words.addWidget(self._result)
        row.addLayout(words, 1)
        self.show_job(job)

    def show_job(self, job: JobRow) -> None:
        self._glyph.show_state(*mark(job))
        self._bar.setVisible(not job.state.is_over)
        self._bar.show_share(job.share)
        self._result.setText(result(job))
        self.setAccessibleName(f"{job.title}: {result(job)}")


class _JobList(QListWidget):
    """Its entries are as wide as it is: Qt would leave them as they were before the last change of its width."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()


class ActivityScreen(QWidget):
    """Lists the jobs of this session, newest first."""

    acted = Signal(Action)
    pause_asked = Signal(int)
    resume_asked = Signal(int)
    cancel_asked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._jobs: OrderedDict[int, JobRow] = OrderedDict()
        self._entries: dict[int, tuple[QListWidgetItem, JobEntry]] = {}
        self._lines: dict[int, LinesModel] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self.schedule = SchedulePanel()
        self.schedule.acted.connect(self.acted)
        head = QVBoxLayout()
        head.setContentsMargins(28, 4, 28, 0)
        Breadth(self, head)
        head.addWidget(self.schedule)
        column.addLayout(head)
        self._stack = QStackedLayout()
        column.addLayout(self._stack, 1)
        words = tr("Scans, copies, checks and repairs appear here with their results.")
        self._stack.addWidget(EmptyState("activity", tr("Nothing has run yet"), words))
        self._stack.addWidget(self._build())

    def _build(self) -> QWidget:
        ground = QWidget()
        outer = QVBoxLayout(ground)
        outer.setContentsMargins(28, 0, 28, 20)
        Breadth(ground, outer)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(16)
        splitter.setChildrenCollapsible(False)
        left = Card(padding=0)
        left.body.setContentsMargins(8, 8, 8, 8)
        self.list = _JobList()
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName(tr("Jobs"))
        self.list.currentItemChanged.connect(lambda *_: self._open())
        left.body.addWidget(self.list)
        right = Card()
        head = QHBoxLayout()
        self._title = ElidedLabel("", "heading")
        head.addWidget(self._title, 1)
        self.pause, self.stop = Button(tr("Pause"), "quiet"), Button(tr("Stop"), "quiet")
        self.pause.clicked.connect(self._pause_or_resume)
        self.stop.clicked.connect(lambda: self.cancel_asked.emit(self._current()))
        head.addWidget(self.pause)
        head.addWidget(self.stop)
        right.body.addLayout(head)
        self._result = label("", "muted", wrap=True)
        right.body.addWidget(self._result)
        self.lines = Lines(tr("What the job said"))
        self.lines.setSpacing(3)
        right.body.addWidget(self.lines, 1)
        splitter.addWidget(left)
        splitter.addWidget(right)
        splitter.setSizes([420, 560])
        left.setMinimumWidth(px(280))
        outer.addWidget(splitter)
        return ground

    def show_job(self, job: JobRow) -> None:
        self._jobs[job.id] = job
        if job.id not in self._entries:
            item = QListWidgetItem()
            item.setData(Qt.ItemDataRole.UserRole, job.id)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, job.title)
            entry = JobEntry(job)
            item.setSizeHint(QSize(10, 16 + px(46)))
            self.list.insertItem(0, item)
            self.list.setItemWidget(item, entry)
            self._entries[job.id] = (item, entry)
            self._lines.setdefault(job.id, LinesModel())
            self.list.setCurrentItem(item)
            self._stack.setCurrentIndex(1)
        self._entries[job.id][1].show_job(job)
        if job.id == self._current():
            self._describe(job)

    def add_lines(self, job: JobRow, done: list[ItemDone]) -> None:
        self._lines.setdefault(job.id, LinesModel()).add(done)

    def select(self, number: int) -> None:
        if number in self._entries:
            self.list.setCurrentItem(self._entries[number][0])

    def _current(self) -> int:
        item = self.list.currentItem()
        return int(item.data(Qt.ItemDataRole.UserRole)) if item is not None else 0

    def _open(self) -> None:
        number = self._current()
        if number in self._jobs:
            self.lines.setModel(self._lines[number])
            self._describe(self._jobs[number])

    def _describe(self, job: JobRow) -> None:
        self._title.setText(job.title)
        self._result.setText(result(job))
        self.pause.setVisible(not job.state.is_over)
        self.stop.setVisible(not job.state.is_over)
        self.pause.set_text(tr("Resume") if job.state is JobState.PAUSED else tr("Pause"))
        self.pause.setEnabled(job.state is not JobState.STOPPING)
        self.stop.setEnabled(job.state is not JobState.STOPPING)

    def _pause_or_resume(self) -> None:
        job = self._jobs[self._current()]
        (self.resume_asked if job.state is JobState.PAUSED else self.pause_asked).emit(job.id)
