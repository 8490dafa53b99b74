"""Jobs of the engine, each on a thread of its own, and what the window is told of them."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, QTimer, Signal

from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.verdict import Verdict
from musicvault.errors import Cancelled, ItemError, UsageError, VaultError
from musicvault.gui.models.jobs import JobRow, JobState
from musicvault.gui.wording import in_the_window
from musicvault.language import tr
from musicvault.runtime.control import Control
from musicvault.runtime.rates import Rate

TICK_MS = 66
KEPT = 200
"""Jobs that are over and still listed; their lines, at most this many each, too."""

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Run:
    """One job. The lock guards `notices`, `latest` and `error`; all else belongs to the Qt thread."""

    row: JobRow
    control: Control
    rate: Rate
    thread: threading.Thread | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    notices: deque[Notice] = field(default_factory=deque)
    latest: Advanced | None = None
    error: BaseException | None = None
    over: bool = False
    key: str = ""
    after: threading.Event | None = None
    ended: threading.Event = field(default_factory=threading.Event)


class Jobs(QObject):
    """Starts, watches and stops jobs. All methods and signals belong to the Qt thread."""

    changed = Signal(JobRow)
    """A job moved; at most once a tick for each."""
    happened = Signal(JobRow, list)
    """Items done since the last tick."""
    finished = Signal(JobRow)

    def __init__(self, parent: QObject | None = None, clock: Callable[[], float] = time.time) -> None:
        super().__init__(parent)
        self._clock = clock
        self._numbers = itertools.count(1)
        self._runs: dict[int, _Run] = {}
        self._rows: OrderedDict[int, JobRow] = OrderedDict()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.drain)

    def start(
        self,
        title: str,
        make: Callable[[Control], Job],
        key: str = "",
        *,
        after: int | None = None,
        background: bool = False,
    ) -> int:
        """Run the job that `make` returns; its number. A job with the `key` of a running one isn't
        started again: that one's number is returned. It begins when the job `after` has ended."""
        for number, run in self._runs.items():
            if key and run.key == key:
                return number
        number = next(self._numbers)
        control = Control()
        row = JobRow(number, title, started=self._clock(), background=background)
        before = self._runs.get(after) if after is not None else None
        run = _Run(row, control, Rate(None), key=key, after=before.ended if before is not None else None)
        run.thread = threading.Thread(target=_work, args=(run, make), name=f"job-{number}", daemon=True)
        self._runs[number] = run
        self._rows[number] = row
        run.thread.start()
        self._timer.start()
        self.changed.emit(row)
        return number

    def pause(self, number: int) -> None:
        if (run := self._runs.get(number)) and run.row.state is JobState.RUNNING:
            run.control.pause()
            self._update(run, replace(run.row, state=JobState.PAUSED, left=None))

    def resume(self, number: int) -> None:
        if (run := self._runs.get(number)) and run.row.state is JobState.PAUSED:
            run.rate = Rate(run.rate.total)
            run.control.resume()
            self._update(run, replace(run.row, state=JobState.RUNNING))

    def cancel(self, number: int) -> None:
        """Stop at the next safe point."""
        if run := self._runs.get(number):
            run.control.cancel()
            self._update(run, replace(run.row, state=JobState.STOPPING, left=None))

    def running(self) -> list[JobRow]:
        return [run.row for run in self._runs.values()]

    def rows(self) -> list[JobRow]:
        """All jobs of this session, newest first."""
        return list(reversed(self._rows.values()))

    def close(self, seconds: float = 20.0) -> bool:
        """Cancel all and wait for the next safe point; False where a job didn't reach it in time."""
        for number in list(self._runs):
            self.cancel(number)
        deadline = time.monotonic() + seconds
        for run in list(self._runs.values()):
            if run.thread is not None:
                run.thread.join(max(0.0, deadline - time.monotonic()))
        self.drain()
        return not self._runs

    def drain(self) -> None:
        """Hand over what the threads have said since the last time."""
        for number, run in list(self._runs.items()):
            with run.lock:
                notices = list(run.notices)
                run.notices.clear()
                latest, run.latest = run.latest, None
                over, error = run.over, run.error
            self._take(run, notices, latest)
            if over:
                del self._runs[number]
                self._end(run, error)
        while len(self._rows) > KEPT and next(iter(self._rows)) not in self._runs:
            self._rows.popitem(last=False)
        if not self._runs:
            self._timer.stop()

    def _take(self, run: _Run, notices: list[Notice], latest: Advanced | None) -> None:
        row, done = run.row, [n for n in notices if isinstance(n, ItemDone)]
        for notice in notices:
            if isinstance(notice, Started):
                run.rate = Rate(notice.bytes if notice.bytes is not None else notice.files)
                row = replace(
                    row,
                    stage=notice.job,
                    subject=notice.subject,
                    files=0,
                    files_total=notice.files,
                    bytes=0,
                    bytes_total=notice.bytes,
                )
            elif isinstance(notice, Finished):
                counts = dict(Counter(row.counts) + _counts(notice))
                row = replace(row, counts=counts, exit_code=notice.exit_code or row.exit_code)
        if latest is not None:
            row = replace(row, files=latest.files, bytes=latest.bytes, current=latest.current)
            row = self._timed(run, row)
        row = replace(
            row,
            findings=row.findings + sum(_needs_user(n) for n in done),
            failures=row.failures + sum(n.action == "failed" for n in done),
        )
        if row != run.row:
            self._update(run, row)
        if done:
            self.happened.emit(run.row, done)

    @staticmethod
    def _timed(run: _Run, row: JobRow) -> JobRow:
        if row.state is not JobState.RUNNING:
            return row
        by_bytes = row.bytes_total is not None or not row.files_total
        run.rate.advance(time.monotonic(), row.bytes if by_bytes else row.files)
        return replace(row, rate=run.rate.per_second if by_bytes else None, left=run.rate.seconds_left)

    def _end(self, run: _Run, error: BaseException | None) -> None:
        state, message = JobState.DONE, ""
        if isinstance(error, Cancelled):
            state, message = JobState.STOPPED, tr("Stopped. What was done stays done.")
        elif isinstance(error, (VaultError, UsageError, ItemError)):
            state, message = JobState.FAILED, in_the_window(str(error))
        elif error is not None:
            _log.error("a job failed", exc_info=error)
            state = JobState.FAILED
            message = tr("Something unexpected went wrong: {error}", error=f"{type(error).__name__}: {error}")
        code = getattr(error, "exit_code", run.row.exit_code if error is None else 1)
        ended = replace(run.row, state=state, message=message, ended=self._clock(), exit_code=code, left=None)
        self._update(run, ended)
        self.finished.emit(ended)

    def _update(self, run: _Run, row: JobRow) -> None:
        run.row = row
        self._rows[row.id] = row
        self.changed.emit(row)


