"""What must hold after a fault, judged by plain files and digests and the world's own BagIt validator; the program's
word counts for nothing here, but that its catalog must say of every copy what really is there."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bagit

from tests.crash.campaign.states import LONG_AGO_NS, looked_into

_PAYLOAD = ("/MusicVault/data/", "Music/", "back/")
_ASIDE = ("/MusicVault/musicvault/versions/", "/MusicVault/musicvault/quarantine/", "catalog.sqlite3.quarantine/")
_README = "/MusicVault/data/README.txt"


@dataclass(frozen=True, slots=True)
class File:
    digest: str
    mtime_ns: int
    mode: int


Files = dict[str, File]


@dataclass(frozen=True, slots=True)
class World:
    """Everything in a room: its files by relative path, what the catalog says of replicas and findings, and the
    exit codes of the runs that ended in it. `stated` are the SHA-256 digests that each drive's journal
    speaks of."""

    files: Files
    stated: frozenset[tuple[str, str]]
    replicas: tuple[tuple[object, ...], ...]
    codes: tuple[int, ...]


def look(room: Path, codes: tuple[int, ...] = ()) -> World:
    """Read it all."""
    files = {path: file for path, file in _walk(room, room) if "/own/" not in f"/{path}"}
    return World(files, frozenset(_stated(room)), tuple(_replicas(room / "catalog.sqlite3")), codes)


def _stated(room: Path) -> Iterator[tuple[str, str]]:
    for journal in room.glob("*/MusicVault/musicvault/journal"):
        for digest in re.findall(r'"sha256":"([0-9a-f]{64})"', journal.read_text("ascii", "replace")):
            yield _holder(os.path.relpath(journal, room)), digest


def _walk(room: Path, folder: Path) -> Iterator[tuple[str, File]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "lost+found":
                    yield from _walk(room, Path(entry.path))
                continue
            found = entry.stat(follow_symlinks=False)
            digest = hashlib.sha256(Path(entry.path).read_bytes()).hexdigest()
            yield os.path.relpath(entry.path, room), File(digest, found.st_mtime_ns, stat.S_IMODE(found.st_mode))


def _replicas(path: Path) -> Iterator[tuple[object, ...]]:
    if not path.exists():
        return
    with looked_into(path) as connection:
        try:
            yield from sorted(
                connection.execute(
                    "SELECT coalesce(v.label, ''), CAST(i.folder AS TEXT), CAST(i.name AS TEXT), r.role, r.state,"
                    " CASE r.state WHEN 'forgotten' THEN '' ELSE hex(c.blake3) END, coalesce(f.verdict, '')"
                    " FROM replica r JOIN item i ON i.id = r.item_id JOIN content c ON c.id = r.content_id"
                    " LEFT JOIN vault v ON v.id = r.vault_id LEFT JOIN finding f ON f.replica_id = r.id"
                )
            )
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise


def is_payload(path: str) -> bool:
    """Whether a file stands under a name that people rely on."""
    name = path.rpartition("/")[2]
    hidden = name.startswith(".musicvault-") or name.endswith(".partial")
    return not hidden and any(path.startswith(start) or start in path for start in _PAYLOAD)


def _holder(path: str) -> str:
    return path.partition("/")[0]


def _held(world: World, gives_up: bool) -> dict[str, set[str]]:
    """Which contents each drive, library or folder has, under whatever name; lists and catalogs left out. Of what is on
    its way only that of which a journal has spoken: before, a copy is nobody's (format.md, "Copy onto a vault"). None
    of it where the job may give a copy up."""
    held: dict[str, set[str]] = {}
    for path, file in world.files.items():
        arriving = "/musicvault/incoming/" in path and (_holder(path), file.digest) in world.stated and not gives_up
        if arriving or is_payload(path) or any(part in path for part in (*_ASIDE, "backup/")):
            held.setdefault(_holder(path), set()).add(file.digest)
    return held


# -- at once after the fault


def at_once(before: World, final: World, now: World, *, gives_up: bool = False) -> Iterator[str]:
    """What is wrong with the room before anything has cleaned up: nothing good is lost, nothing is half or false. A job
    that is refused a name `gives_up` the copy that was on its way to it: where that came from, it still is."""
    for path, file in now.files.items():
        if is_payload(path) and not path.endswith(_README):
            expected = {world.files[path].digest for world in (before, final) if path in world.files}
            if file.digest not in expected:
                yield f"false or half bytes under {path}"
    for path, was in before.files.items():
        if is_payload(path) and final.files.get(path) == was and now.files.get(path) != was:
            yield f"{path} should not have been touched"
    end, there = _held(final, gives_up), _held(now, gives_up)
    for holder, contents in _held(before, gives_up).items():
        stays = contents & end.get(holder, set())
        if lost := stays - there.get(holder, set()):
            yield f"{holder} lost {_named(lost, before.files)}"
    everything = {file.digest for file in now.files.values()}
    at_the_end = {file.digest for file in final.files.values()}
    for path, file in before.files.items():
        watched = is_payload(path) or any(part in path for part in (*_ASIDE, "backup/"))
        if watched and file.digest in at_the_end and file.digest not in everything:
            yield f"the bytes of {path} are nowhere"


def _named(contents: set[str], files: Files) -> str:
    return ", ".join(sorted(path for path, file in files.items() if file.digest in contents))


# -- when the next run is done


def at_last(room: Path, final: World, now: World) -> Iterator[str]:
    """What differs from a run that nothing broke, and what is left lying about."""
    yield from payload_differs(final, now)
    for holder in {_holder(path) for path in final.files}:
        wanted, found = _aside(final.files, holder), _aside(now.files, holder)
        if wanted != found:
            yield f"{holder} keeps other old bytes: {wanted - found} missing, {found - wanted} too many"
    yield from _leftovers(room, final, now)
    for difference in sorted(set(final.replicas) ^ set(now.replicas), key=str):
        yield f"the catalog says otherwise: {difference} {'missing' if difference in final.replicas else 'too much'}"
    if now.codes != final.codes:
        yield f"exit codes {now.codes} instead of {final.codes}"
    yield from _bags(room)
    yield from _catalog(room / "catalog.sqlite3")


def payload_differs(final: World, now: World) -> Iterator[str]:
    """Where libraries, copies and what was given back aren't what they are after an undisturbed run."""
    for path in sorted({*final.files, *now.files}):
        if not is_payload(path):
            continue
        wanted, found = final.files.get(path), now.files.get(path)
        if wanted is None or found is None or wanted.digest != found.digest:
            yield f"{path} is not as it should be at the end"
        elif wanted.mtime_ns < LONG_AGO_NS and wanted.mtime_ns != found.mtime_ns:
            yield f"{path} has another time"
        elif wanted.mode != found.mode:
            yield f"{path} has another mode"


