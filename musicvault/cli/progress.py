"""How far a job is, on standard error: a bar with rate and time left on a terminal, nothing anywhere else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from musicvault.cli import phrases
from musicvault.domain.notices import Advanced, Started
from musicvault.language import tr

if TYPE_CHECKING:  # rich takes 0.1 s to import: only for a terminal, and only once a job runs
    from rich import progress as rich_progress


class Progress:
    """A display that can always be fed; it shows itself only where somebody sees it."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted and sys.stderr is not None and sys.stderr.isatty()
        self._bar: rich_progress.Progress | None = None
        self._task: rich_progress.TaskID | None = None
        self._by_bytes = False
        self._files: int | None = None

    @property
    def is_live(self) -> bool:
        return self._bar is not None

    def started(self, notice: Started) -> None:
        """A job, or its next stage, begins."""
        if not self._wanted:
            return
        if self._bar is None:
            self._bar = _bar()
            self._bar.start()
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._by_bytes, self._files = bool(notice.bytes), notice.files
        total = notice.bytes if self._by_bytes else notice.files
        title = phrases.running(notice.job, notice.subject)
        self._task = self._bar.add_task(title, total=total or None, amount="", by_bytes=self._by_bytes)

    def advanced(self, notice: Advanced) -> None:
        if self._bar is None or self._task is None:
            return
        of = "" if self._files is None else f"/{self._files:,}"
        amount = tr("{done}{of} files", done=f"{notice.files:,}", of=of)
        self._bar.update(self._task, completed=notice.bytes if self._by_bytes else notice.files, amount=amount)

    def print(self, text: str) -> None:
        """A line above the bar."""
        if self._bar is not None:
            from rich.text import Text

            self._bar.console.print(Text.from_ansi(text), soft_wrap=True, highlight=False)

    def close(self) -> None:
        """Take the bar off the screen."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = self._task = None


def _bar() -> rich_progress.Progress:
    from rich import console, progress, text

    class Rate(progress.TransferSpeedColumn):
        """Bytes a second, where bytes are counted."""

        def render(self, task: progress.Task) -> text.Text:
            return super().render(task) if task.fields["by_bytes"] else text.Text("")

    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=24),
        progress.TextColumn("{task.fields[amount]}", markup=False),
        Rate(),
        progress.TimeRemainingColumn(compact=True),
        console=console.Console(stderr=True),
        redirect_stdout=False,
        redirect_stderr=False,
        transient=True,
        refresh_per_second=8,
    )
