"""A look at the names finds what is missing or too much, and never mistakes unseen for gone."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicvault.errors import Cancelled, VaultError
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.records import FoldMark, Operation
from tests import structure
from tests.structure import Structure, check_structure
from tests.unit.storage.vault.samples import NOW, Vault, record_of

A, B, NEW = b"data/music/a.flac", b"data/music/sub/b.flac", b"data/music/new.flac"
OLD = b"musicvault/versions/00/0-a.flac"


@pytest.fixture
def filled(vault: Vault) -> Vault:
    vault.put(A, b"a")
    vault.put(B, b"b")
    vault.fold()
    vault.move(Operation.VERSION, A, OLD)
    vault.put(A, b"retagged", Operation.REPLACE)
    vault.put(NEW, b"new")
    return vault


def test_a_vault_in_the_middle_of_its_work_is_complete(filled: Vault) -> None:
    assert check_structure(filled.layout) == Structure(unfolded=3)
    filled.fold()
    found = check_structure(filled.layout)
    assert found == Structure()
    assert found.complete


def test_missing_and_extra(filled: Vault) -> None:
    filled.file(B).unlink()
    filled.file(NEW).unlink()
    filled.file(OLD).unlink()
    filled.file(b"data/music/stranger.txt").write_text("x")
    filled.file(b"data/music/link").symlink_to("/etc/passwd")
    filled.file(b"musicvault/incoming/7.partial").write_text("half")
    found = check_structure(filled.layout)
    assert found.missing == (NEW, B, OLD)
    assert found.extra == (b"data/music/link", b"data/music/stranger.txt")
    assert found.leftovers == (b"musicvault/incoming/7.partial",)
    assert not found.complete


def test_a_normal_form_is_no_difference(vault: Vault) -> None:
    composed = unicodedata.normalize("NFC", "data/music/é.flac").encode()
    vault.put(composed, b"e")
    os.rename(
        vault.layout.path(composed), vault.layout.path(unicodedata.normalize("NFD", "data/music/é.flac").encode())
    )
    assert check_structure(vault.layout).complete


def test_an_unreadable_folder_hides_and_nothing_below_it_is_missing(
    filled: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = structure._listed

    def listed(folder: bytes) -> Iterator[os.DirEntry[bytes]]:
        if folder.endswith(b"/sub"):
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(structure, "_listed", listed)
    found = check_structure(filled.layout)
    assert (found.missing, found.unreadable) == ((), (b"data/music/sub",))
    assert not found.complete


def test_damaged_lists_half_lines_and_begun_folds_are_told(filled: Vault) -> None:
    with Journal(filled.layout.journal) as journal:
        journal.append(FoldMark(NOW, 3, {}))
    with filled.file(b"musicvault/journal").open("ab") as file:
        file.write(b'{"check":"')
    manifest = filled.file(b"manifest-sha256.txt")
    manifest.write_bytes(manifest.read_bytes().replace(b"sub", b"bus"))
    found = check_structure(filled.layout)
    assert found.damaged == (b"manifest-sha256.txt",)
    assert found.half_line
    assert found.fold_begun
    assert (found.missing, found.extra) == ((), ())


def test_a_vault_that_is_gone_is_not_an_empty_one(vault: Vault) -> None:
    shutil.rmtree(os.fsdecode(vault.layout.root))
    with pytest.raises(VaultError):
        check_structure(vault.layout)


def test_it_can_be_stopped_and_writes_nothing(filled: Vault) -> None:
    before = sorted((path, path.lstat().st_mtime_ns) for path in Path(os.fsdecode(filled.layout.root)).rglob("*"))

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        check_structure(filled.layout, stop)
    check_structure(filled.layout)
    after = sorted((path, path.lstat().st_mtime_ns) for path in Path(os.fsdecode(filled.layout.root)).rglob("*"))
    assert after == before


def test_a_lost_journal_line_shows_as_extra(vault: Vault) -> None:
    vault.put(A, b"a")
    vault.file(b"musicvault/journal").write_bytes(b"rotten\n")
    found = check_structure(vault.layout)
    assert (found.extra, found.damaged) == ((A,), (b"musicvault/journal",))
    assert record_of(A, b"a").path == A
