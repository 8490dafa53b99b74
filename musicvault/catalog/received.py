"""A catalog that came from a drive, read as hostile input: nothing in it is executed, no view, trigger or function of
its schema is trusted, and no value is believed before it was checked.

Rows are copied, table by table, into a catalog of our own making; the file itself is never used as one.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, fields
from types import TracebackType
from typing import Any, Self

from musicvault.catalog import chain, schema
from musicvault.domain import policies
from musicvault.domain.parity import MOST_PERCENT
from musicvault.domain.paths import is_safe, join
from musicvault.domain.policy import Rule
from musicvault.domain.proof import Grade
from musicvault.domain.states import ReplicaState
from musicvault.domain.times import Traits
from musicvault.domain.values import BLOCK_DIGEST_SIZE, MIB, Kind
from musicvault.domain.verdict import Verdict
from musicvault.errors import SnapshotUnusable, UsageError
from musicvault.language import tr

Row = tuple[Any, ...]
_ROLES = frozenset({"current", "version", "quarantine"})
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,99}\Z")
_LARGEST_VALUE = 256 << 20
_NOT_COPIED = frozenset({"meta", "intent", "event", "service"})
"""What belongs to a computer or is copied by itself. In `service` stands what the other computer's clock showed."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain of events ends: the number and digest of its last event. `holds`: every event before it fits."""

    events: int
    digest: bytes
    holds: bool


class Received:
    """A snapshot, open for reading. A context manager. The file must be a private copy that nobody else writes."""

    def __init__(self, path: str) -> None:
        """Raises `SnapshotUnusable` for what is no catalog of a version that is known here, or is damaged."""
        try:
            self._connection = sqlite3.connect(f"file:{_escaped(path)}?mode=ro&immutable=1", uri=True)
        except sqlite3.Error as error:
            raise SnapshotUnusable(str(error)) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self.close()
            raise SnapshotUnusable(tr("it is no sound SQLite file ({cause})", cause=error)) from error
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        connection = self._connection
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "query_only = ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > schema.VERSION:
            raise SnapshotUnusable(tr("a newer MusicVault wrote it"))
        if version < 1:
            raise SnapshotUnusable(tr("it is no catalog of MusicVault"))
        problems = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problems != "ok":
            raise SnapshotUnusable(tr("SQLite finds it damaged"))
        if {"library", "item", "content", "replica", "vault", "event"} - self.tables().keys():
            raise SnapshotUnusable(tr("it is no catalog of MusicVault"))

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- what it says

    @property
    def catalog_id(self) -> str:
        """The id of the catalog that it was made of, empty where it doesn't say."""
        row = self._one("SELECT value FROM meta WHERE key = 'catalog_id'") if "meta" in self.tables() else None
        return str(row[0])[:100] if row else ""

    @property
    def written_at(self) -> float:
        """When its last event happened (seconds since the epoch)."""
        row = self._one("SELECT at FROM event ORDER BY id DESC LIMIT 1")
        return float(row[0]) if row and isinstance(row[0], int | float) else 0.0

    @property
    def items(self) -> int:
        row = self._one("SELECT count(*) FROM item")
        return int(row[0]) if row else 0

    def generation(self, vault_id: str) -> int | None:
        """The generation of this vault that it knew, None for a vault that it didn't."""
        row = self._one("SELECT generation FROM vault WHERE id = ?", (vault_id,))
        return int(row[0]) if row and isinstance(row[0], int) else None

    def head(self) -> Head | None:
        """The end of its chain of events; None without any event."""
        try:
            with closing(self._connection.execute("SELECT id, digest FROM event ORDER BY id DESC LIMIT 1")) as cursor:
                row = cursor.fetchone()
            if row is None or not isinstance(row[1], bytes):
                return None
            return Head(int(row[0]), row[1], chain.verify(self._connection).broken_at is None)
        except (sqlite3.Error, TypeError, ValueError):
            return None

    def tables(self) -> dict[str, list[str]]:
        """Ordinary tables (no views, nothing virtual) and their stored columns."""
        found = {}
        for row in self._connection.execute("PRAGMA main.table_list").fetchall():
            if row[2] in ("table", "shadow") and re.fullmatch(r"[a-z_0-9]+", row[1]):
                columns = self._connection.execute(f"PRAGMA main.table_xinfo({row[1]})").fetchall()
                found[row[1]] = [column[1] for column in columns if column[6] == 0]
        return found

    def rows(self, sql: str, parameters: tuple[object, ...] = ()) -> Iterator[Row]:
        """Rows one by one. Raises `SnapshotUnusable` where the file turns out to be damaged."""
        try:
            with closing(self._connection.execute(sql, parameters)) as cursor:
                while batch := cursor.fetchmany(1000):
                    yield from batch
        except sqlite3.Error as error:
            raise SnapshotUnusable(tr("it is damaged inside ({cause})", cause=error)) from error

    def _one(self, sql: str, parameters: tuple[object, ...] = ()) -> Row | None:
        return next(self.rows(sql + "" if "LIMIT" in sql else sql + " LIMIT 1", parameters), None)

    def events(self) -> Iterator[Row]:
        """Its events for as long as the chain holds, oldest first."""
        previous = chain.START
        columns = ", ".join(chain.COLUMNS)
        for row in self.rows(f"SELECT {columns} FROM event ORDER BY id"):
            try:
                if not chain.fits(row, previous):
                    return
            except (TypeError, ValueError):
                return
            previous = row[-1]
            yield row


