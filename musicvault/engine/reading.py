"""Reading many files at once: large ones by threads (digests let other threads run), floods of small ones by processes.

Results come in the order in which they are ready. The number of files under way is bounded, so memory is as well.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing

from musicvault.engine.context import Context
from musicvault.engine.examine import Examined, Failure, examine_or_failure
from musicvault.engine.looking import ToRead
from musicvault.engine.workers import Outcomes, Workers
from musicvault.errors import Cancelled

SMALL_FILE = 8 << 20
FLOOD = 1500
"""From this many small files on, the half second that worker processes take to start is worth it."""
_BATCH_FILES = 48
_BATCH_BYTES = 32 << 20

Outcome = tuple[ToRead, Examined | Failure]
Batch = Sequence[ToRead]
Running = dict[Future[Outcomes], Batch]


def read_all(ctx: Context, root: bytes, files: Sequence[ToRead]) -> Generator[Outcome, None, None]:
    """Examine all files below `root`. Raises Cancelled; everything else is a `Failure` of its file."""
    small = [file for file in files if file.size <= SMALL_FILE]
    if len(small) < FLOOD:
        yield from _by_threads(ctx, root, files)
        return
    yield from _by_processes(ctx, root, small)
    yield from _by_threads(ctx, root, [file for file in files if file.size > SMALL_FILE])


def _by_threads(ctx: Context, root: bytes, files: Sequence[ToRead]) -> Iterator[Outcome]:
    stopped = threading.Event()

    def checkpoint() -> None:
        if stopped.is_set():
            raise Cancelled
        ctx.checkpoint()

    def work(batch: Batch) -> Outcomes:
        return [examine_or_failure(os.path.join(root, file.path), checkpoint) for file in batch]

    with ThreadPoolExecutor(ctx.workers, thread_name_prefix="read") as pool:
        try:
            yield from _bounded(ctx, lambda batch: pool.submit(work, batch), ([file] for file in files))
        finally:
            stopped.set()


def _by_processes(ctx: Context, root: bytes, files: Sequence[ToRead]) -> Iterator[Outcome]:
    def paths(batch: Batch) -> list[bytes]:
        return [os.path.join(root, file.path) for file in batch]

    with closing(Workers(ctx.workers)) as workers:

        def rescue(running: Running) -> Iterator[Outcome]:
            batches = list(running.values())
            running.clear()
            for batch, outcomes in zip(batches, workers.rescue([paths(batch) for batch in batches]), strict=True):
                yield from zip(batch, outcomes, strict=True)

        yield from _bounded(ctx, lambda batch: workers.submit(paths(batch)), _batches(files), rescue)


def _batches(files: Sequence[ToRead]) -> Iterator[Batch]:
    batch: list[ToRead] = []
    size = 0
    for file in files:
        batch.append(file)
        size += file.size
        if len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _bounded(
    ctx: Context,
    submit: Callable[[Batch], Future[Outcomes]],
    batches: Iterable[Batch],
    rescue: Callable[[Running], Iterator[Outcome]] | None = None,
) -> Iterator[Outcome]:
    running: Running = {}

    def finished() -> Iterator[Outcome]:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            if rescue is not None and isinstance(future.exception(), BrokenProcessPool):
                yield from rescue(running)
                break
            yield from zip(running.pop(future), future.result(), strict=True)
        ctx.checkpoint()

    try:
        for batch in batches:
            running[submit(batch)] = batch
            if len(running) >= 3 * ctx.workers:
                yield from finished()
        while running:
            yield from finished()
    finally:
        for future in running:
            future.cancel()
