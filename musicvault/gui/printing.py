"""Pages on paper: HTML to PDF with Qt alone, so that no further library is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QFont,
    QGuiApplication,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextDocument,
)
from PySide6.QtSvg import QSvgRenderer

from musicvault import __version__
from musicvault.language import tr

_DENSITY = 4
"""Device pixels of a drawing for each CSS pixel: 384 dots an inch."""


def pdf(html: str, drawings: Mapping[str, str], title: str) -> bytes:
    """The page as a PDF on A4. `drawings` are SVG texts by the name under which the page shows them (`img src`).
    Nothing else is loaded: a page that names files or addresses gets none."""
    _application()
    document = _Document(drawings)
    document.setDefaultFont(QFont("sans-serif", 9))
    document.setHtml(html)
    written = QByteArray()
    buffer = QBuffer(written)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(title)
    writer.setCreator(f"MusicVault {__version__}")
    margins = QMarginsF(16, 16, 16, 16)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter
        )
    )
    _paint(document, writer)
    del writer  # writes the end of the file
    buffer.close()
    return bytes(written.data())


def _paint(document: QTextDocument, writer: QPdfWriter) -> None:
    """Page by page, with the page's number at its foot."""
    writer.setResolution(300)
    paper = QSizeF(writer.width(), writer.height())
    document.documentLayout().setPaintDevice(writer)
    document.setDocumentMargin(0)
    foot = paper.height() / 30
    size = QSizeF(paper.width(), paper.height() - foot)
    document.setPageSize(size)
    painter = QPainter(writer)
    for number in range(document.pageCount()):
        if number:
            writer.newPage()
        painter.save()
        painter.translate(0, -number * size.height())
        document.drawContents(painter, QRectF(0, number * size.height(), size.width(), size.height()))
        painter.restore()
        place = QRectF(0, size.height(), size.width(), foot)
        words = tr("Page {page} of {pages}", page=number + 1, pages=document.pageCount())
        painter.setFont(QFont("sans-serif", 8))
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, words)
    painter.end()


class _Document(QTextDocument):
    """Loads drawings by their names, and nothing else."""

    def __init__(self, drawings: Mapping[str, str]) -> None:
        super().__init__()
        self._drawings = drawings

    def loadResource(self, _kind: int, name: QUrl | str) -> object:
        return drawn(self._drawings.get(name if isinstance(name, str) else name.toString(), ""))


def drawn(svg: str) -> QImage:
    """An SVG text as an image that is sharp on paper; empty for none."""
    renderer = QSvgRenderer(QByteArray(svg.encode("utf-8")))
    size = QSizeF(renderer.defaultSize()) * _DENSITY
    image = QImage(size.toSize(), QImage.Format.Format_ARGB32)
    if not image.isNull():
        image.fill(0)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        image.setDevicePixelRatio(_DENSITY)
    return image


def _application() -> None:
    """Fonts need an application, and no screen."""
    if QGuiApplication.instance() is None:
        if sys.platform.startswith("linux"):
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        _KEPT.append(QGuiApplication(sys.argv[:1]))


_KEPT: list[QGuiApplication] = []
"""Qt wants its application to live as long as the process."""
