"""The program as its users meet it: a real child process, a catalog of its own, real files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.warm import Nursery

PROJECT = Path(__file__).resolve().parents[2]
Word = str | bytes | Path


@dataclass(frozen=True)
class Result:
    """How one run ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        last = self.lines[-1]
        assert last["type"] == "summary", last
        return last

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == kind]

    @property
    def findings(self) -> set[tuple[str, str, str]]:
        """(where, path, verdict)"""
        return {(line["where"], line["path"], line["verdict"]) for line in self.of_type("finding")}


def surroundings() -> dict[str, str]:
    """The environment of a person without a screen, and with a language that the tests know."""
    unwanted = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "MUSICVAULT_DEBUG")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"PYTHONPATH": str(PROJECT), "LC_ALL": "C.UTF-8"}


NOTHING: Mapping[str, str] = {}


class Program:
    """Runs `musicvault` in `place`, without a screen; from the nursery, if any, else in a fresh interpreter."""

    def __init__(self, place: Path, nursery: Nursery | None = None) -> None:
        self.place = place
        self.nursery = nursery
        self.music = place / "Music"
        self.environment = surroundings() | {"MUSICVAULT_CATALOG": str(place / "catalog.sqlite3")}

    def command(self, *words: Word) -> list[Word]:
        return [sys.executable, "-P", "-m", "musicvault", *words]

    def run(self, *words: Word, code: int | None = 0, environment: Mapping[str, str] = NOTHING) -> Result:
        """One command to its end; `code` is what it must exit with (None: whatever)."""
        result = self._warm(words) if self.nursery and not environment else self._fresh(words, environment)
        assert "Traceback" not in result.err, result.err
        assert code is None or result.code == code, f"{words}: exit {result.code}\n{result.out}\n{result.err}"
        return result

    def _warm(self, words: Sequence[Word]) -> Result:
        assert self.nursery is not None
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            code = self.nursery.run(words, self.place, self.environment, out, err)
            out.seek(0)
            err.seek(0)
            return Result(code, out.read().decode("utf-8"), err.read().decode("utf-8"))

    def _fresh(self, words: Sequence[Word], environment: Mapping[str, str]) -> Result:
        done = subprocess.run(
            self.command(*words),
            check=False,
            cwd=self.place,
            env={**self.environment, **environment},
            capture_output=True,
            timeout=120,
        )
        return Result(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    def json(self, *words: Word, code: int | None = 0) -> Result:
        """The same with --json; checks that the last line is the summary and tells the exit code."""
        result = self.run(*words, "--json", code=code)
        assert result.summary["exit_code"] == result.code
        assert all(line["type"] != "summary" for line in result.lines[:-1])
        return result

    def interrupt(self, words: Sequence[Word], when: Callable[[int], bool], number: signal.Signals) -> Result:
        """Start a command, send a signal to its whole group once `when(pid)` holds, and wait for its end."""
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job, which a child would inherit
            signal.signal(signal.SIGINT, signal.default_int_handler)
        child = subprocess.Popen(
            self.command(*words),
            cwd=self.place,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        while not when(child.pid):
            assert child.poll() is None, child.communicate()
            os.sched_yield()
        os.killpg(child.pid, number)
        out, err = child.communicate(timeout=60)
        return Result(child.returncode, out.decode("utf-8"), err.decode("utf-8"))


def reads(path: Path) -> Callable[[int], bool]:
    """Whether a process has the file open."""

    def holds(pid: int) -> bool:
        try:
            with os.scandir(f"/proc/{pid}/fd") as entries:
                return any(os.readlink(entry.path) == str(path) for entry in entries)
        except OSError:
            return False

    return holds


def flip(path: Path, offset: int | None = None) -> None:
    """One byte changes; size and times stay."""
    before = path.stat()
    with path.open("r+b") as file:
        place = before.st_size // 2 if offset is None else offset
        file.seek(place)
        old = file.read(1)
        file.seek(place)
        file.write(bytes([old[0] ^ 0x10]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def digests(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes, to see that nothing was touched."""
    return {
        os.fsencode(path).decode("latin-1"): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
