"""A new vault is whole or not there, whenever its maker dies, and never takes what is there already."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from musicvault.errors import DriveRefused, DriveUnwritable, NoSpace, UsageError, VaultError
from musicvault.storage.vault import create
from musicvault.storage.vault.create import create_vault, existing_vault
from musicvault.storage.vault.identity import open_vault
from musicvault.storage.vault.layout import VaultLayout
from tests.unit.storage.vault.samples import NOW, Vault

STEPS = ["vault: begun", "vault: files", "vault: built", "vault: placed", "vault: synced"]

CHILD = """
import os, signal, sys
from musicvault.storage.vault import writing
from musicvault.storage.vault.create import create_vault
def step(name):
    print(name, flush=True)
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
writing.on_step = step
create_vault(os.fsencode(sys.argv[1]), "Elements", "", "catalog-1", now=1790000000)
"""


def make(folder: Path) -> None:
    create_vault(os.fsencode(folder), "Elements", "home", "catalog-1", now=NOW)


def test_a_new_vault_is_a_valid_bag(vault: Vault, judged: Callable[[VaultLayout], list[str]]) -> None:
    assert judged(vault.layout) == []
    assert b"Payload-Oxum" not in vault.file(b"bag-info.txt").read_bytes()
    identity = existing_vault(vault.layout.root)
    assert identity is not None
    assert (identity.label, identity.site, identity.owner, identity.generation) == ("Elements", "home", "catalog-1", 1)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step(step: str, tmp_path: Path, judged: Callable[[VaultLayout], list[str]]) -> None:
    run = subprocess.run([sys.executable, "-c", CHILD, tmp_path, step], check=False, capture_output=True, text=True)
    assert run.returncode == -signal.SIGKILL, run.stderr
    if existing_vault(os.fsencode(tmp_path)) is None:
        assert not (tmp_path / "MusicVault").exists()
        make(tmp_path)
    layout = open_vault(os.fsencode(tmp_path), "catalog-1", 1).layout
    assert judged(layout) == []
    assert [entry.name for entry in tmp_path.iterdir() if "Vault" in entry.name] == ["MusicVault"]


def test_a_second_one_is_refused(vault: Vault, tmp_path: Path) -> None:
    before = vault.file(b"musicvault/volume.json").read_bytes()
    with pytest.raises(DriveRefused, match="already"):
        make(tmp_path)
    assert vault.file(b"musicvault/volume.json").read_bytes() == before


@pytest.mark.parametrize("inner", [b"data", b"musicvault/versions", b""])
def test_no_vault_in_a_vault(vault: Vault, inner: bytes) -> None:
    with pytest.raises(DriveRefused, match="inside the vault"):
        create_vault(vault.layout.root + b"/" + inner, "x", "", "catalog-1", now=NOW)


def test_strangers_of_that_name_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "MusicVault").mkdir()
    (tmp_path / "MusicVault" / "mine.txt").write_text("mine")
    with pytest.raises(DriveRefused, match="no vault"):
        make(tmp_path)
    assert [entry.name for entry in (tmp_path / "MusicVault").iterdir()] == ["mine.txt"]


def test_an_empty_folder_of_that_name_is_taken(tmp_path: Path) -> None:
    (tmp_path / "MusicVault").mkdir()
    make(tmp_path)
    assert existing_vault(os.fsencode(tmp_path)) is not None


def test_a_link_of_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "MusicVault").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DriveRefused):
        make(tmp_path)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        make(tmp_path / "nowhere")


@pytest.mark.parametrize(("failure", "kind"), [(28, NoSpace), (30, DriveUnwritable), (22, VaultError)])
def test_a_drive_that_fails_keeps_nothing(
    failure: int, kind: type[VaultError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_path: bytes) -> None:
        raise OSError(failure, os.strerror(failure))

    monkeypatch.setattr(create, "sync_folder", fail)
    with pytest.raises(kind):
        make(tmp_path)
    assert not [entry.name for entry in tmp_path.iterdir() if "Vault" in entry.name]
