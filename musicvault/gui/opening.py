"""Opening the catalog: on a thread, for it may take its time; with a sentence and a button where it doesn't open."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEventLoop, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.app import App, set_aside
from musicvault.catalog.migrating import Tell
from musicvault.domain.notices import Advanced, Notice, Started
from musicvault.domain.paths import display
from musicvault.errors import CatalogDamaged, CatalogNewer, Locked
from musicvault.gui.bridge import Questions
from musicvault.gui.theme.icons import application_icon
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.bars import ThinBar
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Glyph
from musicvault.gui.widgets.mark import Mark
from musicvault.gui.widgets.text import label
from musicvault.language import tr

_PATIENCE_MS = 500


class Opening(QWidget):
    """Shows itself only where the catalog takes longer than a moment, is brought up to date, or doesn't open."""

    _told = Signal(object)

    def __init__(self, open_app: Callable[[Tell], App]) -> None:
        super().__init__()
        self._open: Callable[[], App] = lambda: open_app(self._told.emit)
        self._told.connect(self.hear, Qt.ConnectionType.QueuedConnection)
        self._total = 0
        self.app: App | None = None
        self.error: Exception | None = None
        """Why there is no app."""
        self.begins_anew = False
        """Whether a damaged catalog was set aside."""
        self._questions = Questions("opening", self)
        self._loop = QEventLoop()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle("MusicVault")
        self.setWindowIcon(application_icon())
        self.setMinimumSize(560, 320)
        self._glyph = Glyph("attention", Tone.SHORT, 40, disc=True)
        self.headline, self.detail = label("", "sentence", wrap=True), label("", "muted", wrap=True)
        self.leave, self.again, self.anew = (
            Button(tr("Quit")),
            Button(tr("Try again"), "primary"),
            Button(tr("Set it aside and start again from a drive"), "primary"),
        )
        self.leave.clicked.connect(self.close)
        self.again.clicked.connect(self._begin)
        self.anew.clicked.connect(self._begin_anew)
        for keys in (QKeySequence.StandardKey.Quit, QKeySequence.StandardKey.Cancel):
            QShortcut(keys, self, self.close)
        self._build()
        self._show_at_work()

    def wait(self) -> App | None:
        """The opened app; None where the user gave up, then `error` says why."""
        self._begin()
        self._loop.exec()
        self._questions.close(0.0)
        self.hide()
        return self.app

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(40, 32, 40, 28)
        column.setSpacing(8)
        column.addWidget(Mark())
        column.addSpacing(20)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(8)
        words.addWidget(self.headline)
        words.addWidget(self.detail)
        self.bar = ThinBar()
        self.bar.hide()
        words.addWidget(self.bar)
        row.addLayout(words, 1)
        column.addLayout(row)
        column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
        for button in (self.leave, self.again, self.anew):
            buttons.addWidget(button)
        column.addLayout(buttons)

    # -- what happens

    def _begin(self) -> None:
        self.error = None
        self._show_at_work()
        self._questions.ask(self._open, self._opened, self._failed)
        QTimer.singleShot(_PATIENCE_MS, self, self._say_so)

    def _begin_anew(self) -> None:
        damaged = self.error
        assert isinstance(damaged, CatalogDamaged)
        assert damaged.path is not None
        path = damaged.path

        def work() -> App:
            set_aside(path)
            return self._open()

        self._show_at_work()
        self.begins_anew = True
        self._questions.ask(work, self._opened, self._failed)

    def _opened(self, app: App) -> None:
        self.app = app
        self._loop.quit()

    def _failed(self, error: Exception) -> None:
        self.error, self.begins_anew = error, False
        self._show("attention", Tone.SHORT, *explained(error))
        self.anew.setVisible(isinstance(error, CatalogDamaged) and error.path is not None)
        self.again.setVisible(self.anew.isHidden() and not isinstance(error, CatalogNewer))
        self.leave.show()
        self.show()
        next(one for one in (self.anew, self.again, self.leave) if not one.isHidden()).setFocus()

    def _waits(self) -> bool:
        return self.app is None and self.error is None

    def _say_so(self) -> None:
        if self._waits():
            self.show()

    def hear(self, notice: Notice) -> None:
        """It is brought up to date, and so far."""
        if not self._waits():
            return
        if isinstance(notice, Started):
            self._total = notice.bytes or notice.files or 0
            self.bar.show_share(None)
            self.bar.setVisible(bool(self._total))
            self.headline.setText(tr("Your list of files is brought up to date."))
            self.detail.setText(tr("This version of MusicVault keeps it in another form. The old one is kept, too."))
            self.show()
        elif isinstance(notice, Advanced) and self._total:
            self.bar.show_share((notice.bytes or notice.files) / self._total)

    def _show_at_work(self) -> None:
        self._show("scan", Tone.INFO, tr("Opening your list of files …"), "")

    def _show(self, icon: str, tone: Tone, headline: str, detail: str) -> None:
        self._glyph.show_state(icon, tone)
        self.headline.setText(headline)
        self.detail.setText(detail)
        for part in (self.again, self.anew, self.bar):
            part.hide()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self._loop.quit()


def explained(error: Exception) -> tuple[str, str]:
    """What is wrong in one sentence, and what it means."""
    if isinstance(error, CatalogDamaged) and error.path is not None:
        return tr("MusicVault's list of your files is damaged."), tr(
            "Your music and the copies on your drives are not affected. The list ({path}) can be set aside, and a new "
            "one made from your drives.",
            path=display(str(error.path).encode("utf-8", "surrogateescape")),
        )
    if isinstance(error, CatalogNewer):
        return tr("Your list of files was made by a newer MusicVault."), str(error)
    if isinstance(error, Locked):
        return tr("Another program is at work on your list of files."), str(error)
    return tr("MusicVault can't open its list of your files."), str(error)