def _counts(notice: Finished) -> Counter[str]:
    """What a job counted. A scan or a scrub counts files of other sound as replaced, which are findings: the word is
    for copies that were written anew."""
    seen = notice.job in ("scan", "scrub")
    return Counter({name: amount for name, amount in notice.counts.items() if not (seen and name == "replaced")})


def _needs_user(done: ItemDone) -> bool:
    """Whether a notice is a finding that somebody has to act on: not a retag, a move, or what was just healed."""
    found = done.finding
    if done.action != "finding" or found is None or found.healed:
        return False
    return found.verdict.is_damage or found.verdict.waits_for_user or found.verdict is Verdict.MISSING


def _work(run: _Run, make: Callable[[Control], Job]) -> None:
    """The body of a job's thread. The generator is closed explicitly, so that its `finally` runs here."""
    error: BaseException | None = None
    try:
        while run.after is not None and not run.after.wait(0.1):
            if run.control.cancelled:
                raise Cancelled
        job = make(run.control)
        try:
            for notice in job:
                _note(run, notice)
        finally:
            close = getattr(job, "close", None)
            if close is not None:
                close()
    except BaseException as caught:  # the Qt thread decides what it means
        error = caught
    with run.lock:
        run.error = error
        run.over = True
    run.ended.set()


def _note(run: _Run, notice: Notice) -> None:
    """Put down what a job says: of how far it is only the newest, all else in its order."""
    with run.lock:
        if isinstance(notice, Advanced):
            run.latest = notice
            return
        if isinstance(notice, Started):
            run.latest = None
        run.notices.append(notice)
