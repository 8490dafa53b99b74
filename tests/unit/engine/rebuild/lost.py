"""A protected library whose computer is then lost: what the tests of rebuild stand on."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from blake3 import blake3

from musicvault.catalog import libraries, search, vaults
from musicvault.catalog.database import Catalog
from musicvault.domain.notices import Finished, ItemDone, Notice
from musicvault.engine.context import Context
from musicvault.engine.protect import protect
from musicvault.engine.rebuild.job import rebuild
from musicvault.engine.restore import restore
from musicvault.engine.scan import scan
from musicvault.engine.sync import sync
from tests.engine_room import Room


class Lost(Room):
    """`protect` onto drives, then `new_computer`: another catalog, and the library's folder is gone."""

    def protect(self, *drives: str) -> None:
        for drive in drives:
            (self.tmp / drive).mkdir(exist_ok=True)
        targets = [os.fsencode(self.tmp / drive) for drive in drives]
        self.run(protect(self.ctx, [os.fsencode(self.music)], targets, fingerprints=False))

    def scan_and_sync(self, *drives: str) -> None:
        self.later(2)  # so that a snapshot is due
        self.scan()
        wanted = [vault.id for vault in vaults.every(self.catalog) if not drives or vault.label in drives]
        self.run(sync(self.ctx, wanted))

    def vault(self, drive: str) -> Path:
        return self.tmp / drive / "MusicVault"

    def without_snapshot(self, *drives: str) -> None:
        for drive in drives:
            for path in (self.vault(drive) / "musicvault").glob("catalog.*"):
                path.unlink()

    def new_computer(self, name: str = "new") -> None:
        self.files = {str(path.relative_to(self.music)): path.read_bytes() for path in tree(self.music)}
        self.catalog.close()
        shutil.move(self.music, self.tmp / f"burnt-{name}")
        (self.tmp / name).mkdir()
        self.catalog = Catalog.open(self.tmp / name / "catalog.sqlite3")
        self.ctx = Context(self.catalog, self.now)

    def rebuild(self, *drives: str) -> Finished:
        return self.run(rebuild(self.ctx, [os.fsencode(self.tmp / drive) for drive in drives]))

    def restored(self) -> dict[str, bytes]:
        """Everything that a restore gives back, by path in the library."""
        target = self.tmp / "restored"
        shutil.rmtree(target, ignore_errors=True)
        self.run(restore(self.ctx, "", os.fsencode(target)))
        (library,) = libraries.every(self.catalog)
        root = target / library.slug
        return {str(path.relative_to(root)): path.read_bytes() for path in tree(root)}

    def notes(self) -> list[str]:
        return [one.reason for one in self.done() if one.action == "noted"]

    def titles(self) -> set[str]:
        return {found.title or "" for found in search.find(self.catalog, "")}

    def scan_all(self) -> None:
        self.run(scan(self.ctx, [library.id for library in libraries.every(self.catalog)]))


def tree(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def everything(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in tree(root)}


def snapshot_changed(vault: Path, *statements: str, script: str = "") -> None:
    """Change the snapshot behind the program's back, and write a digest that fits it: a careful forger."""
    path = vault / "musicvault" / "catalog.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.executescript(script)
        connection.commit()
    signed(path)


def signed(path: Path) -> None:
    digest = blake3(path.read_bytes()).hexdigest()
    path.with_name(path.name + ".blake3").write_text(f"{digest}  catalog.sqlite3\n")


def actions(notices: Iterable[Notice]) -> list[str]:
    return [one.action for one in notices if isinstance(one, ItemDone)]
