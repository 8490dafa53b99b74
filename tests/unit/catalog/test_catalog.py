"""The catalog on real SQLite files: opening, transactions, the chained log, standing, search."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from musicvault.catalog import (
    chain,
    contents,
    history,
    items,
    libraries,
    locks,
    overview,
    packed,
    replicas,
    rules,
    scanned,
    search,
    standing,
    vaults,
)
from musicvault.catalog.database import Catalog
from musicvault.domain.events import Event, EventType
from musicvault.domain.policy import Rule, Standing
from musicvault.domain.proof import Grade
from musicvault.domain.states import ReplicaState
from musicvault.domain.times import Traits
from musicvault.domain.values import Digests, Essence, Examination, Kind, Stat, Stream, Wrapper
from musicvault.errors import CatalogDamaged, CatalogNewer, Locked, UsageError

DAY = 86400.0


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog.open(tmp_path / "catalog.sqlite3")


def examination(seed: int = 1, **tags: str) -> Examination:
    digest = bytes([seed]) * 32
    return Examination(
        Stat(1000 + seed, 5, 6, seed),
        Digests(1000 + seed, digest, digest[::-1], digest[:16]),
        Essence("flac", digest, 900),
        Wrapper(fields={name: (value,) for name, value in tags.items()}),
        Stream("flac", "flac", 61.5, 44100, 2, 16, 900, True),
        Kind.TRACK,
    )


def add_library(catalog: Catalog, name: str = "Music", now: float = 1000.0) -> int:
    with catalog.transaction(now) as transaction:
        return libraries.add(transaction, name, libraries.slug_of(name), name.encode(), "disk")


def add_item(catalog: Catalog, library_id: int, path: str, seed: int = 1, now: float = 1000.0, **tags: str) -> int:
    folder, _, name = path.rpartition("/")
    with catalog.transaction(now) as transaction:
        return items.add(
            transaction, library_id, folder.encode(), name.encode(), examination(seed, **tags), born_damaged=False
        )[0]


def add_vault(catalog: Catalog, vault_id: str, volume: str, now: float = 1000.0) -> None:
    with catalog.transaction(now) as transaction:
        known = vaults.KnownVolume(volume, "ext4", None, volume, Traits(), b"/mnt", now)
        vaults.save_volume(transaction, known)
        vaults.add(
            transaction,
            vaults.Vault(vault_id, volume, vault_id, "", b"/mnt/" + vault_id.encode(), b"", 0, now, now, None),
        )


def protect(catalog: Catalog, item_id: int, vault_id: str, now: float) -> int:
    item = items.get(catalog, item_id)
    with catalog.transaction(now) as transaction:
        replicas.set_proven(transaction, replicas.in_library(catalog, item_id), Grade.DEVICE)
        return replicas.add(transaction, item_id, vault_id, item.content.id, b"data/x", Stat(1, 1, 1, 1))


# -- opening


def test_opening_creates_and_opening_again_keeps(tmp_path: Path) -> None:
    first = Catalog.open(tmp_path / "deep" / "catalog.sqlite3")
    identity = first.catalog_id
    first.close()
    assert Catalog.open(tmp_path / "deep" / "catalog.sqlite3").catalog_id == identity


def test_a_newer_catalog_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    Catalog.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(CatalogNewer):
        Catalog.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_catalog_is_named_as_such_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalog.sqlite3"
    path.write_bytes(content)
    with pytest.raises(CatalogDamaged, match="Set it aside"):
        Catalog.open(path)
    assert path.read_bytes() == content


# -- transactions


def test_an_exception_rolls_back_state_and_event(catalog: Catalog) -> None:
    library_id = add_library(catalog)
    events = catalog.value("SELECT count(*) FROM event")

    def interrupted() -> None:
        with catalog.transaction(5.0) as transaction:
            items.add(transaction, library_id, b"", b"a.flac", examination(), born_damaged=False)
            transaction.event(Event(EventType.INGESTION, library_id=library_id))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert overview.totals(catalog).items == 0
    assert catalog.value("SELECT count(*) FROM event") == events


def test_the_log_can_only_grow(catalog: Catalog) -> None:
    add_library(catalog)
    replaced = "INSERT OR REPLACE INTO event SELECT * FROM event LIMIT 1"
    for statement in ("UPDATE event SET outcome = 'fail'", "DELETE FROM event", replaced):
        with pytest.raises(sqlite3.IntegrityError), catalog.transaction(5.0) as transaction:
            transaction.execute(statement)


def test_tampering_with_the_log_shows(catalog: Catalog) -> None:
    for number in range(5):
        with catalog.transaction(float(number)) as transaction:
            transaction.event(Event(EventType.FIXITY_CHECK, path=b"\xff\n", detail={"n": number}))
    raw = sqlite3.connect(catalog.path)
    assert chain.verify(raw) == chain.ChainCheck(5, None)
    raw.execute("DROP TRIGGER event_stays")
    raw.execute("UPDATE event SET detail = '{}' WHERE id = 3")
    assert chain.verify(raw) == chain.ChainCheck(3, 3)
    raw.close()


def test_history_reads_back_what_was_written(catalog: Catalog) -> None:
    with catalog.transaction(7.0) as transaction:
        number = transaction.event(Event(EventType.RECOVERY, path=b"\xff.flac", detail={"a": [1, "ü"]}, batch="b"))
    record = history.get(catalog, number)
    assert record is not None
    assert (record.at, record.type, record.path, record.detail) == (7.0, "recovery", b"\xff.flac", {"a": [1, "ü"]})
    assert [entry.id for entry in history.of_batch(catalog, "b")] == [number]


# -- items, contents, standing


def test_item_round_trip(catalog: Catalog) -> None:
    library_id = add_library(catalog)
    item_id = add_item(catalog, library_id, "a/b.flac", 3, title="Aria")
    item = items.get(catalog, item_id)
    seen = examination(3, title="Aria")
    assert (item.path, item.content.digests, item.content.essence) == (b"a/b.flac", seen.digests, seen.essence)
    assert contents.wrapper(catalog, item.content.id) == seen.wrapper
    assert contents.stream(catalog, item.content.id) == seen.stream
    assert item.content.provisional


def test_inodes_beyond_63_bits(catalog: Catalog) -> None:
    library_id = add_library(catalog)
    seen = examination()
    huge = Examination(Stat(1, 2, 3, (1 << 64) - 5), seen.digests, None, Wrapper(), Stream(), Kind.COMPANION)
    with catalog.transaction(1.0) as transaction:
        items.add(transaction, library_id, b"", b"a.txt", huge, born_damaged=False)
    (known,) = scanned.folder_files(catalog, library_id, b"").values()
    assert known.stat.inode == packed.signed((1 << 64) - 5)


def test_standing_follows_copies_time_and_policy(catalog: Catalog) -> None:
    library_id = add_library(catalog)
    item_id = add_item(catalog, library_id, "a.flac")
    assert standing.counts(catalog, 1000.0)[Standing.AT_RISK] == 1
    add_vault(catalog, "v1", "other-disk")
    protect(catalog, item_id, "v1", 2000.0)
    assert standing.counts(catalog, 2000.0)[Standing.PROTECTED] == 1
    assert standing.counts(catalog, 2000.0 + 91 * DAY)[Standing.STALE] == 1
    with catalog.transaction(3000.0) as transaction:
        rules.set_default(transaction, Rule(copies=3, volumes=2))
    assert standing.counts(catalog, 3000.0)[Standing.SHORT] == 1
    vault = vaults.by_label(catalog, "V1")
    assert vault is not None
    with catalog.transaction(4000.0) as transaction:
        vaults.remove(transaction, vault)
    assert standing.counts(catalog, 4000.0)[Standing.AT_RISK] == 1


def test_a_vault_on_the_librarys_own_disk_is_no_second_volume(catalog: Catalog) -> None:
    library_id = add_library(catalog)
    item_id = add_item(catalog, library_id, "a.flac")
    add_vault(catalog, "v1", "disk")
    protect(catalog, item_id, "v1", 2000.0)
    assert standing.counts(catalog, 2000.0)[Standing.SHORT] == 1


def test_a_superseded_copy_is_intact_but_no_good_copy(catalog: Catalog) -> None:
    library_id = add_library(catalog)
    item_id = add_item(catalog, library_id, "a.flac", 1)
    add_vault(catalog, "v1", "other-disk")
    protect(catalog, item_id, "v1", 2000.0)
    with catalog.transaction(3000.0) as transaction:
        items.supersede(transaction, items.get(catalog, item_id), examination(2, title="new"))
    copy = replicas.in_vault(catalog, "v1", item_id)
    assert copy is not None
    assert (copy.state, copy.current) == (ReplicaState.INTACT, False)
    assert standing.counts(catalog, 3000.0)[Standing.AT_RISK] == 1
    assert [version.digests.blake3[0] for version in contents.versions(catalog, item_id)] == [2, 1]


def test_bytes_that_come_back_are_the_old_version(catalog: Catalog) -> None:
    item_id = add_item(catalog, add_library(catalog), "a.flac", 1)
    first = items.get(catalog, item_id).content
    for seed in (2, 1):
        with catalog.transaction(3000.0) as transaction:
            items.supersede(transaction, items.get(catalog, item_id), examination(seed))
    again = items.get(catalog, item_id).content
    assert again == first
    assert len(contents.versions(catalog, item_id)) == 2


def test_policy_out_of_range_is_refused(catalog: Catalog) -> None:
    for rule in (Rule(copies=0, volumes=0), Rule(copies=1, volumes=2), Rule(proof_days=0)):
        with pytest.raises(UsageError), catalog.transaction(1.0) as transaction:
            rules.set_default(transaction, rule)
    assert rules.default_rule(catalog) == Rule()


def test_hard_links_are_counted_once_in_bytes(catalog: Catalog) -> None:
    library_id = add_library(catalog)
    seen = examination()
    linked = Examination(
        Stat(1001, 5, 6, 42, 0, 2), *[getattr(seen, n) for n in ("digests", "essence", "wrapper", "stream", "kind")]
    )
    with catalog.transaction(1.0) as transaction:
        for name in (b"a.flac", b"b.flac"):
            items.add(transaction, library_id, b"", name, linked, born_damaged=False)
    totals = overview.totals(catalog)
    assert (totals.items, totals.bytes) == (2, 1001)
    library = libraries.by_id(catalog, library_id)
    assert library is not None
    with catalog.transaction(2.0) as transaction:
        libraries.remove(transaction, library)
    assert overview.totals(catalog).bytes == 0


# -- search


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["a/01.flac", "b/02.flac"]),
        ("bjork", ["a/01.flac"]),
        ("BJÖR", ["a/01.flac"]),
        ("army björk", ["a/01.flac"]),
        ("army variations", []),
        ('"goldberg variations"', ["b/02.flac"]),
        ("02", ["b/02.flac"]),
        ("AND", []),
        ("title:army", ["a/01.flac"]),
        ("album:army", []),
    ],
)
def test_search(catalog: Catalog, query: str, found: list[str]) -> None:
    library_id = add_library(catalog)
    add_item(catalog, library_id, "a/01.flac", 1, title="Army of Me", artist="Björk")
    add_item(catalog, library_id, "b/02.flac", 2, title="Aria", album="Goldberg Variations")
    assert [entry.path.decode() for entry in search.find(catalog, query)] == found


# -- locks


def test_locks_die_with_their_process_and_name_it(tmp_path: Path, catalog: Catalog) -> None:
    script = (
        "import sys; from pathlib import Path; from musicvault.catalog import locks\n"
        "with locks.held(Path(sys.argv[1]), 'vault-x', 'sync'):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    with subprocess.Popen(
        [sys.executable, "-c", script, str(catalog.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        assert locks.is_held(catalog.path, "vault-x")
        with pytest.raises(Locked, match=rf"{child.pid} \(sync\)"), locks.held(catalog.path, "vault-x", "scrub"):
            pass
        assert overview.totals(catalog).items == 0  # reading is never blocked
        child.kill()
        child.communicate()
    with locks.held(catalog.path, "vault-x", "scrub"):
        pass
    assert not locks.is_held(catalog.path, "vault-x")
