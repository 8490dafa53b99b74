"""A library of real sound, a catalog and a clock that the test sets: what engine tests stand on."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterable
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from musicvault.catalog import items, libraries, replicas, search
from musicvault.catalog.database import Catalog
from musicvault.catalog.items import Item
from musicvault.catalog.libraries import Library
from musicvault.domain.notices import Finished, ItemDone, Notice
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine.context import Context
from musicvault.engine.library import add_library
from musicvault.engine.scan import scan
from tests.sound import make


class Room:
    """One library below `tmp/Music`, and jobs run to their end."""

    def __init__(self, tmp: Path) -> None:
        self.tmp = tmp
        self.music = tmp / "Music"
        self.music.mkdir()
        self.time = 1_000_000.0
        self.catalog = new_catalog(tmp / "catalog.sqlite3")
        self.ctx = Context(self.catalog, self.now)
        self.notices: list[Notice] = []

    def now(self) -> float:
        self.time += 1.0
        return self.time

    def later(self, days: float) -> None:
        self.time += days * 86400

    def track(self, name: str, seed: int = 1, *, seconds: float = 0.4, **tags: str) -> Path:
        return make(self.music / name, seed=seed, seconds=seconds, **tags)

    def add(self) -> Library:
        return add_library(self.ctx, os.fsencode(self.music))

    def run(self, job: Iterable[Notice]) -> Finished:
        self.notices = list(job)
        finished = self.notices[-1]
        assert isinstance(finished, Finished)
        return finished

    def scan(self, *, confirm: bool = False, dry_run: bool = False) -> Finished:
        chosen = [library.id for library in libraries.every(self.catalog)]
        return self.run(scan(self.ctx, chosen, confirm=confirm, dry_run=dry_run))

    def done(self) -> list[ItemDone]:
        return [notice for notice in self.notices if isinstance(notice, ItemDone)]

    def findings(self) -> list[tuple[str, Verdict]]:
        return [(os.fsdecode(n.finding.path), n.finding.verdict) for n in self.done() if n.finding is not None]

    def item(self, name: str) -> Item:
        (found,) = [
            items.get(self.catalog, entry.item_id)
            for entry in search.find(self.catalog, "", forgotten=True)
            if entry.path == os.fsencode(name)
        ]
        return found

    def state(self, name: str) -> ReplicaState:
        return replicas.in_library(self.catalog, self.item(name).id).state

    def names(self) -> list[str]:
        return [os.fsdecode(entry.path) for entry in search.find(self.catalog, "")]


def new_catalog(path: Path) -> Catalog:
    """As `Catalog.open` makes it, which takes longer than most of these tests do otherwise: a copy of one that was just
    made, with an id of its own."""
    for ending, made in _empty_catalog().items():
        path.with_name(path.name + ending).write_bytes(made.replace(_ID, str(uuid.uuid4()).encode()))
    return Catalog.open(path)


_ID = b"an id of as many signs as a uuid has"


@lru_cache(maxsize=1)
def _empty_catalog() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.sqlite3"
        with closing(Catalog.open(path)) as catalog:
            own = catalog.catalog_id.encode()
        assert len(own) == len(_ID)
        return {ending: Path(f"{path}{ending}").read_bytes().replace(own, _ID) for ending in ("", "-derived")}


def flip(path: Path, offset: int | None = None, *, keep_times: bool = True) -> None:
    """Turn the bits of one byte around, as silent rot does: size and modification time stay."""
    stat = path.stat()
    with open(path, "r+b") as file:
        at = stat.st_size // 2 if offset is None else offset
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0xFF]))
    if keep_times:
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
