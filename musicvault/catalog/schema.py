"""The tables. `VERSION` is kept in `PRAGMA user_version` and gates older programs; `migrating` brings them there."""

from __future__ import annotations

import re
import sqlite3

VERSION = 3

TABLES = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE library(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, slug TEXT NOT NULL UNIQUE, root BLOB NOT NULL UNIQUE,
    volume_id TEXT NOT NULL, exclusions TEXT NOT NULL DEFAULT '[]',
    added_at REAL NOT NULL, scanned_at REAL, confirmed_at REAL NOT NULL DEFAULT 0, removed_at REAL
) STRICT;

CREATE TABLE volume(
    id TEXT PRIMARY KEY, fs_type TEXT NOT NULL, fs_uuid TEXT, label TEXT NOT NULL, traits TEXT NOT NULL,
    mount BLOB NOT NULL, seen_at REAL NOT NULL,
    disk TEXT NOT NULL DEFAULT '', model TEXT NOT NULL DEFAULT '', enclosure TEXT NOT NULL DEFAULT '',
    detached INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE health(
    volume_id TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL,
    smart TEXT NOT NULL DEFAULT '', asked_at REAL NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE read_pass(
    volume_id TEXT NOT NULL, at REAL NOT NULL, round TEXT NOT NULL DEFAULT '', complete INTEGER NOT NULL,
    basis TEXT NOT NULL, files INTEGER NOT NULL, bytes INTEGER NOT NULL, errors INTEGER NOT NULL,
    corrupt INTEGER NOT NULL, curve TEXT NOT NULL, PRIMARY KEY(volume_id, at, round)
) STRICT, WITHOUT ROWID;
CREATE TABLE read_error(
    id INTEGER PRIMARY KEY, volume_id TEXT NOT NULL, at REAL NOT NULL, path BLOB NOT NULL, place INTEGER,
    physical INTEGER, cause TEXT NOT NULL
) STRICT;
CREATE INDEX read_error_volume ON read_error(volume_id, at);

CREATE TABLE vault(
    id TEXT PRIMARY KEY, volume_id TEXT NOT NULL REFERENCES volume(id), label TEXT NOT NULL UNIQUE,
    site TEXT NOT NULL DEFAULT '', folder BLOB NOT NULL, below BLOB NOT NULL, generation INTEGER NOT NULL DEFAULT 0,
    created_at REAL NOT NULL, seen_at REAL NOT NULL, snapshot_at REAL, removed_at REAL,
    media TEXT NOT NULL DEFAULT '', notes TEXT NOT NULL DEFAULT '', retired_at REAL,
    parity INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE item(
    id INTEGER PRIMARY KEY, library_id INTEGER NOT NULL REFERENCES library(id),
    folder BLOB NOT NULL, name BLOB NOT NULL, shown TEXT NOT NULL, kind TEXT NOT NULL,
    content_id INTEGER, born_damaged INTEGER NOT NULL DEFAULT 0,
    added_at REAL NOT NULL, forgotten_at REAL,
    standing TEXT NOT NULL DEFAULT 'at-risk', good INTEGER NOT NULL DEFAULT 0, volumes INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL DEFAULT 0, missing TEXT NOT NULL DEFAULT '[]',
    rule_id INTEGER NOT NULL DEFAULT 1, sources INTEGER NOT NULL DEFAULT 0, lacking INTEGER NOT NULL DEFAULT 1,
    UNIQUE(library_id, folder, name)
) STRICT;
CREATE INDEX item_lacking ON item(id) WHERE lacking;
CREATE INDEX item_good ON item(good);
CREATE INDEX item_added ON item(added_at);
CREATE INDEX item_standing ON item(forgotten_at, library_id, standing, kind, due_at);

CREATE TABLE content(
    id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES item(id),
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    blake3 BLOB NOT NULL, sha256 BLOB NOT NULL, essence_kind TEXT, essence BLOB, essence_size INTEGER,
    provisional INTEGER NOT NULL DEFAULT 1, since REAL NOT NULL, superseded_at REAL
) STRICT;
CREATE INDEX content_item ON content(item_id);
CREATE INDEX content_digest ON content(blake3);
CREATE INDEX content_essence ON content(essence) WHERE essence IS NOT NULL;
CREATE TABLE content_detail(
    content_id INTEGER PRIMARY KEY REFERENCES content(id),
    blocks BLOB NOT NULL, wrapper BLOB NOT NULL, stream TEXT NOT NULL
) STRICT;

CREATE TABLE replica(
    id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES item(id), vault_id TEXT REFERENCES vault(id),
    content_id INTEGER NOT NULL REFERENCES content(id), role TEXT NOT NULL DEFAULT 'current', path BLOB,
    state TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL, links INTEGER NOT NULL DEFAULT 1,
    seen_at REAL NOT NULL, proven_at REAL, grade TEXT, kept_until REAL,
    place TEXT GENERATED ALWAYS AS (coalesce(vault_id, '')) VIRTUAL
) STRICT;
CREATE UNIQUE INDEX replica_current ON replica(item_id, place) WHERE role = 'current';
CREATE INDEX replica_item ON replica(item_id);
CREATE INDEX replica_census ON replica(vault_id, role, state, proven_at, size, item_id);
CREATE INDEX replica_linked ON replica(inode) WHERE links > 1;
CREATE INDEX replica_path ON replica(vault_id, path) WHERE vault_id IS NOT NULL;
CREATE INDEX replica_trouble ON replica(state) WHERE state <> 'intact';
CREATE INDEX replica_content ON replica(content_id);
CREATE INDEX replica_kept ON replica(vault_id, kept_until) WHERE kept_until IS NOT NULL;

CREATE TRIGGER replica_comes AFTER INSERT ON replica WHEN NEW.role = 'current' BEGIN
    UPDATE item SET lacking = 1 WHERE id = NEW.item_id AND NOT lacking;
END;
CREATE TRIGGER replica_goes AFTER DELETE ON replica WHEN OLD.role = 'current' BEGIN
    UPDATE item SET lacking = 1 WHERE id = OLD.item_id AND NOT lacking;
END;
CREATE TRIGGER replica_changes AFTER UPDATE OF state, content_id, path, role ON replica
WHEN OLD.state <> NEW.state OR OLD.content_id <> NEW.content_id OR OLD.path IS NOT NEW.path OR OLD.role <> NEW.role
BEGIN
    UPDATE item SET lacking = 1 WHERE id = NEW.item_id AND NOT lacking;
END;
CREATE TRIGGER item_changes AFTER UPDATE OF folder, name, content_id ON item WHEN NOT NEW.lacking BEGIN
    UPDATE item SET lacking = 1 WHERE id = NEW.id;
END;

CREATE TABLE finding(
    replica_id INTEGER PRIMARY KEY REFERENCES replica(id) ON DELETE CASCADE, verdict TEXT NOT NULL,
    evidence TEXT NOT NULL, bad_blocks TEXT NOT NULL DEFAULT '[]',
    observed_id INTEGER REFERENCES content(id), at REAL NOT NULL,
    braked INTEGER NOT NULL DEFAULT 0, lost TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE TABLE track(
    item_id INTEGER PRIMARY KEY REFERENCES item(id), title TEXT, artist TEXT, album TEXT, albumartist TEXT,
    track TEXT, disc TEXT, date TEXT, genre TEXT, container TEXT, codec TEXT, duration REAL, sample_rate INTEGER,
    channels INTEGER, bits INTEGER, bitrate INTEGER, lossless INTEGER, problem TEXT,
    year INTEGER, rating REAL, plays INTEGER
) STRICT;
CREATE INDEX track_year ON track(year);
CREATE INDEX track_rating ON track(rating) WHERE rating IS NOT NULL;
CREATE INDEX track_plays ON track(plays) WHERE plays IS NOT NULL;
CREATE INDEX track_duration ON track(duration);
CREATE INDEX track_container ON track(container);
CREATE INDEX track_codec ON track(codec);
CREATE INDEX track_lossless ON track(lossless);
CREATE INDEX track_bits ON track(bits) WHERE bits > 16;
CREATE INDEX track_sample_rate ON track(sample_rate) WHERE sample_rate > 48000;
CREATE INDEX track_channels ON track(channels) WHERE channels > 2;
CREATE VIRTUAL TABLE words USING fts5(
    title, artist, album, albumartist, genre, composer, performer, conductor, label, comment, rest, path,
    tokenize="unicode61 remove_diacritics 2", prefix='2 3'
);

CREATE TABLE parity_set(
    id INTEGER PRIMARY KEY, vault_id TEXT NOT NULL REFERENCES vault(id), library_id INTEGER NOT NULL,
    folder BLOB NOT NULL, portion INTEGER NOT NULL, portions INTEGER NOT NULL, percent INTEGER NOT NULL,
    slice_size INTEGER NOT NULL, path BLOB NOT NULL, size INTEGER NOT NULL, blake3 BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'intact', made_at REAL NOT NULL, proven_at REAL, UNIQUE(vault_id, path)
) STRICT;
CREATE INDEX parity_set_folder ON parity_set(vault_id, library_id, folder);
CREATE TABLE parity_member(
    vault_id TEXT NOT NULL, path BLOB NOT NULL, set_id INTEGER NOT NULL REFERENCES parity_set(id) ON DELETE CASCADE,
    size INTEGER NOT NULL, blake3 BLOB NOT NULL, PRIMARY KEY(vault_id, path, set_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX parity_member_set ON parity_member(set_id);
CREATE INDEX parity_member_content ON parity_member(blake3);

CREATE TABLE event(
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, type TEXT NOT NULL, outcome TEXT NOT NULL, item_id INTEGER,
    library_id INTEGER, vault_id TEXT, path BLOB, detail TEXT NOT NULL, batch TEXT, agent TEXT NOT NULL,
    previous BLOB NOT NULL, digest BLOB NOT NULL
) STRICT;
CREATE INDEX event_item ON event(item_id);
CREATE INDEX event_batch ON event(batch) WHERE batch IS NOT NULL;
CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT raise(ABORT, 'events are append-only'); END;
CREATE TRIGGER event_is_kept BEFORE DELETE ON event BEGIN SELECT raise(ABORT, 'events are append-only'); END;

CREATE TABLE intent(
    id INTEGER PRIMARY KEY, operation TEXT NOT NULL, vault_id TEXT, library_id INTEGER, item_id INTEGER,
    detail TEXT NOT NULL, created_at REAL NOT NULL
) STRICT;
CREATE INDEX intent_place ON intent(vault_id, library_id);

CREATE TABLE brake_count(
    library_id INTEGER NOT NULL REFERENCES library(id), at REAL NOT NULL, changes INTEGER NOT NULL
) STRICT;

CREATE TABLE unprotected(
    library_id INTEGER NOT NULL REFERENCES library(id), reason TEXT NOT NULL, path BLOB, count INTEGER NOT NULL
) STRICT;

CREATE TABLE submount(
    library_id INTEGER NOT NULL REFERENCES library(id), path BLOB NOT NULL, PRIMARY KEY(library_id, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE service(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE rule(
    id INTEGER PRIMARY KEY, position INTEGER NOT NULL, name TEXT NOT NULL UNIQUE, scope TEXT NOT NULL DEFAULT '',
    copies INTEGER NOT NULL, volumes INTEGER NOT NULL, proof_days INTEGER NOT NULL, version_days INTEGER NOT NULL,
    sites INTEGER NOT NULL DEFAULT 1, detached INTEGER NOT NULL DEFAULT 0, media TEXT NOT NULL DEFAULT '[]',
    kinds INTEGER NOT NULL DEFAULT 1, unseen_days INTEGER NOT NULL DEFAULT 180, parity INTEGER NOT NULL DEFAULT 0,
    priority INTEGER NOT NULL DEFAULT 0, allowed TEXT NOT NULL DEFAULT '[]', forbidden TEXT NOT NULL DEFAULT '[]'
) STRICT;
INSERT INTO rule(id, position, name, copies, volumes, proof_days, version_days)
    VALUES(1, 1000, 'Everything', 2, 2, 90, 90);
"""


NEVER_REPLACED = """
CREATE TRIGGER event_is_new BEFORE INSERT ON event WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.id) BEGIN
    SELECT raise(ABORT, 'events are append-only');
END
"""
"""INSERT OR REPLACE deletes what stood there without asking the trigger for deletions."""

LACKING_TEXTS = ("title", "artist", "album", "albumartist", "genre")
"""Texts of a track by the lack of which it is found. Each such index holds only the tracks that lack it."""

INDEXES = "\n".join(
    [
        "DROP INDEX IF EXISTS content_size;",
        "CREATE INDEX content_size ON content(size, item_id);",
        *(
            f"CREATE INDEX track_no_{name} ON track(item_id) WHERE {name} IS NULL OR {name} = '';"
            for name in LACKING_TEXTS
        ),
    ]
)
"""Of version 3. The index of sizes held the sizes alone before: every row of a question had to be looked up."""


def is_ours(connection: sqlite3.Connection, version: int) -> bool:
    """Whether the file is a catalog, or is empty and may become one. Other programs number their tables as well."""
    tables = {row[0] for row in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")}
    return {"meta", "item", "replica", "event"} <= tables or (version == 0 and tables <= {"_sqlite_migrations"})


def guards() -> dict[str, str]:
    """By name the triggers that keep the log append-only, as they are made."""
    written = [*statements(TABLES), NEVER_REPLACED]
    made = {match[1]: plain(sql) for sql in written if (match := _GUARD.match(plain(sql)))}
    assert len(made) == 3
    return made


_GUARD = re.compile(r"CREATE TRIGGER (event_\w+) ")


def plain(sql: str) -> str:
    """A statement on one line, without its end."""
    return " ".join(sql.split()).rstrip("; ")


def statements(script: str) -> list[str]:
    """Split a script into statements, keeping triggers (which hold semicolons) whole."""
    found: list[str] = []
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    return [statement for statement in found if statement]


DERIVED = """
CREATE TABLE IF NOT EXISTS derived.fingerprint(
    blake3 BLOB PRIMARY KEY, essence BLOB, duration REAL NOT NULL, items BLOB NOT NULL, tool TEXT NOT NULL, problem TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS derived.fingerprint_essence ON fingerprint(essence) WHERE essence IS NOT NULL;
CREATE TABLE IF NOT EXISTS derived.decode(
    blake3 BLOB PRIMARY KEY, outcome TEXT NOT NULL, tool TEXT NOT NULL, version TEXT NOT NULL, detail TEXT NOT NULL,
    at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS derived.decode_outcome ON decode(outcome);
CREATE TABLE IF NOT EXISTS derived.vain(search BLOB PRIMARY KEY, blake3 BLOB NOT NULL) WITHOUT ROWID;
"""
"""What can be computed again is kept in a file of its own beside the catalog, so that snapshots stay small. A file of
an earlier version gets what it lacks when it is opened: each statement leaves alone what is there."""

NEWEST_DERIVED = "vain"
"""The table that was added last."""
