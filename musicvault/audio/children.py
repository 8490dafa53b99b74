"""Child processes for decoders: they may crash, hang or eat memory on a hostile file, and only they suffer.

A `Worker` is a Python child that keeps PyAV loaded and answers one question at a time (`audio.child` is its other
end); tools (fpcalc, flac …) are run once per file. Both have a time limit, after which the child is killed.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import musicvault
from musicvault.domain.notices import Checkpoint, never_stops

_MOST_OUTPUT = 1 << 24
_TICK_S = 0.25


class ChildFailed(Exception):  # noqa: N818  (what happened, as in the tree of errors)
    """The child crashed, was killed after its time limit, or gave no sense."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a tool ended: negative `code` means killed by that signal."""

    code: int
    output: bytes
    errors: str


def run(arguments: Sequence[str | bytes], timeout: float, checkpoint: Checkpoint = never_stops) -> Run:
    """Run a tool to its end. Raises ChildFailed where it can't start or takes longer than `timeout` seconds, and what
    `checkpoint` raises, which is asked meanwhile; then the tool is ended."""
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    try:
        child = subprocess.Popen(arguments, stdin=nothing, stdout=pipe, stderr=pipe, env=_environment())
    except OSError as error:
        raise ChildFailed(str(error.strerror)) from error
    with child:
        try:
            output, errors = _told(child, timeout, checkpoint)
        except BaseException:
            child.kill()
            raise
    return Run(child.returncode, output, errors.decode("utf-8", "replace"))


def _told(child: subprocess.Popen[bytes], timeout: float, checkpoint: Checkpoint) -> tuple[bytes, bytes]:
    until = time.monotonic() + timeout
    while True:
        try:
            return child.communicate(timeout=min(_TICK_S, max(0.0, until - time.monotonic())))
        except subprocess.TimeoutExpired as error:
            if time.monotonic() >= until:
                raise ChildFailed(f"took longer than {timeout:.0f} s") from error
            checkpoint()


def _environment() -> dict[str, str]:
    package = str(Path(musicvault.__file__).resolve().parent.parent)
    known = os.environ.get("PYTHONPATH")
    # Tools must speak English: their words are read.
    return {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": f"{package}{os.pathsep}{known}" if known else package}


class Worker:
    """A child that answers questions about files. Not for use by two threads at once: see `worker`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "musicvault.audio.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        self._finalizer = weakref.finalize(self, _end, self._process)

    @property
    def alive(self) -> bool:
        return self._finalizer.alive and self._process.poll() is None

    def close(self) -> None:
        self._finalizer()

    def ask(self, question: Mapping[str, object], path: bytes, timeout: float) -> dict[str, Any]:
        """One question about one file. Raises ChildFailed, after which this worker is gone."""
        if timeout <= 0:
            raise ChildFailed("took longer than 0 s")
        line = {**question, "path": base64.b64encode(os.path.abspath(path)).decode("ascii")}
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(line).encode() + b"\n")
            stdin.flush()
            answer = json.loads(self._line(timeout))
        except (OSError, ValueError) as error:
            self.close()
            raise ChildFailed(str(error)) from error
        if not isinstance(answer, dict):
            self.close()
            raise ChildFailed("no sense in the answer")
        return answer

    def _line(self, timeout: float) -> bytes:
        """The next line of the child. Killing it ends the read: that works on every system, unlike waiting on pipes."""
        stdout = self._process.stdout
        assert stdout is not None
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            self._process.kill()

        timer = threading.Timer(timeout, expire)
        timer.daemon = True
        timer.start()
        try:
            line = stdout.readline(_MOST_OUTPUT)
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            raise ValueError(f"took longer than {timeout:.0f} s" if expired.is_set() else "the decoder crashed")
        return line


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                pass  # it died with a question unread
    process.wait()


_workers = threading.local()


def worker() -> Worker:
    """This thread's worker, started at the first question and again after a crash."""
    current: Worker | None = getattr(_workers, "current", None)
    if current is None or not current.alive or _workers.process_id != os.getpid():
        current = _workers.current = Worker()
        _workers.process_id = os.getpid()
    return current
