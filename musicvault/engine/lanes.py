"""Reading lanes: one per physical device, side by side, so that a spinning disk never serves two readers.

The job's own thread feeds the lanes and takes what they found; only it touches the catalog. A lane gets its files in
small bundles, because handing over each small file by itself would cost more than reading it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from musicvault.domain.notices import Checkpoint
from musicvault.domain.values import MIB
from musicvault.errors import Cancelled

BUNDLE_FILES = 32
BUNDLE_BYTES = 16 * MIB
_AHEAD = 2  # bundles that wait for each reader
_TICK_S = 0.1

Task = TypeVar("Task")
Found = TypeVar("Found")


class Reader(NamedTuple):
    """What a lane's work gets beside its task: call `checkpoint` between steps, `on_bytes` with the size of each."""

    checkpoint: Checkpoint
    on_bytes: Callable[[int], None]


@dataclass(slots=True)
class _Lane(Generic[Task]):
    feed: Iterator[tuple[Task, int]]
    bundles: queue.SimpleQueue[list[Task] | None]
    waiting: int = 0
    readers: int = 1
    dry: bool = False
    threads: list[threading.Thread] = field(default_factory=list)


class Lanes(Generic[Task, Found]):
    """Runs `work(task, reader)` for every task. Errors of `work` that aren't values come out of `results`.

    `checkpoint` is the job's: it is called on the job's thread only, and while it blocks (paused) the readers stop at
    their own next step.
    """

    def __init__(self, work: Callable[[Task, Reader], Found], checkpoint: Checkpoint) -> None:
        self._work = work
        self._checkpoint = checkpoint
        self._lanes: list[_Lane[Task]] = []
        self._found: queue.SimpleQueue[tuple[_Lane[Task], list[Found] | BaseException]] = queue.SimpleQueue()
        self._go = threading.Event()
        self._go.set()
        self._stop = False
        self._counters: list[list[int]] = []

    def add(self, feed: Iterator[tuple[Task, int]], readers: int) -> None:
        """Another lane: `feed` gives tasks with their size in bytes and is drawn from on the job's thread."""
        lane = _Lane(feed, queue.SimpleQueue(), readers=readers)
        for _ in range(readers):
            counter = [0]
            self._counters.append(counter)
            thread = threading.Thread(target=self._read, args=(lane, counter), name="reading lane", daemon=True)
            lane.threads.append(thread)
            thread.start()
        self._lanes.append(lane)

    @property
    def bytes(self) -> int:
        """Bytes that all lanes have read so far."""
        return sum(counter[0] for counter in self._counters)

    def results(self) -> Iterator[list[Found]]:
        """What was found, bundle by bundle; an empty list now and then, so that progress can be told. Ends when
        every feed is dry. Raises Cancelled."""
        while True:
            self._pause_or_stop()
            for lane in self._lanes:
                self._fill(lane)
            if not any(lane.waiting for lane in self._lanes):
                return
            try:
                lane, found = self._found.get(timeout=_TICK_S)
            except queue.Empty:
                yield []
                continue
            lane.waiting -= 1
            if isinstance(found, BaseException):
                raise found
            yield found

    def _pause_or_stop(self) -> None:
        self._go.clear()
        try:
            self._checkpoint()
        finally:
            self._go.set()

    def _fill(self, lane: _Lane[Task]) -> None:
        while not lane.dry and lane.waiting < lane.readers * _AHEAD:
            bundle: list[Task] = []
            size = 0
            while len(bundle) < BUNDLE_FILES and size < BUNDLE_BYTES:
                following = next(lane.feed, None)
                if following is None:
                    lane.dry = True
                    break
                bundle.append(following[0])
                size += following[1]
            if bundle:
                lane.waiting += 1
                lane.bundles.put(bundle)

    def close(self) -> None:
        """Stop the readers at their next step and wait for them. What they were at is lost, nothing else."""
        self._stop = True
        self._go.set()
        for lane in self._lanes:
            for _ in lane.threads:
                lane.bundles.put(None)
        for lane in self._lanes:
            for thread in lane.threads:
                thread.join()

    def _read(self, lane: _Lane[Task], counter: list[int]) -> None:
        def step() -> None:
            self._go.wait()
            if self._stop:
                raise Cancelled

        def count(size: int) -> None:
            counter[0] += size

        reader = Reader(step, count)
        with suppress(Cancelled):
            while (bundle := lane.bundles.get()) is not None:
                try:
                    step()
                    self._found.put((lane, [self._work(task, reader) for task in bundle]))
                except Cancelled:
                    raise
                except BaseException as error:  # it belongs to the job, not to this thread
                    self._found.put((lane, error))
