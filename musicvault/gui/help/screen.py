"""The help screen: a list of pages, and the page that was chosen."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextTable,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QTextBrowser, QWidget

from musicvault.gui.help.pages import Page, pages
from musicvault.gui.models.actions import Action
from musicvault.gui.theme.text_size import px
from musicvault.language import tr

_LIST_WIDTH = 230
_MARGIN = 28
_READABLE = 820
"""Longer lines are hard to follow."""
_SIZES = {1: 22, 2: 17, 3: 14}
_ABOVE = {1: 0.0, 2: 16.0, 3: 10.0}


class HelpScreen(QWidget):
    """Reads a page only when it is shown. Links between pages stay here; others open where the system opens them."""

    acted = Signal(Action)

    def __init__(self) -> None:
        super().__init__()
        self._pages: tuple[Page, ...] = ()
        self.list = QListWidget()
        self.list.setObjectName("pages")
        self.list.setFixedWidth(px(_LIST_WIDTH))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setAccessibleName(tr("Pages of the manual"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(self._show)
        self.page = QTextBrowser()
        self.page.setObjectName("page")
        self.page.setFrameShape(QFrame.Shape.NoFrame)
        self.page.setOpenLinks(False)
        self.page.setAccessibleName(tr("The page that was chosen"))
        self.page.setLineWrapMode(QTextBrowser.LineWrapMode.FixedPixelWidth)
        self.page.setLineWrapColumnOrWidth(px(_READABLE))
        self.page.anchorClicked.connect(self.follow)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.list)
        row.addWidget(self.page, 1)

    def open(self, key: str = "") -> None:
        """Show a page, or the first one where nothing was chosen yet."""
        if not self._pages:
            self._pages = pages()
            self.list.addItems([page.title for page in self._pages])
        keys = [page.key for page in self._pages]
        if key in keys:
            self.list.setCurrentRow(keys.index(key))
        elif self.list.currentRow() < 0:
            self.list.setCurrentRow(0)

    def follow(self, link: QUrl) -> None:
        """Go where a link points."""
        if link.isRelative():
            self.open(link.path().removesuffix(".md"))
            if link.hasFragment():
                self.page.scrollToAnchor(link.fragment())
        elif link.scheme() == "https":
            QDesktopServices.openUrl(link)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.page.setLineWrapColumnOrWidth(min(px(_READABLE), max(320, event.size().width() - px(_LIST_WIDTH) - 24)))

    def _show(self, row: int) -> None:
        if 0 <= row < len(self._pages):
            self.page.setDocument(self._document(self._pages[row].text))
            self.page.moveCursor(QTextCursor.MoveOperation.Start)

    def _document(self, text: str) -> QTextDocument:
        """A page, whole before it is shown: each change of one that is shown lays all of it out anew, up to a second.
        The browser owns it, and drops it for the next one."""
        document = QTextDocument(self.page)
        document.setDefaultFont(self.page.font())
        document.setDocumentMargin(_MARGIN)
        document.setMarkdown(text, QTextDocument.MarkdownFeature.MarkdownDialectGitHub)
        space_out(document)
        return document


def space_out(document: QTextDocument) -> None:
    """Markdown comes without air: give headings and paragraphs their sizes and distances."""
    block = document.begin()
    while block.isValid():
        level = block.blockFormat().headingLevel()
        cursor = QTextCursor(block)
        in_table, in_list = cursor.currentTable() is not None, block.textList() is not None
        shape = QTextBlockFormat()
        shape.setTopMargin(_ABOVE.get(level, 0.0))
        in_code = block.blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence)
        inner = block.next().blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence) and in_code
        shape.setBottomMargin(0.0 if in_table or inner else 3.0 if in_list else 8.0)
        shape.setLineHeight(130, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.mergeBlockFormat(shape)
        if level:
            cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
            letters = QTextCharFormat(cursor.charFormat())
            letters.clearProperty(QTextFormat.Property.FontSizeAdjustment)
            letters.setProperty(QTextFormat.Property.FontPixelSize, px(_SIZES.get(level, 13)))
            cursor.setCharFormat(letters)
        block = block.next()
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            edges = frame.format().toTableFormat()
            edges.setBorder(0)
            edges.setCellPadding(5)
            edges.setBottomMargin(10)
            frame.setFormat(edges)
