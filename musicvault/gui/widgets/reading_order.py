"""The order in which Tab leads through a window: that of reading, whatever was built when.

Qt's own order is that of creation, so that cards which come later would be walked after the window's foot.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QLayout, QScrollArea, QSplitter, QWidget


def move_focus(window: QWidget, *, forward: bool) -> bool:
    """Give the focus to what is read next in the window, or before, and bring it into sight; False where nothing takes
    it."""
    here = window.focusWidget()
    parts = list(_in_order(window, here))
    able = [at for at, one in enumerate(parts) if _takes_it(one, window)]
    if not able:
        return False
    at = parts.index(here) if here in parts else -1
    if forward:
        chosen = next((one for one in able if one > at), able[0])
    else:
        chosen = next((one for one in reversed(able) if one < at), able[-1])
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    parts[chosen].setFocus(reason)
    _bring_into_sight(parts[chosen])
    return True


def _in_order(widget: QWidget, here: QWidget | None) -> Iterator[QWidget]:
    """The widget and all in it, as its layouts have them. What is hidden is left out, unless the focus is in it."""
    yield widget
    if widget.isHidden() and here is not None and not widget.isAncestorOf(here):
        return
    placed: list[QObject | None] = []
    if isinstance(widget, QSplitter):
        placed += [widget.widget(at) for at in range(widget.count())]
    elif (layout := widget.layout()) is not None:
        placed += _laid_out(layout)
    known = set(placed)
    for child in (*placed, *(one for one in widget.children() if one not in known)):
        if isinstance(child, QWidget) and not child.isWindow():
            yield from _in_order(child, here)


def _laid_out(layout: QLayout) -> Iterator[QWidget]:
    for at in range(layout.count()):
        item = layout.itemAt(at)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            yield widget
        elif (inner := item.layout()) is not None:
            yield from _laid_out(inner)


def _takes_it(widget: QWidget, window: QWidget) -> bool:
    wants = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return wants and widget.isEnabled() and widget.isVisibleTo(window) and widget.focusProxy() is None


def _bring_into_sight(widget: QWidget) -> None:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget)
        parent = parent.parentWidget()
