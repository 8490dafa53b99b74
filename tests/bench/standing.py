"""Standing and plan of a million items: everything at once, and after a hundred real changes, in a process of its own.

At first three drives lack what is not on them. Then a policy with a rule for a genre, one for covers and a default one
asks for the one drive that has everything, as after a sync; a hundred copies are lost, proven, added or retagged,
and the plan that follows is asked for.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from musicvault.catalog import holders, items, membership, replicas, rules, standing, weighing
from musicvault.catalog.adding import New, add_all
from musicvault.catalog.database import Catalog, Transaction
from musicvault.catalog.replicas import Replica
from musicvault.catalog.weighing import Scales
from musicvault.domain.planner import plan
from musicvault.domain.policy import DAY, Rule
from musicvault.domain.proof import Grade
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Digests, Examination, Kind, Stat, Stream, Wrapper
from musicvault.engine import needs
from musicvault.engine.context import Context
from musicvault.engine.places import Reach
from tests.bench import million
from tests.bench.measuring import Result, run

_CHANGED = 100
_POLICY = (
    Rule("Klassik", "genre:klassik", copies=3, volumes=3, allowed=("Elements",)),
    Rule("Covers", "kind:companion", proof_days=180, allowed=("Elements",)),
    Rule(copies=2, volumes=2, allowed=("Elements",)),
)
_FULL, _EMPTIEST = "d1", "d4"  # of the drives of `million`


def standings(data: Path) -> Iterator[Result]:
    """Evaluate, judge what changed, and plan; time and memory. Then the same where nothing is on any drive yet: a plan
    of four million steps."""
    for bare in (False, True):
        made = million.catalog(data, bare=bare)
        made.close()
        scratch = data / "standing" / "catalog.sqlite3"
        scratch.parent.mkdir(exist_ok=True)
        shutil.copyfile(made.path, scratch)
        child = run([sys.executable, "-m", "tests.bench.standing", scratch, *["bare"] * bare])
        shutil.rmtree(scratch.parent)
        took = json.loads(child.output.splitlines()[-1])
        memory, _ = took.pop("memory")
        for what, (wall, processor) in took.items():
            bound = 10.0 if what.startswith("all") else 60.0 if what.startswith("a new policy") else 0.05
            bound = 0.5 if what.endswith("written") and bound < 1 else bound
            yield Result(what, wall, "s", bound)
            yield Result("  processor time", processor, "s", bound)
        yield Result("memory", memory, "MB", 500.0)


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of wall clock and of processor time."""
    begun, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - used


def _measure_bare(path: Path) -> dict[str, tuple[float, float]]:
    took: dict[str, tuple[float, float]] = {}
    with closing(Catalog.open(path)) as catalog:
        now = _now(catalog)
        took["all: standing of 1,000,000 items that are on no drive"] = _timed(lambda: _evaluated(catalog, now))
        drives = [row[0] for row in catalog.rows("SELECT id FROM vault")]
        took["all: what four empty drives lack, planned"] = _timed(lambda: _planned(catalog, now, drives))
    return {**took, "memory": (_memory(), 0.0)}


def _now(catalog: Catalog) -> float:
    return float(catalog.value("SELECT max(proven_at) FROM replica"))


def _memory() -> float:
    """The most that this program had, in MB; `getrusage` tells what its parent had at the fork, where that is more."""
    (most,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(most) * 1024 / 1e6


def _measure(path: Path) -> dict[str, tuple[float, float]]:
    took: dict[str, tuple[float, float]] = {}
    with closing(Catalog.open(path)) as catalog:
        now = _now(catalog)
        took["all: standing of 1,000,000 items × 4 drives"] = _timed(lambda: _evaluated(catalog, now))
        took["all: what a nearly empty drive lacks, planned"] = _timed(lambda: _planned(catalog, now, [_EMPTIEST]))
        memory = _memory()

        def put() -> None:
            with catalog.transaction(now) as transaction:
                rules.put(transaction, _POLICY, "edited")

        took["a new policy, all judged anew and written"] = _timed(put)
        drives = [row[0] for row in catalog.rows("SELECT id FROM vault")]
        for what, change in _CHANGES.items():
            at = now + DAY / 2

            with catalog.transaction(at) as transaction:
                took[f"{_CHANGED} × {what}, written"] = _timed(partial(change, catalog, transaction))
                took[f"standing after {_CHANGED} × {what}"] = _timed(partial(standing.refresh, transaction))
            took[f"plan after {_CHANGED} × {what}"] = _timed(partial(_planned, catalog, at, drives))
        # When proofs of very many have fallen due in the meantime: nothing is written for it.
        took["a later day, proofs fallen due"] = _timed(lambda: standing.catch_up(catalog, now + 45 * DAY))
    return {**took, "memory": (memory, memory)}


def _evaluated(catalog: Catalog, now: float) -> None:
    drives = {drive.id: drive for drive in holders.every(catalog)}
    policy = rules.numbered(catalog)
    scales = Scales(policy, drives, holders.home(catalog), now)
    members = membership.of_all(catalog.rows, policy, now)
    for window in weighing.sweep(catalog.rows, scales, members, ("i.due_at",)):
        for _, rule_id, weighed, due_at in window:
            weighed.tail(due_at <= now, bool(weighed.lacking), rule_id)


def _planned(catalog: Catalog, now: float, vault_ids: Sequence[str]) -> int:
    """How many actions the plan for these drives has, as if everything were within reach."""
    here = Reach(dict.fromkeys((1, 2)), {}, {})  # type: ignore[arg-type]
    (found,) = needs.gathered(Context(catalog, lambda: now), here, vault_ids).needs
    return len(plan(found, dict.fromkeys(vault_ids, 1 << 62)).actions)


# -- a hundred changes of each kind, spread over everything

_Change = Callable[[Catalog, Transaction], None]


def _some(offset: int) -> range:
    return range(offset, offset + 9_000 * _CHANGED, 9_000)


def _copy(catalog: Catalog, item_id: int) -> Replica:
    found = replicas.in_vault(catalog, _FULL, item_id)
    assert found is not None
    return found


def _lost(catalog: Catalog, transaction: Transaction) -> None:
    for item_id in _some(1):
        replicas.set_state(transaction, _copy(catalog, item_id), ReplicaState.MISSING)


def _proven(catalog: Catalog, transaction: Transaction) -> None:
    for item_id in _some(2):
        replicas.set_proven(transaction, _copy(catalog, item_id), Grade.DEVICE)


def _added(catalog: Catalog, transaction: Transaction) -> None:
    add_all(transaction, 1, [New(b"New", b"%d.flac" % number, _seen(number), False) for number in range(_CHANGED)])


def _retagged(catalog: Catalog, transaction: Transaction) -> None:
    for item_id in _some(3):
        items.supersede(transaction, items.get(catalog, item_id), _seen(item_id))


_CHANGES: dict[str, _Change] = {"lost": _lost, "proven": _proven, "new": _added, "retagged": _retagged}


def _seen(number: int) -> Examination:
    digest = b"%032d" % number
    wrapper = Wrapper({"title": (f"Song {number}",), "genre": ("Klassik",)})
    stream = Stream("flac", "flac", 200.0, 44_100, 2, 16, 900_000, True)
    return Examination(Stat(1000, 5, 6, number), Digests(1000, digest, digest, b""), None, wrapper, stream, Kind.TRACK)


if __name__ == "__main__":
    print(json.dumps((_measure_bare if sys.argv[2:] else _measure)(Path(sys.argv[1]))))
