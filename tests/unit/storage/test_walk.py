"""Every regular file is found once with its facts; whatever isn't protected is named with its reason."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from musicvault.domain.paths import join
from musicvault.storage import stats
from musicvault.storage.exclusions import SkipReason, rules
from musicvault.storage.walk import Folder, walk


def touch(root: Path, *names: str | bytes) -> None:
    for name in names:
        path = join(os.fsencode(root), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"x")


def found(root: Path, *exclusions: str) -> list[bytes]:
    return [join(folder.path, entry.name) for folder in walk(os.fsencode(root), exclusions) for entry in folder.files]


def skipped(root: Path, *exclusions: str) -> dict[bytes, SkipReason]:
    return {item.path: item.reason for folder in walk(os.fsencode(root), exclusions) for item in folder.skipped}


def test_depth_first_in_byte_order(tmp_path: Path) -> None:
    touch(tmp_path, "b.mp3", "a/2.mp3", "a/1.mp3", "a/z/3.mp3", "B/4.mp3", "a b/5.mp3")
    folders = [folder.path for folder in walk(os.fsencode(tmp_path))]
    assert folders == [b"", b"B", b"a", b"a/z", b"a b"]
    assert found(tmp_path) == [b"b.mp3", b"B/4.mp3", b"a/1.mp3", b"a/2.mp3", b"a/z/3.mp3", b"a b/5.mp3"]


def test_an_entry_carries_the_facts_of_stat(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp3")
    os.link(tmp_path / "a.mp3", tmp_path / "twin.mp3")
    (folder,) = walk(os.fsencode(tmp_path))
    assert folder.files[0].stat == stats.stat_of(os.fsencode(tmp_path / "a.mp3"))
    assert [entry.links for entry in folder.files] == [2, 2]
    assert len({entry.inode for entry in folder.files}) == 1
    assert folder.device == os.stat(tmp_path).st_dev


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.flac", None),
        ("...And Justice for All.flac", None),
        (".38 Special.flac", None),
        ("..", None),
        ("what.part.flac", None),
        ("parts", None),
        ("desktop.ini.flac", None),
        (".hidden.flac", SkipReason.HIDDEN),
        (".hack", SkipReason.HIDDEN),
        (".DS_Store", SkipReason.JUNK),
        ("._01 track.mp3", SkipReason.JUNK),
        ("THUMBS.DB", SkipReason.JUNK),
        ("Icon\r", SkipReason.JUNK),
        ("a.flac.part", SkipReason.TEMPORARY),
        ("a.PARTIAL", SkipReason.TEMPORARY),
        ("a.flac.crdownload", SkipReason.TEMPORARY),
        ("~$notes.doc", SkipReason.TEMPORARY),
        (".~lock.x#", SkipReason.TEMPORARY),
        (".01 track.mp3.aB3xY9", SkipReason.TEMPORARY),
        ("lost+found", SkipReason.EXCLUDED),
        (".Trash-1000", SkipReason.EXCLUDED),
        ("@EADIR", SkipReason.EXCLUDED),
    ],
)
def test_names_of_files(name: str, reason: SkipReason | None) -> None:
    assert rules().of_file(b"Artist/Album", os.fsencode(name)) is reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("~scape", None),
        ("album.part", None),
        ("...And You Will Know Us", None),
        (".38 Special", None),
        (".hidden", SkipReason.HIDDEN),
        ("$RECYCLE.BIN", SkipReason.EXCLUDED),
        ("System Volume Information", SkipReason.EXCLUDED),
        (".git", SkipReason.EXCLUDED),
        ("._folder", SkipReason.JUNK),
    ],
)
def test_names_of_folders(name: str, reason: SkipReason | None) -> None:
    assert rules().of_folder(b"", os.fsencode(name)) is reason


@pytest.mark.parametrize(
    ("pattern", "path", "excluded"),
    [
        ("*.wav", "a/b/c.WAV", True),
        ("*.wav", "a/b/c.wave", False),
        ("Audiobooks", "x/Audiobooks", True),
        ("Audiobooks/", "x/audiobooks", True),
        ("Artist/Album", "Artist/Album", True),
        ("Artist/Album", "x/Artist/Album", False),
        ("Artist/*", "Artist/Album", True),
        ("Artist/*", "Artist/Album/Disc", False),
        ("Artist/**", "Artist/Album/Disc", True),
        ("Bj?rk", "Björk", True),
        ("Bj?rk", "Bjoerk", False),
        ("disc[12]", "disc2", True),
        ("disc[!12]", "disc2", False),
        ("disc[12", "disc[12", True),
        ("a.c", "abc", False),
        ("", "anything", False),
    ],
)
def test_patterns_of_a_library(pattern: str, path: str, excluded: bool) -> None:
    folder, _, name = os.fsencode(path).rpartition(b"/")
    reason = rules((pattern,)).of_folder(folder, name)
    assert reason is (SkipReason.EXCLUDED if excluded else None)


def test_an_excluded_folder_is_passed_over_whole(tmp_path: Path) -> None:
    touch(tmp_path, "keep/a.mp3", "drop/b.mp3", "drop/deep/c.mp3", "keep/@eaDir/x.jpg")
    assert found(tmp_path, "drop") == [b"keep/a.mp3"]
    assert skipped(tmp_path, "drop") == {
        b"drop": SkipReason.EXCLUDED,
        b"keep/@eaDir": SkipReason.EXCLUDED,
    }


def test_links_and_special_files_are_named_not_followed(tmp_path: Path) -> None:
    touch(tmp_path / "out", "elsewhere.mp3")
    touch(tmp_path / "lib", "a.mp3")
    lib = tmp_path / "lib"
    (lib / "link.mp3").symlink_to(tmp_path / "out" / "elsewhere.mp3")
    (lib / "folder").symlink_to(tmp_path / "out")
    (lib / "loop").symlink_to(lib)
    (lib / "broken.mp3").symlink_to("nowhere")
    os.mkfifo(lib / "pipe.mp3")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(lib / "socket.mp3"))
        assert found(lib) == [b"a.mp3"]
        assert skipped(lib) == {
            b"link.mp3": SkipReason.SYMLINK,
            b"broken.mp3": SkipReason.SYMLINK,
            b"folder": SkipReason.SYMLINKED_FOLDER,
            b"loop": SkipReason.SYMLINKED_FOLDER,
            b"pipe.mp3": SkipReason.SPECIAL,
            b"socket.mp3": SkipReason.SPECIAL,
        }


def test_a_vault_inside_is_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp3", "MusicVault/bagit.txt", "MusicVault/musicvault/volume.json", "MusicVault/data/x/a.mp3")
    touch(tmp_path, "some bag/bagit.txt", "some bag/data/b.mp3")
    assert found(tmp_path) == [b"a.mp3", b"some bag/bagit.txt", b"some bag/data/b.mp3"]
    assert skipped(tmp_path) == {b"MusicVault": SkipReason.VAULT}


def test_an_absent_root_is_a_problem_and_no_empty_library(tmp_path: Path) -> None:
    (folder,) = walk(os.fsencode(tmp_path / "gone"))
    assert isinstance(folder.problem, FileNotFoundError)
    touch(tmp_path, "file")
    (folder,) = walk(os.fsencode(tmp_path / "file"))
    assert isinstance(folder.problem, NotADirectoryError)


def test_a_folder_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    touch(tmp_path, "lib/a/1.mp3", "out/2.mp3")
    steps = walk(os.fsencode(tmp_path / "lib"))
    next(steps)
    (tmp_path / "lib/a/1.mp3").unlink()
    (tmp_path / "lib/a").rmdir()
    (tmp_path / "lib/a").symlink_to(tmp_path / "out")
    (folder,) = steps
    assert isinstance(folder.problem, NotADirectoryError)
    assert folder.files == ()


def test_an_unreadable_folder_is_a_problem(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read every folder")
    touch(tmp_path, "shut/a.mp3", "open/b.mp3", "blind/c.mp3")
    (tmp_path / "shut").chmod(0)
    (tmp_path / "blind").chmod(0o444)
    folders = {folder.path: folder for folder in walk(os.fsencode(tmp_path))}
    for name in ("shut", "blind"):
        (tmp_path / name).chmod(0o755)
    assert isinstance(folders[b"shut"].problem, PermissionError)
    assert folders[b"open"].problem is None
    assert [item.reason for item in folders[b"blind"].skipped] == [SkipReason.UNREADABLE]


@pytest.mark.parametrize("name", [b"\xff\xfe.mp3", b"line\nbreak.mp3", "♫🎵.mp3".encode(), b"y" * 255])
def test_any_name_is_found(tmp_path: Path, name: bytes) -> None:
    touch(tmp_path, name)
    assert found(tmp_path) == [name]


def test_symlinked_root_is_walked(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.mp3")
    (tmp_path / "Music").symlink_to(tmp_path / "real")
    assert found(tmp_path / "Music") == [b"a.mp3"]


def test_folders_come_as_they_are_needed(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.mp3", "b/2.mp3")
    steps = walk(os.fsencode(tmp_path))
    assert next(steps) == Folder(b"", (), (), None, os.stat(tmp_path).st_dev, False)
    touch(tmp_path, "b/3.mp3")
    assert [len(folder.files) for folder in steps] == [1, 2]
