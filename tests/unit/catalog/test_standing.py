"""Standing as it is kept: a sweep and single refreshes agree, and what changes by itself is noticed."""

from __future__ import annotations

import gc
import random
from pathlib import Path

import pytest

from musicvault.catalog import (
    holders,
    holdings,
    items,
    lacking,
    leaving,
    overview,
    replicas,
    rules,
    standing,
    vaults,
    weighing,
)
from musicvault.catalog.database import Catalog, Transaction
from musicvault.catalog.uncollected import uncollected
from musicvault.catalog.weighing import Scales
from musicvault.domain.drives import library_drive
from musicvault.domain.policy import DAY, Assessment, Copy, Rule, Standing, assess
from musicvault.domain.proof import Grade
from musicvault.domain.states import ReplicaState
from musicvault.domain.times import Traits
from musicvault.domain.values import Stat
from tests.unit.catalog.test_catalog import add_item, add_library, add_vault

NOW = 2_000 * DAY
KEPT = "SELECT id, standing, good, volumes, sources, due_at, missing, rule_id FROM item ORDER BY id"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog.open(tmp_path / "catalog.sqlite3")


def filled(catalog: Catalog, amount: int = 60, seed: int = 1) -> list[int]:
    """Items with copies in all states on three drives, some of older content, some unproven."""
    chance = random.Random(seed)
    library = add_library(catalog)
    for name in ("a", "b", "c"):
        add_vault(catalog, name, f"disk-{name}", NOW - 10 * DAY)
    made = []
    for number in range(amount):
        item_id = add_item(catalog, library, f"{number % 7}/{number}.flac", number % 250 + 1, genre="rock")
        content = items.get(catalog, item_id).content.id
        made.append(item_id)
        for name in ("a", "b", "c"):
            if chance.random() < 0.25:
                continue
            with catalog.transaction(NOW - chance.random() * 200 * DAY) as transaction:
                grade = Grade.DEVICE if chance.random() < 0.8 else None
                path = f"data/music/{number % 7}/{number}.flac".encode()
                replicas.add(transaction, item_id, name, content, path, Stat(1, 1, 1, number), grade=grade)
                if chance.random() < 0.3:
                    copy = replicas.in_vault(catalog, name, item_id)
                    assert copy is not None
                    replicas.set_state(transaction, copy, chance.choice(list(ReplicaState)))
    return made


def assessed(catalog: Catalog, item_id: int) -> Assessment:
    """The item's standing by the pure rules, from its copies as they lie in the catalog."""
    drives = {drive.id: drive for drive in holders.every(catalog)}
    policy = {one.id: one.rule for one in rules.numbered(catalog)}
    row = catalog.row("SELECT library_id, content_id, rule_id FROM item WHERE id = ?", (item_id,))
    assert row is not None
    copies = [
        Copy(ReplicaState(state), held == row[1], drives[vault_id or library_drive(row[0])], proven_at)
        for vault_id, state, held, proven_at in catalog.rows(
            "SELECT vault_id, state, content_id, proven_at FROM replica WHERE item_id = ? AND role = 'current'",
            (item_id,),
        )
    ]
    return assess(copies, policy[row[2]], NOW, holders.home(catalog))


def test_a_sweep_says_what_single_refreshes_say(catalog: Catalog) -> None:
    made = filled(catalog)
    scoped = [Rule("Sixes", "path:6", copies=3, kinds=2), Rule(copies=3, volumes=2, detached=1)]
    for policy in ([Rule(version_days=80)], scoped):
        with catalog.transaction(NOW) as transaction:
            rules.put(transaction, policy, "edited")  # sweeps
        swept = catalog.rows(KEPT)
        with catalog.transaction(NOW) as transaction:
            transaction.execute("UPDATE item SET standing = 'held', good = 9, due_at = 1, missing = 'x', rule_id = 1")
            transaction.touch(*made)
        assert catalog.rows(KEPT) == swept
        for item_id, kept, good, volumes, sources, due_at, *_ in swept:
            alone = assessed(catalog, item_id)
            assert (alone.standing.value, alone.good, alone.volumes, alone.sources, alone.due_at) == (
                kept, good, volumes, sources, due_at,
            )  # fmt: skip


