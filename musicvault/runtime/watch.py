"""Watching libraries while somebody is there: what changes is scanned, and copied to the drives that are there.

Events are hints where to look; a round at the start, one when a drive or library comes back, and the watcher's periodic
looks are what makes it certain. Nothing that goes wrong in one place ends the watch: it is said once and tried again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import cast

from musicvault.catalog import libraries
from musicvault.catalog.libraries import Library
from musicvault.domain.notices import Finished, ItemDone, Job, Notice, Started
from musicvault.engine import drives
from musicvault.engine.context import Context
from musicvault.engine.fingerprints import fingerprint
from musicvault.engine.library import online
from musicvault.engine.scan import scan
from musicvault.engine.sync import sync
from musicvault.errors import Cancelled, CatalogDamaged, CatalogNewer, Locked, VaultError
from musicvault.language import tr, trn
from musicvault.storage.watching import SETTLE_S, Hint, Watcher

POLL_S = 1.0
LOOK_S = 15.0
"""How often it is asked whether a drive was plugged in, or a library added."""
RETRY_S = 30.0
"""After so many seconds a round that met another process at work is tried again."""

_CODES = (20, 22, 3)


def watch(
    ctx: Context,
    *,
    once: bool = False,
    fingerprints: bool = True,
    settle_seconds: float = SETTLE_S,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Job:
    """Scan and sync what is there, then stay and do so for each change that has settled; with `once` end after the
    first round. Ends by `ctx.checkpoint` raising Cancelled, after a `Finished` with what all rounds did.

    With `once`, a VaultError of a place is raised at the end; otherwise it is noticed once and the watch goes on.
    """
    watching = _Watch(ctx, fingerprints, settle_seconds, clock, sleep)
    try:
        if once:
            yield from watching.round([library.id for library in libraries.every(ctx.catalog)])
        else:
            yield from watching.stay()
    except Cancelled:
        yield watching.finished()
        raise
    finally:
        watching.close()
    yield watching.finished()
    if watching.error is not None:
        raise watching.error


class _Watch:
    """What is being watched, what is due, and what was done so far."""

    def __init__(
        self,
        ctx: Context,
        fingerprints: bool,
        settle_seconds: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self.error: VaultError | None = None
        self._ctx = ctx
        self._fingerprints = fingerprints
        self._settle = settle_seconds
        self._clock = clock
        self._sleep = sleep
        self._counts: Counter[str] = Counter()
        self._codes: dict[tuple[str, str], int] = {}
        self._watcher: Watcher | None = None
        self._watched: tuple[bytes, ...] = ()
        self._libraries_there: frozenset[int] = frozenset()
        self._drives_there: frozenset[str] = frozenset()
        self._due: dict[int, float] = {}
        self._drives_due_at: float | None = None
        self._notes: list[ItemDone] = []
        self._said: set[tuple[str, str]] = set()

    def finished(self) -> Finished:
        """What all rounds together did."""
        code = next((code for code in _CODES if code in self._codes.values()), 0)
        return Finished("watch", dict(self._counts), code)

    def close(self) -> None:
        """Stop hearing. May be called twice."""
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None

    # -- staying

    def stay(self) -> Iterator[Notice]:
        """Rounds for as long as nobody stops it."""
        look_at = self._clock()
        while True:
            self._ctx.checkpoint()
            now = self._clock()
            if now >= look_at:
                look_at = now + LOOK_S
                self._look_around(now)
            assert self._watcher is not None
            self._watcher.poll()
            notes, self._notes = self._notes, []
            yield from notes
            due = [library_id for library_id, at in self._due.items() if at <= now]
            drives_due = self._drives_due_at is not None and self._drives_due_at <= now
            if due or drives_due:
                self._due = {library_id: at for library_id, at in self._due.items() if at > now}
                self._drives_due_at = None
                yield from self.round(due)
                yield Started("watch", _subject(len(self._watched)))
            else:
                self._sleep(POLL_S)

    def _look_around(self, now: float) -> None:
        """Watch libraries that were added since, and notice places that came back."""
        known = libraries.every(self._ctx.catalog)
        roots = tuple(library.root for library in known)
        if self._watcher is None or roots != self._watched:
            self.close()
            self._watched = roots
            self._watcher = Watcher(roots, self._heard, self._settle, on_problem=self._problem, clock=self._clock)
            self._watcher.start()
        here = frozenset(library.id for library in known if online(self._ctx, library))
        for library_id in here - self._libraries_there:
            self._due[library_id] = now
        self._libraries_there = here
        drives_here = self._drives_here()
        if drives_here - self._drives_there:
            self._drives_due_at = now
        self._drives_there = drives_here

    def _drives_here(self) -> frozenset[str]:
        return frozenset(presence.vault.id for presence in drives.locate(self._ctx) if presence.writable)

    def _heard(self, hint: Hint) -> None:
        library = libraries.by_root(self._ctx.catalog, hint.root)
        if library is not None:
            self._due[library.id] = self._clock()

    def _problem(self, root: bytes, text: str) -> None:
        library = libraries.by_root(self._ctx.catalog, root)
        self._notes.append(ItemDone("noted", b"", library.name if library else "", reason=text))

    # -- one round

    def round(self, library_ids: Sequence[int]) -> Iterator[Notice]:
        """Scan these libraries where they are there, then bring the drives that are there up to date."""
        found = [library for library in libraries.every(self._ctx.catalog) if library.id in library_ids]
        here = [library for library in found if online(self._ctx, library)]
        for library in found:
            if library not in here:
                yield from self._note(library.name, tr("not connected: left out of this round"))
        for library in here:
            yield from self._run(scan(self._ctx, [library.id]), library.name, partial(self._again, library))
        # A place that this round missed counts as new when it is there again, however short it was away.
        self._libraries_there -= {library.id for library in found if library not in here}
        self._drives_there = reachable = self._drives_here()
        if reachable:
            yield from self._run(sync(self._ctx, sorted(reachable)), "", self._drives_again)
        if self._fingerprints and here:
            yield from self._run(fingerprint(self._ctx, [library.id for library in here]), "", lambda: None)

    def _again(self, library: Library) -> None:
        self._due[library.id] = self._clock() + RETRY_S

    def _drives_again(self) -> None:
        self._drives_due_at = self._clock() + RETRY_S

    def _run(self, job: Job, where: str, again: Callable[[], None]) -> Iterator[Notice]:
        try:
            with closing(cast(Generator[Notice], job)) as notices:
                yield from self._gathered(notices, where)
        except (CatalogDamaged, CatalogNewer):
            raise
        except VaultError as error:
            self.error = self.error or error
            if isinstance(error, Locked):
                again()
            if self._is_new(where, str(error)):
                yield ItemDone("failed", b"", where, problem=str(error))
        else:
            self._said = {entry for entry in self._said if entry[0] != where}

    def _note(self, where: str, text: str) -> Iterator[Notice]:
        if self._is_new(where, text):
            yield ItemDone("noted", b"", where, reason=text)

    def _is_new(self, where: str, text: str) -> bool:
        """Whether this wasn't said of the place since something worked there."""
        new = (where, text) not in self._said
        self._said.add((where, text))
        return new

    def _gathered(self, notices: Iterable[Notice], where: str) -> Iterator[Notice]:
        """The notices of one job, its `Finished` kept for the end."""
        for notice in notices:
            if isinstance(notice, Finished):
                self._counts.update(notice.counts)
                self._codes[notice.job, where] = notice.exit_code
            else:
                yield notice


def _subject(count: int) -> str:
    return trn("{count} library", "{count} libraries", count)
