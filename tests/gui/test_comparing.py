"""Comparing two versions in the window, playing both, deciding, and taking the decision back; judged by the disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from mutagen.flac import FLAC, Picture
from PySide6.QtCore import QBuffer, QIODevice, QObject, Qt, QUrl, Slot
from PySide6.QtGui import QColor, QDesktopServices, QImage
from PySide6.QtWidgets import QLabel, QPushButton

from musicvault.gui.comparing.pair_list import PairList
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.comparing import Comparing, Span
from musicvault.gui.theme import Theme
from musicvault.gui.widgets.track_strip import TrackStrip, in_words
from tests.gui.conftest import Office
from tests.sound import make


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def compared(office: Office, action: Action) -> Comparing:
    office.window.do(action)
    page = office.window.comparing
    office.qtbot.waitUntil(lambda: page.model is not None, timeout=60_000)
    assert page.model is not None
    return page.model


def press(office: Office, text: str) -> None:
    """The button of the page that says so."""
    office.settle()
    buttons = office.window.comparing.findChildren(QPushButton)
    office.qtbot.mouseClick(next(b for b in buttons if b.text() == text and b.isVisible()), Qt.MouseButton.LeftButton)
    office.settle()


def held(office: Office) -> dict[bytes, int]:
    return {row.path: row.item for group in office.window.attention.model.groups for row in group.rows}


def picture(colour: str) -> Picture:
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    made = Picture()
    made.type, made.mime, made.data = 3, "image/png", bytes(buffer.data().data())
    return made


def embed(path: Path, colour: str) -> None:
    flac = FLAC(path)
    flac.clear_pictures()
    flac.add_picture(picture(colour))
    flac.save()


def test_a_changed_file_is_compared_accepted_and_taken_back(office: Office) -> None:
    embed(office.music / "a/1.flac", "#112233")
    office.protect()
    old = digest(office.music / "a/1.flac")
    make(office.music / "a/1.flac", seed=70, seconds=0.5, title="Another take", artist="Someone", album="Album")
    embed(office.music / "a/1.flac", "#aa3366")
    new = digest(office.music / "a/1.flac")
    office.act(Deed.SCAN)
    office.window.show_screen("attention")
    model = compared(office, Action(Deed.COMPARE, items=(held(office)[b"a/1.flac"],)))
    assert model.pair is not None
    assert ("Title", "Title 1", "Another take") in [(f.name, f.before, f.after) for f in model.pair.fields]
    one = model.pair.pictures[0]
    assert one.before is not None
    assert one.after is not None
    shown = [QImage.fromData(side.image).pixelColor(20, 20).name() for side in (one.before, one.after)]
    assert shown == ["#112233", "#aa3366"]
    assert [part.title for part in model.pair.sound] == ["Only before", "Only now"]
    strips = office.window.comparing.findChildren(TrackStrip)
    assert len(strips) == 2
    press(office, "Accept")
    assert office.window.screen_name == "attention"
    assert digest(office.copy_of(office.first, "a/1.flac")) == new
    toast = next(b for b in office.window.toasts.findChildren(QPushButton) if b.accessibleName() == "Undo")
    office.qtbot.mouseClick(toast, Qt.MouseButton.LeftButton)
    office.settle()
    assert digest(office.music / "a/1.flac") == new  # only previewed yet
    office.confirm()
    assert digest(office.music / "a/1.flac") == old
    assert office.window.attention.model.count == 0


def test_several_are_compared_in_a_line_each_and_put_back_together(office: Office) -> None:
    office.protect()
    names = ("a/1.flac", "a/2.flac")
    old = {name: digest(office.music / name) for name in names}
    for number, name in enumerate(names):
        make(office.music / name, seed=80 + number, seconds=0.3, title="Another take")
    office.act(Deed.SCAN)
    office.window.show_screen("attention")
    model = compared(office, Action(Deed.COMPARE, items=tuple(held(office).values())))
    assert [line.path for line in model.lines] == [name.encode() for name in names]
    assert "Another take" in model.lines[0].words
    page = office.window.comparing
    (listed,) = page.findChildren(PairList)
    assert not listed.look.isEnabled()
    listed.list.setCurrentIndex(listed.rows.index(1))
    office.qtbot.mouseClick(listed.look, Qt.MouseButton.LeftButton)
    office.qtbot.waitUntil(lambda: page.model is not None and page.model.pair is not None, timeout=60_000)
    page.go_back()
    assert page.model is model
    office.settle()
    kinds = {b.text(): b.property("kind") for b in page.findChildren(QPushButton) if b.isVisible()}
    assert kinds["Accept"] == kinds["Put back"] is None  # which one is right is for the user to say
    press(office, "Put back")
    assert {name: digest(office.music / name) for name in names} == old


class Player(QObject):
    """Stands where the system's player would: hears which file it is to open."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[Path] = []

    @Slot(QUrl)
    def hear(self, url: QUrl) -> None:
        self.opened.append(Path(url.toLocalFile()))


