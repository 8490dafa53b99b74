"""`python -m tests.simulation --seed N --days N`: live through a year, and say what was said."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.private_mounts import mount_privately
from tests.simulation.truth import FalsehoodError
from tests.simulation.world import LossError, World
from tests.simulation.year import Year


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--folder", type=Path, help="where the disks' images lie, best in memory")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder)))
        if os.geteuid() == 0:
            with suppress(OSError):  # a container may forbid it: then others had better mount nothing meanwhile
                mount_privately(folder)
        dies = stack.enter_context(ExitStack())
        try:
            year = Year(World(folder, options.seed, stack), dies)
            year.live(options.days)
        except pytest.skip.Exception as reason:
            print(f"skipped: {reason}", file=sys.stderr)
            return 1
        except (FalsehoodError, LossError) as falsehood:
            print(falsehood, file=sys.stderr)
            return 1
    world, truth = year.world, year.truth
    found = {"rounds": world.rounds, "checks": truth.checks, "reads": world.reads}
    found |= {"pulls": world.yanks, "kills": world.kills, "pairs": world.pairs, "fulls": world.fulls}
    print(json.dumps(found | {"sentences": dict(truth.sentences), "shown": world.shown}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
