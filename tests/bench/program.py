"""The program under test: the real command line with a catalog of its own."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.measuring import Run, run

PROJECT = Path(__file__).resolve().parents[2]


class Program:
    """MusicVault with catalog, settings and caches in `place`, which is emptied first unless `keep`."""

    def __init__(self, place: Path, keep: bool = False) -> None:
        if not keep:
            shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True, exist_ok=True)
        self.place = place
        self.env = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPYCACHEPREFIX": str(place.parent / "compiled"),  # an installed program is compiled once
            "MUSICVAULT_CATALOG": str(place / "catalog.sqlite3"),
            "XDG_CONFIG_HOME": str(place / "config"),
            "XDG_DATA_HOME": str(place / "data"),
            "XDG_CACHE_HOME": str(place / "cache"),
            "PYTHONPATH": str(PROJECT),
        }

    def __call__(self, *arguments: str | Path, allowed: Sequence[int] = (0,)) -> Run:
        """Run one command to its end, as a process of its own."""
        return run([sys.executable, "-P", "-m", "musicvault", *arguments, "--json"], self.env, allowed)


def summary(done: Run) -> dict[str, Any]:
    """The last line that the command printed."""
    answer = json.loads(done.output.splitlines()[-1])
    assert answer["type"] == "summary", answer
    return dict(answer)
