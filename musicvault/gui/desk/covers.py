"""The picture that lies beside the music, made small on the worker thread."""

from __future__ import annotations

import os

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from musicvault.catalog import browse
from musicvault.domain.paths import join
from musicvault.engine.context import Context

EDGE = 176
"""Pixels: the inspector's 84 at twice the density, and some."""
_NAMES = ("cover", "folder", "front", "album", "albumart")
_KINDS = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
_MOST_BYTES = 16 << 20
_MOST_PIXELS = 64 << 20


def cover_of(ctx: Context, library_id: int, root: bytes, folder: bytes) -> bytes:
    """A folder's cover as a small PNG, preferring the usual names; empty where there is none or it can't be read."""
    best: tuple[int, bytes] | None = None
    for name in browse.folder_names(ctx.catalog, library_id, folder):
        stem, kind = os.path.splitext(os.fsdecode(name).lower())
        if kind in _KINDS:
            rank = _NAMES.index(stem) if stem in _NAMES else len(_NAMES)
            best = (rank, name) if best is None else min(best, (rank, name))
    if best is None:
        return b""
    try:
        path = join(join(root, folder) if folder else root, best[1])
        if os.stat(path).st_size > _MOST_BYTES:
            return b""
        with open(path, "rb") as file:
            return small(file.read())
    except OSError:
        return b""


def small(data: bytes) -> bytes:
    """The picture cut to a square of at most 176 pixels, as PNG; empty for what is no picture or too large a one."""
    source = QBuffer()
    source.setData(QByteArray(data))
    source.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(source)
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > _MOST_PIXELS or not reader.canRead():
        return b""
    reader.setScaledSize(size.scaled(QSize(EDGE, EDGE), Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    image = reader.read()
    if image.isNull():
        return b""
    edge = min(image.width(), image.height())
    image = image.copy((image.width() - edge) // 2, (image.height() - edge) // 2, edge, edge)
    return _png(image)


def _png(image: QImage) -> bytes:
    target = QBuffer()
    target.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(target, "PNG")  # type: ignore[call-overload]
    return bytes(target.data().data())
