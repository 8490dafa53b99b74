"""Makes the pictures in resources/screenshots: the real window on a real (if small) library and three drives.

    python tests/gui/screenshots.py OUT DRIVE DRIVE DRIVE [--all]

The drives are empty folders, best on file systems of their own. All sound, names and covers are made here. With `--all`
pictures of every screen in three sizes follow, for looking at: as in the first, and with more that was found.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter
from PySide6.QtWidgets import QApplication

from musicvault.app import App
from musicvault.catalog.database import Catalog
from musicvault.domain.policy import Rule
from musicvault.engine.context import Context
from musicvault.gui.bridge import Jobs, Questions
from musicvault.gui.desk.desk import Desk
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.policy.screen import PolicyScreen
from musicvault.gui.preferences import Preferences
from musicvault.gui.theme import Mode, Theme
from musicvault.settings import Settings
from tests.engine_room import flip
from tests.sound import make

SIZES = ((1024, 700), (1440, 900), (2560, 1440))
ALBUMS = (
    (
        "CD rips/Anna Lindqvist/Goldberg Variations",
        "Goldberg Variations, BWV 988",
        "Anna Lindqvist",
        "2011",
        ("#6A4FB3", "#B08BE0"),
        (
            "Aria",
            "Variatio 1 a 1 Clav.",
            "Variatio 2 a 1 Clav.",
            "Variatio 3 Canone all'Unisono",
            "Variatio 4 a 1 Clav.",
            "Variatio 5 a 1 ovvero 2 Clav.",
            "Variatio 6 Canone alla Seconda",
            "Variatio 7 al tempo di Giga",
        ),
        20.0,
    ),
    (
        "CD rips/Marsh Quartet/Blue Hour",
        "Blue Hour",
        "Marsh Quartet",
        "1998",
        ("#14526B", "#3E9BB5"),
        ("Lanterns", "Slow Ferry", "Blue Hour", "Nobody's Umbrella", "Last Tram"),
        5.0,
    ),
    (
        "Field recordings/Dawn Chorus, Exmoor",
        "Dawn Chorus, Exmoor",
        "Field recordings",
        "2014",
        ("#5C7F22", "#B9C95B"),
        ("Before light", "First blackbird", "Full chorus", "Wren close by", "Rain on leaves", "Stream"),
        4.0,
    ),
    (
        "CD rips/高橋ゆき/夜想曲集",
        "夜想曲集",
        "高橋ゆき",
        "2006",
        ("#8E3B46", "#E29578"),
        ("夜想曲 第1番", "夜想曲 第2番", "夜想曲 第3番", "間奏曲"),
        4.0,
    ),
)


def cover(path: Path, colours: tuple[str, str]) -> None:
    """A gradient with a moon."""
    image = QImage(400, 400, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ground = QLinearGradient(QPointF(0, 0), QPointF(300, 400))
    ground.setColorAt(0, QColor(colours[0]))
    ground.setColorAt(1, QColor(colours[1]))
    painter.fillRect(image.rect(), ground)
    painter.setBrush(QColor(255, 255, 255, 190))
    painter.setPen(QColor(255, 255, 255, 0))
    painter.drawEllipse(QPointF(270, 130), 52, 52)
    painter.setBrush(QColor(0, 0, 0, 50))
    painter.drawEllipse(QPointF(150, 470), 330, 190)
    painter.end()
    image.save(str(path))


def library(root: Path) -> None:
    seed = 0
    for folder, album, artist, year, colours, titles, seconds in ALBUMS:
        for number, title in enumerate(titles, 1):
            seed += 1
            name = root / folder / f"{number:02} {title}.flac"
            tags = {
                "title": title,
                "artist": artist,
                "album": album,
                "date": year,
                "tracknumber": f"{number}/{len(titles)}",
            }
            make(name, seed=seed, seconds=seconds + seed % 3, **tags)
        cover(root / folder / "cover.png", colours)


class Studio:
    """The window at its desk, with a clock that can be set."""

    def __init__(self, work: Path) -> None:
        self.application = QApplication(sys.argv[:1])
        self.theme = Theme(self.application, Mode.LIGHT, "Inter")
        self.past = 0.0
        catalog = Catalog.open(work / "catalog.sqlite3")
        app = App(catalog, Settings(), Context(catalog, lambda: time.time() - self.past))
        self.rows, self.looks, self.jobs = Questions("rows"), Questions("looks"), Jobs()
        self.window = MainWindow(self.theme, Preferences(work / "window.ini"), self.rows)
        self.desk = Desk(app, self.window, self.jobs, self.looks)
        self.window.resize(1280, 820)
        self.window.show()
        self.desk.start()

    def settle(self) -> None:
        calm = 0
        while calm < 100:  # longer than the policy's screen waits before it asks
            self.application.processEvents()
            self.application.thread().msleep(4)
            asked = (self.rows.idle(), self.looks.idle(), self.desk.policy.idle())
            calm = 0 if self.jobs.running() or not all(asked) else calm + 1

    def act(self, deed: Deed, subject: str = "", **values: object) -> None:
        self.window.do(Action(deed, deed.value, subject, (), values))
        self.settle()

    def shoot(self, place: Path) -> None:
        for toast in list(self.window.toasts._shown):
            toast.gone.emit()
        self.settle()
        self.window.grab().save(str(place))

    def shoot_all(self, out: Path) -> None:
        """Every screen, light and dark, in each size; Attention card by card."""
        for mode, (wide, high) in product((Mode.LIGHT, Mode.DARK), SIZES):
            self.theme.choose(mode)
            self.window.resize(wide, high)
            for key in self.window._screens:
                self.window.show_screen(key)
                self.shoot(out / f"{key}-{mode}-{wide}.png")
            self.window.show_screen("attention")
            for card in self.window.attention.cards():
                if card.findings is not None:
                    card.findings.setCurrentIndex(card.findings.findings.index(0))
                self.settle()
                self.window.attention._area.ensureWidgetVisible(card)
                self.shoot(out / f"attention-{card.group.kind}-{mode}-{wide}.png")


def main(out: Path, drives: list[str], *, every: bool) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        os.environ["XDG_CONFIG_HOME"] = str(work / "config")
        music = work / "Music"
        library(music)
        studio = Studio(work)
        places = tuple((os.fsencode(p), n) for p, n in zip(drives, ("Elements 4 TB", "NAS", "Bank box"), strict=True))
        studio.past = 38 * 86400.0
        rule = Rule(copies=3, volumes=2)
        studio.act(Deed.PROTECT, library=os.fsencode(music / "CD rips"), drives=places, rule=rule)
        studio.act(Deed.ADD_LIBRARY, path=os.fsencode(music / "Field recordings"))
        away = Path(drives[2]) / "MusicVault"
        away.rename(away.with_name("elsewhere"))  # in the bank, from now on
        studio.past = 12 * 86400.0
        for number, title in enumerate(("Ferry, reprise", "Daylight"), 6):
            tags = {"title": title, "artist": "Marsh Quartet", "album": "Blue Hour", "tracknumber": str(number)}
            make(music / ALBUMS[1][0] / f"{number:02} {title}.flac", seed=90 + number, seconds=5.0, **tags)
        studio.act(Deed.SCAN)
        studio.act(Deed.SYNC)
        studio.act(Deed.SCRUB, drive="NAS")
        studio.past = 0.0
        strict = Rule("Field recordings", "path:dawn", copies=3, volumes=3, proof_days=60, version_days=365)
        everything = Rule(copies=3, volumes=2)
        studio.act(Deed.SET_POLICY, rules=(strict, everything), did={"policy": "added"})
        rotten = sorted((music / ALBUMS[0][0]).glob("03*"))[0]
        flip(rotten, rotten.stat().st_size // 2)
        studio.act(Deed.SCRUB, library="CD rips")
        pictures(studio, out)
        if every:
            studio.shoot_all(out)
            hurt(studio, music, drives)
            (out / "hurt").mkdir(exist_ok=True)
            studio.shoot_all(out / "hurt")
        studio.jobs.close()
        studio.desk.close()
        studio.rows.close()
        studio.looks.close()


def hurt(studio: Studio, music: Path, drives: list[str]) -> None:
    """What else can befall a library and its drives: lost, replaced, gone, missing."""
    rips = music / "CD rips"
    gould, quartet, _, nocturnes = (music / album[0] for album in ALBUMS)
    copies = [found for drive in drives for found in Path(drive).glob("*/data/cd-rips")]
    lost = sorted(gould.glob("05*"))[0]
    for place in (rips, *copies):
        rotten = place / lost.relative_to(rips)
        flip(rotten, rotten.stat().st_size // 2)
    make(sorted(quartet.glob("02*"))[0], seed=991, seconds=5.0, title="Slow Ferry")
    sorted(quartet.glob("01*"))[0].unlink()
    sorted((copies[0] / nocturnes.relative_to(rips)).glob("*.flac"))[0].unlink()
    studio.act(Deed.SCAN)
    studio.act(Deed.SCRUB)


def pictures(studio: Studio, out: Path) -> None:
    window = studio.window
    for mode in (Mode.LIGHT, Mode.DARK):
        studio.theme.choose(mode)
        for key in ("overview", "library", "drives", "attention", "policy"):
            window.show_screen(key)
            if key == "policy":
                studio.settle()
                edit_policy(window.policy)
            if key == "library":
                studio.settle()
                window.library.table.select_item(2)
            studio.shoot(out / f"{key}-{mode}.png")


def edit_policy(screen: PolicyScreen) -> None:
    """Wish for one more copy of everything, and look what that would mean."""
    if not screen.edited:
        screen.open_rule(len(screen.cards) - 1)
        form = screen.cards[-1].form
        assert form is not None
        form.numbers["copies"].setValue(4)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:5], every="--all" in sys.argv)
