"""Compares and plays on a thread of its own: reading two whole files must not keep the short questions waiting."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from musicvault.catalog import items, libraries
from musicvault.domain.paths import join
from musicvault.domain.values import Kind
from musicvault.engine import comparing, places, sources, versions
from musicvault.engine.context import Context
from musicvault.errors import Cancelled, UsageError
from musicvault.gui.bridge import Questions
from musicvault.gui.desk.comparing import compare, current_at
from musicvault.gui.desk.comparing_copies import compare_copies, drive_s_file
from musicvault.gui.desk.previews import copies_of
from musicvault.gui.models.actions import Action
from musicvault.gui.models.comparing import Comparing
from musicvault.language import tr
from musicvault.storage import durable

_PLAYABLE = frozenset(
    b".flac .mp3 .ogg .oga .opus .m4a .m4b .aac .wav .w64 .aif .aiff .wv .ape .tta .mpc .wma .ac3 .dts .dsf .dff .caf"
    b" .mka .mp4 .shn .tak".split()
)
_PIECE = 1 << 20


class Comparer(QObject):
    """`idle` while nothing is read. Private copies that were played go when it is closed."""

    def __init__(self, ctx: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._questions = Questions("comparing")
        self._ctx = ctx.with_checkpoint(self._checkpoint)
        self._closed = False
        self._folder = ""

    def idle(self) -> bool:
        return self._questions.idle()

    def compare(self, action: Action, then: Callable[[Comparing], None], failed: Callable[[Exception], None]) -> None:
        """The answer to the newest question only."""

        def answer() -> Comparing:
            copies = copies_of(action)
            return compare_copies(self._ctx, copies) if copies else compare(self._ctx, action)

        self._questions.ask(answer, then, failed, key="compare")

    def play(self, action: Action, failed: Callable[[Exception], None]) -> None:
        """Open a private copy in the system's own player: what is compared may be damaged or hostile, and no decoder
        for it runs in this process."""
        self._questions.ask(lambda: self._private_copy(action), _open, failed)

    def close(self) -> None:
        self._closed = True
        self._questions.close(2.0)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = ""

    def _checkpoint(self) -> None:
        if self._closed:
            raise Cancelled

    def _private_copy(self, action: Action) -> bytes:
        if not self._folder:
            self._folder = tempfile.mkdtemp(prefix="musicvault-play-")
        folder = os.fsencode(tempfile.mkdtemp(dir=self._folder))
        item = items.get(self._ctx.catalog, action.items[0])
        kind = os.path.splitext(item.path)[1].lower()
        if item.kind is not Kind.TRACK or kind not in _PLAYABLE:
            raise UsageError(tr("Only sound is played."))
        source = self._source(action, os.fsencode(tempfile.mkdtemp(dir=folder)))
        target = join(folder, (b"before" if action.values.get("side") == "before" else b"after") + kind)
        with (
            open(source, "rb") as original,
            durable.private(target) as handle,
            os.fdopen(handle, "wb", closefd=False) as copy,
        ):
            while piece := original.read(_PIECE):
                self._checkpoint()
                copy.write(piece)
        return target

    def _source(self, action: Action, folder: bytes) -> bytes:
        ctx, reach = self._ctx, places.reachable(self._ctx)
        item = items.get(ctx.catalog, action.items[0])
        library = libraries.by_id(ctx.catalog, item.library_id)
        number, old = action.values.get("version"), action.values.get("side") == "before"
        found: bytes | None = None
        copy = action.values.get("copy")
        if isinstance(copy, int):
            good = (one.path for one in sources.candidates(ctx, reach, item.content.digests.blake3) if one.is_intact)
            found = next(good, None) if old else drive_s_file(ctx, reach, copy)
        elif isinstance(number, int):
            if old:
                version = next((one for one in versions.versions(ctx, [item.id]) if one.number == number), None)
                found = None if version is None else versions.at_hand(ctx, version, folder)
            else:
                place = current_at(ctx, reach, item)
                found = None if place is None else place[0]
        elif old:
            proven = comparing.proven_at(ctx, reach, item.content)
            found = None if proven is None else proven[0]
        elif library is not None:
            found = comparing.stands_at(reach, item, library)
        if found is None:
            raise UsageError(tr("It is not within reach: plug in the drive that has it."))
        return found


def _open(path: bytes) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(os.fsdecode(path)))
