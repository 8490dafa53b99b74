"""What the window says of what was done, or could not be: a few words for a while, with the way to more."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from musicvault.errors import DriveRefused
from musicvault.gui.activity.screen import result
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.jobs import JobRow, JobState
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.wording import in_the_window
from musicvault.language import tr

_UNDO = {
    "accepted": Deed.UNDO_ACCEPT,
    "forgotten": Deed.UNDO_FORGET,
    "in_library": Deed.UNDO_ADOPT,
    "refused": Deed.UNDO_REFUSE,
    "tagged": Deed.UNDO,
}
"""What takes a job back, by what it counted."""


class Telling:
    """Says it at the foot of one window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def job(self, row: JobRow) -> None:
        """A job that the user asked for is over."""
        look = Action(Deed.SHOW, tr("Details"), "activity")
        if row.state is JobState.FAILED:
            refused = row.exit_code == DriveRefused.exit_code
            way = Action(Deed.SHOW, tr("Drives"), "drives") if refused else look
            self._window.toasts.say(row.message, Tone.DAMAGED, way, stays=True)
        elif row.findings or row.failures:
            review = Action(Deed.SHOW, tr("Review"), "attention") if row.findings else look
            self._window.toasts.say(f"{row.title}: {result(row)}", Tone.SHORT, review)
        elif row.state is JobState.DONE:
            back = next((Action(deed, tr("Undo")) for key, deed in _UNDO.items() if row.counts.get(key)), None)
            self._window.toasts.say(f"{row.title}: {result(row)}", Tone.GOOD, back)
        if not self._window.isActiveWindow():
            QApplication.alert(self._window)

    def said(self, text: str, well: bool) -> None:
        """What came of something small."""
        self._window.toasts.say(text, Tone.GOOD if well else Tone.DAMAGED, stays=not well)

    def complain(self, error: Exception) -> None:
        """Why something could not be done."""
        self._window.toasts.say(in_the_window(str(error)), Tone.DAMAGED, stays=True)

    def failed(self, text: str) -> None:
        """The same, in words."""
        self._window.toasts.say(text, Tone.DAMAGED, stays=True)
