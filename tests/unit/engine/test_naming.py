"""Names on a vault: safe, kept apart, and told back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.engine.naming import Naming, stands_for
from tests.guarded import Guarded, is_valid, put

LONG = "?" * 200 + ".txt"


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    return Guarded(tmp_path)


def stored(room: Guarded) -> dict[str, str]:
    rows = room.catalog.rows(
        "SELECT i.folder, i.name, r.path FROM replica r JOIN item i ON i.id = r.item_id"
        " WHERE r.vault_id IS NOT NULL AND r.role = 'current'"
    )
    return {os.fsdecode(os.path.join(folder, name)): os.fsdecode(path) for folder, name, path in rows}


def test_twins_in_one_batch_and_in_the_next_run(room: Guarded) -> None:
    drive = room.drive("one")
    put(room, "Abba/Waterloo.txt", b"1")
    put(room, "ABBA/waterloo.txt", b"2")
    room.protect()
    put(room, "abba/WATERLOO.txt", b"3")
    put(room, "Abba/waterloo.txt", b"4")
    room.protect()
    names = stored(room)
    assert len({name.casefold() for name in names.values()}) == 4
    for original, path in names.items():
        assert stands_for(os.fsencode(path), os.fsencode(original))
    room.protect()
    assert stored(room) == names
    assert is_valid(drive)


def test_a_file_where_a_folder_was_and_the_other_way_round(room: Guarded) -> None:
    drive = room.drive("one")
    put(room, "thing/inside.txt")
    put(room, "other", b"a file")
    for number in range(8):
        put(room, f"filling/{number}.txt")
    room.protect()
    (room.music / "thing" / "inside.txt").unlink()
    (room.music / "thing").rmdir()
    (room.music / "other").unlink()
    put(room, "thing", b"a file now")
    put(room, "other/inside.txt", b"a folder now")
    room.protect()
    names = stored(room)
    assert len(names) == 12, "what vanished from the library stays"
    assert room.copy("one", "thing/inside.txt").exists()
    assert Path(os.fsdecode(drive.folder), names["thing"]).read_bytes() == b"a file now"
    assert Path(os.fsdecode(drive.folder), names["other/inside.txt"]).read_bytes() == b"a folder now"
    assert is_valid(drive)


def test_names_too_long_once_escaped_keep_their_meaning(room: Guarded) -> None:
    drive = room.drive("one")
    put(room, LONG)
    put(room, LONG.replace(".txt", "!.txt"))
    room.protect()
    names = stored(room)
    assert all(len(os.fsencode(Path(path).name)) <= 255 for path in names.values())
    assert len(set(names.values())) == 2
    room.protect()
    assert stored(room) == names, "a shortened name is no rename"
    assert is_valid(drive)


@pytest.mark.parametrize(
    ("name", "path", "stands"),
    [
        (b"data/m/a.flac", b"a.flac", True),
        (b"data/m/a.flac", b"A.flac", False),
        (b"data/m/a=3F.flac", b"a?.flac", True),
        (b"data/m/A=+2.flac", b"A.flac", True),
        (b"data/m/x=+2/A.flac", b"x/A.flac", True),
        (b"data/m/x/A.flac", b"A.flac", False),
    ],
)
def test_which_path_a_name_stands_for(name: bytes, path: bytes, stands: bool) -> None:
    assert stands_for(name, path) is stands


def test_a_name_that_is_right_stays(room: Guarded) -> None:
    naming = Naming(room.catalog, "nowhere")
    assert naming.target("m", b"a.txt", b"data/m/a=+3.txt") == b"data/m/a=+3.txt"
    assert naming.target("m", b"a.txt", b"data/m/b.txt") == b"data/m/a.txt"
    assert naming.target("m", b"A.txt", None) == b"data/m/A=+2.txt", "the name just given is taken"
