"""Watching libraries: settled hints where to look, never the truth (periodic rescans are; see `Watcher`).

watchdog loses events in storms and says so in its logger only; it leaves folders unwatched without a word when the
system's watches run out; its threads can die, and network file systems send nothing at all. Each of these is
noticed here, said once in plain words, and made good by a rescan.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from watchdog.events import FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from musicvault.domain.paths import RelPath
from musicvault.domain.regions import WHOLE, Region
from musicvault.storage import answering, watch_limits
from musicvault.storage.hearing import HEARD_EVENTS, Ear, Inbox, Overflows, lives
from musicvault.storage.settling import Heard, Settling
from musicvault.storage.watch_limits import is_exhausted, sends_events

SETTLE_S = 10.0
OPEN_S = 600.0
RESCAN_S = 900.0
"""How often a root without events is looked at."""
TRUTH_S = 6 * 3600.0
"""How often a root with events is looked at all the same."""
HEALTH_S = 30.0
_LONGEST_STORM = 6
_CLOSES = sys.platform.startswith("linux")


class Reason(StrEnum):
    """Why a look is due."""

    CHANGED = "changed"
    OVERFLOW = "events lost"
    PERIODIC = "periodic"
    RETURNED = "returned"
    RESTARTED = "watcher restarted"


@dataclass(frozen=True, slots=True)
class Hint:
    """Something may have changed below `root`, in this region of it."""

    root: bytes
    reason: Reason
    region: Region = WHOLE


@dataclass(slots=True)
class _Root:
    """`name` as it was given, `path` with links resolved (watchdog doesn't follow them)."""

    name: bytes
    path: bytes
    settling: Settling
    rescan_at: float
    observer: BaseObserver | None = None
    identity: tuple[int, int] | None = None
    overflow_since: float | None = None
    said: dict[str, str] = field(default_factory=dict)
    inbox: Inbox = field(default_factory=Inbox)


class Watcher:
    """Watches library roots and calls `on_hint` from within `poll`, which is to be called about once a second.

    Start it before the first scan, so that nothing falls between. `on_problem(root, text)` gets each limitation once,
    as a sentence for the user. `clock` gives monotonic seconds. One thread starts, polls and stops it.
    """

    def __init__(
        self,
        roots: Iterable[bytes],
        on_hint: Callable[[Hint], None],
        settle_seconds: float = SETTLE_S,
        *,
        on_problem: Callable[[bytes, str], None] = lambda _root, _text: None,
        clock: Callable[[], float] = time.monotonic,
        has_events: Callable[[bytes], bool] = sends_events,
        make_observer: Callable[[], BaseObserver] = Observer,
        rescan_seconds: float = RESCAN_S,
    ) -> None:
        self._on_hint = on_hint
        self._on_problem = on_problem
        self._clock = clock
        self._has_events = has_events
        self._make_observer = make_observer
        self._settle = settle_seconds
        self._rescan = rescan_seconds
        self._overflows = Overflows()
        self._health_at = 0.0
        self._roots = [
            _Root(name, path, Settling(path, settle_seconds, OPEN_S, closes=_CLOSES), 0.0)
            for name, path in ((root, os.path.realpath(root)) for root in roots)
        ]

    def start(self) -> None:
        """Begin. A root that isn't there is waited for; never raises for a root."""
        # watchdog 7.1 warns about a move inside a watched tree, which is no fault of anyone.
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        logging.getLogger("watchdog").addHandler(self._overflows)
        now = self._clock()
        self._health_at = now + HEALTH_S
        for root in self._roots:
            root.identity = _identity(root.path)
            if root.identity is None:
                self._say(root, "away", watch_limits.describe_away(root.name))
            else:
                self._observe(root)
            self._plan(root, now)

    def stop(self) -> None:
        """End all threads. May be called twice."""
        logging.getLogger("watchdog").removeHandler(self._overflows)
        for root in self._roots:
            self._deafen(root)

    def poll(self) -> None:
        """Look at what was heard, at the health of the watchers and at the clock; hint what is due."""
        now = self._clock()
        self._drain(now)
        if self._overflows.take():
            for root in self._roots:
                if root.observer is not None and root.overflow_since is None:
                    root.overflow_since = now
        if now >= self._health_at:
            self._health_at = now + HEALTH_S
            for root in self._roots:
                self._check(root, now)
        for root in self._roots:
            self._hint_due(root, now)

    def look_soon(self) -> None:
        """Something was mounted or unmounted: look at the roots with the next poll."""
        self._health_at = self._clock()

    def unsettled(self, name: bytes) -> frozenset[RelPath]:
        """Folders of this root in which files are still open for writing."""
        return frozenset(path for root in self._roots if root.name == name for path in root.settling.busy())

    def is_waiting(self, name: bytes) -> bool:
        """Whether something was heard below this root that was not hinted yet, or may have gone unheard: hints so far
        may tell half of a move only."""
        return any(
            root.inbox or root.settling.is_waiting or root.overflow_since is not None or root.observer is None
            for root in self._roots
            if root.name == name
        )

    @property
    def limits(self) -> tuple[str, ...]:
        """What is in the way of hearing of changes now, a sentence for each root and limit; of one that is away, only
        that."""
        return tuple(
            text
            for root in self._roots
            for kind, text in root.said.items()
            if kind == "away" or "away" not in root.said
        )

    def _hint_due(self, root: _Root, now: float) -> None:
        if root.identity is None:
            return
        storm = root.overflow_since
        settled = root.settling.settled(now)
        if storm is not None and (root.settling.quiet(now) or now - storm > _LONGEST_STORM * self._settle):
            root.overflow_since = None
            self._hint_everything(root, Reason.OVERFLOW, now)
        elif now >= root.rescan_at:
            if root.observer is None:
                self._observe(root)  # the limit may have been raised since
            self._hint_everything(root, Reason.PERIODIC, now)
            if settled:  # a periodic look may be left out where there was one just now
                self._on_hint(Hint(root.name, Reason.CHANGED, settled))
        elif settled:
            self._on_hint(Hint(root.name, Reason.CHANGED, settled))

    def _hint_everything(self, root: _Root, reason: Reason, now: float) -> None:
        self._plan(root, now)
        self._on_hint(Hint(root.name, reason))

    def _plan(self, root: _Root, now: float) -> None:
        root.rescan_at = now + (self._rescan if root.observer is None else max(TRUTH_S, self._rescan))

    def _drain(self, now: float) -> None:
        for root in self._roots:
            for (path, is_folder), writing in root.inbox.take().items():
                root.settling.heard(Heard(path, is_folder, writing), now)
                if not path:
                    self._health_at = now  # the root itself went
            root.settling.look()

    def _check(self, root: _Root, now: float) -> None:
        """Is the root still the same folder, and does its watcher live?"""
        identity = _identity(root.path)
        if identity is None:
            if root.identity is not None:
                self._deafen(root)
                root.settling.clear()
                root.identity = root.overflow_since = None
            self._say(root, "away", watch_limits.describe_away(root.name))
        elif identity != root.identity:
            root.identity = identity
            root.said.pop("away", None)
            self._deafen(root)
            self._observe(root)
            self._hint_everything(root, Reason.RETURNED, now)
        elif root.observer is not None and not lives(root.observer):
            self._deafen(root)
            self._observe(root)
            self._hint_everything(root, Reason.RESTARTED, now)
        elif root.observer is not None:
            self._probe(root)

    def _observe(self, root: _Root) -> None:
        if not self._has_events(root.path):
            self._say(root, "silent", watch_limits.describe_silent(root.name, self._rescan))
            return
        root.said.pop("silent", None)
        try:
            root.observer = self._make_observer()
            ear = Ear(root.path, root.inbox)
            root.observer.schedule(ear, os.fsdecode(root.path), recursive=True, event_filter=HEARD_EVENTS)
            root.observer.start()
        except OSError as error:
            self._give_up(root, error)
            return
        self._probe(root)

    def _probe(self, root: _Root) -> None:
        """Try one more watch: watchdog leaves folders out without a word when there are no more to be had."""
        if root.observer is None:
            return
        try:
            spare = tempfile.TemporaryDirectory(prefix="musicvault-watch-")
        except OSError:
            return  # no room for a folder says nothing about watches
        with spare as folder:
            try:
                root.observer.unschedule(root.observer.schedule(FileSystemEventHandler(), folder))
            except OSError as error:
                if is_exhausted(error):
                    self._give_up(root, error)
                return
        for kind in ("exhausted", "broken"):
            root.said.pop(kind, None)

    def _give_up(self, root: _Root, error: OSError) -> None:
        self._deafen(root)
        root.rescan_at = min(root.rescan_at, self._clock() + self._rescan)
        kind = "exhausted" if is_exhausted(error) else "broken"
        if kind not in root.said:
            roots = [each.path for each in self._roots]
            self._say(root, kind, watch_limits.describe(root.name, error, roots, self._rescan))

    def _deafen(self, root: _Root) -> None:
        observer, root.observer = root.observer, None
        if observer is not None:
            observer.stop()
            if observer.is_alive():
                observer.join()
            else:
                observer.on_thread_stop()  # never started, or died: its other threads are still to be ended

    def _say(self, root: _Root, kind: str, text: str) -> None:
        if kind not in root.said:
            root.said[kind] = text
            self._on_problem(root.name, text)


def _identity(path: bytes) -> tuple[int, int] | None:
    if not answering.within_reach(path):
        return None
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
