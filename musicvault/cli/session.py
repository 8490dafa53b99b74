"""One run of one command: opens what it needs, runs its jobs, and gathers what its last line says."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from musicvault.cli import phrases
from musicvault.cli.progress import Progress
from musicvault.cli.sink import Sink, Values, standard_output
from musicvault.cli.stopping import Stopper
from musicvault.cli.style import Style
from musicvault.domain.notices import Advanced, Checkpoint, Finished, ItemDone, Job, Notice, Started
from musicvault.runtime.control import Control

if TYPE_CHECKING:
    from musicvault.app import App
    from musicvault.catalog.database import Catalog
    from musicvault.engine.context import Context


@dataclass(frozen=True, slots=True)
class Toolkit:
    """What only the window's toolkit can do; both raise ImportError where Qt or its libraries are missing.

    `open_window` runs the window on the app that is opened by what it is given (which tells how far a migration is)
    until it is closed, for the demo or not, and gives the exit code; `pdf` prints a page of HTML with SVG drawings by
    name, under a title."""

    open_window: Callable[[Callable[[Callable[[Notice], None]], App], bool], int]
    pdf: Callable[[str, Mapping[str, str], str], bytes]


_FIRST = (20, 22, 3)
"""Of several jobs' exit codes, the one that counts."""


