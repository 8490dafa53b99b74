"""A real process that is killed at a named step: `python -m tests.crash.child ROOM JOB STEP COUNT`.

ROOM holds `catalog.sqlite3` and what the test put there. The process kills itself with SIGKILL when STEP has been
done for the COUNTth time; with an empty STEP it prints every step on its way, one a line.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from musicvault.catalog import libraries
from musicvault.catalog.database import Catalog
from musicvault.engine.adoption import adopt
from musicvault.engine.context import Context
from musicvault.engine.drives import add_drive
from musicvault.engine.protect import protect
from musicvault.engine.scan import scan
from musicvault.engine.sync import sync
from musicvault.storage import durable
from musicvault.storage.vault import writing


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


JOBS = {"sync": _sync, "protect": _protect, "drive": _add_drive, "adopt": _adopt}


def main() -> None:
    room, job, step, count = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    catalog = Catalog.open(room / "catalog.sqlite3")
    durable.on_step = writing.on_step = killer(step, count)
    JOBS[job](Context(catalog, time.time), room)


if __name__ == "__main__":
    main()
