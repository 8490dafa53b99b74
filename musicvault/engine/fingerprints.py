"""The second stage of a scan: acoustic fingerprints, in parallel, resumable, never in the way of protection.

What has a fingerprint (of the same bytes or the same essence) isn't computed again; what gives none is remembered too.
A file that isn't there or isn't what was scanned tells nothing about the bytes in the catalog: it is left for later.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from musicvault.audio import fingerprint as acoustic
from musicvault.catalog import fingerprints, libraries
from musicvault.catalog.fingerprints import Lack
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Started
from musicvault.domain.paths import display
from musicvault.domain.values import Fingerprint
from musicvault.engine.context import Context
from musicvault.errors import ItemError
from musicvault.language import tr
from musicvault.storage.stats import stat_of

_PAGE = 500
_Outcome = Fingerprint | ItemError | None


def fingerprint(ctx: Context, library_ids: Sequence[int]) -> Job:
    """Compute what is lacking for intact tracks of these libraries. Counts: `fingerprinted`, `without`."""
    roots = {library.id: library.root for library in libraries.every(ctx.catalog) if library.id in set(library_ids)}
    total = fingerprints.count_lacking(ctx.catalog, tuple(roots)) if roots else 0
    yield Started("fingerprint", "", total, None)
    counts = Counter({"fingerprinted": 0, "without": 0})
    if total and not acoustic.is_available():
        yield ItemDone("noted", b"", reason=tr("There is no fpcalc to compute fingerprints with."))
        total = 0
    if total:
        with ThreadPoolExecutor(ctx.workers, thread_name_prefix="fingerprint") as pool:
            for done, (lack, outcome) in enumerate(_all(ctx, pool, roots), 1):
                _save(ctx, lack, outcome, counts)
                yield Advanced(done, 0, display(lack.path))
    yield Finished("fingerprint", dict(counts))


def _save(ctx: Context, lack: Lack, outcome: _Outcome, counts: Counter[str]) -> None:
    if isinstance(outcome, Fingerprint):
        fingerprints.save(ctx.catalog, lack.blake3, lack.essence, outcome)
        counts["fingerprinted"] += 1
    elif outcome is not None:
        fingerprints.save_problem(ctx.catalog, lack.blake3, outcome.cause)
        counts["without"] += 1


def _all(ctx: Context, pool: ThreadPoolExecutor, roots: dict[int, bytes]) -> Iterator[tuple[Lack, _Outcome]]:
    running: dict[Future[_Outcome], Lack] = {}
    try:
        for lack in _lacking(ctx, roots):
            running[pool.submit(_calculate, os.path.join(roots[lack.library_id], lack.path), lack)] = lack
            if len(running) >= 2 * ctx.workers:
                yield from _finished(ctx, running)
        while running:
            yield from _finished(ctx, running)
    finally:
        for future in running:
            future.cancel()


def _finished(ctx: Context, running: dict[Future[_Outcome], Lack]) -> Iterator[tuple[Lack, _Outcome]]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        yield running.pop(future), future.result()
    ctx.checkpoint()


def _lacking(ctx: Context, roots: dict[int, bytes]) -> Iterator[Lack]:
    after = 0
    while page := fingerprints.lacking(ctx.catalog, tuple(roots), _PAGE, after):
        yield from page
        after = page[-1].item_id


def _calculate(path: bytes, lack: Lack) -> _Outcome:
    """None where the file isn't the one in the catalog, before or after."""
    if not _is_as_scanned(path, lack):
        return None
    try:
        outcome: _Outcome = acoustic.calculate(path)
    except ItemError as error:
        outcome = None if isinstance(error.__cause__, OSError) else error
    return outcome if _is_as_scanned(path, lack) else None


def _is_as_scanned(path: bytes, lack: Lack) -> bool:
    try:
        stat = stat_of(path)
    except OSError:
        return False
    return (stat.size, stat.mtime_ns) == (lack.size, lack.mtime_ns)
