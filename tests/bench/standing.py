"""Standing and plan of a million items: everything at once, and after a hundred changes, in a process of its own."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from musicvault.catalog import holders, lacking, rules, standing, weighing
from musicvault.catalog.database import Catalog
from musicvault.catalog.weighing import Scales
from musicvault.domain.planner import Need, Reason, Step, plan
from tests.bench import million
from tests.bench.measuring import Result, run

_CHANGED = 100


def standings(data: Path) -> Iterator[Result]:
    """Evaluate, judge what changed, and plan; time and memory."""
    catalog = million.catalog(data)
    path = catalog.path
    catalog.close()
    child = run([sys.executable, "-m", "tests.bench.standing", path])
    took = json.loads(child.output.splitlines()[-1])
    yield Result("standing of 1,000,000 items × 4 drives, all", took["all"], "s", 10.0)
    yield Result(f"standing after {_CHANGED} changes, with the commit", took["changed"], "s", 0.05)
    yield Result("what a drive lacks, and the plan for it", took["plan"], "s", 10.0)
    yield Result("memory", child.memory / 1e6, "MB", 500.0)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _measure(path: Path) -> dict[str, float]:
    with closing(Catalog.open(path)) as catalog:
        now = float(catalog.value("SELECT max(proven_at) FROM replica"))
        standing.catch_up(catalog, now)

        def evaluate() -> None:
            drives = {drive.id: drive for drive in holders.every(catalog)}
            scales = Scales(rules.numbered(catalog), drives, holders.home(catalog), now)
            for window in weighing.sweep(catalog.rows, scales, {}, "i.due_at"):
                for _, rule_id, weighed, due_at in window:
                    weighed.tail(due_at <= now, bool(weighed.lacking), rule_id)

        def change() -> None:
            with catalog.transaction(now) as transaction:
                for item_id in range(1, 9_000 * _CHANGED, 9_000):
                    transaction.execute("UPDATE replica SET proven_at = proven_at - 1 WHERE item_id = ?", (item_id,))
                    transaction.touch(item_id)

        def planned() -> None:
            vault_id = catalog.value("SELECT id FROM vault WHERE label = 'Passport'")
            found = (
                Need(one.item_id, vault_id, one.path, one.size, one.good, Step.COPY, Reason.NO_COPY)
                for one in lacking.lacks(catalog, vault_id)
            )
            plan(found, {vault_id: 1 << 62})

        change()
        return {"all": _timed(evaluate), "changed": min(_timed(change) for _ in range(5)), "plan": _timed(planned)}


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]))))