@pytest.mark.parametrize("is_read", [False, True])
def test_very_many_changes_leave_behind_what_few_do(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_read: bool
) -> None:
    other = Catalog.open(tmp_path / "other.sqlite3")
    left = []
    for many, one in ((standing._MANY, catalog), (0, other)):
        filled(one)
        monkeypatch.setattr(standing, "_MANY", many)
        rows = one.stream("SELECT standing FROM item INDEXED BY item_standing", size=1)
        if is_read:
            next(rows)  # and is still being read while the index it comes from would be made anew
        with one.transaction(NOW) as transaction:
            add_vault_within(transaction, "d")
            rules.put(transaction, [Rule(copies=3, volumes=2)], "edited")
        index, pages = one.value("SELECT sql FROM sqlite_master WHERE name = 'item_standing'"), "PRAGMA cache_size"
        assert one.check() == []
        left.append((one.rows(KEPT), one.rows("SELECT id FROM item WHERE lacking"), index, one.value(pages)))
        rows.close()  # type: ignore[attr-defined]
    other.close()
    assert left[0] == left[1]
    assert len(left[0][1]) == len(left[0][0])  # the drive that came in the same moment has none of them


def add_vault_within(transaction: Transaction, name: str) -> None:
    volume = vaults.KnownVolume(f"disk-{name}", "ext4", None, name, Traits(), b"/mnt", NOW)
    vaults.save_volume(transaction, volume)
    vaults.add(transaction, vaults.Vault(name, volume.id, name, "", b"/mnt/" + name.encode(), b"", 0, NOW, NOW, None))


def test_ages_of_proofs_and_holdings_are_those_of_the_copies_one_by_one(catalog: Catalog) -> None:
    filled(catalog)
    with catalog.transaction(NOW) as transaction:
        rules.put(transaction, [Rule("Sixes", "path:6", copies=3), Rule(copies=2)], "edited")
    copies = catalog.rows(
        "SELECT u.name, i.library_id, i.id, r.vault_id, r.proven_at, c.size FROM item i JOIN rule u ON u.id = i.rule_id"
        " JOIN content c ON c.id = i.content_id JOIN replica r ON r.item_id = i.id"
        " WHERE r.role = 'current' AND r.state = 'intact' AND r.content_id = i.content_id"
    )
    for width, buckets in ((6.0, 20), (50.0, 3), (1.0, 1)):
        ages = [0] * buckets
        for *_, proven_at, _ in copies:
            if proven_at is not None:
                ages[min(buckets - 1, int((NOW - proven_at) / (width * DAY)))] += 1
        assert overview.proof_ages(catalog, NOW, width, buckets) == ages
    places: dict[tuple[str, int, int], set[str]] = {}
    for rule, library_id, item_id, vault_id, _, size in copies:
        places.setdefault((rule, item_id, size), set()).add(vault_id or library_drive(library_id))
    wanted: dict[tuple[str, frozenset[str]], list[int]] = {}
    for (rule, _, size), held in places.items():
        wanted.setdefault((rule, frozenset(held)), []).append(size)
    found = {(one.rule, frozenset(one.places)): (one.items, one.size) for one in holdings.groups(catalog) if one.places}
    assert found == {key: (len(sizes), sum(sizes)) for key, sizes in wanted.items()}
    assert sum(one.items for one in holdings.groups(catalog)) == catalog.value("SELECT count(*) FROM item")


def test_older_content_somewhere_is_seen_by_a_sweep(catalog: Catalog) -> None:
    made = filled(catalog, 5)
    with catalog.transaction(NOW) as transaction:
        other = transaction.insert(
            "INSERT INTO content(item_id, size, mtime_ns, blake3, sha256, since) VALUES(?, 1, 1, ?, ?, 0)",
            (made[0], b"x" * 32, b"y" * 32),
        )
        transaction.execute("UPDATE item SET content_id = ? WHERE id = ?", (other, made[0]))
        transaction.touch_all()
    assert catalog.value("SELECT sources FROM item WHERE id = ?", (made[0],)) == 0
    assert catalog.value("SELECT lacking FROM item WHERE id = ?", (made[0],)) == 1


def protected(catalog: Catalog, *drives: str, now: float = NOW) -> int:
    """One item with a fresh copy on each of these drives and in the library."""
    library = add_library(catalog, now=now)
    item_id = add_item(catalog, library, "A/1.flac", now=now)
    content = items.get(catalog, item_id).content.id
    for name in drives:
        add_vault(catalog, name, f"disk-{name}", now)
        with catalog.transaction(now) as transaction:
            replicas.set_proven(transaction, replicas.in_library(catalog, item_id), Grade.DEVICE)
            replicas.add(transaction, item_id, name, content, b"data/music/A/1.flac", Stat(1, 1, 1, 1))
    return item_id


