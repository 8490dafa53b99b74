"""The crash campaign: `python -m tests.crash [--resume FILE] [--jobs NAME …] [--kinds KIND …] [--distinct] [--sample N]
[--seed N] [--at PATTERN] [--minutes N]`.

Without `--distinct` and `--sample` every system call that changes something is a point, for each job and kind of
fault. Points at which a kill leaves the very same on the disks are tried once. That takes hours: with `--resume` what
came of each point is noted in a file, and a later run tries only what hasn't held yet. `--distinct` tries, of the
points that strike the same call for the same sort of file after the same step of the program, only one (which, the
seed says): all places in the program, but not all files. Where a point leaves the very same as one before it of its
job, the runs that follow aren't run again, for they would begin with the same ("like another" in the table). Prints
each failure as it comes and the table at the end; exits with 1 where anything failed or nothing was tried.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from queue import Empty
from typing import Any

from tests.crash.campaign import running
from tests.crash.campaign.breaking import Choice, Result, Total, campaign
from tests.crash.campaign.kinds import KINDS, MOUNTED
from tests.crash.campaign.missing import missing_for
from tests.crash.campaign.stages import STAGES, by_name
from tests.crash.campaign.tallying import Tally
from tests.private_mounts import mount_privately


def main(arguments: Sequence[str] | None = None) -> int:
    words = _parser().parse_args(arguments)
    lacking = missing_for(words.kinds)
    if lacking:
        print(f"The campaign can't run here: {lacking}", file=sys.stderr)
        return 77
    running.load()
    began = time.monotonic()
    tally = Tally(words.resume)
    with tempfile.TemporaryDirectory(dir=words.folder, prefix="campaign-", ignore_cleanup_errors=True) as folder:
        for result in _results(Path(folder), words, tally.held):
            tally.add(result)
            if isinstance(result, Result) and result.wrong:
                print(f"FAILED {result.stage}, {result.kind}: {result.point}", *result.wrong, sep="\n    ", flush=True)
    seconds = time.monotonic() - began
    stopped = f", stopped after {words.minutes:g} minutes" if seconds > words.minutes * 60 else ""
    print(tally.table(), f"seed {words.seed}, {seconds:.0f} s{stopped}", sep="\n")
    return 0 if tally.tried and not tally.failed else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, help="so many points of each job and kind (default: all)")
    parser.add_argument("--distinct", action="store_true", help="of points of one sort only one")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="note results there, and go on from those noted")
    parser.add_argument("--jobs", nargs="*", default=[], choices=[stage.name for stage in STAGES], metavar="NAME")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=KINDS, metavar="KIND")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no further point after so long")
    parser.add_argument("--at", default="", metavar="PATTERN", help="only points whose call matches this expression")
    parser.add_argument("--folder", default="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    parser.add_argument("--workers", type=int, default=2)
    return parser


def _results(
    folder: Path, words: argparse.Namespace, held: Container[tuple[str, str, str]]
) -> Iterator[Result | Total]:
    tasks: Any = multiprocessing.Queue()
    results: Any = multiprocessing.Queue()
    groups = _grouped([(stage.name, kind) for stage in by_name(words.jobs) for kind in words.kinds])
    for task in (*enumerate(groups), *[None] * words.workers):
        tasks.put(task)
    workers = [
        multiprocessing.Process(target=_work, args=(tasks, folder, words, held, results)) for _ in range(words.workers)
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


def _work(
    tasks: Any, folder: Path, words: argparse.Namespace, held: Container[tuple[str, str, str]], results: Any
) -> None:
    choice = Choice(words.sample, words.seed, words.at, words.distinct)
    end = time.monotonic() + words.minutes * 60
    if MOUNTED.intersection(words.kinds):
        mount_privately(folder)
    while (task := tasks.get()) is not None and time.monotonic() <= end:
        number, (name, kinds) = task
        try:
            for result in campaign(by_name([name])[0], kinds, folder / str(number), choice, held):
                results.put(result)
                if time.monotonic() > end:
                    break
        except Exception:
            results.put(Result(name, kinds[0], "", "the stage itself", (traceback.format_exc(),)))
    results.put(None)


def _grouped(tasks: Sequence[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Kinds that stand in one place need a stage only once."""
    groups: dict[tuple[str, Any], list[str]] = {}
    for name, kind in tasks:
        groups.setdefault((name, KINDS[kind].place), []).append(kind)
    return [(name, kinds) for (name, _), kinds in groups.items()]


if __name__ == "__main__":
    sys.exit(main())
