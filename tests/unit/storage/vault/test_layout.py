"""No stored path leaves the vault, and names aside stay within what a file system holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.errors import DriveRefused
from musicvault.storage.vault.layout import (
    VaultLayout,
    enclosing_vault,
    find_vault,
    free_version_path,
    incoming_path,
    is_vault,
    quarantine_path,
    slug_of,
    stored_path,
    version_path,
)
from tests.unit.storage.vault.samples import Vault

LAYOUT = VaultLayout(b"/drive/MusicVault")


@pytest.mark.parametrize(
    "path", [b"", b"/etc/passwd", b"../x", b"data/../../x", b"data//x", b"./data", b"~/x", b"a\0b"]
)
def test_paths_out_of_the_vault_are_refused(path: bytes) -> None:
    with pytest.raises(DriveRefused):
        LAYOUT.path(path)


def test_a_stored_path_is_below_data_and_its_library() -> None:
    assert stored_path("music", "Björk/01.flac".encode()) == "data/music/Björk/01.flac".encode()
    assert slug_of(b"data/music/a/b") == "music"
    assert slug_of(b"data/README.txt") == ""
    assert slug_of(b"musicvault/versions/ab/x") == ""


@pytest.mark.parametrize(
    ("slug", "path"),
    [("..", b"a"), ("", b"a"), ("a/b", b"a"), ("README.txt", b"a"), ("ok", b"../a"), ("ok", b"a\xff")],
)
def test_what_names_would_not_have_made_is_refused(slug: str, path: bytes) -> None:
    with pytest.raises(ValueError):
        stored_path(slug, path)


def test_links_on_the_way_are_refused(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (vault.file(b"data/music")).symlink_to(tmp_path / "outside")
    for method in (vault.layout.guarded, vault.layout.ensure_parent):
        with pytest.raises(DriveRefused, match="link"):
            method(b"data/music/a/x.flac")
    assert not list((tmp_path / "outside").iterdir())


def test_parents_are_made(vault: Vault) -> None:
    path = vault.layout.ensure_parent(b"data/music/a/b/x.flac")
    assert os.path.isdir(os.path.dirname(path))
    assert vault.layout.ensure_parent(b"data/music/a/b/x.flac") == path


def test_names_aside_are_short_enough_and_keep_their_extension() -> None:
    name = ("ü" * 125 + ".flac").encode()
    for made in (version_path(b"\xab" * 32, name), quarantine_path(0, b"", name, 12)):
        last = made.rpartition(b"/")[2]
        assert len(last) <= 255
        assert last.endswith(b".flac")
        last.decode()
    assert version_path(b"\xab" * 32, b"x.mp3") == b"musicvault/versions/ab/abababababababab-x.mp3"
    assert quarantine_path(0, b"", b"x.mp3") == b"musicvault/quarantine/19700101T000000Z-unread-x.mp3"


def test_a_taken_name_aside_gets_a_number(vault: Vault) -> None:
    first = free_version_path(vault.layout, b"\x01" * 32, b"x.mp3")
    Path(os.fsdecode(vault.layout.ensure_parent(first))).write_bytes(b"old")
    second = free_version_path(vault.layout, b"\x01" * 32, b"x.mp3")
    assert second == b"musicvault/versions/01/0101010101010101.2-x.mp3"


@pytest.mark.parametrize("key", ["", "../x", "a/b", "a.b"])
def test_incoming_takes_plain_ids_only(key: str) -> None:
    with pytest.raises(ValueError):
        incoming_path(key)


def test_vaults_are_found_from_without_and_within(vault: Vault, tmp_path: Path) -> None:
    root = vault.layout.root
    assert find_vault(os.fsencode(tmp_path)) == find_vault(root) == find_vault(root + b"/") == vault.layout
    assert find_vault(vault.layout.data) is None
    assert enclosing_vault(vault.layout.data) == root
    assert enclosing_vault(root) == root
    assert enclosing_vault(os.fsencode(tmp_path)) is None
    assert not is_vault(os.fsencode(tmp_path))