def now_stands(catalog: Catalog, now: float) -> Standing:
    standing.catch_up(catalog, now)
    return next(key for key, count in standing.counts(catalog, now).items() if count)


def test_a_drive_that_begins_to_fail_is_noticed(catalog: Catalog) -> None:
    protected(catalog, "a")
    assert now_stands(catalog, NOW) is Standing.PROTECTED
    with catalog.transaction(NOW) as transaction:
        transaction.execute("INSERT INTO health(volume_id, state, reason, at) VALUES('disk-a', 'failing', '', 0)")
    assert now_stands(catalog, NOW) is Standing.AT_RISK
    assert catalog.value("SELECT sources FROM item") == 2
    with catalog.transaction(NOW) as transaction:
        transaction.execute("DELETE FROM health")
    assert now_stands(catalog, NOW) is Standing.PROTECTED


def test_two_volumes_that_turn_out_to_be_one_disk_are_one(catalog: Catalog) -> None:
    protected(catalog, "a", "b")
    with catalog.transaction(NOW) as transaction:
        rules.set_default(transaction, Rule(copies=3, volumes=3))
    assert now_stands(catalog, NOW) is Standing.PROTECTED
    with catalog.transaction(NOW) as transaction:
        transaction.execute("UPDATE volume SET disk = 'wwn-1'")
    assert now_stands(catalog, NOW) is Standing.SHORT


def test_a_site_changes_standing(catalog: Catalog) -> None:
    protected(catalog, "a")
    with catalog.transaction(NOW) as transaction:
        rules.set_default(transaction, Rule(sites=2))
        vault = vaults.by_id(catalog, "a")
        assert vault is not None
        vaults.relabel(transaction, vault, "a", "bank")
    assert now_stands(catalog, NOW) is Standing.SHORT
    with catalog.transaction(NOW) as transaction:
        holders.set_home(transaction, "home")
    assert now_stands(catalog, NOW) is Standing.PROTECTED


def test_a_drive_out_of_sight_falls_due_and_comes_back(catalog: Catalog) -> None:
    protected(catalog, "a")
    with catalog.transaction(NOW) as transaction:
        rules.set_default(transaction, Rule(proof_days=90, unseen_days=30))
    assert now_stands(catalog, NOW + 29 * DAY) is Standing.PROTECTED
    assert now_stands(catalog, NOW + 31 * DAY) is Standing.STALE
    with catalog.transaction(NOW + 32 * DAY) as transaction:
        vaults.set_seen(transaction, "a", b"/mnt/a", b"", "disk-a")
    assert now_stands(catalog, NOW + 32 * DAY) is Standing.PROTECTED


def test_a_clock_that_leaps_ahead_and_back_writes_little_and_forgets_nothing(catalog: Catalog) -> None:
    protected(catalog, "a")
    before = catalog.rows(KEPT)
    assert now_stands(catalog, NOW + 3650 * DAY) is Standing.STALE
    assert now_stands(catalog, NOW) is Standing.PROTECTED
    assert catalog.rows(KEPT) == before
    with catalog.transaction(NOW + 3650 * DAY) as transaction:  # proven under the wrong clock
        replicas.set_proven(transaction, replicas.in_library(catalog, 1), Grade.DEVICE)
    with catalog.transaction(NOW + DAY) as transaction:
        transaction.touch(1)
    assert now_stands(catalog, NOW + DAY) is Standing.STALE


def test_items_grow_out_of_a_rule_by_themselves(catalog: Catalog) -> None:
    protected(catalog, "a")
    with catalog.transaction(NOW) as transaction:
        rules.put(transaction, [Rule("New", "added:<30d", copies=3, volumes=3), Rule()], "added")
    assert now_stands(catalog, NOW) is Standing.SHORT
    assert now_stands(catalog, NOW + 29 * DAY) is Standing.SHORT
    assert now_stands(catalog, NOW + 31 * DAY) is Standing.PROTECTED


def test_rules_follow_a_drive_s_new_label(catalog: Catalog) -> None:
    protected(catalog, "a")
    with catalog.transaction(NOW) as transaction:
        rules.set_default(transaction, Rule(forbidden=("a",)))
    vault = vaults.by_id(catalog, "a")
    assert vault is not None
    with catalog.transaction(NOW) as transaction:
        vaults.relabel(transaction, vault, "Old stick", "")
    assert now_stands(catalog, NOW) is Standing.AT_RISK
    assert rules.default_rule(catalog).forbidden == ("Old stick",)


