"""Reading many files at once: large ones by threads (digests let other threads run), floods of small ones by processes.

Results come in the order in which they are ready. The number of files under way is bounded, so memory is as well.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait

from musicvault.engine.context import Context
from musicvault.engine.examine import Examined, Failure, examine_batch, examine_or_failure
from musicvault.engine.looking import ToRead

SMALL_FILE = 8 << 20
FLOOD = 1500
"""From this many small files on, the half second that worker processes take to start is worth it."""
_BATCH_FILES = 48
_BATCH_BYTES = 32 << 20

Outcome = tuple[ToRead, Examined | Failure]
Batch = Sequence[ToRead]


def read_all(ctx: Context, root: bytes, files: Sequence[ToRead]) -> Generator[Outcome, None, None]:
    """Examine all files below `root`. Raises Cancelled; everything else is a `Failure` of its file."""
    small = [file for file in files if file.size <= SMALL_FILE]
    if len(small) < FLOOD:
        yield from _by_threads(ctx, root, files)
        return
    yield from _by_processes(ctx, root, small)
    yield from _by_threads(ctx, root, [file for file in files if file.size > SMALL_FILE])


def _by_threads(ctx: Context, root: bytes, files: Sequence[ToRead]) -> Iterator[Outcome]:
    def work(batch: Batch) -> list[Examined | Failure]:
        return [examine_or_failure(os.path.join(root, file.path), ctx.checkpoint) for file in batch]

    with ThreadPoolExecutor(ctx.workers, thread_name_prefix="read") as pool:
        yield from _bounded(ctx, lambda batch: pool.submit(work, batch), ([file] for file in files))


def _by_processes(ctx: Context, root: bytes, files: Sequence[ToRead]) -> Iterator[Outcome]:
    # Threads run in this process (the window's among them), so a plain fork would not be safe.
    method = "spawn" if sys.platform == "win32" else "forkserver"

    with ProcessPoolExecutor(ctx.workers, mp_context=multiprocessing.get_context(method)) as pool:

        def submit(batch: Batch) -> Future[list[Examined | Failure]]:
            return pool.submit(examine_batch, [os.path.join(root, file.path) for file in batch])

        yield from _bounded(ctx, submit, _batches(files))


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
    ctx: Context, submit: Callable[[Batch], Future[list[Examined | Failure]]], batches: Iterable[Batch]
) -> Iterator[Outcome]:
    running: dict[Future[list[Examined | Failure]], Batch] = {}

    def finished() -> Iterator[Outcome]:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
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
