"""Opening a catalog: whatever lies there is named plainly and left alone, and an unclean stop is noticed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from musicvault.app import open_app
from musicvault.catalog import connections, rules, schema
from musicvault.catalog.database import Catalog
from musicvault.catalog.health import WEEK_S
from musicvault.catalog.selection import match_expression
from musicvault.domain.notices import Advanced, Notice, Started
from musicvault.domain.query import Words, parse
from musicvault.errors import CatalogDamaged, Locked, VaultError
from tests.engine_room import Room

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.sqlite3"


@pytest.mark.parametrize("version", [0, 1])
def test_another_programs_database_is_no_catalog(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks(url TEXT)")
        connection.execute(f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    with pytest.raises(CatalogDamaged, match="is no catalog of MusicVault"):
        Catalog.open(path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name], "nothing is put beside it"


def test_a_folder_or_a_file_in_the_way_is_said(path: Path) -> None:
    path.mkdir()
    with pytest.raises(VaultError, match="it is a folder"):
        Catalog.open(path)
    file = path / "file"
    file.write_bytes(b"")
    with pytest.raises(VaultError, match="can't be made"):
        Catalog.open(file / "catalog.sqlite3")


def test_a_catalog_that_another_process_keeps_to_itself(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Catalog.open(path).close()
    monkeypatch.setattr("musicvault.catalog.database.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("INSERT INTO meta VALUES('x', 'y')")
        with pytest.raises(Locked, match="Try again"):
            Catalog.open(path)


def test_a_new_one_is_made_whole_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes its last tables fails."""
    monkeypatch.setattr(schema, "INDEXES", "CREATE INDEX lacks ON nowhere(to_be_found);")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        Catalog.open(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    monkeypatch.undo()
    Catalog.open(path).close()


def test_several_processes_may_make_it_at_once(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from musicvault.catalog.database import Catalog\n"
        "catalog = Catalog.open(Path(sys.argv[1])); print(catalog.catalog_id); catalog.close()"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
        for _ in range(3)
    ]
    said = [child.communicate() for child in children]
    assert [error for _, error in said if error] == []
    assert len({out for out, _ in said}) == 1, "one catalog, one id"


# -- closing


def test_a_clean_end_leaves_no_log_behind(path: Path) -> None:
    catalog = Catalog.open(path)
    rows = catalog.stream("SELECT 1 UNION SELECT 2 UNION SELECT 3", size=1)
    next(rows)  # a list that somebody is still looking at
    thread = threading.Thread(target=lambda: catalog.value("SELECT count(*) FROM item"))
    thread.start()
    thread.join()
    with catalog.transaction(1.0) as transaction:
        transaction.execute("INSERT INTO meta VALUES('a', 'b')")
    catalog.close()
    assert not [name for name in os.listdir(path.parent) if name.endswith(("-wal", "-shm"))]
    with pytest.raises(VaultError, match="closed"):
        catalog.value("SELECT 1")


def test_threads_that_ended_keep_no_connection(path: Path) -> None:
    catalog = Catalog.open(path)
    for _ in range(8):
        thread = threading.Thread(target=lambda: catalog.value("SELECT 1"))
        thread.start()
        thread.join()
    assert len(catalog._connections) <= 2
    catalog.close()


# -- health


def hurt(path: Path) -> None:
    """Garble the pages after the first few, as a bad sector does."""
    with open(path, "r+b") as file:
        file.seek(8 * 4096)
        file.write(b"\xa5" * 4096 * 6)


def killed_while_open(path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from musicvault.catalog.database import Catalog\n"
        "catalog = Catalog.open(Path(sys.argv[1]))\n"
        "with catalog.transaction(1.0) as transaction: transaction.execute(\"INSERT INTO meta VALUES('a', 'b')\")\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGKILL)


def test_after_an_unclean_stop_the_catalog_is_checked(path: Path) -> None:
    Catalog.open(path).close()
    hurt(path)
    Catalog.open(path).close()  # after a clean end, opening costs no check
    killed_while_open(path)
    assert path.with_name(path.name + "-wal").stat().st_size > 0
    with pytest.raises(CatalogDamaged, match="Set it aside"):
        Catalog.open(path)


def test_a_whole_catalog_survives_an_unclean_stop(path: Path) -> None:
    Catalog.open(path).close()
    killed_while_open(path)
    catalog = Catalog.open(path)
    assert catalog.value("SELECT value FROM meta WHERE key = 'a'") == "b"
    catalog.close()


def test_it_is_checked_weekly(path: Path) -> None:
    catalog = Catalog.open(path)
    catalog.check_weekly(1000.0)
    catalog.close()
    hurt(path)
    catalog = Catalog.open(path)
    catalog.check_weekly(1000.0 + WEEK_S - 1)
    with pytest.raises(CatalogDamaged, match="Set it aside"):
        catalog.check_weekly(1000.0 + WEEK_S)
    catalog.close()


def test_damage_of_what_can_be_computed_again_is_in_nobodys_way(path: Path) -> None:
    Catalog.open(path).close()
    derived = path.with_name(path.name + "-derived")
    derived.write_bytes(b"garbage" * 1000)
    catalog = Catalog.open(path)
    assert catalog.value("SELECT count(*) FROM derived.fingerprint") == 0
    assert path.with_name(derived.name + ".damaged").exists()
    catalog.close()


def test_a_file_of_an_earlier_version_gets_the_tables_that_came_since(path: Path) -> None:
    Catalog.open(path).close()
    with closing(sqlite3.connect(f"{path}-derived")) as earlier, earlier:
        earlier.execute("DROP TABLE vain")
        earlier.execute("INSERT INTO fingerprint VALUES(x'01', NULL, 1.0, x'', 'x', NULL)")
    catalog = Catalog.open(path)
    assert catalog.value("SELECT count(*) FROM derived.vain") == 0
    assert catalog.value("SELECT count(*) FROM derived.fingerprint") == 1
    catalog.close()


def test_a_list_that_stays_open_does_not_keep_fingerprints_from_being_saved(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.05)
    catalog = Catalog.open(path)
    row = "INSERT INTO derived.fingerprint VALUES(?, NULL, 1.0, x'', 'x', NULL)"
    with catalog.derived() as execute:
        for number in range(3):
            execute(row, (bytes([number]) * 32,))
    listing: Any = catalog.stream("SELECT blake3 FROM derived.fingerprint", size=1)
    next(listing)
    failures: list[BaseException] = []

    def save() -> None:
        try:
            with catalog.derived() as execute:
                execute(row, (b"new" * 8,))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=save)
    thread.start()
    thread.join()
    assert failures == []
    listing.close()
    catalog.close()


# -- migrations


def test_a_backup_comes_before_a_migration(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog.open(path)
    identity = catalog.catalog_id
    catalog.close()
    before = schema.VERSION
    monkeypatch.setattr(schema, "VERSION", before + 1)
    half = path.with_name(f"{path.name}.before-version-{before}.partial")
    half.write_bytes(b"what a crash left")
    catalog = Catalog.open(path)
    assert catalog.catalog_id == identity
    catalog.close()
    with closing(sqlite3.connect(path.with_name(f"{path.name}.before-version-{before}"))) as backup:
        assert backup.execute("SELECT value FROM meta WHERE key = 'catalog_id'").fetchone() == (identity,)
        assert backup.execute("PRAGMA user_version").fetchone() == (before,)
    assert not half.exists()


def test_how_far_a_migration_is_is_told(path: Path) -> None:
    heard: list[Notice] = []
    Catalog.open(path, heard.append).close()
    assert heard == [], "a new catalog is made at once"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP INDEX content_size")
        connection.execute("CREATE INDEX content_size ON content(size)")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'indexes_of_what_is_lacking'")
        for name in schema.LACKING_TEXTS:
            connection.execute(f"DROP INDEX track_no_{name}")
        connection.execute("PRAGMA user_version = 2")
    with closing(Catalog.open(path, heard.append)) as catalog:
        (columns,) = catalog.rows("SELECT group_concat(name) FROM pragma_index_info('content_size')")
        assert columns == ("size,item_id",)
    backup, work = (notice for notice in heard if isinstance(notice, Started))
    assert backup.bytes
    assert backup.bytes >= os.path.getsize(path) // 2
    assert {backup.subject, work.subject} == {path.name}


def test_what_has_to_be_judged_anew_after_a_migration_is_part_of_it(tmp_path: Path) -> None:
    room = Room(tmp_path)
    for number in range(3):
        (room.music / f"{number}.txt").write_text(str(number))
    room.add()
    room.scan()
    room.catalog.close()
    with closing(sqlite3.connect(room.catalog.path)) as connection, connection:
        connection.execute("DELETE FROM meta WHERE key = 'judged'")
        connection.execute("UPDATE item SET standing = 'protected'")
        connection.execute("PRAGMA user_version = 2")
    heard: list[Notice] = []
    app = open_app(room.catalog.path, heard.append)
    try:
        assert app.catalog.rows("SELECT DISTINCT standing FROM item") == [("at-risk",)]
        assert heard[-2:] == [Started("migrate", room.catalog.path.name, 3), Advanced(3, 0)]
    finally:
        app.close()


def test_the_words_of_an_older_catalog_are_found_in_every_form(path: Path) -> None:
    Catalog.open(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO words(rowid, title, path) VALUES(7, 'Чайковский', 'Straße ガラス')")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'folded_words'")
        connection.execute("PRAGMA user_version = 1")
    with closing(Catalog.open(path)) as catalog:
        for phrase in ("ЧАЙКОВСКИЙ", "Чайковски\u0438\u0306", "strasse", "STRASSE カ\u3099ラス"):
            expression = match_expression(Words(phrase))
            assert catalog.rows("SELECT rowid FROM words WHERE words MATCH ?", (expression,)) == [(7,)], phrase


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("genre: Piano", r"genre\: Piano"),
        ("a or (-title: label:)", r"a or (-title\: label\:)"),
        ("genre:jazz Year 1:", "genre:jazz Year 1:"),
        ('"genre:" x', '"genre:" x'),
    ],
)
def test_a_scope_of_an_older_catalog_means_what_it_meant(path: Path, before: str, after: str) -> None:
    Catalog.open(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO rule(position, name, scope, copies, volumes, proof_days, version_days)"
            " VALUES(1, 'Some', ?, 1, 1, 90, 90)",
            (before,),
        )
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'scopes_still_understood'")
        connection.execute("PRAGMA user_version = 1")
    with closing(Catalog.open(path)) as catalog:
        assert [rule.scope for rule in rules.every(catalog)] == [after, ""]
        parse(after)
