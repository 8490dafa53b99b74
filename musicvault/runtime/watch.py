"""Watching libraries and keeping them safe while somebody is there: the loop around the service's rounds.

Events are hints where to look; a round at the start, one when a drive or library comes back, and the watcher's periodic
looks are what makes it certain. Nothing that goes wrong in one place ends the watch: it is said once and tried again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from musicvault import settings
from musicvault.catalog import libraries, locks
from musicvault.catalog.libraries import Library
from musicvault.domain.notices import ItemDone, Job, Notice, Started
from musicvault.engine.context import Context
from musicvault.engine.looking import Unsettled
from musicvault.errors import Cancelled, Locked, UsageError, VaultError
from musicvault.language import tr, trn
from musicvault.runtime import notifying, state
from musicvault.runtime.informing import Report
from musicvault.runtime.plans import Plans, plans_of
from musicvault.runtime.proving import this_machine
from musicvault.runtime.running import RETRY_S
from musicvault.runtime.service import LOOK_S, Service
from musicvault.storage import machine
from musicvault.storage.arrivals import Mounting
from musicvault.storage.watching import SETTLE_S, Hint, Reason, Watcher

POLL_S = 1.0
__all__ = ["LOOK_S", "POLL_S", "RETRY_S", "watch"]


def watch(
    ctx: Context,
    *,
    once: bool = False,
    beside: bool = False,
    fingerprints: bool = True,
    settle_seconds: float = SETTLE_S,
    plans: Plans | None = None,
    report: Report | None = None,
    clock: Callable[[], float] = machine.steady,
    sleep: Callable[[float], object] | None = None,
) -> Job:
    """Scan and sync what is there, then stay and do so for each change that has settled, prove what is owed and tell
    what needs a person; with `once` end after the first round. Ends by `ctx.checkpoint` raising Cancelled, after a
    `Finished` with what all rounds did; or by a VaultError, once another file stands in the catalog's place.

    One service watches a catalog: a second one is Locked, naming the first; with `beside` (the window) it just ends.
    `plans` None takes them from the settings, and follows them when they change. With `once`, a VaultError of a place
    is raised at the end; otherwise it is noticed once and the watch goes on.

    `sleep` None ends each sleep when something is mounted or unmounted, and looks for it at once, as after any `sleep`
    that says True.
    """
    settle = 0.0 if once else settle_seconds  # who asks for a round wants what is there now
    watching = _Watch(ctx, fingerprints, settle, plans, report, clock, sleep)
    with ExitStack() as stack:
        if not once:
            try:
                _held(ctx, stack)
            except Locked as error:
                if not beside:
                    raise
                yield ItemDone("noted", b"", reason=str(error))
                yield watching.service.finished()
                return
        stack.callback(watching.close)
        stack.callback(watching.service.end)
        if sleep is None and not once:
            watching.rest = stack.enter_context(Mounting()).wait
        try:
            yield from watching.service.round_of_all() if once else watching.stay()
        except Cancelled:
            yield watching.service.finished()
            raise
        yield watching.service.finished()
        if watching.service.error is not None:
            raise watching.service.error


def _held(ctx: Context, stack: ExitStack) -> None:
    """Take the service's lock for as long as the stack lives. Raises Locked, saying who has it."""
    try:
        stack.enter_context(locks.held(ctx.catalog.path, state.LOCK, "watch"))
    except Locked as error:
        pid = state.read(ctx.catalog.path).pid or "?"
        raise Locked(
            tr(
                "MusicVault watches this catalog already (process {pid}). What it does is said by: "
                "musicvault watch --status",
                pid=pid,
            )
        ) from error


