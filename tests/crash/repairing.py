"""A repair or restore in a real process that is killed at a named step: `python -m tests.crash.repairing ROOM JOB STEP
COUNT`, as `tests.crash.child`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from musicvault.catalog.database import Catalog
from musicvault.engine.context import Context
from musicvault.engine.repair import repair
from musicvault.engine.restore import restore
from musicvault.storage import durable
from musicvault.storage.vault import writing
from tests.crash.child import killer


def main() -> None:
    room, job, step, count = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    ctx = Context(Catalog.open(room / "catalog.sqlite3"), time.time)
    durable.on_step = writing.on_step = killer(step, count)
    if job == "repair":
        for _ in repair(ctx, missing=True):
            pass
    else:
        for _ in restore(ctx, "", os.fsencode(room / "back")):
            pass


if __name__ == "__main__":
    main()
