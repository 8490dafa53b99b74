"""The computer is lost, the drive is what there is: its parity is found again, checked without a catalog, and heals."""

from __future__ import annotations

import os
import shutil
from itertools import count
from pathlib import Path

import pytest

from musicvault.catalog import parity, vaults
from musicvault.catalog.database import Catalog
from musicvault.domain.verdict import Finding, Verdict
from musicvault.engine.context import Context
from musicvault.engine.parity.choosing import set_parity
from musicvault.engine.rebuild.job import rebuild
from musicvault.engine.repair import repair
from musicvault.engine.scrub import scrub
from musicvault.engine.sync import sync
from musicvault.storage.bagit.outcomes import Checked
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.vault.verify import verify_vault
from tests.guarded import Guarded, is_valid
from tests.parity_tool import damage, needs_par2, noise

pytestmark = needs_par2

FILES = {"Aja/01.bin": noise(1, 400_000), "Aja/02.bin": noise(2, 90_000), "loose.bin": noise(3, 40_000)}


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """The vault on a drive whose computer is gone."""
    room = Guarded(tmp_path)
    for name, content in FILES.items():
        (room.music / name).parent.mkdir(exist_ok=True)
        (room.music / name).write_bytes(content)
    set_parity(room.ctx, room.drive("Elements"), 10)
    room.protect()
    room.catalog.close()
    shutil.rmtree(room.music)
    return tmp_path / "Elements" / "MusicVault"


def rebuilt(drive: Path) -> Context:
    clock = count(2_000_000.0)
    ctx = Context(Catalog.open(drive.parents[1] / "new.sqlite3"), lambda: next(clock))
    for _ in rebuild(ctx, [os.fsencode(drive)]):
        pass
    return ctx


@pytest.mark.parametrize("snapshot", [True, False])
def test_a_new_catalog_knows_the_sets_and_heals_with_them(drive: Path, snapshot: bool) -> None:
    if not snapshot:
        for path in (drive / "musicvault").glob("catalog.*"):
            path.unlink()
    ctx = rebuilt(drive)
    (vault,) = vaults.every(ctx.catalog)
    assert vault.parity == 10
    before = {one.path for one in parity.of_vault(ctx.catalog, vault.id)}
    assert len(before) == 2
    damage(drive / "data/music/Aja/01.bin", 100_000, 9000)
    for _ in scrub(ctx):
        pass
    for _ in repair(ctx):
        pass
    assert (drive / "data/music/Aja/01.bin").read_bytes() == FILES["Aja/01.bin"]
    for _ in sync(ctx):
        pass
    assert {one.path for one in parity.of_vault(ctx.catalog, vault.id)} == before, "nothing had to be made again"
    assert is_valid(vault)
    ctx.catalog.close()


@pytest.mark.parametrize("fault", ["zeros", "cut"])
def test_without_a_snapshot_parity_gives_what_the_only_drive_lacks(drive: Path, fault: str) -> None:
    """Nothing but the manifest's SHA-256 is known of it when the catalog is new."""
    for path in (drive / "musicvault").glob("catalog.*"):
        path.unlink()
    copy = drive / "data/music/Aja/01.bin"
    if fault == "cut":
        os.truncate(copy, len(FILES["Aja/01.bin"]) - 5000)
    else:
        damage(copy, 100_000, 9000)
    ctx = rebuilt(drive)
    (vault,) = vaults.every(ctx.catalog)
    before = {one.path for one in parity.of_vault(ctx.catalog, vault.id)}
    assert len(before) == 2
    for _ in repair(ctx):
        pass
    assert copy.read_bytes() == FILES["Aja/01.bin"]
    for _ in sync(ctx):
        pass
    assert {one.path for one in parity.of_vault(ctx.catalog, vault.id)} == before, "nothing had to be made again"
    assert is_valid(vault)
    ctx.catalog.close()


def test_a_set_about_what_stood_there_before_is_not_taken(drive: Path) -> None:
    """Without a snapshot the names alone would fit; the beginnings of the files tell."""
    parity_files = {path.name: path.read_bytes() for path in (drive / "musicvault/parity").iterdir()}
    other = drive.parents[1] / "other"
    other.mkdir()
    room = Guarded(other)
    for name, content in FILES.items():
        (room.music / name).parent.mkdir(exist_ok=True)
        (room.music / name).write_bytes(content[::-1])
    room.drive("Other")
    room.protect()
    there = room.copy("Other", "loose.bin").parents[2]
    for name, data in parity_files.items():
        (there / "musicvault/parity" / name).write_bytes(data)
    for path in (there / "musicvault").glob("catalog.*"):
        path.unlink()
    room.catalog.close()
    ctx = Context(Catalog.open(other / "new.sqlite3"), lambda: 2_000_000.0)
    for _ in rebuild(ctx, [os.fsencode(there)]):
        pass
    (vault,) = vaults.every(ctx.catalog)
    assert parity.of_vault(ctx.catalog, vault.id) == []
    ctx.catalog.close()


def test_verify_checks_parity_without_a_catalog(drive: Path) -> None:
    layout = VaultLayout(os.fsencode(drive))
    right = [one for one in verify_vault(layout) if isinstance(one, Checked)]
    assert sum(one.path.startswith(b"musicvault/parity/") for one in right) == 2
    assert [one for one in verify_vault(layout) if isinstance(one, Finding)] == []
    (file,) = (drive / "musicvault/parity").glob("*Aja.par2")
    damage(file, 2000)
    (drive / "musicvault/parity/mine.par2").write_bytes(b"somebody else's")
    (finding,) = [one for one in verify_vault(layout) if isinstance(one, Finding)]
    assert finding.path == os.fsencode(file.relative_to(drive))
    assert finding.verdict is Verdict.CORRUPT