class _Watch:
    """A service, and the watcher that gives it hints."""

    def __init__(
        self,
        ctx: Context,
        fingerprints: bool,
        settle_seconds: float,
        plans: Plans | None,
        report: Report | None,
        clock: Callable[[], float],
        sleep: Callable[[float], object] | None,
    ) -> None:
        self._ctx = ctx
        self._fingerprints = fingerprints
        self._settle = settle_seconds
        self._clock = clock
        self.rest: Callable[[float], object] = sleep or time.sleep
        self._watcher: Watcher | None = None
        self._watched: tuple[bytes, ...] = ()
        self._look_at: float | None = None
        self._polled_at: float | None = None
        self._notes: list[ItemDone] = []
        self._follows = plans is None
        self._settings_at = _stamp(settings.default_place())
        self.service = Service(
            ctx,
            replace(plans or plans_of(settings.load()), fingerprints=fingerprints),
            machine=this_machine(),
            steady=clock,
            sleep=sleep or time.sleep,
            unsettled=self._unsettled,
            interrupted=self._interrupted,
            show=notifying.show,
            report=report,
        )
        self.service.limits = lambda: self._watcher.limits if self._watcher is not None else ()

    def close(self) -> None:
        """Stop hearing. May be called twice."""
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None

    def stay(self) -> Iterator[Notice]:
        """Rounds for as long as nobody stops it."""
        self.service.begin()
        while True:
            self._ctx.checkpoint()
            if not self._ctx.catalog.is_in_place:
                path = self._ctx.catalog.path
                raise VaultError(tr("The catalog {path} was taken away or replaced. Start MusicVault anew.", path=path))
            self._look()
            self._poll()
            self._follow()
            notes, self._notes = self._notes, []
            yield from notes
            worked = False
            for notice in self.service.round():
                worked |= isinstance(notice, Started)
                yield notice
            if worked:
                yield Started("watch", trn("{count} library", "{count} libraries", len(self._watched)))
            elif self.rest(POLL_S):
                self.service.look_soon()
                if self._watcher is not None:
                    self._watcher.look_soon()

    def _look(self) -> None:
        """Watch libraries that were added since."""
        now = self._clock()
        if self._look_at is not None and now < self._look_at:
            return
        self._look_at = now + LOOK_S
        roots = tuple(library.root for library in libraries.every(self._ctx.catalog))
        if self._watcher is None or roots != self._watched:
            self.close()
            before, self._watched = self._watched, roots
            self._watcher = Watcher(roots, self._heard, self._settle, on_problem=self._problem, clock=self._clock)
            self._watcher.start()
            for root in roots:
                if root in before:
                    self._heard(Hint(root, Reason.RESTARTED))  # what the old one heard and had not settled is lost

    def _follow(self) -> None:
        """Go by the settings, as they are now."""
        stamp = _stamp(settings.default_place())
        if not self._follows or stamp == self._settings_at:
            return
        self._settings_at = stamp
        try:
            plans = plans_of(settings.load())
        except UsageError as error:
            self._notes.append(ItemDone("failed", b"", problem=str(error)))
            return
        self.service.follow(replace(plans, fingerprints=self._fingerprints))

    def _poll(self) -> None:
        self._polled_at = self._clock()
        if self._watcher is not None:
            self._watcher.poll()

    def _interrupted(self) -> bool:
        """Whether something is more urgent than proving as it was begun: a change, or other settings."""
        if self._polled_at is None or self._clock() - self._polled_at >= POLL_S:
            self._poll()
            self._follow()
        return self.service.is_due or self.service.has_new_plans

    def _unsettled(self, library: Library) -> Unsettled:
        if self._watcher is None:
            return Unsettled(self._settle)
        root = library.root
        return Unsettled(self._settle, self._watcher.unsettled(root), more=self._watcher.is_waiting(root))

    def _heard(self, hint: Hint) -> None:
        library = libraries.by_root(self._ctx.catalog, hint.root)
        if library is not None:
            self.service.hint(library.id, hint.region, periodic=hint.reason is Reason.PERIODIC)

    def _problem(self, root: bytes, text: str) -> None:
        library = libraries.by_root(self._ctx.catalog, root)
        self._notes.append(ItemDone("noted", b"", library.name if library else "", reason=text))


def _stamp(place: Path) -> int:
    try:
        return place.stat().st_mtime_ns
    except OSError:
        return 0
