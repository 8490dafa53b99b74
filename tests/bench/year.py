"""The year of `tests.simulation`, lived through with other seeds. `--seed` names the first of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measuring import Result, run

SEED_VARIABLE = "MUSICVAULT_BENCH_SEED"
_YEARS = 3
_LONGEST_S = 180.0


def years(data: Path) -> Iterator[Result]:
    """A year for each of some seeds; a sentence that isn't true ends the benchmark."""
    first = int(os.environ.get(SEED_VARIABLE, "1"))
    for seed in range(first, first + _YEARS):
        done = run([sys.executable, "-m", "tests.simulation", "--seed", str(seed), "--folder", str(data)])
        yield Result(f"a year with seed {seed}", done.seconds, "s", _LONGEST_S)
