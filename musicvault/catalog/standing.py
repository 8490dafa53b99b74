"""Each item's standing is kept with it, so that a status of a million items is one indexed count (S4).

Only `refresh` writes it, just before a transaction commits: for the items that the transaction touched, and for those
of drives that changed in what the policy asks of them (another site, failing health, away for too long). What merely
falls due needs no write: `effective` tells.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, nullcontext, suppress

from musicvault.catalog import holders, membership, rules, weighing
from musicvault.catalog.database import Catalog, Transaction
from musicvault.catalog.migrating import JOB, Tell, silently
from musicvault.catalog.rules import DEFAULT_ID, Stored
from musicvault.catalog.weighing import Copies, Scales, Swept
from musicvault.domain import scopes
from musicvault.domain.drives import Drive
from musicvault.domain.notices import Advanced, Started
from musicvault.domain.policy import Rule, Standing
from musicvault.errors import VaultError

_BATCH = 500
_MANY = 100_000
"""From so many touched items on, everything is swept, which takes less for each."""

_PAGES_IN_BULK = -96_000
"""Of SQLite's cache; in KiB, where it is below zero."""

_STORED = tuple(f"i.{name}" for name in ("due_at", *weighing.TAIL.split(", ")))
_STOPS = 2 + len(_STORED)
"""Where they end in the row of a sweep."""

_UPDATE = (
    "UPDATE item SET due_at = ?, standing = ?, good = ?, volumes = ?, sources = ?, missing = ?, rule_id = ?,"
    " lacking = ? WHERE id = ?"
)


def refresh(transaction: Transaction) -> None:
    """Bring the standing of all items that were touched up to date, and of all whose drives changed meanwhile."""
    if not transaction.touched and not transaction.touches_all:
        return
    policy, scales = _follow(transaction)
    if transaction.touches_all or len(transaction.touched) > _MANY:
        _refresh_all(transaction, policy, scales)
        return
    touched = sorted(transaction.touched)
    for start in range(0, len(touched), _BATCH):
        _refresh_batch(transaction, touched[start : start + _BATCH], policy, scales)


def _follow(transaction: Transaction) -> tuple[list[Stored], Scales]:
    """Touch what drives and days have changed. Gives what all items are judged by."""
    policy = rules.within(transaction)
    drives = holders.within(transaction)
    home = holders.home_within(transaction)
    if _follow_drives(transaction, [stored.rule for stored in policy], drives, home):
        policy = rules.within(transaction)
    if len(policy) > 1:
        _follow_time(transaction, policy)
    return policy, Scales(policy, drives, home, transaction.now)


def _follow_drives(transaction: Transaction, policy: Sequence[Rule], drives: Mapping[str, Drive], home: str) -> bool:
    """Touch what lies on drives that aren't what they were. Whether that changed the rules themselves (a label)."""
    # Through JSON and back, so that it compares with what was stored.
    found = json.loads(json.dumps({i: holders.facts(one, policy, home, transaction.now) for i, one in drives.items()}))
    before = holders.judged(transaction)
    if before == found:
        return False
    holders.set_judged(transaction, found)
    if before is None:
        transaction.touch_all()
        return False
    changed = [drive for key, drive in drives.items() if before.get(key) != found[key]]
    if not transaction.touches_all:
        if any(not drive.in_library for drive in changed):
            # A drive that is new, renamed or back in service may want what it hasn't.
            transaction.execute("UPDATE item SET lacking = 1 WHERE NOT lacking")
        for drive in changed:
            if drive.id in before:
                _touch_items_of(transaction, drive)
    labels = {str(before[one.id][6]): one.label for one in changed if one.id in before and not one.in_library}
    labels = {old: new for old, new in labels.items() if old != new}
    if labels:
        rules.relabelled(transaction, labels)
    return bool(labels)


def _touch_items_of(transaction: Transaction, drive: Drive) -> None:
    if drive.in_library:
        number = int(drive.id.rpartition("-")[2])
        rows = transaction.execute("SELECT id FROM item WHERE library_id = ?", (number,))
    else:
        rows = transaction.execute("SELECT item_id FROM replica WHERE vault_id = ? AND role = 'current'", (drive.id,))
    transaction.touch(*(row[0] for row in rows))


def _follow_time(transaction: Transaction, policy: Sequence[Stored]) -> None:
    """Once a day, touch the items that another rule decides for because they grew older."""
    if not membership.ages(policy):
        return
    today = str(scopes.day(transaction.now))
    row = transaction.execute("SELECT value FROM meta WHERE key = 'scoped'").fetchone()
    if row is not None and row[0] == today:
        return
    transaction.execute("INSERT OR REPLACE INTO meta VALUES('scoped', ?)", (today,))
    members = membership.of_all(transaction.execute, policy, transaction.now)
    stored = dict(transaction.execute(f"SELECT id, rule_id FROM item WHERE rule_id <> {DEFAULT_ID}"))
    transaction.touch(*(number for number, rule_id in members.items() if stored.get(number) != rule_id))
    transaction.touch(*(number for number in stored if number not in members))