class Session:
    """`json`, `verbose` and `catalog` are set while the words are parsed, before a command runs."""

    def __init__(self, toolkit: Toolkit | None = None) -> None:
        self.toolkit = toolkit
        self.json = False
        self.verbose = False
        self.catalog_path: Path | None = None
        self.dry_run = False
        self.command = ""
        self.stopper = Stopper()
        self._app: App | None = None
        self._sink: Sink | None = None
        self._progress: Progress | None = None
        self._style: Style | None = None
        self._codes: set[int] = set()
        self._summary: dict[str, object] = {}
        self._text: str | None = None
        self._counted = False

    # -- what commands work with

    @property
    def app(self) -> App:
        """The opened catalog; raises VaultErrors where it can't be opened."""
        return self.open(self._opening)

    def open(self, tell: Callable[[Notice], None]) -> App:
        """Open the catalog, where it isn't open already; `tell` hears how far a migration is. Raises as `app` does."""
        if self._app is None:
            from musicvault.app import open_app

            self._app = open_app(self.catalog_path, tell)
            if self._progress is not None:
                self._progress.close()
        return self._app

    def _opening(self, notice: Notice) -> None:
        """Something has to be migrated first."""
        self._open_sink()
        assert self._progress is not None
        if isinstance(notice, Started):
            self._progress.started(notice)
        elif isinstance(notice, Advanced):
            self._progress.advanced(notice)

    @property
    def context(self) -> Context:
        return self.app.context

    @property
    def catalog(self) -> Catalog:
        return self.app.catalog

    @property
    def style(self) -> Style:
        self._open_sink()
        assert self._style is not None
        return self._style

    @property
    def reader_gone(self) -> bool:
        """Whether nobody reads the output any more, so that a mere listing may stop."""
        self._open_sink()
        return self._output.closed

    # -- saying something

    def record(self, kind: str, values: Values, text: str) -> None:
        """One answer: a line of its own."""
        self._open_sink().record(kind, values, text)

    def summary(self, values: Values, text: str = "") -> None:
        """What the last line says, printed when the process ends. Called more than once, values add up."""
        self._summary.update(values)
        self._text = text if self._text is None else "\n".join(part for part in (self._text, text) if part)

    def write(self, data: bytes) -> None:
        """Bytes to standard output just as they are: a report that was asked for without a file."""
        self._open_sink()
        self._output.write_bytes(data)

    def note(self, text: str) -> None:
        """A sentence for people after the summary's counts."""
        self.summary({}, text)

    # -- running jobs

    def run(self, start: Callable[[Context], Job]) -> Mapping[str, int]:
        """Run one job to its end and give its counts. What it raises passes through, after its counts were kept."""
        from musicvault.engine import library  # not before a job runs: status and search have to start fast

        library.reconnect(self.context)
        return self.run_apart(lambda checkpoint: start(self.context.with_checkpoint(checkpoint)))

    def run_apart(self, start: Callable[[Checkpoint], Job]) -> Mapping[str, int]:
        """The same for a job that needs no catalog: none is opened."""
        control = Control()
        counts: Mapping[str, int] = {}
        sink = self._open_sink()
        assert self._progress is not None
        try:
            with (
                self.stopper.guarding(control),
                closing(cast(Generator[Notice], start(control.checkpoint))) as job,
            ):
                for notice in job:
                    if isinstance(notice, Finished):
                        counts = notice.counts
                        self._finished(notice)
                    else:
                        self._show(sink, self._progress, notice)
        finally:
            self._progress.close()
        return counts

    def preview(self, start: Callable[[Context], Job]) -> Mapping[str, int]:
        """Run a job as a dry run, shown as one."""
        self.dry_run = True
        return self.run(start)

    def does_more_than_one(self, start: Callable[[Context], Job]) -> bool:
        """Whether a dry run would act on more than one file; says nothing."""
        done = 0
        with closing(cast(Generator[Notice], start(self.context))) as job:
            for notice in job:
                done += isinstance(notice, ItemDone) and notice.action != "failed"
                if done > 1:
                    return True
        return False

    def forget_counts(self) -> None:
        """What ran so far was only in preparation of something else."""
        self._codes.clear()
        self._summary.clear()
        self._counted = False

    def _show(self, sink: Sink, progress: Progress, notice: Notice) -> None:
        if isinstance(notice, ItemDone):
            sink.item(notice, dry_run=self.dry_run)
        elif isinstance(notice, Started):
            progress.started(notice)
        elif isinstance(notice, Advanced):
            progress.advanced(notice)

    def _finished(self, notice: Finished) -> None:
        self._counted = True
        self._codes.add(notice.exit_code)
        for key, value in notice.counts.items():
            before = self._summary.get(key, 0)
            self._summary[key] = value + (before if isinstance(before, int) else 0)

    # -- the end

    def end_with(self, exit_code: int) -> None:
        """The exit code of something that isn't a job."""
        self._codes.add(exit_code)

    @property
    def exit_code(self) -> int:
        """By the jobs that ran; 0 where nothing is amiss."""
        return next((code for code in _FIRST if code in self._codes), max(self._codes, default=0))

    def finish(self, command: str, exit_code: int, error: str = "") -> None:
        """Print the last line. Nothing is said twice: an error's sentence goes to standard error by the caller."""
        sink = self._open_sink()
        values = {"command": command, **self._summary}
        if self.dry_run:
            values["dry_run"] = True
        values["exit_code"] = exit_code
        if error:
            values["error"] = error
        next_step = "" if error else phrases.next_step(command, exit_code, dry_run=self.dry_run)
        lines = [self._count_line(stopped=bool(error)), self._text or "", next_step]
        sink.summary(values, "\n".join(part for part in lines if part))

    def close(self) -> None:
        """Let go of terminal and catalog."""
        if self._progress is not None:
            self._progress.close()
        if self._app is not None:
            self._app.close()
            self._app = None

    def _count_line(self, *, stopped: bool) -> str:
        numbers = {key: value for key, value in self._summary.items() if type(value) is int}
        if not self._counted or (stopped and not any(numbers.values())):
            return ""  # "Nothing to do" would be untrue of a job that could not do it
        return phrases.counts(numbers, dry_run=self.dry_run)

    def _open_sink(self) -> Sink:
        if self._sink is not None:
            return self._sink
        self._output = standard_output(utf8=self.json)
        self._progress = Progress(wanted=True)
        self._style = Style(self._output.is_terminal and not self.json)
        if self.json:
            from musicvault.cli.jsonlines import JsonLines

            self._sink = JsonLines(self._output)
        else:
            from musicvault.cli.text import Text

            self._sink = Text(self._output, self._progress, self._style, verbose=self.verbose)
        return self._sink
