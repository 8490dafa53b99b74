"""Takes a picture of every screen: `python tests/gui/pictures.py FOLDER`. For looking at, not a test."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtWidgets import QApplication

from musicvault.gui.bridge import Questions
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.attention import Preview
from musicvault.gui.models.library import Filter
from musicvault.gui.models.overview import OverviewModel
from musicvault.gui.models.places import FolderGuess
from musicvault.gui.preferences import Preferences
from musicvault.gui.theme import Mode, Theme
from musicvault.gui.theme.tokens import Tone
from tests.gui import sample
from tests.gui import samples_of_policy as samples


def settle(application: QApplication, questions: Questions) -> None:
    """Until nothing more is asked or drawn."""
    for _ in range(60):
        application.processEvents()
        if questions.idle():
            application.processEvents()
        application.thread().msleep(4)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication(sys.argv[:1])
    theme = Theme(application, Mode.LIGHT, "Inter")
    place = folder / "window.ini"
    place.unlink(missing_ok=True)
    questions = Questions()
    window = MainWindow(theme, Preferences(place), questions)
    window.show()

    def shoot(name: str, size: tuple[int, int] = (1280, 820)) -> None:
        window.resize(*size)
        settle(application, questions)
        window.grab().save(str(folder / f"{name}.png"))

    def fill() -> None:
        window.overview.show_model(sample.overview())
        window.library.show_source(sample.Rows(1_000_000))
        window.drives.show_drives(sample.drives())
        window.attention.show_model(sample.attention())
        window.sidebar.show_badge("attention", 3)
        for job in reversed(sample.jobs()):
            window.activity.show_job(job)
            window.footer.show_job(job)
        window.policy.show_model(samples.policy())
        window.overview.risk.show_model(samples.risk())
        window.settings.show_model(sample.settings())
        settle(application, questions)

    window.library.details_wanted.connect(lambda ids: window.library.show_details([sample.detail(i) for i in ids]))
    window.first_run.look_wanted.connect(
        lambda path: window.first_run.show_guess(
            FolderGuess(path, 12480, int(1.31 * sample.TB), (("FLAC", 9204), ("MP3", 1194), ("WAV", 212)))
        )
    )
    window.first_run.volumes_wanted.connect(lambda _: window.first_run.show_volumes(sample.volumes()))
    window.drives.volumes_wanted.connect(lambda: window.drives.show_volumes(sample.volumes()))

    window.overview.show_model(
        OverviewModel("Add your music and a drive to begin.", "Nothing is watched yet.", Tone.INFO)
    )
    for key in ("overview", "library", "drives", "attention", "activity"):
        window.show_screen(key)
        shoot(f"empty-{key}")
    window.show_first_run(True)
    shoot("first-0")
    window.first_run.choose_music(b"/home/anna/Music")
    shoot("first-1")
    window.first_run.next.click()
    shoot("first-2")
    window.first_run.next.click()
    shoot("first-3")
    window.first_run.next.click()
    window.show_first_run(False)
    fill()
    for mode in (Mode.LIGHT, Mode.DARK):
        theme.choose(mode)
        for key in ("overview", "library", "drives", "attention", "activity", "policy", "settings"):
            window.show_screen(key)
            if key == "library":
                window.library.table.select_item(2)
            shoot(f"{key}-{mode}")
            shoot(f"{key}-{mode}-small", (1000, 640))
        window.show_screen("library")
        for tab in (1, 2):
            window.library.inspector._tab = tab
            window.library.inspector.show_details([sample.detail(3)])
            shoot(f"library-{mode}-tab{tab}")
        window.library.inspector._tab = 0
        window.library.inspector.show_details([sample.detail(3), sample.detail(4), sample.detail(9)])
        shoot(f"library-{mode}-many")
        shoot(f"library-{mode}-large", (1920, 1080))
        window.show_screen("overview")
        shoot(f"overview-{mode}-large", (1920, 1080))
    theme.choose(Mode.LIGHT)
    window.overview.show_model(sample.safe())
    shoot("overview-safe")
    window.show_screen("drives")
    window.drives.open_panel()
    shoot("drives-add")
    window.drives.close_panel()
    window.show_screen("attention")
    lines = tuple(f"{i:02} Variatio {i} a 1 Clav.flac: rebuilt from NAS (home)" for i in range(1, 20))
    window.attention.show_preview(
        Preview(
            "Repair 19 files?",
            lines,
            sample.attention().groups[0].actions[0],
            "2 more can't be repaired now: Elements 4 TB is away.",
        )
    )
    window.toasts.say("NAS (home) is full: 12 GB are missing. Free some room and copy again.", Tone.DAMAGED, stays=True)
    window.toasts.say("Tags of 3 files saved.", Tone.GOOD)
    shoot("attention-preview")
    window.show_screen("library")
    window.library.table.verticalScrollBar().setValue(20_000_000)
    shoot("library-deep")
    window.library.filter(Filter.DAMAGED)
    window.header.search.setText("goldberg")
    shoot("library-search")
    questions.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