@pytest.fixture
def player() -> Iterator[Player]:
    made = Player()
    QDesktopServices.setUrlHandler("file", made, "hear")  # type: ignore[arg-type]  # the stub wants bytes, Qt text
    yield made
    QDesktopServices.unsetUrlHandler("file")


def test_both_versions_are_played_from_private_copies(office: Office, player: Player) -> None:
    office.protect()
    old = digest(office.music / "a/1.flac")
    make(office.music / "a/1.flac", seed=71, seconds=0.3, title="Another take")
    new = digest(office.music / "a/1.flac")
    office.act(Deed.SCAN)
    model = compared(office, Action(Deed.COMPARE, items=(held(office)[b"a/1.flac"],)))
    assert model.pair is not None
    for side in (model.pair.before, model.pair.after):
        assert side.play is not None
        office.window.comparing.acted.emit(side.play)
    office.qtbot.waitUntil(lambda: len(player.opened) == 2, timeout=20_000)
    assert [digest(path) for path in player.opened] == [old, new]
    assert not any(path.is_relative_to(office.music) or path.is_relative_to(office.first) for path in player.opened)
    office.desk.comparer.close()
    assert not any(path.exists() for path in player.opened)


def test_an_older_version_is_compared_with_todays(office: Office) -> None:
    office.protect()
    office.act(Deed.TAG, items=(office.select("1.flac").id,), edits={"title": ("A new title",)})
    office.act(Deed.SYNC)
    office.select("1.flac")
    version = office.window.library.inspector.details[0].versions[0]
    assert version.look is not None
    model = compared(office, version.look)
    assert model.pair is not None
    assert [(f.name, f.before, f.after) for f in model.pair.fields] == [("Title", "Title 1", "A new title")]
    assert model.pair.sound == ()
    office.window.comparing.acted.emit(
        Action(Deed.GIVE_VERSION, items=(model.pair.item,), values={**_values(model), "path": os.fsencode(office.tmp)})
    )
    office.settle()
    given = next(office.tmp.glob("music/a/1.flac"))
    assert FLAC(given)["title"] == ["Title 1"]


def _values(model: Comparing) -> dict[str, object]:
    assert model.pair is not None
    return dict(model.pair.actions[0].values)


def test_damage_that_was_repaired_meanwhile_has_nothing_to_compare(office: Office) -> None:
    office.protect()
    row = office.select("1.flac")
    model = compared(office, Action(Deed.COMPARE, items=(row.id,)))
    assert model.pair is None
    assert "nothing to compare" in model.message
    labels = [label.text() for label in office.window.comparing.findChildren(QLabel)]
    assert model.message in labels
    office.window.comparing.go_back()
    assert office.window.screen_name == "library"


def test_the_strip_marks_what_is_short_too(theme: Theme) -> None:
    spans = (Span(0.0, 0.05), Span(30.0, 60.0, lost=True), Span(299.99, 300.0))
    strip = TrackStrip(300.0, spans)
    marks = strip.marks(300.0)
    assert marks[0] == (0.0, 3.0)
    assert marks[1] == (30.0, 30.0)
    assert marks[2] == (297.0, 3.0)
    assert in_words(spans) == "0:00.0–0:00.1, 0:30.0–1:00.0, 4:59.9–5:00.0"
    assert "5:00" in strip.accessibleName()
