"""Older versions and copies set aside are listed with what differs, and come back to the byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.domain.notices import ItemDone
from musicvault.engine.retag import retag
from musicvault.engine.versions import UNDO, Version, give_version, versions
from musicvault.errors import ItemError, UsageError
from tests.engine_room import flip
from tests.guarded import Guarded
from tests.sound import retag as retag_elsewhere

ONE = "album/1.flac"


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    made.track(ONE, 1, title="Dawn", artist="Nina")
    made.track("album/2.flac", 2, title="Dusk")
    made.drive("first")
    made.drive("second")
    made.protect()
    return made


def kept_of(room: Guarded, name: str = ONE) -> list[Version]:
    return list(versions(room.ctx, [room.item(name).id]))


def give(room: Guarded, version: Version, name: str = "back") -> Path:
    assert version.number is not None
    room.run(give_version(room.ctx, [version.item.id], version.number, os.fsencode(room.tmp / name)))
    return room.tmp / name / "music" / os.fsdecode(version.item.path)


def edit(room: Guarded, title: str) -> bytes:
    """Another program edits the title; gives the bytes before."""
    before = (room.music / ONE).read_bytes()
    retag_elsewhere(room.music / ONE, title=title)
    room.protect()
    return before


def test_nothing_older_is_kept_at_first(room: Guarded) -> None:
    assert kept_of(room) == []


def test_a_superseded_version_is_on_every_drive_and_comes_back(room: Guarded) -> None:
    mtime = (room.music / ONE).stat().st_mtime_ns
    before = edit(room, "Daybreak")
    (version,) = kept_of(room)
    assert {(place.where, place.role, place.online) for place in version.places} == {
        ("first", "version", True),
        ("second", "version", True),
    }
    assert version.differs is not None
    assert (version.differs.fields, version.differs.sound, version.differs.pictures) == (("title",), False, False)
    assert version.size == len(before)
    assert version.replaced_at is not None
    assert all(place.until is not None and place.until > room.time + 80 * 86400 for place in version.places)
    given = give(room, version)
    assert given.read_bytes() == before
    assert given.stat().st_mtime_ns == mtime


def test_several_versions_newest_first(room: Guarded) -> None:
    first = edit(room, "Daybreak")
    second = edit(room, "Sunrise")
    found = kept_of(room)
    assert [give(room, one, f"back {n}").read_bytes() for n, one in enumerate(found)] == [second, first]


def test_a_later_look_at_what_was_set_aside_leaves_it_since_when(room: Guarded) -> None:
    flip(room.copy("first", ONE), 100)
    room.scrub()
    room.repair()
    (damaged,) = kept_of(room)
    room.later(10)
    room.scrub()
    (again,) = kept_of(room)
    assert again.places == damaged.places
    assert again.places[0].role == "quarantine"


def test_one_drive_is_enough_and_none_is_an_error(room: Guarded) -> None:
    before = edit(room, "Daybreak")
    (room.tmp / "first").rename(room.tmp / "away")
    (version,) = kept_of(room)
    assert {place.where: place.online for place in version.places} == {"first": False, "second": True}
    assert give(room, version).read_bytes() == before
    (room.tmp / "second").rename(room.tmp / "away too")
    with pytest.raises(ItemError, match="within reach"):
        give(room, version, "again")


def test_a_damaged_version_is_not_given_back(room: Guarded) -> None:
    before = edit(room, "Daybreak")
    (version,) = kept_of(room)
    for number, place in enumerate(version.places):
        (vault,) = [one for one in room.vaults() if one.label == place.where]
        flip(Path(os.fsdecode(vault.folder + b"/" + place.path)))
        if number == 0:
            assert give(room, version).read_bytes() == before
    with pytest.raises(ItemError, match="whole"):
        give(room, version, "again")
    assert not (room.tmp / "again" / "music" / ONE).exists()


def test_a_drive_that_was_not_brought_up_to_date_still_has_it(room: Guarded) -> None:
    retag_elsewhere(room.music / ONE, title="Daybreak")
    room.scan()
    (version,) = kept_of(room)
    assert {place.role for place in version.places} == {"current"}
    assert {place.until for place in version.places} == {None}


def test_our_own_edits_are_kept_without_any_drive(room: Guarded) -> None:
    before = (room.music / "album/2.flac").read_bytes()
    room.run(retag(room.ctx, [room.item("album/2.flac").id], {"title": ("Night",)}))
    for name in ("first", "second"):
        (room.tmp / name).rename(room.tmp / f"{name} away")
    (version,) = kept_of(room, "album/2.flac")
    assert {place.role for place in version.places} == {"current", UNDO}
    given = give(room, version)
    assert given.read_bytes() == before
    assert os.listdir(given.parent) == ["2.flac"]


def test_quarantine_is_listed_and_comes_back_as_it_is(room: Guarded) -> None:
    flip(room.copy("first", ONE))
    damaged = room.copy("first", ONE).read_bytes()
    room.scrub()
    room.repair()
    (version,) = kept_of(room)
    assert [(place.where, place.role) for place in version.places] == [("first", "quarantine")]
    assert version.differs is not None
    assert version.differs.blocks == (0,)
    assert version.differs.sound is None
    assert give(room, version).read_bytes() == damaged


def test_nothing_is_overwritten(room: Guarded) -> None:
    edit(room, "Daybreak")
    (version,) = kept_of(room)
    give(room, version)
    give(room, version)
    assert [one.action for one in room.notices if isinstance(one, ItemDone)] == []  # it was there already
    (room.tmp / "taken" / "music" / "album").mkdir(parents=True)
    (room.tmp / "taken" / "music" / ONE).write_bytes(b"mine")
    with pytest.raises(ItemError, match="another file"):
        give(room, version, "taken")
    assert (room.tmp / "taken" / "music" / ONE).read_bytes() == b"mine"


def test_a_number_of_other_files_and_places_that_won_t_do(room: Guarded) -> None:
    edit(room, "Daybreak")
    (version,) = kept_of(room)
    assert version.number is not None
    with pytest.raises(UsageError, match="a version"):
        room.run(give_version(room.ctx, [room.item("album/2.flac").id], version.number, os.fsencode(room.tmp / "x")))
    for place in ("Music", "first/MusicVault/data"):
        with pytest.raises(UsageError, match="inside"):
            give(room, version, place)


def test_links_lead_nowhere(room: Guarded) -> None:
    edit(room, "Daybreak")
    (version,) = kept_of(room)
    (room.tmp / "outside").mkdir()
    (room.tmp / "back" / "music").mkdir(parents=True)
    (room.tmp / "back" / "music" / "album").symlink_to(room.tmp / "outside")
    with pytest.raises(ItemError, match="link"):
        give(room, version)
    assert list((room.tmp / "outside").iterdir()) == []
