"""Several jobs at once, each on a thread of its own: drives that don't share a disk needn't wait for one another."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing

from musicvault.domain.notices import Advanced, Notice
from musicvault.engine.context import Context
from musicvault.errors import Cancelled

_TICK_S = 0.1

Work = Callable[[Context], Generator[Notice, None, None]]


class _Ended:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def side_by_side(ctx: Context, works: Sequence[Work]) -> Iterator[Notice]:
    """The notices of all, as they come; amounts done are summed over all. An error of one stops the others at their
    next checkpoint, and is raised when they have stopped. The job's own checkpoint is called on its own thread only."""
    said: queue.SimpleQueue[tuple[int, Notice | _Ended]] = queue.SimpleQueue()
    go, stop = threading.Event(), threading.Event()
    go.set()

    def checkpoint() -> None:
        go.wait()
        if stop.is_set():
            raise Cancelled

    def run(number: int, work: Work) -> None:
        error: BaseException | None = None
        try:
            with closing(work(ctx.with_checkpoint(checkpoint))) as notices:
                for notice in notices:
                    said.put((number, notice))
                    checkpoint()
        except BaseException as raised:  # it belongs to the job, not to this thread
            error = raised
        said.put((number, _Ended(error)))

    threads = [
        threading.Thread(target=run, args=(number, work), name="drive", daemon=True)
        for number, work in enumerate(works)
    ]
    for thread in threads:
        thread.start()
    try:
        yield from _merged(ctx, said, len(threads), go, stop)
    finally:
        stop.set()
        go.set()
        for thread in threads:
            thread.join()


def _merged(
    ctx: Context,
    said: queue.SimpleQueue[tuple[int, Notice | _Ended]],
    running: int,
    go: threading.Event,
    stop: threading.Event,
) -> Iterator[Notice]:
    done: dict[int, Advanced] = {}
    trouble: BaseException | None = None
    while running:
        try:
            number, notice = said.get(timeout=_TICK_S)
        except queue.Empty:
            trouble = trouble or _paused_or_stopped(ctx, go, stop)
            continue
        if isinstance(notice, _Ended):
            running -= 1
            if notice.error is not None:
                stop.set()
                if trouble is None or not isinstance(notice.error, Cancelled):
                    trouble = notice.error
        elif isinstance(notice, Advanced):
            done[number] = notice
            files, size = (sum(one.files for one in done.values()), sum(one.bytes for one in done.values()))
            yield Advanced(files, size, notice.current)
        else:
            yield notice
        trouble = trouble or _paused_or_stopped(ctx, go, stop)
    if trouble is not None:
        raise trouble


def _paused_or_stopped(ctx: Context, go: threading.Event, stop: threading.Event) -> BaseException | None:
    """Blocks while the job is paused, the threads with it; Cancelled where the user stopped it."""
    go.clear()
    try:
        ctx.checkpoint()
    except Cancelled as cancelled:
        stop.set()
        return cancelled
    finally:
        go.set()
    return None
