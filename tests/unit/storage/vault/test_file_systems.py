"""The format on real drives: the file systems that people plug in, and one that is full."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from io import RawIOBase
from pathlib import Path

import pytest

from musicvault.domain.verdict import Finding, Verdict
from musicvault.errors import Locked, NoSpace
from musicvault.storage.bagit.verify import verify_bag
from musicvault.storage.vault.create import create_vault
from musicvault.storage.vault.identity import open_vault
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.vault.lockfile import VaultLock
from musicvault.storage.vault.records import Operation
from musicvault.storage.vault.verify import verify_vault
from tests.corruption.drives import KINDS, drive
from tests.structure import check_structure
from tests.unit.storage.vault.samples import NOW, Vault, record_of

pytestmark = pytest.mark.root
Judge = Callable[[VaultLayout], list[str]]


def vault_on(point: Path) -> Vault:
    create_vault(os.fsencode(point), "Elements", "", "catalog-1", now=NOW)
    return Vault(open_vault(os.fsencode(point), "catalog-1", 1).layout)


@pytest.mark.parametrize("kind", KINDS)
def test_a_vault_survives_unplugging(kind: str, tmp_path: Path, judged: Judge) -> None:
    with drive(kind, tmp_path / "drive") as made:
        vault = vault_on(made.point)
        lock = vault.layout.lock
        with VaultLock(lock, lambda: NOW, beating=False), pytest.raises(Locked):
            VaultLock(lock, lambda: NOW, beating=False).acquire()
        vault.put("data/music/Café 🎵/1.flac".encode(), b"1")
        vault.fold()
        vault.move(Operation.VERSION, "data/music/Café 🎵/1.flac".encode(), b"musicvault/versions/00/0-1.flac")
        vault.put("data/music/Café 🎵/1.flac".encode(), b"2", Operation.REPLACE)
        vault.fold()
        made.unmount()
        made.mount(tmp_path / "elsewhere")
        state = open_vault(os.fsencode(made.point), "catalog-1", 3)
        assert state.writable
        assert check_structure(state.layout).complete
        assert judged(state.layout) == []


def test_names_meet_where_the_file_system_knows_no_case(tmp_path: Path) -> None:
    """This one lists all names in lower case."""
    with drive("caseless", tmp_path / "drive") as made:
        vault = vault_on(made.point)
        vault.put(b"data/music/ALBUM/One.flac", b"1")
        vault.put(b"data/music/ALBUM/Two.flac", b"2")
        vault.fold()
        assert os.listdir(made.point / "MusicVault/data/music") == ["album"]
        assert [one for one in verify_vault(vault.layout) if isinstance(one, Finding)] == []
        assert [one for one in verify_bag(vault.layout.root) if isinstance(one, Finding)] == []
        vault.file(b"data/music/ALBUM/Two.flac").unlink()
        told = [one for one in verify_vault(vault.layout) if isinstance(one, Finding)]
        assert [(one.path, one.verdict) for one in told] == [(b"data/music/ALBUM/Two.flac", Verdict.MISSING)]


def fill(file: RawIOBase) -> None:
    with suppress(OSError):
        while True:
            file.write(b"\0" * 4096)


def test_a_full_drive_loses_no_statement(tmp_path: Path, judged: Judge) -> None:
    with drive("tmpfs", tmp_path / "drive", 1) as made:
        vault = vault_on(made.point)
        for number in range(40):
            vault.put(b"data/music/%03d " % number + b"x" * 200, b"x")
        filler = made.point / "filler"
        with filler.open("wb", buffering=0) as file:
            fill(file)
        with pytest.raises(NoSpace):
            vault.fold()
        lost = [record_of(b"data/music/lost %03d" % number, b"x") for number in range(64)]
        with Journal(vault.layout.journal) as journal, pytest.raises(NoSpace):
            journal.append_many(lost)
        assert check_structure(vault.layout).complete
        filler.unlink()
        vault.fold()
        assert judged(vault.layout) == []
