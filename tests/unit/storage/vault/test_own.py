"""What stands in the place of a vault's own file and is none leads nowhere, and keeps nobody waiting."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from musicvault.domain.verdict import Finding
from musicvault.errors import DriveRefused
from musicvault.storage.vault import bag
from musicvault.storage.vault.heads import noted_head
from musicvault.storage.vault.identity import read_identity
from musicvault.storage.vault.journal import Journal, replay
from musicvault.storage.vault.listcheck import Lists
from musicvault.storage.vault.lockfile import VaultLock
from musicvault.storage.vault.own import opened
from tests.unit.storage.vault.samples import Vault

Replace = Callable[[bytes], Path]
LISTS = (b"manifest-sha256.txt", b"musicvault/kept", b"musicvault/volume.json")
OWN = (*LISTS, b"tagmanifest-sha256.txt", b"bagit.txt", b"bag-info.txt", b"musicvault/journal")


def pipe(path: Path, elsewhere: Path) -> None:
    os.mkfifo(path)


def link(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere)


def folder(path: Path, elsewhere: Path) -> None:
    path.mkdir()


@pytest.fixture(params=[link, pipe, folder])
def replaced(request: pytest.FixtureRequest, vault: Vault, tmp_path: Path) -> Replace:
    """Puts a link to the right bytes, a pipe or a folder in the place of a file of the vault's own."""

    def replace(name: bytes) -> Path:
        elsewhere = tmp_path / "elsewhere"
        vault.file(name).touch()
        vault.file(name).rename(elsewhere)
        request.param(vault.file(name), elsewhere)
        return elsewhere

    return replace


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_is_no_file_is_damaged(vault: Vault, replaced: Replace, name: bytes) -> None:
    replaced(name)
    assert bag.damaged_lists(vault.layout) == (name,)


@pytest.mark.parametrize("name", OWN)
def test_what_is_no_file_is_told_once(vault: Vault, replaced: Replace, name: bytes) -> None:
    replaced(name)
    told = [one for one in Lists(vault.layout, "here", lambda: None).read() if isinstance(one, Finding)]
    assert [(one.path, one.evidence[0].code) for one in told] == [(name, "no-file")]


@pytest.mark.parametrize("name", OWN[:-1])
def test_no_list_takes_the_place_of_a_folder(vault: Vault, name: bytes) -> None:
    """It is refused before anything is written."""
    identity = read_identity(vault.layout)
    vault.file(name).unlink()
    vault.file(name).mkdir()
    top = Path(os.fsdecode(vault.layout.root))
    before = {path: path.read_bytes() for path in top.rglob("*") if path.is_file()}
    with pytest.raises(DriveRefused, match="is a link or a folder") as refused:
        vault.fold(identity, bag.Contents((), ()))
    assert str(vault.file(name)) in str(refused.value)
    assert {path: path.read_bytes() for path in top.rglob("*") if path.is_file()} == before


def test_an_identity_that_can_not_be_understood_is_damaged_though_it_is_signed(vault: Vault) -> None:
    signatures, identity = vault.file(b"tagmanifest-sha256.txt"), vault.file(b"musicvault/volume.json")
    before = sha256(identity.read_bytes()).hexdigest()
    identity.write_bytes(b"{}")
    signatures.write_text(signatures.read_text().replace(before, sha256(b"{}").hexdigest()))
    assert bag.damaged_lists(vault.layout) == (b"musicvault/volume.json",)


def test_who_the_vault_is_is_not_asked_elsewhere(vault: Vault, replaced: Replace) -> None:
    before = read_identity(vault.layout)
    replaced(b"musicvault/volume.json")
    assert read_identity(vault.layout) == before  # as bag-info.txt has it
    assert noted_head(vault.layout) is None


def test_a_journal_that_is_no_file_is_neither_read_nor_written(vault: Vault, replaced: Replace) -> None:
    elsewhere = replaced(b"musicvault/journal")
    elsewhere.write_bytes(b"somebody's own\n")
    assert replay(vault.layout.journal) == replay(b"/nowhere")
    with pytest.raises(DriveRefused, match="journal is a link"):
        Journal(vault.layout.journal)
    assert elsewhere.read_bytes() == b"somebody's own\n"


def test_a_lock_that_is_no_file_is_refused(vault: Vault, replaced: Replace) -> None:
    replaced(b"musicvault/lock")
    with pytest.raises(DriveRefused, match="lock is a link"):
        VaultLock(vault.layout.path(b"musicvault/lock"), time.time).acquire()


def test_a_folder_of_lists_that_leads_out_is_refused(vault: Vault, tmp_path: Path) -> None:
    vault.file(b"musicvault").rename(tmp_path / "elsewhere")
    vault.file(b"musicvault").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DriveRefused, match="musicvault is a link"):
        read_identity(vault.layout)


def test_a_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    with opened(os.fsencode(tmp_path / "file")) as file:
        assert file.read() == b"text"
