"""One run of one command: opens what it needs, runs its jobs, and says what they and the command have to say."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from musicvault.cli import phrases
from musicvault.cli.outcome import Outcome
from musicvault.cli.progress import Progress
from musicvault.cli.sink import Sink, Values, standard_output
from musicvault.cli.stopping import Stopper
from musicvault.cli.style import Style
from musicvault.domain.notices import Advanced, Checkpoint, Finished, ItemDone, Job, Notice, Started
from musicvault.language import tr
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


class Session:
    """`json`, `verbose` and `catalog_path` are set while the words are parsed, before a command runs; so are `founds`:
    whether the command is one to begin a new catalog with, and `reads`: whether it only looks into it."""

    def __init__(self, toolkit: Toolkit | None = None) -> None:
        self.toolkit = toolkit
        self.json = False
        self.verbose = False
        self.catalog_path: Path | None = None
        self.founds = False
        self.reads = False
        self.dry_run = False
        self.command = ""
        self.stopper = Stopper()
        self.outcome = Outcome()
        self._app: App | None = None
        self._sink: Sink | None = None
        self._progress: Progress | None = None
        self._style: Style | None = None

    # -- what commands work with

    @property
    def app(self) -> App:
        """The opened catalog; raises VaultErrors where it can't be opened."""
        return self.open(self._opening)

    def open(self, tell: Callable[[Notice], None]) -> App:
        """Open the catalog, where it isn't open already; `tell` hears how far a migration is. Raises as `app` does."""
        if self._app is None:
            from musicvault.app import open_app

            begun = None if self.founds or self.catalog_path is None else self.catalog_path
            mistyped = begun is not None and not os.path.lexists(begun)
            self._app = open_app(self.catalog_path, tell, to_read=self.reads)
            if self._progress is not None:
                self._progress.close()
            if mistyped:  # it must not look like a library without worries
                self.note(tr("There was no catalog {path}: this is a new one.", path=begun))
            if self._app.catalog.is_only_read:
                self._say_full(self._app.catalog.path)
        return self._app

    def _say_full(self, path: Path) -> None:
        """What is answered may be old, and nothing else goes on. Beside the answer, which may be a file."""
        self.summary({"catalog_full": True}, "")
        if not self.json:
            said = tr("The disk that holds the catalog {path} is full: nothing goes on until there is room.", path=path)
            print(said, file=sys.stderr)

    def _opening(self, notice: Notice) -> None:
        """Something has to be migrated first."""
        sink = self._open_sink()
        assert self._progress is not None
        self._show(sink, self._progress, notice)

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
        self.outcome.add(values, text)

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
                        self.outcome.finished(notice)
                    else:
                        self._show(sink, self._progress, notice)
        finally:
            self._progress.close()
        return counts

    def preview(self, start: Callable[[Context], Job]) -> Mapping[str, int]:
        """Run a job as a dry run, shown as one."""
        self.dry_run = True
        return self.run(start)

    def _show(self, sink: Sink, progress: Progress, notice: Notice) -> None:
        if isinstance(notice, ItemDone):
            sink.item(notice, dry_run=self.dry_run)
        elif isinstance(notice, Started):
            progress.started(notice)
        elif isinstance(notice, Advanced):
            progress.advanced(notice)

    # -- the end

    def finish(self, command: str, exit_code: int, error: str = "") -> None:
        """Print the last line. Nothing is said twice: an error's sentence goes to standard error by the caller."""
        sink = self._open_sink()
        values = {"command": command, **self.outcome.values}
        if self.dry_run:
            values["dry_run"] = True
        values["exit_code"] = exit_code
        if error:
            values["error"] = error
        next_step = "" if error else phrases.next_step(command, exit_code, dry_run=self.dry_run)
        counts = self.outcome.count_line(stopped=bool(error), dry_run=self.dry_run)
        lines = [counts, self.outcome.text, next_step]
        sink.summary(values, "\n".join(part for part in lines if part))

    def close(self) -> None:
        """Let go of terminal and catalog."""
        if self._progress is not None:
            self._progress.close()
        if self._app is not None:
            self._app.close()
            self._app = None

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