def test_what_a_drive_may_lack_is_never_overlooked(catalog: Catalog) -> None:
    item_id = protected(catalog, "a")
    assert catalog.value("SELECT lacking FROM item") == 0
    assert list(lacking.lacks(catalog, "a")) == []
    copy = replicas.in_vault(catalog, "a", item_id)
    assert copy is not None
    with catalog.transaction(NOW) as transaction:  # no call of `touch`: the trigger sees it
        transaction.execute("UPDATE replica SET state = 'missing' WHERE id = ?", (copy.id,))
    assert [lack.item_id for lack in lacking.lacks(catalog, "a")] == [item_id]
    with catalog.transaction(NOW) as transaction:
        replicas.set_state(transaction, copy, ReplicaState.INTACT)
    assert catalog.value("SELECT lacking FROM item") == 0
    with catalog.transaction(NOW) as transaction:
        transaction.execute("UPDATE item SET name = x'32'")
    assert [lack.item_id for lack in lacking.lacks(catalog, "a")] == [item_id]
    add_vault(catalog, "b", "disk-b", NOW)
    assert [lack.item_id for lack in lacking.lacks(catalog, "b")] == [item_id]


def test_a_sweep_looks_again_at_what_was_thought_to_lack_something(catalog: Catalog) -> None:
    item_id = protected(catalog, "a")
    with catalog.transaction(NOW) as transaction:
        transaction.execute("UPDATE item SET lacking = 1")
        transaction.touch_all()
    assert catalog.value("SELECT lacking FROM item") == 0
    with catalog.transaction(NOW) as transaction:
        transaction.execute("UPDATE replica SET path = x'61' WHERE vault_id = 'a'")
        transaction.touch_all()
    assert [lack.item_id for lack in lacking.lacks(catalog, "a")] == [item_id]


def test_each_copy_is_overdue_by_its_own_rule(catalog: Catalog) -> None:
    filled(catalog)
    scoped = [Rule("Sixes", "path:6", proof_days=30), Rule("Fives", "path:5", proof_days=180), Rule()]
    for policy in ([Rule(proof_days=60)], scoped):
        with catalog.transaction(NOW) as transaction:
            rules.put(transaction, policy, "edited")
        for drive in ("a", "b", "c"):
            copies = catalog.rows(
                "SELECT r.proven_at, u.proof_days FROM replica r, item i, rule u WHERE i.id = r.item_id"
                " AND u.id = i.rule_id AND r.vault_id = ? AND r.role = 'current' AND r.state = 'intact'",
                (drive,),
            )
            late = sum(proven_at is None or NOW - proven_at > days * DAY for proven_at, days in copies)
            assert 0 < late < len(copies)
            assert leaving.overdue(catalog, drive, NOW) == late


def test_a_change_is_taken_back_from_its_event(catalog: Catalog) -> None:
    protected(catalog, "a")
    with catalog.transaction(NOW) as transaction:
        rules.put(transaction, [Rule("Rock", "genre:rock", copies=3), Rule()], "added")
    with catalog.transaction(NOW) as transaction:
        rules.put(transaction, [Rule("Rock", "genre:rock", copies=3), Rule()], "added")  # the same: no event
    changes = rules.changes(catalog)
    assert [change.did for change in changes] == ["added"]
    assert "genre:rock" in changes[0].after
    assert "genre:rock" not in changes[0].before


def test_a_pass_over_everything_leaves_the_collector_as_it_was(catalog: Catalog) -> None:
    filled(catalog, 3)
    policy = rules.numbered(catalog)
    scales = Scales(policy, {drive.id: drive for drive in holders.every(catalog)}, "", NOW)

    def swept() -> None:
        for _ in weighing.sweep(catalog.rows, scales, {}, ()):
            assert not gc.isenabled()
            raise InterruptedError

    with pytest.raises(InterruptedError):
        swept()
    assert gc.isenabled()
    with uncollected():
        list(weighing.sweep(catalog.rows, scales, {}, ()))
        assert not gc.isenabled()
    assert gc.isenabled()


def test_names_are_looked_at_only_on_the_drives_that_are_asked_about(catalog: Catalog) -> None:
    protected(catalog, "a", "b")
    with catalog.transaction(NOW) as transaction:
        transaction.execute("UPDATE replica SET path = x'00' WHERE vault_id IS NOT NULL")
    survey = lacking.Survey(catalog)
    for asked, right in (("a", {"b"}), ("b", {"a"})):
        ((item,),) = survey.batches([asked])
        copies = survey.copies(item[lacking.CODES :])
        assert {place for place in ("a", "b") if copies[place].named} == right
