"""What the tests that kill a process share: files of one age, and a room that is put back after each blow."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from musicvault.catalog import intents, vaults
from musicvault.catalog.database import Catalog
from musicvault.catalog.vaults import Vault
from musicvault.engine.context import Context
from musicvault.engine.locating import locate_one
from musicvault.engine.reconcile.pending import reconcile_vault


def write(folder: Path, files: Mapping[str, bytes], at: int) -> None:
    """These files, all modified at that second."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(at * 10**9, at * 10**9))


def files(folder: Path) -> list[Path]:
    """All files below a folder, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def fresh(room: Path) -> Path:
    """The room as it was at the first call: the catalog knows absolute paths, so what a test breaks is put back."""
    kept = room.with_name(room.name + "-kept")
    if not kept.exists():
        subprocess.run(["cp", "-a", room, kept], check=True)
    shutil.rmtree(room)
    subprocess.run(["cp", "-a", kept, room], check=True)
    return room


def started_again(room: Path) -> tuple[Context, Vault]:
    """What the next process has before it: the room's catalog, and its one drive."""
    ctx = Context(Catalog.open(room / "catalog.sqlite3"), time.time)
    (vault,) = vaults.every(ctx.catalog)
    return ctx, vault


def settle(ctx: Context, vault: Vault) -> None:
    """Settle what the last process left half done on the drive; then nothing is pending."""
    reconcile_vault(ctx, locate_one(ctx, vault))
    assert intents.pending(ctx.catalog) == []
