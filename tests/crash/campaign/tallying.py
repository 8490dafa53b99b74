"""What came of the points: counted, noted in a file that a later run goes on from, and shown as a table."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from tests.crash.campaign.breaking import Result, Total

_OUTCOMES = ("held", "like another", "failed", "not reached")


class Tally:
    """The newest result of each point; `held` are those (stage, kind, key) that need no second try."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._totals: dict[tuple[str, str], Total] = {}
        self._results: dict[tuple[str, str, str], Result] = {}
        if file is not None and file.exists():
            for line in file.read_text("utf-8").splitlines():
                self._take(_read(line))
        self.held = frozenset(key for key, result in self._results.items() if result.reached and not result.wrong)

    def add(self, result: Result | Total) -> None:
        """Count it, and note it durably enough to outlive this process."""
        self._take(result)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(result)) + "\n")

    def _take(self, result: Result | Total) -> None:
        if isinstance(result, Total):
            self._totals[result.stage, result.kind] = result
        else:
            self._results[result.stage, result.kind, result.key] = result

    @property
    def tried(self) -> int:
        return len(self._results)

    @property
    def failed(self) -> int:
        return sum(bool(result.wrong) for result in self._results.values())

    def table(self) -> str:
        """A line for each job and kind of fault: its points, how many were tried, and how they ended: what held, and
        what held because it left the very same as another that held."""
        counts = Counter((one.stage, one.kind, _outcome(one)) for one in self._results.values())
        rows = [
            (stage, kind, [self._points(stage, kind), *(counts[stage, kind, outcome] for outcome in _OUTCOMES)])
            for stage, kind in dict.fromkeys([*self._totals, *((one[0], one[1]) for one in self._results)])
        ]
        rows.append(("all", "", [sum(amounts[at] for _, _, amounts in rows) for at in range(1 + len(_OUTCOMES))]))
        lines = [f"{'job':<20}{'fault':<16}{'points':>8}{'tried':>8}" + "".join(f"{name:>13}" for name in _OUTCOMES)]
        for stage, kind, (points, *ends) in rows:
            tried = sum(ends)
            lines.append(f"{stage:<20}{kind:<16}{points:>8}{tried:>8}" + "".join(f"{end:>13}" for end in ends))
        return "\n".join(lines)

    def _points(self, stage: str, kind: str) -> int:
        total = self._totals.get((stage, kind))
        return total.points if total is not None else 0


def _read(line: str) -> Result | Total:
    values = json.loads(line)
    if "points" in values:
        return Total(**values)
    return Result(**values | {"wrong": tuple(values["wrong"])})


def _outcome(result: Result) -> str:
    if result.wrong:
        return "failed"
    if not result.reached:
        return "not reached"
    return "like another" if result.like else "held"
