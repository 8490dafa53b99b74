"""The program as a real process that can be killed: forked from here, so that it needs no time to load, and watched by
strace where a fault is to be injected."""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """How one run ended: its exit code (negative: the signal), its words, and what strace saw."""

    code: int
    said: str
    log: str = ""


def load() -> None:
    """Import the program, so that children have it."""
    for package in ("musicvault.cli", "musicvault.engine", "musicvault.audio", "musicvault.catalog"):
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(module.__path__, package + "."):
            if found.name.rpartition(".")[2] not in ("__main__", "child", "strict_decode"):
                importlib.import_module(found.name)
    importlib.import_module("sqlite_utils.migrations")
    gc.freeze()


def program(room: Path, words: Sequence[str], strace: Sequence[str] = (), step: tuple[str, int] = ("never", 1)) -> Run:
    """One command of the program, on the catalog of `room`. `strace` are strace's own words; the process kills itself
    when a named `step` was done so many times."""

    def act() -> int:
        from musicvault.cli.main import run
        from musicvault.storage import durable
        from musicvault.storage.vault import writing
        from tests.crash.child import killer

        durable.on_step = writing.on_step = killer(*step)
        return run(list(words))

    return forked(room, act, strace)


def forked(room: Path, act: Callable[[], int], strace: Sequence[str] = ()) -> Run:
    """`act` in a child process that stands in `room`; what it raises is said, and its exit code is 1."""
    with tempfile.TemporaryDirectory() as aside:
        said, log = Path(aside) / "said", Path(aside) / "log"
        gate, go = os.pipe()
        child = os.fork()
        if not child:
            os.close(go)
            os.read(gate, 1)
            os.close(gate)
            _in_child(room, act, said)
        os.close(gate)
        watcher = _watcher(child, strace, log) if strace else None
        os.write(go, b"x")
        os.close(go)
        status = os.waitpid(child, 0)[1]
        if watcher is not None:
            watcher.communicate()
        text = log.read_text("utf-8", "replace") if log.exists() else ""
        return Run(os.waitstatus_to_exitcode(status), said.read_text("utf-8", "replace") if said.exists() else "", text)


def _watcher(child: int, strace: Sequence[str], log: Path) -> subprocess.Popen[str]:
    command = ["strace", "-f", "-y", "-s", "0", "-o", str(log), *strace, "-p", str(child)]
    watcher = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert watcher.stderr is not None
    line = watcher.stderr.readline()
    assert "attached" in line, line
    return watcher


def _in_child(room: Path, act: Callable[[], int], said: Path) -> None:
    code = 1
    try:
        words = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(words, 1)
        os.dup2(words, 2)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
        os.chdir(room)
        os.environ.update(environment(room))
        code = act()
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def environment(room: Path) -> dict[str, str]:
    """What lets the program use nothing but the room."""
    own = {f"XDG_{name}_HOME": str(room / "own" / name.lower()) for name in ("CONFIG", "DATA", "CACHE", "STATE")}
    return own | {"MUSICVAULT_CATALOG": str(room / "catalog.sqlite3"), "MUSICVAULT_DEBUG": "1", "LC_ALL": "C.UTF-8"}
