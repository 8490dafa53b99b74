"""`python -m tests.bench [NAME…] [--data DIR]`: without a name, all of them.

`--data` (else MUSICVAULT_BENCH, else the temporary folder) keeps the made music between runs: 5 GB, and about
4 GB more while it runs. For cold reads it wants root, or files that only this account reads.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.bench import (
    catalog,
    copying,
    decoding,
    dying,
    healing,
    importing,
    parity,
    querying,
    reporting,
    scanning,
    standing,
    starting,
    verdicts,
    watching,
    year,
)
from tests.bench.measuring import Bench, show

BENCHES: dict[str, Bench] = {
    "scan": scanning.scan,
    "fingerprints": scanning.fingerprints,
    "decode": decoding.decode,
    "import": importing.first_import,
    "rescan": importing.rescan,
    "lookups": importing.lookups,
    "scrub": copying.scrub,
    "sync": copying.sync,
    "healing": healing.healing,
    "dying": dying.dying,
    "parity": parity.parity,
    "verdicts": verdicts.verdicts,
    "queries": querying.queries,
    "standing": standing.standings,
    "catalog": catalog.questions,
    "report": reporting.reports,
    "start": starting.start,
    "window": starting.window,
    "watch": watching.watching,
    "retag": watching.retag,
    "year": year.years,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--data", type=Path, help="where the made music is kept")
    parser.add_argument("--seed", help="where the simulated years begin")
    options = parser.parse_args()
    if options.seed is not None:
        os.environ[year.SEED_VARIABLE] = options.seed
    if unknown := set(options.names) - set(BENCHES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    default = os.environ.get("MUSICVAULT_BENCH") or Path(tempfile.gettempdir()) / "musicvault-bench"
    data = (options.data or Path(default)).absolute()
    data.mkdir(parents=True, exist_ok=True)
    met = True
    for name in options.names or BENCHES:
        results = list(BENCHES[name](data))
        show(name, results)
        met &= all(result.is_met for result in results)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
