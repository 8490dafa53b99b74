"""Worker processes that read floods of small files. They end with this process, however it ends, and one that is killed
by what it reads costs that one file.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import connection

from musicvault.engine.examine import Examined, Failure, examine_batch
from musicvault.language import tr

Outcomes = list[Examined | Failure]


class Workers:
    """A pool of `count` processes. To be closed."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = _pool(count)

    def submit(self, paths: Sequence[bytes]) -> Future[Outcomes]:
        """Examine files, in their order. The future may end in BrokenProcessPool: then `rescue` what was submitted."""
        try:
            with _nameless_main():
                return self._pool.submit(examine_batch, paths)
        except BrokenProcessPool as error:
            broken: Future[Outcomes] = Future()
            broken.set_exception(error)
            return broken

    def rescue(self, batches: Sequence[Sequence[bytes]]) -> list[Outcomes]:
        """The pool broke: examine these batches again, file by file, each in a process of its own until it is known
        which file it was."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        try:
            return [[_alone(path) for path in paths] for paths in batches]
        finally:
            self._pool = _pool(self._count)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def _alone(path: bytes) -> Examined | Failure:
    with _pool(1) as pool, _nameless_main():
        try:
            return pool.submit(examine_batch, [path]).result()[0]
        except BrokenProcessPool:
            return Failure(tr("reading it ends the reading process"), None, False, False)


def _pool(count: int) -> ProcessPoolExecutor:
    # Threads run in this process (the window's among them), so a plain fork would not be safe.
    method = "spawn" if sys.platform == "win32" else "forkserver"
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context(method), initializer=_begin)


def _begin() -> None:
    """In the worker: Ctrl-C is the parent's business, and nobody is left behind when that is killed."""
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_parent, name="parent", daemon=True).start()


_starting = threading.Lock()


@contextmanager
def _nameless_main() -> Iterator[None]:
    """Workers need nothing of the program that was started, and importing it again would run a script a second time."""
    main = sys.modules["__main__"]
    with _starting:
        names: dict[str, object] = vars(main)
        kept: dict[str, object] = {name: names[name] for name in ("__spec__", "__file__") if name in names}
        main.__spec__ = None
        names.pop("__file__", None)
        try:
            yield
        finally:
            names.update(kept)
