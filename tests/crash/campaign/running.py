"""The program as a real process that can be killed: forked from here, so that it needs no time to load, and asked at
each system call of one name where a fault is to be injected."""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import select
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.crash.campaign import injecting
from tests.crash.campaign.calls import STEP, Fault, struck, watching
from tests.crash.campaign.injecting import Decide
from tests.crash.campaign.stillness import Moment


@dataclass(frozen=True, slots=True)
class Run:
    """How one run ended: its exit code (negative: the signal), its words, what strace saw, and how often the fault
    struck."""

    code: int
    said: str
    log: str = ""
    struck: int = 0


moment: Moment | None = None
"""When what a stage is about happens; None: now, while it is being made."""
_LATER = 60.0
"""Seconds from the job to the runs that follow."""

_NOT_MEANT = ("__main__", "child", "strict_decode")


def load() -> None:
    """Import the program, so that children have it, and build its command line once."""
    for package in ("musicvault.cli", "musicvault.engine", "musicvault.audio", "musicvault.catalog", "platformdirs"):
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(module.__path__, package + "."):
            if found.name.rpartition(".")[2] not in (*_NOT_MEANT, "android", "macos", "windows"):
                importlib.import_module(found.name)
    for name in ("musicvault.app", "sqlite_utils.migrations", "tests.crash.child"):
        importlib.import_module(name)
    import typer
    from sqlite_utils.plugins import ensure_plugins_loaded

    from musicvault.cli.root import app

    commands = typer.main.get_command(app)
    typer.main.get_command = lambda typer_instance: commands
    ensure_plugins_loaded()
    with suppress(ImportError, OSError):  # OSError: the package is there, the system's libfuse isn't
        importlib.import_module("mfusepy")  # for the drivers, which are forked from here too
    gc.freeze()


def program(
    room: Path,
    words: Sequence[str],
    *,
    watch: Sequence[str] = (),
    fault: Fault | None = None,
    step: tuple[str, int] = ("never", 1),
    before: tuple[Sequence[str], Decide] | None = None,
) -> Run:
    """One command of the program, on the catalog of `room`. `watch` names the system calls to be noted; the process
    kills itself when a named `step` was done so many times. `before` is asked before each call of these names."""

    def act() -> int:
        from musicvault.cli.main import run
        from musicvault.storage import durable
        from musicvault.storage.vault import writing
        from tests.crash.child import killer

        durable.on_step = writing.on_step = _note if watch else killer(*step)
        if moment is not None:
            moment.hold(0)
        return run(list(words))

    return forked(room, act, watch, fault, before)


def _note(step: str) -> None:
    os.access(STEP + step, os.F_OK)


def one_after_the_other(room: Path, commands: Sequence[Sequence[str]]) -> list[Run]:
    """Several commands in one process, none after one that didn't end by itself."""
    with tempfile.TemporaryDirectory() as aside:
        ends = Path(aside) / "ends"

        def act() -> int:
            from musicvault.cli.main import run

            if moment is not None:
                moment.hold(_LATER)
            for words in commands:
                code = run(list(words))
                sys.stdout.flush()
                with ends.open("a") as file:
                    file.write(f"{code} {os.lseek(1, 0, os.SEEK_CUR)}\n")
            return 0

        done = forked(room, act)
        runs: list[Run] = []
        begun, said = 0, done.said.encode()
        for line in ends.read_text().splitlines() if ends.exists() else ():
            code, end = map(int, line.split())
            runs.append(Run(code, said[begun:end].decode("utf-8", "replace")))
            begun = end
        return runs if len(runs) == len(commands) else [*runs, Run(done.code or 1, said[begun:].decode())]


def forked(
    room: Path,
    act: Callable[[], int],
    watch: Sequence[str] = (),
    fault: Fault | None = None,
    before: tuple[Sequence[str], Decide] | None = None,
) -> Run:
    """`act` in a child process that stands in `room`; what it raises is said, and its exit code is 1."""
    asked = before
    if fault is not None and injecting.can_inject():
        asked = (fault.name,), injecting.only(fault)
    strace = watching(watch) if watch else fault.words if fault is not None and asked is None else ()
    with tempfile.TemporaryDirectory() as aside:
        said, log = Path(aside) / "said", Path(aside) / "log"
        ours, theirs = socket.socketpair()
        with ours, theirs:
            child = os.fork()
            if not child:
                _in_child(room, act, said, theirs, asked[0] if asked is not None else ())
            theirs.close()
            watcher = _watcher(child, strace, log) if strace else None
            ours.send(b"x")
            hits = injecting.answer(ours, child, asked[1]) if asked is not None else 0
        status = os.waitpid(child, 0)[1]
        if watcher is not None:
            watcher.communicate()
        text = log.read_text("utf-8", "replace") if log.exists() else ""
        words = said.read_text("utf-8", "replace") if said.exists() else ""
        return Run(os.waitstatus_to_exitcode(status), words, text, hits + struck(text))


def _watcher(child: int, strace: Sequence[str], log: Path) -> subprocess.Popen[str]:
    command = ["strace", "-f", "-y", "-s", "0", "-o", str(log), *strace, "-p", str(child)]
    watcher = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert watcher.stderr is not None
    line = watcher.stderr.readline()
    assert "attached" in line, line
    return watcher


def _in_child(room: Path, act: Callable[[], int], said: Path, line: socket.socket, asked: Sequence[str]) -> None:
    code = 1
    try:
        if asked:
            injecting.ask(line, asked)
        select.select([line], [], [])  # no call that counts
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
