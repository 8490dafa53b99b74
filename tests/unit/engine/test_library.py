"""Libraries: where one may lie, whether it is there, and that it comes back as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.catalog import libraries, scanned
from musicvault.engine.library import add_library, online, remove_library
from musicvault.engine.status import status
from musicvault.errors import UsageError
from tests.guarded import Guarded


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    for number in range(4):
        made.track(f"album/{number}.flac", number + 1)
    return made


def test_a_library_lies_apart_from_vaults(room: Guarded) -> None:
    room.drive("first")
    room.protect()
    for folder in ("first/MusicVault", "first/MusicVault/data", "first/MusicVault/data/music/album"):
        with pytest.raises(UsageError, match="inside the MusicVault drive folder"):
            add_library(room.ctx, os.fsencode(room.tmp / folder))
    with pytest.raises(UsageError, match="keeps its copies inside"):
        add_library(room.ctx, os.fsencode(room.tmp / "first"))


def test_files_and_missing_folders_are_refused(room: Guarded) -> None:
    for folder in (room.tmp / "nowhere", room.music / "album/0.flac"):
        with pytest.raises(UsageError, match="is not a folder"):
            add_library(room.ctx, os.fsencode(folder))
    assert libraries.every(room.catalog) == []


def test_the_same_folder_through_a_link_is_the_same_library(room: Guarded) -> None:
    library = room.add()
    (room.tmp / "link").symlink_to(room.music)
    assert add_library(room.ctx, os.fsencode(room.tmp / "link")).id == library.id


def test_two_folders_of_one_name_get_names_of_their_own(room: Guarded) -> None:
    room.add()
    (room.tmp / "other/Music").mkdir(parents=True)
    second = add_library(room.ctx, os.fsencode(room.tmp / "other/Music"))
    assert (second.name, second.slug) == ("Music 2", "music-2")
    (room.tmp / "third").mkdir()
    with pytest.raises(UsageError, match="There is a library called music already"):
        add_library(room.ctx, os.fsencode(room.tmp / "third"), "music")


def test_an_empty_library_is_there_and_says_so(room: Guarded) -> None:
    (room.tmp / "empty").mkdir()
    library = add_library(room.ctx, os.fsencode(room.tmp / "empty"))
    assert room.scan().exit_code == 0
    assert online(room.ctx, library)
    assert status(room.ctx).sentence.text == "No music seen yet."


def test_a_small_library_among_large_ones_is_recognised_on_a_new_disk(room: Guarded) -> None:
    for number in range(200):
        (room.music / f"{number}.txt").write_text(str(number))
    room.add()
    room.scan()
    (room.tmp / "small").mkdir()
    (room.tmp / "small/only.txt").write_text("x")
    small = add_library(room.ctx, os.fsencode(room.tmp / "small"))
    room.scan()
    assert len(scanned.sample_paths(room.catalog, 1, 50)) == 50
    with room.catalog.transaction(1.0) as transaction:
        libraries.set_volume(transaction, small.id, "another disk")
    moved = libraries.by_id(room.catalog, small.id)
    assert moved is not None
    assert online(room.ctx, moved)
    (room.tmp / "small/only.txt").unlink()
    assert not online(room.ctx, moved)


def test_a_removed_library_counts_for_nothing_and_comes_back_with_its_items(room: Guarded) -> None:
    room.drive("first")
    room.protect()
    (library,) = libraries.every(room.catalog)
    before = room.names()
    remove_library(room.ctx, library)
    seen = status(room.ctx)
    assert (seen.totals.items, seen.attention, seen.libraries) == (0, 0, ())
    assert room.add().id == library.id
    assert room.names() == before
    assert room.scan().counts["unchanged"] == 4