def copied_tables(execute: Callable[[str], sqlite3.Cursor]) -> dict[str, list[str]]:
    """The tables of our own schema that a rebuild takes over, with their stored columns."""
    found = {}
    for row in execute("PRAGMA main.table_list").fetchall():
        name = row[1]
        if row[2] == "table" and name not in _NOT_COPIED and not name.startswith("sqlite_") and name[0] != "_":
            columns = execute(f"PRAGMA main.table_xinfo({name})").fetchall()
            found[name] = [column[1] for column in columns if column[6] == 0]
    return found


def _escaped(path: str) -> str:
    return "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 128) or byte in b"/._-" else f"%{byte:02X}"
        for byte in os.fsencode(path)
    )


# -- checks of the values, once they stand in tables of ours (whose types are strict)


def check_values(rows: Callable[[str], Iterator[Row]]) -> None:
    """Whether what was copied makes sense, so that no later reader stumbles over it. Raises `SnapshotUnusable`."""
    for name, check in _CHECKS.items():
        sql, right = check
        for row in rows(sql):
            try:
                sound = right(*row)
            except (ValueError, TypeError, RecursionError, KeyError):
                sound = False
            if not sound:
                raise SnapshotUnusable(tr("its table of {name} holds what no catalog holds", name=name))


def _right_library(slug: str, root: bytes, exclusions: str) -> bool:
    listed = json.loads(exclusions)
    return bool(_SLUG.match(slug)) and isinstance(listed, list) and all(isinstance(entry, str) for entry in listed)


def _right_volume(traits: str) -> bool:
    return isinstance(Traits(**json.loads(traits)), Traits)


def _right_item(folder: bytes, name: bytes, kind: str) -> bool:
    return b"/" not in name and is_safe(join(folder, name)) and kind in _KINDS


_KINDS = frozenset(Kind)


def _right_content(size: int, blake3: bytes, sha256: bytes, blocks: bytes | None) -> bool:
    """Of what was only stated, or set aside and known by its journal line alone, there are no digests of blocks."""
    expected = BLOCK_DIGEST_SIZE * ((size + MIB - 1) // MIB)
    digests = len(blake3) == 32 and len(sha256) == 32 and blocks is not None and len(blocks) in (0, expected)
    return size >= 0 and digests


_STATES, _GRADES, _VERDICTS = frozenset(ReplicaState), frozenset(Grade), frozenset(Verdict)


def _right_replica(vault: str | None, path: bytes | None, state: str, role: str, grade: str | None) -> bool:
    if state not in _STATES or role not in _ROLES or not (grade is None or grade in _GRADES):
        return False
    if vault is None:
        return path is None
    return path is not None and is_safe(path) and path.startswith((b"data/", b"musicvault/"))


def _right_finding(verdict: str, evidence: str, bad: str) -> bool:
    facts = [(str(code), dict(values)) for code, values in json.loads(evidence)]
    return verdict in _VERDICTS and facts is not None and all(isinstance(block, int) for block in json.loads(bad))


def _right_set(path: bytes, folder: bytes, percent: int, each: int, size: int, blake3: bytes) -> bool:
    there = is_safe(path) and path.startswith(b"musicvault/parity/") and path.count(b"/") == 2
    sized = 0 < percent <= MOST_PERCENT and each > 0 and size >= 0 and len(blake3) == 32
    return there and sized and is_safe(join(folder, b"name"))


def _right_member(path: bytes, size: int, blake3: bytes) -> bool:
    return is_safe(path) and path.startswith(b"data/") and size > 0 and len(blake3) == 32


_RULE = tuple(field.name for field in fields(Rule))
_LISTS = ("media", "allowed", "forbidden")


def _right_rule(*values: object) -> bool:
    """Whether it is a rule that could have been made here; one that can't be understood would stop every change."""
    stated = dict(zip(_RULE, values, strict=True))
    for name in _LISTS:
        listed = json.loads(str(stated[name]))
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            return False
        stated[name] = tuple(listed)
    try:
        policies.check(Rule(**stated))  # type: ignore[arg-type]
    except UsageError:
        return False
    return True


_CHECKS: dict[str, tuple[str, Callable[..., bool]]] = {
    "libraries": ("SELECT slug, root, exclusions FROM library", _right_library),
    "volumes": ("SELECT traits FROM volume", _right_volume),
    "items": ("SELECT folder, name, kind FROM item", _right_item),
    "contents": (
        "SELECT c.size, c.blake3, c.sha256, d.blocks FROM content c LEFT JOIN content_detail d ON d.content_id = c.id",
        _right_content,
    ),
    "copies": ("SELECT vault_id, path, state, role, grade FROM replica", _right_replica),
    "rules": ("SELECT " + ", ".join(_RULE) + " FROM rule", _right_rule),
    "findings": ("SELECT verdict, evidence, bad_blocks FROM finding", _right_finding),
    "parity sets": ("SELECT path, folder, percent, slice_size, size, blake3 FROM parity_set", _right_set),
    "parity members": ("SELECT path, size, blake3 FROM parity_member", _right_member),
}
