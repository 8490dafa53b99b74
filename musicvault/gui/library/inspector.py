"""What is known about the selected files: copies, tags, history."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from musicvault.domain.paths import display, split
from musicvault.gui.library.columns import title_of
from musicvault.gui.library.copies_tab import CopiesTab
from musicvault.gui.library.delegate import paint_cover, paint_sleeve
from musicvault.gui.library.tags_tab import TagsTab
from musicvault.gui.models.actions import Action
from musicvault.gui.models.library import ItemDetail, ItemRow
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, line
from musicvault.gui.widgets.empty_state import EmptyState
from musicvault.gui.widgets.layouts import scrolled
from musicvault.gui.widgets.text import ElidedLabel
from musicvault.gui.widgets.timeline import Timeline
from musicvault.gui.wording import clock, files, size
from musicvault.language import tr

MOST_AT_ONCE = 500
"""More files than this are not opened in the inspector together."""


class Sleeve(QWidget):
    """The cover where there is one, else a record sleeve in the album's colour."""

    def __init__(self, row: ItemRow, cover: bytes, edge: int = 84) -> None:
        super().__init__()
        self._row = row
        self._cover = QPixmap()
        if cover:
            self._cover.loadFromData(cover)
        self.setFixedSize(QSize(edge, edge))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._cover.isNull():
            paint_sleeve(painter, QRectF(self.rect()), self._row)
        else:
            paint_cover(painter, QRectF(self.rect()), self._cover)


class Inspector(Card):
    """Shows nothing, one file, or several; keeps the chosen tab from file to file."""

    def __init__(self, send: Callable[[Action], None]) -> None:
        super().__init__(padding=0)
        self._send = send
        self._tab = 0
        self._details: Sequence[ItemDetail] = ()
        self._area: QScrollArea | None = None
        self.body.setContentsMargins(1, 1, 1, 1)
        self._stack = QStackedLayout()
        self.body.addLayout(self._stack)
        self.setAccessibleName(tr("Inspector"))
        self.show_nothing()

    @property
    def details(self) -> Sequence[ItemDetail]:
        return self._details

    def tab_widget(self) -> QWidget | None:
        """The content of the open tab, for tests and shortcuts."""
        return self._area.widget() if self._area is not None else None

    def show_nothing(self) -> None:
        if isinstance(self._stack.currentWidget(), _Nothing):
            return
        self._details, self._area = (), None
        words = tr("Choose a file to see where its copies are, edit its tags and read its history.")
        self._replace(_Nothing("panel", tr("Nothing selected"), words))

    def show_too_many(self, amount: int) -> None:
        self._details, self._area = (), None
        words = tr("Choose up to {most} files to edit their tags together.", most=MOST_AT_ONCE)
        self._replace(_Quiet("library", files(amount), words))

    def show_details(self, details: Sequence[ItemDetail]) -> None:
        """One file or several."""
        if not details:
            self.show_nothing()
            return
        self._details = details
        ground = QWidget()
        column = QVBoxLayout(ground)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(_Head(details))
        tabs = [tr("Copies"), tr("Tags"), tr("History")] if len(details) == 1 else [tr("Tags")]
        strip = QHBoxLayout()
        strip.setContentsMargins(18, 0, 18, 0)
        strip.setSpacing(22)
        group = QButtonGroup(ground)
        self._area = area = scrolled(QWidget())
        for index, words in enumerate(tabs):
            button = Button(words, "tab")
            group.addButton(button, index)
            strip.addWidget(button)
        strip.addStretch(1)
        column.addLayout(strip)
        column.addWidget(line())
        column.addWidget(area, 1)
        chosen = self._tab if len(details) == 1 else 0
        group.button(chosen).setChecked(True)
        group.idClicked.connect(lambda index: self._open(area, index, remember=True))
        self._open(area, chosen, remember=False)
        self._replace(ground)

    def _open(self, area: QScrollArea, index: int, *, remember: bool) -> None:
        details = self._details
        if remember and len(details) == 1:
            self._tab = index
        content: QWidget
        if len(details) > 1 or index == 1:
            content = TagsTab(details, self._send)
        elif index == 0:
            content = CopiesTab(details[0], self._send)
        else:
            content = Timeline(details[0].history, details[0].versions, self._send)
        content.setObjectName("plain")
        area.setWidget(content)
        area.viewport().setAutoFillBackground(False)

    def _replace(self, ground: QWidget) -> None:
        while (old := self._stack.currentWidget()) is not None:
            self._stack.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._stack.addWidget(ground)


class _Quiet(EmptyState):
    """An empty state that fits the narrow inspector."""

    def __init__(self, icon: str, headline: str, text: str) -> None:
        super().__init__(icon, headline, text)
        self.words.setMinimumWidth(0)
        self.words.setMaximumWidth(px(240))


class _Nothing(_Quiet):
    """Shown while no file is selected."""


class _Head(QWidget):
    def __init__(self, details: Sequence[ItemDetail]) -> None:
        super().__init__()
        first = details[0]
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 18, 18, 12)
        row.setSpacing(14)
        row.addWidget(Sleeve(first.row, first.cover), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addStretch(1)
        if len(details) == 1:
            one = first.row
            words.addWidget(ElidedLabel(title_of(one), "heading"))
            if one.artist:
                words.addWidget(ElidedLabel(one.artist, "muted"))
            facts = [
                one.album,
                one.track.replace("/", tr(" of ")) if one.track else "",
                clock(one.seconds) if one.seconds else "",
            ]
            words.addWidget(ElidedLabel(" · ".join(part for part in facts if part) or size(one.size), "small"))
            where = ElidedLabel(display(split(one.path)[0] or one.path), "small", Qt.TextElideMode.ElideMiddle)
            words.addWidget(where)
        else:
            albums = {detail.row.album for detail in details}
            words.addWidget(ElidedLabel(files(len(details)), "heading"))
            words.addWidget(ElidedLabel(albums.pop() if len(albums) == 1 else tr("{n} albums", n=len(albums)), "muted"))
            words.addWidget(ElidedLabel(size(sum(detail.row.size for detail in details)), "small"))
        words.addStretch(1)
        row.addLayout(words, 1)
