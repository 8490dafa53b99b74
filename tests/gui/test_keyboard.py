"""A walk by keyboard over every screen: what can be used is reached, in the order of reading, has a name, and shows
that it has the focus; Enter presses, Escape leaves."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QImage, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QScrollBar,
    QTextBrowser,
    QWidget,
)
from pytestqt.qtbot import QtBot

from musicvault.gui.frame.window import MainWindow
from musicvault.gui.library.tags_tab import TagsTab
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.attention import Preview
from musicvault.gui.models.comparing import Comparing, Pair, PairLine, Side
from musicvault.gui.models.library import Sort
from musicvault.gui.models.places import FolderGuess, LibraryRow, VaultGuess
from musicvault.gui.theme.tokens import Tone
from tests.gui import sample, samples_of_policy
from tests.gui.filled import fill_all

USED = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QAbstractItemView, QPlainTextEdit, QTextBrowser)
"""What a person does something with."""
MOST = 400


# -- the places


def _first_run(window: MainWindow, step: int) -> None:
    window.show_first_run(True)
    window.first_run.choose_music(b"/home/anna/Music")
    window.first_run.show_guess(FolderGuess(b"/home/anna/Music", 12480, 10**12, (("FLAC", 9204),)))
    for _ in range(step):
        window.first_run.next.click()
    window.first_run.show_volumes(sample.volumes())


def _returning(window: MainWindow) -> None:
    window.show_first_run(True)
    window.first_run.other.click()
    window.first_run.sources.choose(b"/media/elements")
    window.first_run.sources.show_guess(VaultGuess(b"/media/elements", "Elements", 12480))


def _places(window: MainWindow) -> None:
    _returning(window)
    window.first_run.show_libraries((LibraryRow("CD rips", b"", False, 9204, (), False),))


def _overview(window: MainWindow) -> None:
    window.overview.risk.show_model(samples_of_policy.risk())
    window.overview.risk.ask.setChecked(True)
    window.overview.risk.show_basis.setChecked(True)


def _drive(window: MainWindow) -> None:
    window.show_screen("drives")
    window.drives.open_drive("NAS (home)")


def _audit(window: MainWindow) -> None:
    window.show_screen("drives")
    window.drives.show_part("audit")


def _add(window: MainWindow) -> None:
    window.show_screen("drives")
    window.drives.open_panel()


def _edit(window: MainWindow) -> None:
    window.show_screen("drives")
    window.drives.edit("NAS (home)")


def _preview(window: MainWindow) -> None:
    window.show_screen("attention")
    window.attention.show_preview(Preview("Repair 1 file?", ("a",), Action(Deed.REPAIR, "Repair", items=(1,))))


def _compare(window: MainWindow) -> None:
    window.show_screen("attention")
    window.show_comparison()
    play = Action(Deed.PLAY, "Play", items=(1,))
    decide = (Action(Deed.ACCEPT, "Accept", items=(1,)), Action(Deed.REJECT, "Put back", items=(1,)))
    pair = Pair(1, b"a/1.flac", "It differs.", Side("Proven", play=play), Side("Now", play=play), actions=decide)
    window.comparing.show_model(Comparing("1.flac", pair))


def _compare_many(window: MainWindow) -> None:
    _compare(window)
    look = Action(Deed.COMPARE, "Look closer", items=(1,))
    decide = (Action(Deed.ACCEPT, "Accept", items=(1,)), Action(Deed.REJECT, "Put back", items=(1,)))
    lines = tuple(PairLine(f"a/{n}.flac".encode(), "Music", "Other sound.", look) for n in range(3))
    window.comparing.show_model(Comparing("3 files", None, lines, decide, "What you accept can be taken back."))


def _messages(window: MainWindow) -> None:
    window.show_screen("settings")
    look = Action(Deed.SHOW, "Details", "activity")
    window.toasts.say("NAS is full: 12 GB are missing.", Tone.DAMAGED, look, stays=True)
    window.toasts.say("3 files need you.", Tone.SHORT, stays=True)


def _rule(window: MainWindow) -> None:
    window.show_screen("policy")
    window.policy.show_model(samples_of_policy.policy())
    window.policy.open_rule(0)
    form = window.policy.cards[0].form
    assert form is not None
    form.more.setChecked(True)
    form.numbers["copies"].setValue(5)


def _inspector(window: MainWindow, tab: int) -> None:
    window.show_screen("library")
    window.library.inspector._tab = tab
    window.library.inspector.show_details([sample.detail(3)])


PLACES: dict[str, Callable[[MainWindow], None]] = {
    "overview": _overview,
    "library": lambda window: _inspector(window, 0),
    "tags": lambda window: _inspector(window, 1),
    "history of a file": lambda window: _inspector(window, 2),
    "drives": lambda window: window.show_screen("drives"),
    "attention": lambda window: window.show_screen("attention"),
    "activity": lambda window: window.show_screen("activity"),
    "history": lambda window: window.show_screen("history"),
    "kept": lambda window: window.show_screen("kept"),
    "policy": lambda window: window.show_screen("policy"),
    "help": lambda window: window.show_screen("help"),
    "settings": lambda window: window.show_screen("settings"),
    "a drive": _drive,
    "an audit": _audit,
    "adding a drive": _add,
    "editing a drive": _edit,
    "a preview": _preview,
    "a comparison": _compare,
    "several comparisons": _compare_many,
    "a rule": _rule,
    "messages": _messages,
    "first run, music": lambda window: _first_run(window, 0),
    "first run, drives": lambda window: _first_run(window, 1),
    "first run, promise": lambda window: _first_run(window, 2),
    "returning, drives": _returning,
    "returning, places": _places,
}


@pytest.mark.parametrize("place", PLACES)
def test_a_walk_by_keyboard(window: MainWindow, qtbot: QtBot, place: str) -> None:
    fill_all(window)
    PLACES[place](window)
    window.activateWindow()
    qtbot.waitActive(window, timeout=5000)
    for _ in range(5):  # what is built a few parts at a time
        QApplication.processEvents()
    walked, dim, hidden = walk(window, qtbot)
    used = {one for one in window.findChildren(QWidget) if is_used(one)}
    reached = {one for one in walked if is_used(one)} | {one for one in used if _by_arrow(one, walked)}
    wrong = {
        "not reached": [said(one) for one in used - reached],
        "without a name": [said(one) for one in walked if not spoken(one)],
        "without a sign of the focus": [said(one) for one in dim],
        "out of sight": [said(one) for one in hidden],
        "out of order": [(said(a), said(b)) for a, b in pairwise(walked) if goes_back(a, b)],
    }
    assert {what: found for what, found in wrong.items() if found} == {}


def walk(window: MainWindow, qtbot: QtBot) -> tuple[list[QWidget], list[QWidget], list[QWidget]]:
    """What Tab leads to, once around; those of it that look the same without the focus, and those out of sight."""
    walked: list[QWidget] = []
    dim: list[QWidget] = []
    hidden: list[QWidget] = []
    window.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Tab)
    for _ in range(MOST):
        here = QApplication.focusWidget()
        assert here is not None
        if here in walked:
            assert here is walked[0], f"Tab comes back to {said(here)}, it never leaves"
            return walked, dim, hidden
        walked.append(here)
        if here.visibleRegion().isEmpty():
            hidden.append(here)
        with_focus = picture(here)
        _go_on(here, qtbot)
        if is_used(here) and picture(here) == with_focus:
            dim.append(here)
    raise AssertionError("Tab never comes around")


def _go_on(here: QWidget, qtbot: QtBot) -> None:
    """A page's links are walked, too, before it is left."""
    links = 200 if isinstance(here, QTextBrowser) else 1
    for _ in range(links):
        qtbot.keyClick(here, Qt.Key.Key_Tab)
        if QApplication.focusWidget() is not here:
            return


def picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def is_used(widget: QWidget) -> bool:
    """Whether a person can do something with it now. Parts of a field are its own matter."""
    if not isinstance(widget, USED) or not widget.isVisible() or not widget.isEnabled():
        return False
    if isinstance(widget, QHeaderView | QScrollBar) or widget.objectName().startswith("qt_"):
        return False
    parent = widget.parentWidget()
    return not isinstance(parent, QAbstractSpinBox | QComboBox | QLineEdit | QAbstractScrollArea)


def _by_arrow(widget: QWidget, walked: list[QWidget]) -> bool:
    """Of buttons of which one is chosen Tab reaches that one, the arrow keys the others."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group is not None and group.exclusive() and any(one in walked for one in group.buttons())


def goes_back(one: QWidget, other: QWidget) -> bool:
    """Whether the second stands before the first in the order of reading: compared are the parts of their nearest
    common place, so that a column is read to its end before the next."""
    line: QWidget | None = one
    parents: list[QWidget] = []
    while line is not None:
        parents.append(line)
        line = line.parentWidget()
    below = other
    while (common := below.parentWidget()) is not None and common not in parents:
        below = common
    if common is None or below in parents:
        return False
    first = parents[parents.index(common) - 1] if common is not one else one
    before, after = _place(first, common), _place(below, common)
    shared = min(before.bottom(), after.bottom()) - max(before.top(), after.top())
    if shared > min(before.height(), after.height()) / 2:  # side by side
        return after.right() < before.left()
    return after.bottom() < before.top() and after.left() < before.right()


def _place(widget: QWidget, common: QWidget) -> QRect:
    return QRect(widget.mapTo(common, QPoint(0, 0)), widget.size())


def spoken(widget: QWidget) -> str:
    there = QAccessible.queryAccessibleInterface(widget)
    return "" if there is None else there.text(QAccessible.Text.Name)


def said(widget: QWidget) -> str:
    return f"{type(widget).__name__} {spoken(widget)!r} in {type(widget.parentWidget()).__name__}"


# -- what the keys do


def test_enter_and_the_space_bar_press_whatever_button_has_the_focus(window: MainWindow, qtbot: QtBot) -> None:
    fill_all(window)
    window.activateWindow()
    qtbot.waitActive(window, timeout=5000)
    pressed: list[str] = []
    window.acted.connect(lambda action: pressed.append(action.label))
    sync = next(
        one for one in window.drives.findChildren(QAbstractButton) if one.text() == "Copy now" and one.isEnabled()
    )
    window.show_screen("drives")
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
        sync.setFocus()
        qtbot.keyClick(sync, key)
    assert pressed == ["Copy now"] * 3
    nav = next(one for one in window.sidebar.findChildren(QAbstractButton) if one.text() == "Policy")
    nav.setFocus()
    qtbot.keyClick(nav, Qt.Key.Key_Return)
    assert window.screen_name == "policy"


@pytest.mark.parametrize(
    ("place", "what"),
    [
        ("a preview", lambda window: window.attention.preview),
        ("adding a drive", lambda window: window.drives.panel),
        ("editing a drive", lambda window: window.drives.editor),
        ("a drive", lambda window: window.drives.sheet),
        ("an audit", lambda window: window.drives.audit),
        ("a comparison", lambda window: window.comparing),
    ],
)
def test_escape_leaves_what_came_up(
    window: MainWindow, qtbot: QtBot, place: str, what: Callable[[MainWindow], QWidget]
) -> None:
    fill_all(window)
    asked: list[Action] = []
    window.acted.connect(asked.append)
    PLACES[place](window)
    part = what(window)
    assert part.isVisible()
    window.activateWindow()
    qtbot.waitActive(window, timeout=5000)
    here = part.findChildren(QAbstractButton)[-1]
    here.setFocus()
    qtbot.keyClick(here, Qt.Key.Key_Escape)
    assert not part.isVisible()
    assert asked == []


def test_the_focus_goes_back_where_it_was(window: MainWindow, qtbot: QtBot) -> None:
    fill_all(window)
    window.show_screen("drives")
    window.activateWindow()
    qtbot.waitActive(window, timeout=5000)
    window.drives.verify_all.setFocus()
    window.drives.open_panel()
    assert QApplication.focusWidget() is window.drives.panel.label_field
    qtbot.keyClick(window.drives.panel.label_field, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is window.drives.verify_all


def test_no_two_keys_of_one_place_clash(window: MainWindow) -> None:
    """There are no mnemonics: names of drives and files would make them. The keys of the window are one for each."""
    fill_all(window)
    marked = [one.text() for one in window.findChildren(QAbstractButton) if not one.shortcut().isEmpty()]
    assert marked == []
    keys = [
        one.key().toString()
        for one in window.findChildren(QShortcut, options=Qt.FindChildOption.FindDirectChildrenOnly)
    ]
    assert len(keys) == len(set(keys))


def test_the_table_is_sorted_without_a_mouse(window: MainWindow) -> None:
    window.library.show_source(sample.Rows(100))
    menus = window.library.table.column_menu().findChildren(QMenu)
    by = next(one for menu in menus for one in menu.actions() if one.text() == "Size")
    by.trigger()
    assert window.library.model.sort_order == Sort("size", False)
    by.trigger()
    assert window.library.model.sort_order == Sort("size", True)


def test_enter_sends_a_form_that_is_complete(window: MainWindow, qtbot: QtBot) -> None:
    fill_all(window)
    asked: list[Action] = []
    window.acted.connect(asked.append)
    _add(window)
    name = window.drives.panel.label_field
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert asked == [], "no drive is chosen yet"
    window.drives.panel.choose(b"/media/elements", "Elements")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert [(action.deed, action.values["label"]) for action in asked] == [(Deed.ADD_DRIVE, "Elements")]
    _inspector(window, 1)
    form = window.library.inspector.tab_widget()
    assert isinstance(form, TagsTab)
    qtbot.keyClick(form.field("title"), Qt.Key.Key_Return)
    assert len(asked) == 1, "nothing was edited"
    qtbot.keyClicks(form.field("title"), "!")
    qtbot.keyClick(form.field("title"), Qt.Key.Key_Return)
    assert asked[-1].deed is Deed.TAG
