"""Real processes that need no time to load: each is forked from one that has loaded the program already and has nothing
else open (`python -m tests.crash.child`, started at the first call).

`run_child(ROOM, JOB, STEP, COUNT)` is one that is killed at a named step. ROOM holds `catalog.sqlite3` and what the
test put there. The process kills itself with SIGKILL when STEP has been done for the COUNTth time; with an empty STEP
it prints every step on its way, one a line.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from musicvault.catalog import libraries
from musicvault.catalog.database import Catalog
from musicvault.engine.adoption import adopt
from musicvault.engine.context import Context
from musicvault.engine.drives import add_drive
from musicvault.engine.protect import protect
from musicvault.engine.repair import repair
from musicvault.engine.restore import restore
from musicvault.engine.scan import scan
from musicvault.engine.sync import sync
from musicvault.storage import durable
from musicvault.storage.vault import writing
from tests.conftest import PROJECT


def killer(step: str, count: int) -> Callable[[str], None]:
    left = count

    def on_step(done: str) -> None:
        nonlocal left
        if not step:
            os.write(1, f"{done}\n".encode())  # in one piece: two threads announce steps
        elif done == step:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return on_step


def _sync(ctx: Context, room: Path) -> None:
    for _ in scan(ctx, [library.id for library in libraries.every(ctx.catalog)]):
        pass
    for _ in sync(ctx):
        pass


def _protect(ctx: Context, room: Path) -> None:
    for _ in protect(ctx, [os.fsencode(room / "Music")], [os.fsencode(room / "drive")], fingerprints=False):
        pass


def _add_drive(ctx: Context, room: Path) -> None:
    add_drive(ctx, os.fsencode(room / "drive"), "drive")


def _adopt(ctx: Context, room: Path) -> None:
    vault = add_drive(ctx, os.fsencode(room / "drive"))
    for _ in adopt(ctx, vault, os.fsencode(room / "backup")):
        pass


def _repair(ctx: Context, room: Path) -> None:
    for _ in repair(ctx, missing=True):
        pass


def _restore(ctx: Context, room: Path) -> None:
    for _ in restore(ctx, "", os.fsencode(room / "back")):
        pass


JOBS = {
    "sync": _sync,
    "protect": _protect,
    "drive": _add_drive,
    "adopt": _adopt,
    "repair": _repair,
    "restore": _restore,
}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: exit code (negative: the signal), and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def run_child(room: Path, job: str, step: str, count: int = 1) -> Ended:
    """One job in a process of its own."""
    return in_a_process(f"{__name__}:_die_at", str(room), job, step, count)


def _die_at(room: str, job: str, step: str, count: int) -> None:
    catalog = Catalog.open(Path(room) / "catalog.sqlite3")
    durable.on_step = writing.on_step = killer(step, count)
    JOBS[job](Context(catalog, time.time), Path(room))


def in_a_process(function: str, *arguments: object) -> Ended:
    """Call `module:name` with what JSON can say; what it returns is the exit code."""
    parent = _parent()
    assert parent.stdin is not None
    assert parent.stdout is not None
    with tempfile.TemporaryDirectory(prefix="child-") as aside:
        said = [Path(aside) / name for name in ("stdout", "stderr")]
        asked = [*map(str, said), dict(os.environ), function, *arguments]
        parent.stdin.write(json.dumps(asked) + "\n")
        parent.stdin.flush()
        code = int(parent.stdout.readline())
        return Ended(code, *(path.read_text("utf-8", "replace") for path in said))


@cache
def _parent() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.crash.child"]
    parent = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(parent.communicate)
    return parent


def main() -> None:
    from tests.crash.campaign.running import load

    load()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _be(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _be(stdout: str, stderr: str, environment: dict[str, str], function: str, *arguments: Any) -> None:
    code = 1
    try:
        for number, path in enumerate((os.devnull, stdout, stderr)):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), number)
        os.environ.update(environment)
        module, name = function.split(":")
        code = getattr(importlib.import_module(module), name)(*arguments) or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
