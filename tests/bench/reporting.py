"""What is said about everything at once: `status`, `policy check`, `plan`, `risk` and the report in all its formats,
where every file has its copies and where all of them lack some. Each is a process of its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.bench import million
from tests.bench.measuring import Result, Run
from tests.bench.program import Program

AMOUNT_VARIABLE = "MUSICVAULT_BENCH_ITEMS"
"""How many items; 100,000 where nothing is said."""

_MOST_SECONDS = 5.0  # at 100,000 items; a million may take ten times as long
_MOST_MEMORY = 300.0
_FORMATS = ("html", "pdf", "csv", "json")


def reports(data: Path) -> Iterator[Result]:
    """Seconds of processor time and memory of each."""
    amount = int(os.environ.get(AMOUNT_VARIABLE, "100000"))
    bound = _MOST_SECONDS * max(1.0, amount / 100_000)
    for what, bare in (("protected in part", False), ("all lacking copies", True)):
        made = million.catalog(data, amount, bare=bare)
        made.close()
        program = Program(data / "reporting")
        shutil.copyfile(made.path, program.place / "catalog.sqlite3")
        for name, done in _asked(program):
            yield Result(f"{name}, {amount:,} items {what}", done.processor, "s", bound)
            yield Result("  memory", done.memory / 1e6, "MB", _MOST_MEMORY)
        shutil.rmtree(program.place)


def _asked(program: Program) -> Iterator[tuple[str, Run]]:
    fine = (0, 20, 21, 22)
    yield "first status", program("status", allowed=fine)
    yield "status", program("status", allowed=fine)
    yield "policy check", program("policy", "check", allowed=fine)
    yield "plan", program("plan", allowed=fine)
    yield "risk", program("risk", allowed=fine)
    for form in _FORMATS:
        target = program.place / f"report.{form}"
        yield f"report as {form}", program("report", "--format", form, "--output", target, allowed=fine)
