"""Timing whole processes, emptying the page cache, and the table of results."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_DROP = Path("/proc/sys/vm/drop_caches")


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. `ours` and `theirs` are in `unit`; `bound` is the largest `ours / theirs` allowed, or,
    where `theirs` is None, the largest (or for a rate the smallest) `ours` allowed."""

    what: str
    ours: float
    unit: str
    bound: float
    theirs: float | None = None
    tool: str = ""
    is_rate: bool = False

    @property
    def measured(self) -> float:
        return self.ours if self.theirs is None else self.ours / self.theirs

    @property
    def is_met(self) -> bool:
        return self.measured >= self.bound if self.is_rate else self.measured <= self.bound


Bench = Callable[[Path], Iterable[Result]]


@dataclass(frozen=True, slots=True)
class Run:
    """A finished process: wall time in seconds, highest resident memory of that process in bytes, its
    output, processor time in seconds."""

    seconds: float
    memory: int
    output: str
    processor: float = 0.0


def run(
    command: Sequence[str | os.PathLike[str]], env: Mapping[str, str] | None = None, allowed: Sequence[int] = (0,)
) -> Run:
    """Time one process from start to end; another exit code than the allowed ones ends the benchmark."""
    begun = time.perf_counter()
    child = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    if child.returncode not in allowed:
        raise SystemExit(f"{' '.join(map(str, command))}: exit code {child.returncode}\n{output[-2000:]}")
    return Run(seconds, usage.ru_maxrss * 1024, output, usage.ru_utime + usage.ru_stime)


def files_below(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def warm(*folders: Path) -> None:
    """Bring every file into the page cache."""
    for path in files_below(*folders):
        with path.open("rb", buffering=0) as file:
            while file.read(1 << 20):
                pass


def cold(*folders: Path) -> None:
    """Empty the page cache, as root for the whole machine, else for these files."""
    os.sync()
    if os.access(_DROP, os.W_OK):
        _DROP.write_text("3\n")
        return
    for path in files_below(*folders):
        handle = os.open(path, os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def interleaved(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure, taken in turns so that a change of the machine's pace meets all of them."""
    taken: list[list[float]] = [[] for _ in measures]
    for turn in range(rounds):
        order = range(len(measures)) if turn % 2 == 0 else reversed(range(len(measures)))
        for index in order:
            taken[index].append(measures[index]())
    return [statistics.median(values) for values in taken]


def b3sum(*folders: Path) -> list[str]:
    """The command that digests every file below the folders with b3sum's own threads."""
    return ["sh", "-c", 'find "$@" -type f -print0 | xargs -0 b3sum >/dev/null', "sh", *map(str, folders)]


def show(name: str, results: Iterable[Result]) -> None:
    """Print the results as a table."""
    print(f"\n{name}")
    for result in results:
        ours = f"{result.ours:,.3f}" if result.ours < 10 else f"{result.ours:,.1f}"
        if result.theirs is None:
            against, relation = "", ours
        else:
            against = f"{result.tool} {result.theirs:,.3f} {result.unit}"
            relation = f"{result.measured:.2f}×"
        bound = f"{'≥' if result.is_rate else '≤'} {result.bound:g}{'' if result.theirs is None else '×'}"
        verdict = "met" if result.is_met else "MISSED"
        print(f"  {result.what:<44} {ours:>9} {result.unit:<8} {against:<34} {relation:>9}  {bound:<9} {verdict}")
