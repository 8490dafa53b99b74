"""Standing and plan of a million items: everything at once, and after a hundred real changes, in a process of its own.

The policy has a rule for a genre, one for covers and the default one. Everything is on four drives, as after a sync;
then a hundred copies are lost, proven, added or retagged, and the plan that follows is asked for.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from musicvault.catalog import holders, items, lacking, membership, replicas, rules, standing, weighing
from musicvault.catalog.adding import New, add_all
from musicvault.catalog.database import Catalog, Transaction
from musicvault.catalog.weighing import Scales
from musicvault.domain.planner import Need, Reason, Step, plan
from musicvault.domain.policy import DAY, Rule
from musicvault.domain.proof import Grade
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Digests, Examination, Kind, Stat, Stream, Wrapper
from tests.bench import million
from tests.bench.measuring import Result, run

_CHANGED = 100
_POLICY = (
    Rule("Klassik", "genre:klassik", copies=3, volumes=3),
    Rule("Covers", "kind:companion", proof_days=180),
    Rule(copies=2, volumes=2),
)


def standings(data: Path) -> Iterator[Result]:
    """Evaluate, judge what changed, and plan; time and memory."""
    catalog = million.catalog(data)
    path = catalog.path
    catalog.close()
    scratch = data / "standing" / "catalog.sqlite3"
    scratch.parent.mkdir(exist_ok=True)
    shutil.copyfile(path, scratch)
    child = run([sys.executable, "-m", "tests.bench.standing", scratch])
    shutil.rmtree(scratch.parent)
    took = json.loads(child.output.splitlines()[-1])
    for what, (wall, processor) in took.items():
        bound = 10.0 if what.startswith("all") else 0.05
        yield Result(f"{what}", wall, "s", bound)
        yield Result("  processor time", processor, "s", bound)
    yield Result("memory", child.memory / 1e6, "MB", 500.0)


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of wall clock and of processor time."""
    begun, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - used


def _measure(path: Path) -> dict[str, tuple[float, float]]:
    took: dict[str, tuple[float, float]] = {}
    with closing(Catalog.open(path)) as catalog:
        now = float(catalog.value("SELECT max(proven_at) FROM replica"))
        with catalog.transaction(now) as transaction:
            rules.put(transaction, _POLICY, "edited")
        took["all: standing of 1,000,000 items × 4 drives"] = _timed(lambda: _evaluated(catalog, now))
        took["all: what four drives lack, and the plan"] = _timed(lambda: _planned(catalog))
        _fill_drives(catalog, now)
        assert _planned(catalog) == 0
        for what, change in _CHANGES.items():
            at = now + DAY / 2

            def changed(change: _Change = change, at: float = at) -> None:
                with catalog.transaction(at) as transaction:
                    change(catalog, transaction)

            took[f"{_CHANGED} × {what}, committed"] = _timed(changed)
            took[f"  what stands where after {what}"] = _timed(lambda at=at: standing.next_due(catalog, at))  # type: ignore[misc]
            took[f"  the plan after {what}"] = _timed(lambda: _planned(catalog))
        # A later look, when the proofs of very many have fallen due in the meantime: nothing is written for it.
        took["a later day, proofs fallen due"] = _timed(lambda: standing.catch_up(catalog, now + 45 * DAY))
    return took


def _evaluated(catalog: Catalog, now: float) -> None:
    drives = {drive.id: drive for drive in holders.every(catalog)}
    policy = rules.numbered(catalog)
    scales = Scales(policy, drives, holders.home(catalog), now)
    members = membership.of_all(catalog.rows, policy, now)
    for window in weighing.sweep(catalog.rows, scales, members, "i.due_at"):
        for _, rule_id, weighed, due_at in window:
            weighed.tail(due_at <= now, bool(weighed.lacking), rule_id)


def _planned(catalog: Catalog) -> int:
    """How many actions the plan for all drives has."""
    vault_ids = [row[0] for row in catalog.rows("SELECT id FROM vault")]
    found = (
        Need(one.item_id, vault_id, one.path, one.size, one.good, Step.COPY, Reason.NO_COPY)
        for vault_id in vault_ids
        for one in lacking.lacks(catalog, vault_id)
    )
    return len(plan(found, dict.fromkeys(vault_ids, 1 << 62)).actions)


def _fill_drives(catalog: Catalog, now: float) -> None:
    """Every drive gets everything."""
    with catalog.transaction(now) as transaction:
        for (vault_id,) in transaction.execute("SELECT id FROM vault").fetchall():
            transaction.execute(
                "INSERT INTO replica(item_id, vault_id, content_id, path, state, size, mtime_ns, ctime_ns, inode,"
                " seen_at, proven_at, grade) SELECT i.id, ?1, i.content_id, CAST('data/' || l.slug || '/' || i.folder"
                " || '/' || i.name AS BLOB), 'intact', 1, 1, 1, 1, ?2, ?2, 'device' FROM item i JOIN library l"
                " ON l.id = i.library_id WHERE NOT EXISTS(SELECT 1 FROM replica r WHERE r.item_id = i.id"
                " AND r.place = ?1 AND r.role = 'current')",
                (vault_id, now),
            )
        transaction.execute("UPDATE replica SET state = 'intact' WHERE state <> 'intact'")
        transaction.touch_all()


# -- a hundred changes of each kind, spread over everything

_Change = Callable[[Catalog, Transaction], None]


def _some(offset: int) -> range:
    return range(offset, offset + 9_000 * _CHANGED, 9_000)


def _lost(catalog: Catalog, transaction: Transaction) -> None:
    for item_id in _some(1):
        copy = replicas.of_item(catalog, item_id)[-1]
        replicas.set_state(transaction, copy, ReplicaState.MISSING)


def _proven(catalog: Catalog, transaction: Transaction) -> None:
    for item_id in _some(2):
        replicas.set_proven(transaction, replicas.of_item(catalog, item_id)[-1], Grade.DEVICE)


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
    print(json.dumps(_measure(Path(sys.argv[1]))))