def _aside(files: Files, holder: str) -> Counter[str]:
    return Counter(
        file.digest for path, file in files.items() if _holder(path) == holder and any(part in path for part in _ASIDE)
    )


def _leftovers(room: Path, final: World, now: World) -> Iterator[str]:
    for path in now.files:
        name = path.rpartition("/")[2]
        if path.startswith("catalog.sqlite3.kept/"):
            continue  # another edit may be writing there: halves go once they are an hour old
        private = name.endswith((".partial", ".new")) or name.startswith(".musicvault")
        unfolded = path.endswith("/musicvault/journal") and (room / path).stat().st_size
        if private or unfolded or "/incoming/" in path or path.endswith("/musicvault/lock"):
            yield f"left over: {path}"
    for folder in room.glob("*/.MusicVault.creating-*"):
        yield f"left over: {folder.relative_to(room)}"


def _bags(room: Path) -> Iterator[str]:
    logging.getLogger("bagit").setLevel(logging.CRITICAL)  # it raises what it logs
    for vault in sorted(room.glob("*/MusicVault")):
        try:
            bagit.Bag(str(vault)).validate()
        except (bagit.BagError, OSError, UnicodeError) as error:
            yield f"{vault.parent.name} is no valid bag: {error}"


def _catalog(path: Path) -> Iterator[str]:
    with looked_into(path) as connection:
        for answer in connection.execute("PRAGMA integrity_check"):
            if answer[0] != "ok":
                yield f"catalog: {answer[0]}"
        for broken in connection.execute("PRAGMA foreign_key_check"):
            yield f"catalog: foreign key {broken}"
        for operation in connection.execute("SELECT operation FROM intent"):
            yield f"catalog: an intent to {operation[0]} is still open"
