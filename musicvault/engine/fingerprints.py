"""The second stage of a scan: acoustic fingerprints, in parallel, resumable, never in the way of protection.

What has a fingerprint (of the same bytes or the same essence) isn't computed again; what gives none is remembered too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from musicvault.audio import fingerprint as acoustic
from musicvault.catalog import fingerprints, items, libraries
from musicvault.domain.notices import Advanced, Finished, Job, Started
from musicvault.domain.paths import display, join
from musicvault.domain.values import Fingerprint
from musicvault.engine.context import Context
from musicvault.errors import ItemError

_PAGE = 500
_Task = tuple[int, bytes, bytes]


def fingerprint(ctx: Context, library_ids: Sequence[int]) -> Job:
    """Compute what is lacking for intact tracks of these libraries. Counts: `fingerprinted`, `without`."""
    roots = {library.id: library.root for library in libraries.every(ctx.catalog) if library.id in set(library_ids)}
    total = fingerprints.count_lacking(ctx.catalog, tuple(roots)) if roots else 0
    yield Started("fingerprint", "", total, None)
    done = good = 0
    if total:
        with ThreadPoolExecutor(ctx.workers, thread_name_prefix="fingerprint") as pool:
            for task, outcome in _all(ctx, pool, roots):
                done += 1
                good += _save(ctx, task, outcome)
                yield Advanced(done, 0, display(task[1]))
    yield Finished("fingerprint", {"fingerprinted": good, "without": done - good})


def _save(ctx: Context, task: _Task, outcome: Fingerprint | ItemError) -> bool:
    item_id, _, blake3 = task
    if isinstance(outcome, Fingerprint):
        content = items.get(ctx.catalog, item_id).content
        same = content.digests.blake3 == blake3
        fingerprints.save(ctx.catalog, blake3, content.essence.digest if same and content.essence else None, outcome)
        return True
    fingerprints.save_problem(ctx.catalog, blake3, outcome.cause)
    return False


def _all(
    ctx: Context, pool: ThreadPoolExecutor, roots: dict[int, bytes]
) -> Iterator[tuple[_Task, Fingerprint | ItemError]]:
    running: dict[Future[Fingerprint | ItemError], _Task] = {}
    try:
        for task, path in _tasks(ctx, roots):
            running[pool.submit(_calculate, path)] = task
            if len(running) >= 2 * ctx.workers:
                yield from _finished(ctx, running)
        while running:
            yield from _finished(ctx, running)
    finally:
        for future in running:
            future.cancel()


def _finished(
    ctx: Context, running: dict[Future[Fingerprint | ItemError], _Task]
) -> Iterator[tuple[_Task, Fingerprint | ItemError]]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        yield running.pop(future), future.result()
    ctx.checkpoint()


def _tasks(ctx: Context, roots: dict[int, bytes]) -> Iterator[tuple[_Task, bytes]]:
    after = 0
    while page := fingerprints.lacking(ctx.catalog, tuple(roots), _PAGE, after):
        for item_id, library_id, folder, name, blake3 in page:
            path = join(folder, name)
            yield (item_id, path, blake3), os.path.join(roots[library_id], path)
        after = page[-1][0]


def _calculate(path: bytes) -> Fingerprint | ItemError:
    try:
        return acoustic.calculate(path)
    except ItemError as error:
        return error
