"""Headings that are true of all files below them, and covers from beside and inside of the music."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from mutagen.flac import FLAC, Picture
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage

from musicvault.gui.desk.covers import small
from musicvault.gui.library.headings import shared
from musicvault.gui.models.actions import Deed
from tests.engine_room import flip
from tests.gui import sample
from tests.gui.conftest import Office


def test_a_folder_of_one_album_is_headed_by_it() -> None:
    row = replace(sample.row_at(0), album="Blue", artist="A", album_artist="", year="1998", format="FLAC 16/44.1")
    log = replace(row, companion=True, album="", artist="", format="")
    assert shared([row, replace(row, title="Other"), log]) == row
    assert shared([log]) == log


def test_a_mixed_folder_says_only_what_all_share() -> None:
    row = replace(sample.row_at(0), album="Blue", artist="A", album_artist="", year="1998", format="FLAC 16/44.1")
    other = replace(row, album="Green", artist="B", format="MP3 320")
    found = shared([row, other])
    assert (found.album, found.artist, found.year, found.format) == ("", "Various artists", "1998", "")
    assert shared([row, replace(row, year="2001")]).year == ""


def encoded(image: QImage, kind: str) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, kind)  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def square(colour: str) -> QImage:
    image = QImage(60, 60, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    return image


def embed(path: Path, data: bytes) -> None:
    flac, picture = FLAC(path), Picture()
    picture.type, picture.mime, picture.data = 3, "image/png", data
    flac.add_picture(picture)
    flac.save()


def test_a_cover_inside_the_music_is_shown_where_none_lies_beside_it(office: Office) -> None:
    embed(office.music / "b" / "3.flac", encoded(square("#2277aa"), "PNG"))
    embed(office.music / "b" / "4.flac", b"\x89PNG\r\n\x1a\n no picture at all")
    office.protect()
    row = office.select("3.flac")
    shown = QImage.fromData(office.window.library.inspector.details[0].cover)
    assert shown.pixelColor(20, 20).name() == "#2277aa"
    covers = office.window.library.covers
    office.qtbot.waitUntil(lambda: covers.of(row) is not None, timeout=20_000)
    broken = office.select("4.flac")
    assert office.window.library.inspector.details[0].row.id == broken.id
    assert office.window.library.inspector.details[0].cover == small(encoded(square("#2277aa"), "PNG"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x02\x00\x00\x00",
        encoded(square("#123456"), "PNG")[:60],
    ],
    ids=["nothing", "a drawing", "4 billion pixels", "cut off"],
)
def test_hostile_pictures_come_to_nothing(data: bytes) -> None:
    assert small(data) == b""


def test_a_copy_that_was_healed_says_from_where(office: Office) -> None:
    office.protect()
    flip(office.music / "a" / "1.flac")
    office.act(Deed.SCRUB)
    office.act(Deed.REPAIR, sure=True)
    office.select("1.flac")
    own = office.window.library.inspector.details[0].copies[0]
    assert own.is_library
    assert own.damage.healed_from in ("First", "Second")
    assert own.damage.healed == (0,)
    flip(office.copy_of(office.first, "a/1.flac"))
    office.act(Deed.SCRUB)
    office.act(Deed.REPAIR, sure=True)
    office.select("1.flac")
    first = next(one for one in office.window.library.inspector.details[0].copies if one.place == "First")
    assert (first.damage.healed_from, first.damage.healed) == ("Music", (0,))
    assert FLAC(office.music / "a" / "1.flac")["title"] == ["Title 1"]
