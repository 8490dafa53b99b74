"""The crash campaign: `python -m tests.crash [--seed N] [--sample N] [--jobs NAME …] [--kinds KIND …] [--at PATTERN]
[--minutes N]`.

Without `--sample` every system call that changes something is a point, for each job and kind of fault. Prints each
failure as it comes and the table at the end; exits with 1 where anything failed or
nothing was tried.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from queue import Empty
from typing import Any

from tests.crash.campaign import running
from tests.crash.campaign.breaking import Choice, Result, campaign
from tests.crash.campaign.kinds import KINDS
from tests.crash.campaign.missing import missing_for
from tests.crash.campaign.stages import STAGES, by_name


def main(arguments: Sequence[str] | None = None) -> int:
    words = _parser().parse_args(arguments)
    lacking = missing_for(words.kinds)
    if lacking:
        print(f"The campaign can't run here: {lacking}", file=sys.stderr)
        return 77
    tasks = [(stage.name, kind) for kind in words.kinds for stage in by_name(words.jobs)]
    running.load()
    began = time.monotonic()
    table: Counter[tuple[str, str, str]] = Counter()
    with tempfile.TemporaryDirectory(dir=words.folder, prefix="campaign-") as folder:
        for result in _results(tasks, Path(folder), words):
            table[result.stage, result.kind, _outcome(result)] += 1
            if sum(table.values()) % 100 == 0:
                print(f"{sum(table.values())} points tried", file=sys.stderr, flush=True)
            if result.wrong:
                print(f"FAILED {result.stage}, {result.kind}: {result.point}", *result.wrong, sep="\n    ", flush=True)
    seconds = time.monotonic() - began
    stopped = f", stopped after {words.minutes:g} minutes" if seconds > words.minutes * 60 else ""
    print(_shown(tasks, table), f"seed {words.seed}, {seconds:.0f} s{stopped}", sep="\n")
    return 1 if not table or any(outcome == "failed" for _, _, outcome in table) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, help="so many points of each job and kind (default: all)")
    parser.add_argument("--jobs", nargs="*", default=[], choices=[stage.name for stage in STAGES], metavar="NAME")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=KINDS, metavar="KIND")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no further point after so long")
    parser.add_argument("--at", default="", metavar="PATTERN", help="only points whose call matches this expression")
    parser.add_argument("--folder", default="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    parser.add_argument("--workers", type=int, default=2)
    return parser


def _outcome(result: Result) -> str:
    return "failed" if result.wrong else "held" if result.reached else "not reached"


def _results(tasks: Sequence[tuple[str, str]], folder: Path, words: argparse.Namespace) -> Any:
    results: Any = multiprocessing.Queue()
    workers = [
        multiprocessing.Process(target=_work, args=(number, tasks, folder, words, results))
        for number in range(words.workers)
    ]
    for worker in workers:
        worker.start()
    left = len(workers)
    while left:
        try:
            result = results.get(timeout=5)
        except Empty:
            dead = [worker for worker in workers if worker.exitcode not in (None, 0)]
            if dead:
                raise RuntimeError("a worker died") from None
            continue
        if result is None:
            left -= 1
        else:
            yield result
    for worker in workers:
        worker.join()


def _work(number: int, tasks: Sequence[tuple[str, str]], folder: Path, words: argparse.Namespace, results: Any) -> None:
    choice = Choice(words.sample, words.seed, words.at)
    end = time.monotonic() + words.minutes * 60
    for name, kinds in _grouped(tasks):
        if time.monotonic() > end:
            break
        try:
            stage = by_name([name])[0]
            for result in campaign(stage, kinds, folder / str(number), choice, lambda n: n % words.workers == number):
                results.put(result)
                if time.monotonic() > end:
                    break
        except Exception:
            results.put(Result(name, kinds[0], "the stage itself", (traceback.format_exc(),)))
    results.put(None)


def _grouped(tasks: Sequence[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Kinds that stand in one place need a stage only once."""
    groups: dict[tuple[str, Any], list[str]] = {}
    for name, kind in tasks:
        groups.setdefault((name, KINDS[kind].place), []).append(kind)
    return [(name, kinds) for (name, _), kinds in groups.items()]


def _shown(tasks: Sequence[tuple[str, str]], table: Counter[tuple[str, str, str]]) -> str:
    columns = ("held", "failed", "not reached")
    lines = [f"{'job':<20}{'fault':<14}{'tried':>8}" + "".join(f"{column:>13}" for column in columns)]
    sums: Counter[str] = Counter()
    for name, kind in [*tasks]:
        counts = {column: table[name, kind, column] for column in columns}
        sums.update(counts)
        lines.append(
            f"{name:<20}{kind:<14}{sum(counts.values()):>8}" + "".join(f"{counts[column]:>13}" for column in columns)
        )
    lines.append(f"{'all':<34}{sum(sums.values()):>8}" + "".join(f"{sums[column]:>13}" for column in columns))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
