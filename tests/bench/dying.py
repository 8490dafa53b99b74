"""Two dying drives, a new computer, and whether every file comes back that physics allows."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from tests.bench.measuring import Result
from tests.healing.dying import SNAPSHOTS, story

_SEEDS = 2
"""For each pair of what became of the drives' snapshots."""


def dying(data: Path) -> Iterator[Result]:
    """A table by what became of the snapshots: files, those that could come back, those that did."""
    place, seed = data / "dying", 100
    table: dict[tuple[str, str], Counter[str]] = {}
    failures: list[str] = []
    for snapshots in product(SNAPSHOTS, SNAPSHOTS):
        counts = table[snapshots] = Counter()
        for _ in range(_SEEDS):
            seed += 1
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            found = story(place, seed, snapshots, seconds=2)
            counts.update(possible=len(found.possible), back=len(found.back))
            failures += [f"seed {seed}, snapshots {snapshots}: {failure}" for failure in found.failures]
    shutil.rmtree(place, ignore_errors=True)
    print(f"\n{'snapshots':<26}{'possible':>10}{'back':>8}")
    for (one, other), counts in table.items():
        print(f"{one + ', ' + other:<26}{counts['possible']:>10}{counts['back']:>8}")
    print(*failures, sep="\n")
    yield Result("files that could have come back, came back wrong, or are lost untold", len(failures), "", 0)
