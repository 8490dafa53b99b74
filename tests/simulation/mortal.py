"""A process that does one round of the service and is killed at the so-manieth file that it opens; 0 for never."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from musicvault.catalog.database import Catalog
from musicvault.engine.context import Context
from musicvault.engine.timekeeping import TrustedClock
from musicvault.runtime.plans import Plans
from musicvault.runtime.service import Service


def main(catalog: str, wall: str, steady: str, opens: str) -> None:
    left = int(opens)

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event == "open" and isinstance(arguments[0], str | bytes) and b"/mounted/" in os.fsencode(arguments[0]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    opened = Catalog.open(Path(catalog))
    clock = TrustedClock(opened, lambda: float(wall), lambda: float(steady), lambda: "this boot")
    service = Service(
        Context(opened, clock.now, keep_time=clock.keep),
        Plans(fingerprints=False),
        steady=lambda: float(steady),
        sleep=lambda _s: None,
    )
    print("begins", flush=True)
    sys.addaudithook(heard)
    for notice in service.round():
        del notice


if __name__ == "__main__":
    main(*sys.argv[1:])
