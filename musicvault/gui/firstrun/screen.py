"""The first start as one screen of the window, in three steps."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui import theme
from musicvault.gui.firstrun.steps import DrivesStep, MusicStep, PromiseStep
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.places import FolderGuess, Volume
from musicvault.gui.theme import icons
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.layouts import page, scrolled
from musicvault.gui.widgets.text import font, label
from musicvault.language import tr


class Trail(QWidget):
    """1 — 2 — 3 with words: where we are."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = names
        self._at = 0
        self.setFixedHeight(32)

    def show_step(self, at: int) -> None:
        self._at = at
        words = tr("Step {n} of {all}: {name}", n=at + 1, all=len(self._names), name=self._names[at])
        self.setAccessibleName(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, 32)

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.active()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = 0.0
        for index, name in enumerate(self._names):
            done, here = index < self._at, index == self._at
            disc = QRectF(left, 4, 24, 24)
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
            painter.drawText(QRectF(left + 32, 0, width + 4, 32), Qt.AlignmentFlag.AlignVCenter, name)
            left += 32 + width + 14
            if index + 1 < len(self._names):
                painter.setPen(QColor(tokens.border))
                painter.drawLine(int(left), 16, int(left) + 28, 16)
                left += 42


class Mark(QWidget):
    """The program's mark and name."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(44)
        self.setAccessibleName("MusicVault")

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        icons.paint(painter, "musicvault", QRectF(0, 2, 40, 40), "#FFFFFF")
        painter.setFont(font(18, QFont.Weight.Bold))
        painter.setPen(QColor(theme.active().text))
        painter.drawText(QRectF(52, 0, 300, 43), Qt.AlignmentFlag.AlignVCenter, "MusicVault")


class FirstRun(QWidget):
    """Collects a folder, drives and a promise; *Start* sends one action with all of them."""

    acted = Signal(Action)
    look_wanted = Signal(bytes)
    volumes_wanted = Signal(bytes)

    def __init__(self) -> None:
        super().__init__()
        self.music, self.drives, self.promise = MusicStep(), DrivesStep(), PromiseStep()
        self._steps = (self.music, self.drives, self.promise)
        self._titles = (
            (tr("Where is your music?"), tr("Every file in this folder will be known, copied and proven.")),
            (
                tr("Where should the copies go?"),
                tr("Each drive gets plain files that any program can read, in a folder of their own."),
            ),
            (
                tr("What should MusicVault promise?"),
                tr("It will tell you in one sentence whether the promise is kept. You can change it any time."),
            ),
        )
        ground, column = page((28, 40, 28, 24))
        inner = QWidget()
        inner.setMaximumWidth(720)
        words = QVBoxLayout(inner)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(8)
        words.addWidget(Mark())
        words.addSpacing(24)
        self._trail = Trail((tr("Your music"), tr("Your drives"), tr("Your promise")))
        words.addWidget(self._trail)
        words.addSpacing(20)
        self._title, self._text = label("", "sentence", wrap=True), label("", "muted", wrap=True)
        words.addWidget(self._title)
        words.addWidget(self._text)
        words.addSpacing(12)
        self._at = 0
        for step in self._steps:
            words.addWidget(step)
            step.changed.connect(self._refresh)
        words.addSpacing(12)
        row = QHBoxLayout()
        row.setSpacing(10)
        self.back = Button(tr("Back"))
        self.next = Button(tr("Continue"), "primary")
        self.back.clicked.connect(lambda: self._go(self._at - 1))
        self.next.clicked.connect(self._forward)
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
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(ground))
        self.music.look_wanted.connect(self.choose_music)
        self._go(0)

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

    def _go(self, step: int) -> None:
        self._at = step
        for index, widget in enumerate(self._steps):
            widget.setVisible(index == step)
        self._trail.show_step(step)
        self._title.setText(self._titles[step][0])
        self._text.setText(self._titles[step][1])
        if step == 1 and self.music.guess is not None:
            self.volumes_wanted.emit(self.music.guess.path)
        if step == 2:
            self.promise.suggest(len(self.drives.chosen()))
        self._refresh()

    def _forward(self) -> None:
        step = self._at
        if step + 1 < len(self._steps):
            self._go(step + 1)
            return
        guess = self.music.guess
        values = {
            "library": guess.path if guess is not None else b"",
            "drives": self.drives.chosen(),
            "rule": self.promise.rule(),
        }
        self.acted.emit(Action(Deed.PROTECT, tr("Start protecting"), values=values))

    def _refresh(self) -> None:
        step = self._at
        self.back.setVisible(step > 0)
        self.next.set_text(tr("Start protecting") if step == len(self._steps) - 1 else tr("Continue"))
        self.next.setEnabled(self._steps[step].complete)
