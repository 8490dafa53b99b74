"""The picture that lies beside the music, else the one inside of it, made small on the worker thread."""

from __future__ import annotations

import os

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from musicvault.audio import tags
from musicvault.catalog import browse, contents, items
from musicvault.catalog.items import Item
from musicvault.domain.paths import join, split
from musicvault.domain.values import Kind
from musicvault.engine.context import Context
from musicvault.errors import ItemError

EDGE = 176
"""Pixels: the inspector's 84 at twice the density, and some."""
_NAMES = ("cover", "folder", "front", "album", "albumart")
_KINDS = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
_FORMATS = frozenset((b"jpeg", b"jpg", b"png", b"webp", b"bmp", b"gif"))
"""What may be decoded: no format that names other files, or draws as long as it likes."""
_FRONT = 3
_MOST_BYTES = 16 << 20
_MOST_PIXELS = 40 << 20
_TRIED = 3
"""So many tracks of a folder are asked for a picture."""


def cover_of(ctx: Context, library_id: int, root: bytes, folder: bytes) -> bytes:
    """A folder's cover as a small PNG: a picture beside the music, preferring the usual names, else that of one of its
    tracks; empty where there is none or it can't be read."""
    beside = _beside(ctx, library_id, root, folder)
    if beside:
        return beside
    tracks = 0
    for name in sorted(browse.folder_names(ctx.catalog, library_id, folder)):
        item = items.by_path(ctx.catalog, library_id, folder, name)
        if item is None or item.kind is not Kind.TRACK:
            continue
        found = embedded_of(ctx, root, item)
        tracks += 1
        if found or tracks == _TRIED:
            return found
    return b""


def embedded_of(ctx: Context, root: bytes, item: Item) -> bytes:
    """A track's own front cover as a small PNG, else its first picture; the file is opened only where the catalog
    knows of one that isn't too large."""
    known = [one for one in contents.wrapper(ctx.catalog, item.content.id).pictures if 0 < one.size <= _MOST_BYTES]
    if not known:
        return b""
    wanted = next((one for one in known if one.role == _FRONT), known[0])
    folder, name = split(item.path)
    try:
        return small(tags.pictures(join(join(root, folder) if folder else root, name)).get(wanted.digest, b""))
    except ItemError:
        return b""


def _beside(ctx: Context, library_id: int, root: bytes, folder: bytes) -> bytes:
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
    if not data or bytes(reader.format().data()) not in _FORMATS:
        return b""
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
