"""The sidebar: the screens that exist, a badge where something waits."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QVBoxLayout, QWidget

from musicvault.gui import theme
from musicvault.gui.theme import icons
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.card import line
from musicvault.gui.widgets.text import font, plain_tooltip
from musicvault.gui.wording import count
from musicvault.language import tr

WIDE, SLIM = 208, 60
_LOW, _HIGH = 20, 36
"""How high an entry is, in text pixels: low ones where the window is."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A screen: its key (also its icon), its name, its shortcut."""

    key: str
    name: str
    shortcut: str


def entries() -> tuple[Entry, ...]:
    names = (
        ("overview", tr("Overview")),
        ("library", tr("Library")),
        ("drives", tr("Drives")),
        ("attention", tr("Attention")),
        ("activity", tr("Activity")),
        ("history", tr("History")),
        ("kept", tr("Set aside")),
        ("policy", tr("Policy")),
        ("help", tr("Help")),
        ("settings", tr("Settings")),
    )
    return tuple(Entry(key, name, f"Ctrl+{index % 10}") for index, (key, name) in enumerate(names, 1))


class NavButton(QAbstractButton):
    """Icon and name; the name hides where the sidebar is slim, the badge becomes a dot."""

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self._entry = entry
        self._badge = 0
        self.slim = False
        self.setCheckable(True)
        self.setText(entry.name)
        self.setMinimumHeight(px(_LOW))
        self.setMaximumHeight(px(_HIGH))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._name_it()

    def show_badge(self, amount: int) -> None:
        if amount != self._badge:
            self._badge = amount
            self._name_it()
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(px(40), px(_HIGH))

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.active()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0, 1, 0, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked() or self.underMouse():
            painter.setBrush(QColor(tokens.selection if self.isChecked() else tokens.groove))
            painter.drawRoundedRect(rect, 8, 8)
        if self.hasFocus():
            painter.setPen(QColor(tokens.focus))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 7, 7)
        ink = tokens.selection_text if self.isChecked() else tokens.text
        glyph = QRectF(0, 0, self.width() if self.slim else px(42), rect.height() + 2)
        icons.paint(painter, self._entry.key, _centred(glyph, px(20)), ink if self.isChecked() else tokens.muted)
        if not self.slim:
            painter.setPen(QColor(ink))
            painter.setFont(font(13, QFont.Weight.DemiBold if self.isChecked() else QFont.Weight.Medium))
            painter.drawText(rect.adjusted(px(42), 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, self._entry.name)
        if self._badge:
            self._paint_badge(painter, rect)

    def _paint_badge(self, painter: QPainter, rect: QRectF) -> None:
        tone = theme.active().tone(Tone.DAMAGED)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tone.fill))
        if self.slim:
            painter.drawEllipse(QRectF(rect.center().x() + px(6), rect.top() + px(5), px(9), px(9)))
            return
        text = count(self._badge) if self._badge < 1000 else "999+"
        painter.setFont(font(11, QFont.Weight.Bold))
        width = max(px(22), painter.fontMetrics().horizontalAdvance(text) + px(14))
        box = QRectF(rect.right() - width - 8, rect.center().y() - px(9), width, px(18))
        painter.drawRoundedRect(box, px(9), px(9))
        painter.setPen(QColor(tone.on_fill))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _name_it(self) -> None:
        name = self._entry.name
        spoken = tr("{name}, {n} waiting", name=name, n=self._badge) if self._badge else name
        self.setAccessibleName(spoken)
        self.setToolTip(plain_tooltip(f"{spoken} ({self._entry.shortcut})"))


class Brand(QWidget):
    """The program's mark and name."""

    def __init__(self) -> None:
        super().__init__()
        self.slim = False
        self.setMinimumHeight(px(36))
        self.setMaximumHeight(px(64))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        return QSize(px(40), px(64))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        left = 8.0 if not self.slim else (self.width() - px(28)) / 2
        mark = QRectF(left, (self.height() - px(32)) / 2, px(28), px(28))
        icons.paint(painter, "musicvault", mark, "#FFFFFF")
        if not self.slim:
            painter.setFont(font(15, QFont.Weight.Bold))
            painter.setPen(QColor(theme.active().text))
            words = mark.adjusted(px(38), 0, px(170), px(1))
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, "MusicVault")


class Sidebar(QWidget):
    """Exactly one screen is chosen; `Settings` stands at the foot."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Screens"))
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 0, 10, 16)
        column.setSpacing(2)
        self._brand = Brand()
        column.addWidget(self._brand)
        self._buttons: dict[str, NavButton] = {}
        group = QButtonGroup(self)
        for entry in entries():
            if entry.key == "help":
                column.addStretch(1)
                column.addWidget(line())
                column.addSpacing(8)
            button = NavButton(entry)
            button.clicked.connect(lambda _=False, key=entry.key: self.chosen.emit(key))
            group.addButton(button)
            column.addWidget(button)
            self._buttons[entry.key] = button
        self.show_slim(False)

    def choose(self, key: str) -> None:
        self._buttons[key].setChecked(True)

    def show_badge(self, key: str, amount: int) -> None:
        self._buttons[key].show_badge(amount)

    def show_slim(self, slim: bool) -> None:
        """Icons only, for narrow windows."""
        self.setFixedWidth(40 + px(SLIM - 40) if slim else px(WIDE))
        self._brand.slim = slim
        self._brand.update()
        for button in self._buttons.values():
            button.slim = slim
            button.update()


def _centred(rect: QRectF, edge: float) -> QRectF:
    return QRectF(rect.center().x() - edge / 2, rect.center().y() - edge / 2, edge, edge)