def _refresh_batch(transaction: Transaction, item_ids: Sequence[int], policy: Sequence[Stored], scales: Scales) -> None:
    deciding = membership.of_items(transaction.execute, policy, item_ids, transaction.now) if len(policy) > 1 else {}
    found = weighing.copies(transaction.execute, item_ids)
    marks = ",".join("?" * len(item_ids))
    updates = []
    rows = transaction.execute(
        f"SELECT i.id, i.library_id, {', '.join(_STORED)} FROM item i WHERE i.id IN ({marks})", item_ids
    )
    for item_id, library_id, *stored in rows:
        its = found.get(item_id, Copies((), [], True))
        rule_id = deciding.get(item_id, DEFAULT_ID)
        weighed = scales.weigh(rule_id, library_id, its.shape)
        due_at = weighed.due(its.proven)
        values = (due_at, *weighed.tail(due_at <= scales.now, bool(weighed.lacking) or not its.named, rule_id))
        if values != tuple(stored):
            updates.append((*values, item_id))
    transaction.executemany(_UPDATE, updates)


def _refresh_all(transaction: Transaction, policy: Sequence[Stored], scales: Scales) -> None:
    members = membership.of_all(transaction.execute, policy, transaction.now)
    every = transaction.execute("SELECT count(*) FROM item").fetchone()[0]
    done = 0
    transaction.judging(done, every)
    with _in_bulk(transaction) if every > _MANY else nullcontext():
        for window in weighing.sweep(transaction.execute, scales, members, _STORED):
            flagged = [item[0] for item, _, weighed, _ in window if item[_STOPS - 1] and not weighed.lacking]
            misnamed = weighing.misnamed(transaction.execute, flagged) if flagged else frozenset()
            transaction.executemany(_UPDATE, _changed(window, misnamed, scales.now))
            done += len(window)
            transaction.judging(done, every)


@contextmanager
def _in_bulk(transaction: Transaction) -> Iterator[None]:
    """Change very many items in a third of the time: pages stay in memory until all is done, and the index by due times
    is made anew at the end, instead of finding its place for each item, unless somebody reads by it just now."""
    (pages,) = transaction.execute("PRAGMA cache_size").fetchone()
    (index,) = transaction.execute("SELECT sql FROM sqlite_master WHERE name = 'item_standing'").fetchone()
    transaction.execute(f"PRAGMA cache_size = {_PAGES_IN_BULK}")
    dropped = False
    with suppress(sqlite3.OperationalError):
        transaction.execute("DROP INDEX item_standing")
        dropped = True
    try:
        yield
        if dropped:
            transaction.execute(index)
    finally:
        transaction.execute(f"PRAGMA cache_size = {pages}")


def _changed(window: Iterable[Swept], misnamed: Set[int], now: float) -> Iterable[tuple[object, ...]]:
    """The new values of those items of which some differ."""
    for item, rule_id, weighed, due_at in window:
        tail = weighed.tail(due_at <= now, bool(weighed.lacking) or item[0] in misnamed, rule_id)
        if item[2] != due_at or item[3:_STOPS] != tail:
            yield (due_at, *tail, item[0])


# -- what is read


def catch_up(catalog: Catalog, now: float, tell: Tell = silently) -> None:
    """Take in what changed by itself since the last write: drives that were away for too long, items that grew out of a
    rule. Writes only where there is something of it; a catalog that can't be written goes on with what it has. `tell`
    hears how far it is where all items are judged anew."""
    policy = rules.numbered(catalog)
    same_day = True
    if membership.ages(policy):
        same_day = catalog.value("SELECT value FROM meta WHERE key = 'scoped'") == str(scopes.day(now))
    if same_day and holders.are_as_judged(catalog, [stored.rule for stored in policy], now):
        return
    if catalog.value("SELECT 1 FROM item LIMIT 1") is None:
        return

    def judged(done: int, of: int) -> None:
        tell(Advanced(done, 0) if done else Started(JOB, catalog.path.name, of))

    with suppress(VaultError), catalog.transaction(now) as transaction:
        transaction.judging = judged
        _follow(transaction)


def counts(catalog: Catalog, now: float) -> dict[Standing, int]:
    """How many items stand where, with proofs that fell due since the last write taken into account."""
    found = dict.fromkeys(Standing, 0)
    for standing, count, stale in catalog.rows(
        "SELECT standing, count(*), sum(due_at <= ?) FROM item WHERE forgotten_at IS NULL"
        " AND library_id IN (SELECT id FROM library WHERE removed_at IS NULL) GROUP BY library_id, standing",
        (now,),
    ):
        found[effective(Standing(standing), True)] += stale
        found[Standing(standing)] += count - stale
    return found


def rebuildable(catalog: Catalog) -> int:
    """How many damaged items have a good copy somewhere, if only on a drive that is failing."""
    return int(
        catalog.value(
            "SELECT count(*) FROM item WHERE forgotten_at IS NULL AND library_id IN"
            " (SELECT id FROM library WHERE removed_at IS NULL) AND standing = 'damaged' AND sources > 0"
        )
    )


def effective(standing: Standing, due: bool) -> Standing:
    """The stored standing seen at a later time: a fresh item whose proofs have fallen due is stale."""
    return Standing.STALE if standing is Standing.PROTECTED and due else standing
