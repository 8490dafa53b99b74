"""What watchdog says, noted once for each path: its threads speak, whoever watches listens when there is time."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver

from musicvault.domain.paths import RelPath

HEARD_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileClosedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
]
"""Not the opening and reading of files: a scan would hear itself."""


class Inbox:
    """What was heard below one root and not taken yet: for each path, and whether it is that of a folder, whether
    somebody writes to it (None: that can't be told)."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._noted: dict[tuple[RelPath, bool], bool | None] = {}

    def note(self, path: RelPath, *, is_folder: bool, writing: bool | None) -> None:
        with self._mutex:
            known = self._noted.get((path, is_folder))
            self._noted[path, is_folder] = known if writing is None else writing

    def take(self) -> Mapping[tuple[RelPath, bool], bool | None]:
        """All of it, which is forgotten by that."""
        with self._mutex:
            noted, self._noted = self._noted, {}
        return noted

    def __bool__(self) -> bool:
        with self._mutex:
            return bool(self._noted)


class Ear(FileSystemEventHandler):
    """Called in watchdog's thread. `root` is the folder that is watched, links resolved."""

    def __init__(self, root: bytes, inbox: Inbox) -> None:
        self._root = root
        self._inbox = inbox

    def dispatch(self, event: FileSystemEvent) -> None:
        writing = None
        if isinstance(event, FileModifiedEvent):
            writing = True
        elif isinstance(event, (FileClosedEvent, FileDeletedEvent, FileMovedEvent)):
            writing = False
        inside = self._root.rstrip(b"/") + b"/"
        for path in (os.fsencode(event.src_path), os.fsencode(event.dest_path)):
            if path == self._root:
                self._inbox.note(b"", is_folder=True, writing=None)
            elif path.startswith(inside):
                self._inbox.note(path[len(inside) :], is_folder=event.is_directory, writing=writing)


class Overflows(logging.Handler):
    """Hears of lost events in the only place where watchdog tells of them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._seen = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if "queue overflow" in record.getMessage().lower():
            self._seen.set()

    def take(self) -> bool:
        """Whether there was one since the last call."""
        seen = self._seen.is_set()
        self._seen.clear()
        return seen


def lives(observer: BaseObserver) -> bool:
    """Whether all threads of an observer are alive."""
    # The thread that reads the kernel's queue is another one than the emitter's (watchdog 7).
    reader = getattr(observer, "_inotify_fd", None)
    threads = [observer, *observer.emitters, *([reader] if isinstance(reader, threading.Thread) else [])]
    return all(thread.is_alive() for thread in threads)
