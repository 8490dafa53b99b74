"""The first start as one screen of the window: three steps for a newcomer, two for whoever has a drive already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui import theme
from musicvault.gui.firstrun.returning import DrivesToRead, PlacesStep
from musicvault.gui.firstrun.steps import DrivesStep, MusicStep, PromiseStep
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.places import FolderGuess, LibraryRow, Volume
from musicvault.gui.theme import icons
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.layouts import page
from musicvault.gui.widgets.mark import Mark
from musicvault.gui.widgets.text import font, label
from musicvault.language import tr


class Trail(QWidget):
    """1 — 2 — 3 with words: where we are."""

    def __init__(self) -> None:
        super().__init__()
        self._names: Sequence[str] = ()
        self._at = 0
        self.setFixedHeight(px(32))

    def show_step(self, names: Sequence[str], at: int) -> None:
        self._names, self._at = names, at
        words = tr("Step {n} of {all}: {name}", n=at + 1, all=len(self._names), name=self._names[at])
        self.setAccessibleName(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, px(32))

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.active()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = 0.0
        for index, name in enumerate(self._names):
            done, here = index < self._at, index == self._at
            disc = QRectF(left, px(4), px(24), px(24))
            painter.setPen(Qt.PenStyle.NoPen if here or done else QColor(tokens.border))
            painter.setBrush(QColor(tokens.accent if here else tokens.selection if done else tokens.surface))
            painter.drawEllipse(disc.adjusted(0.5, 0.5, -0.5, -0.5))
            if done:
                icons.paint(painter, "check", disc.adjusted(5, 5, -5, -5), tokens.selection_text)
            else:
                painter.setPen(QColor(tokens.on_accent if here else tokens.muted))
                painter.setFont(font(12, QFont.Weight.DemiBold))
                painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(index + 1))
            painter.setFont(font(13, QFont.Weight.DemiBold if here else QFont.Weight.Normal))
            painter.setPen(QColor(tokens.text if here else tokens.muted))
            width = painter.fontMetrics().horizontalAdvance(name)
            painter.drawText(QRectF(left + px(32), 0, width + 4, px(32)), Qt.AlignmentFlag.AlignVCenter, name)
            left += px(32) + width + 14
            if index + 1 < len(self._names):
                painter.setPen(QColor(tokens.border))
                painter.drawLine(int(left), px(16), int(left) + 28, px(16))
                left += 42


@dataclass(frozen=True)
class Step:
    """One page: its name in the trail, its title, a sentence, what it holds, and what its button says and does."""

    name: str
    title: str
    text: str
    page: MusicStep | DrivesStep | PromiseStep | DrivesToRead | PlacesStep
    button: str
    done: Callable[[], None]


class FirstRun(QWidget):
    """Collects a folder, drives and a promise; *Start* sends one action with all of them. Or a new computer gets its
    catalog from a drive, and its libraries their folders."""

    acted = Signal(Action)
    look_wanted = Signal(bytes)
    drive_look_wanted = Signal(bytes)
    volumes_wanted = Signal(bytes)
    ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.music, self.drives, self.promise = MusicStep(), DrivesStep(), PromiseStep()
        self.sources, self.places = DrivesToRead(), PlacesStep()
        self._new, self._returning = self._steps_of_newcomers(), self._steps_of_owners()
        self._steps, self._at, self._busy = self._new, 0, False
        self._trail = Trail()
        self._title, self._text = label("", "sentence", wrap=True), label("", "muted", wrap=True)
        self.other = Button("", "link")
        self.other.clicked.connect(self._change_flow)
        self.back = Button(tr("Back"))
        self.next = Button(tr("Continue"), "primary")
        self.back.clicked.connect(lambda: self._go(self._at - 1))
        self.next.clicked.connect(self._forward)
        self._build()
        self.music.look_wanted.connect(self.choose_music)
        self.sources.look_wanted.connect(self.drive_look_wanted)
        self.places.acted.connect(self.acted)
        self._go(0)

    def _steps_of_newcomers(self) -> tuple[Step, ...]:
        return (
            Step(
                tr("Your music"),
                tr("Where is your music?"),
                tr("Every file in this folder will be known, copied and proven."),
                self.music,
                tr("Continue"),
                self._ask_for_drives,
            ),
            Step(
                tr("Your drives"),
                tr("Where should the copies go?"),
                tr("Each drive gets plain files that any program can read, in a folder of their own."),
                self.drives,
                tr("Continue"),
                lambda: self._go(2),
            ),
            Step(
                tr("Your promise"),
                tr("What should MusicVault promise?"),
                tr("It will tell you in one sentence whether the promise is kept. You can change it any time."),
                self.promise,
                tr("Start protecting"),
                self._start,
            ),
        )

    def _steps_of_owners(self) -> tuple[Step, ...]:
        return (
            Step(
                tr("Your drive"),
                tr("Which drive has your music?"),
                tr("MusicVault reads from it what it knew about every file, and goes on from there."),
                self.sources,
                tr("Start again from here"),
                self._rebuild,
            ),
            Step(
                tr("Your music"),
                tr("Where is your music now?"),
                tr("Say where each collection lies on this computer, or have it brought back from the drives."),
                self.places,
                tr("Finish"),
                self.ended.emit,
            ),
        )

    def choose_music(self, folder: bytes) -> None:
        """Take a folder (guessed, chosen or dropped) and ask for a look into it."""
        self.music.show_guess(FolderGuess(folder))
        if folder:
            self.look_wanted.emit(folder)

    def show_guess(self, guess: FolderGuess) -> None:
        """The answer of a look; one about another folder than the chosen is ignored."""
        if self.music.guess is not None and self.music.guess.path == guess.path:
            self.music.show_guess(guess)

    def show_volumes(self, volumes: Sequence[Volume]) -> None:
        self.drives.show_volumes(volumes)

    def show_libraries(self, rows: Sequence[LibraryRow]) -> None:
        """What the new catalog knows: whichever library has no folder yet is asked about, else this is at its end."""
        waiting = [row for row in rows if not row.placed]
        if not rows or self._steps is not self._returning:
            return
        self.places.show_libraries(waiting)
        if not waiting:
            self.ended.emit()
        elif self._at == 0:
            self._go(1)

    def show_busy(self, busy: bool) -> None:
        """Whether a job that this screen asked for is running."""
        self._busy = busy
        self._refresh()

    def _build(self) -> None:
        _, column, _ = page(self, (28, 20, 28, 12))
        inner = QWidget()
        inner.setMaximumWidth(px(720))
        words = QVBoxLayout(inner)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(8)
        words.addWidget(Mark())
        words.addSpacing(14)
        words.addWidget(self._trail)
        words.addSpacing(14)
        words.addWidget(self._title)
        words.addWidget(self._text)
        words.addSpacing(12)
        for step in (*self._new, *self._returning):
            words.addWidget(step.page)
            if not isinstance(step.page, PlacesStep):
                step.page.changed.connect(self._refresh)
        words.addSpacing(12)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.other)
        row.addStretch(1)
        row.addWidget(self.back)
        row.addWidget(self.next)
        words.addLayout(row)
        words.addStretch(1)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(inner, 8)
        line.addStretch(1)
        column.addLayout(line, 1)

    def _go(self, at: int) -> None:
        self._at = at
        here = self._steps[at]
        for step in (*self._new, *self._returning):
            step.page.setVisible(step is here)
        self._trail.show_step([step.name for step in self._steps], at)
        self._title.setText(here.title)
        self._text.setText(here.text)
        self._refresh()

    def _forward(self) -> None:
        self._steps[self._at].done()

    def start_from_a_drive(self) -> None:
        """Ask for a drive first: whoever comes had a catalog."""
        self._steps = self._returning
        self._go(0)

    def _change_flow(self) -> None:
        self._steps = self._new if self._steps is self._returning else self._returning
        self._go(0)

    def _ask_for_drives(self) -> None:
        self._go(1)
        if self.music.guess is not None:
            self.volumes_wanted.emit(self.music.guess.path)

    def _start(self) -> None:
        guess = self.music.guess
        values = {
            "library": guess.path if guess is not None else b"",
            "drives": self.drives.chosen(),
            "rule": self.promise.rule(),
        }
        self.acted.emit(Action(Deed.PROTECT, tr("Start protecting"), values=values))

    def _rebuild(self) -> None:
        self.acted.emit(Action(Deed.REBUILD, tr("Start again"), values={"drives": self.sources.chosen()}))

    def _refresh(self) -> None:
        here = self._steps[self._at]
        owners = self._steps is self._returning
        self.back.setVisible(self._at > 0 and not owners)
        self.other.setVisible(self._at == 0 and not self._busy)
        self.other.set_text(tr("Start with a music folder") if owners else tr("I already have a MusicVault drive"))
        self.next.set_text(here.button)
        complete = isinstance(here.page, PlacesStep) or here.page.complete
        self.next.setEnabled(complete and not self._busy)
