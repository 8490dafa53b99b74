"""A delivered bag is one that bagit.py and sha256sum accept; there is a whole one or none."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator
from pathlib import Path
from xml.etree import ElementTree

import bagit
import pytest

from musicvault.catalog import history
from musicvault.domain.notices import Finished, ItemDone
from musicvault.errors import NoSpace, UsageError
from musicvault.reports.bags import Sender, bag
from tests.corruption.drives import drive
from tests.engine_room import flip
from tests.guarded import Guarded
from tests.unit.reports.premis_rules import NAMESPACE, violations

ODD = [b"line\nbreak.txt", b"not \xff utf-8.txt", "🎵 é.txt".encode(), b"100%25 .txt ", b"Twin.txt", b"twin.txt"]
SENDER = Sender("Radio X\n(archive)", "ar@x.example")


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    made.track("album/1.flac", 1, title="Dawn")
    made.track("album/2.flac", 2, title="Dusk")
    for name in ODD:
        Path(os.fsdecode(os.fsencode(made.music) + b"/" + name)).write_bytes(b"inside " + name)
    made.drive("first")
    made.drive("second")
    made.protect()
    (tmp_path / "out").mkdir()
    return made


def pack(room: Guarded, query: str = "", sender: Sender = SENDER, *, dry_run: bool = False) -> Finished:
    return room.run(bag(room.ctx, query, os.fsencode(room.tmp / "out" / "bag"), sender, dry_run=dry_run))


def opened(room: Guarded) -> bagit.Bag:
    found = bagit.Bag(str(room.tmp / "out" / "bag"))
    found.validate()
    return found


def test_others_accept_it(room: Guarded) -> None:
    finished = pack(room)
    assert (finished.counts["packed"], finished.exit_code) == (8, 0)
    found = opened(room)
    assert found.info["Source-Organization"] == "Radio X (archive)"
    assert found.info["Contact-Email"] == "ar@x.example"
    assert found.info["Payload-Oxum"] == f"{finished.counts['bytes']}.8"
    for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        checked = subprocess.run(
            ["sha256sum", "-c", "--strict", "--quiet", name], cwd=room.tmp / "out" / "bag", check=False
        )
        assert checked.returncode == 0
    assert os.listdir(room.tmp / "out") == ["bag"]


def test_files_are_the_library_s_own_byte_for_byte(room: Guarded) -> None:
    pack(room)
    payload = room.tmp / "out" / "bag" / "data" / "music"
    for name in ("album/1.flac", "album/2.flac", "🎵 é.txt"):
        assert (payload / name).read_bytes() == (room.music / name).read_bytes()
        assert (payload / name).stat().st_mtime_ns == (room.music / name).stat().st_mtime_ns
    there = {path.read_bytes() for path in payload.iterdir() if path.is_file()}
    assert there == {b"inside " + name for name in ODD}


def test_the_trail_goes_with_it(room: Guarded) -> None:
    pack(room, "dusk")
    root = ElementTree.parse(room.tmp / "out" / "bag" / "metadata" / "premis.xml").getroot()
    assert violations(root) == []
    places = [found.text for found in root.iter(f"{{{NAMESPACE}}}contentLocationValue")]
    assert places == ["data/music/album/2.flac"]
    assert os.fsencode(room.tmp) not in ElementTree.tostring(root)
    assert "metadata/premis.xml" in opened(room).tagfile_entries()


def test_empty_sender_says_nothing(room: Guarded) -> None:
    pack(room, "dusk", Sender())
    assert not {"Source-Organization", "Contact-Name", "Contact-Email"} & set(opened(room).info)


def test_a_damaged_library_still_gives_right_bytes(room: Guarded) -> None:
    right = (room.music / "album/1.flac").read_bytes()
    flip(room.music / "album/1.flac")
    flip(room.copy("first", "album/1.flac"))
    assert pack(room).exit_code == 0
    assert (room.tmp / "out" / "bag" / "data" / "music" / "album" / "1.flac").read_bytes() == right


def test_one_file_that_can_t_be_had_is_no_bag(room: Guarded) -> None:
    for path in (room.music / "album/1.flac", room.copy("first", "album/1.flac"), room.copy("second", "album/1.flac")):
        flip(path)
    finished = pack(room)
    assert (finished.counts["failed"], finished.counts["packed"], finished.exit_code) == (1, 7, 3)
    assert [os.fsdecode(one.path) for one in room.done() if one.action == "failed"] == ["album/1.flac"]
    assert os.listdir(room.tmp / "out") == []


def test_stopping_leaves_nothing(room: Guarded) -> None:
    job = bag(room.ctx, "", os.fsencode(room.tmp / "out" / "bag"), SENDER)
    assert isinstance(job, Generator)
    for notice in job:
        if isinstance(notice, ItemDone):
            break
    assert os.listdir(room.tmp / "out") != []
    job.close()
    assert os.listdir(room.tmp / "out") == []


def test_a_dry_run_writes_nothing(room: Guarded) -> None:
    before = len(list(history.latest(room.catalog)))
    assert pack(room, dry_run=True).counts["packed"] == 8
    assert os.listdir(room.tmp / "out") == []
    assert len(list(history.latest(room.catalog))) == before


def test_the_delivery_is_an_event(room: Guarded) -> None:
    pack(room, "dusk")
    (event,) = history.latest(room.catalog, 1)
    assert (event.type, event.detail["files"]) == ("replication", 1)


@pytest.mark.parametrize("place", ["Music/bag", "first/MusicVault/bag", "nowhere/bag", "out"])
def test_not_just_anywhere(room: Guarded, place: str) -> None:
    with pytest.raises(UsageError):
        room.run(bag(room.ctx, "", os.fsencode(room.tmp / place), SENDER))
    with pytest.raises(UsageError, match="No file"):
        pack(room, "no such thing")


def test_too_little_room_is_said_before_the_first_byte(room: Guarded) -> None:
    (room.music / "big.bin").write_bytes(os.urandom(6 << 20))
    room.protect()
    with drive("tmpfs", room.tmp / "small", 4) as small:
        with pytest.raises(NoSpace):
            room.run(bag(room.ctx, "", os.fsencode(small.point / "bag"), SENDER))
        assert os.listdir(small.point) == []


def test_a_link_into_the_library_does_not_lead_a_bag_into_it(room: Guarded) -> None:
    before = sorted(room.music.rglob("*"))
    (room.tmp / "link").symlink_to(room.music)
    with pytest.raises(UsageError, match="inside the library"):
        room.run(bag(room.ctx, "", os.fsencode(room.tmp / "link" / "bag"), SENDER))
    assert sorted(room.music.rglob("*")) == before
