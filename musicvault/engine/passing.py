"""The passes of a scrub: what each place has to give, the proofs that were made, and where the next run goes on.

Proofs are written in small batches, so that a stop at any moment loses a second's work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from musicvault.catalog import passes
from musicvault.catalog.passes import Proven
from musicvault.domain.events import Event, EventType, Outcome
from musicvault.domain.verdict import Verdict
from musicvault.engine import places
from musicvault.engine.context import Context
from musicvault.engine.judging import Task
from musicvault.engine.observing import Reads
from musicvault.engine.places import Place

_PAGE = 500
_BATCH = 256
_BATCH_S = 1.0


class Pass:
    """One place's pass: when it began, and what it has found in this run."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.key = place.key
        self.began = 0.0
        self.resumed = False
        self.complete = False
        self.vanished = False
        self.needs_scan = False
        self.counts: Counter[str] = Counter()
        self.reads = Reads(place.volume, 0)


class Passes:
    """All passes of one scrub; `counts` are the scrub's own."""

    def __init__(self, ctx: Context, chosen: Sequence[Place], counts: Counter[str]) -> None:
        self.every = [Pass(place) for place in chosen]
        self.counts = counts
        self._ctx = ctx
        self._proven: list[tuple[Pass, Proven]] = []
        self._written_at = ctx.now()

    def begin(self) -> tuple[int, int]:
        """Begin each pass, or go on with one that was interrupted; gives how many files and bytes there are to read."""
        files = size = 0
        with self._ctx.catalog.transaction(self._ctx.now()) as transaction:
            for one in self.every:
                one.began, one.resumed = passes.begin(transaction, one.key)
        for one in self.every:
            count, amount = passes.total(self._ctx.catalog, one.key, one.began, self._ctx.now())
            files, size = files + count, size + amount
            one.reads = Reads(one.place.volume, amount, f"{one.key.key} {one.began}")
        return files, size

    def by_disk(self) -> list[tuple[list[Pass], int]]:
        """Passes that share a physical disk go one after the other. A disk without heads serves two readers."""
        of_place = {one.key: one for one in self.every}
        groups = places.by_device(one.place for one in self.every)
        return [([of_place[place.key] for place in group], _readers(group)) for group in groups]

    def feed(self, group: Sequence[Pass]) -> Iterator[tuple[Task, int]]:
        """What the passes of one disk have to read, the oldest proof first."""
        for one in group:
            number = self.every.index(one)
            wanted = passes.due(self._ctx.catalog, one.key, one.began, self._ctx.now())
            for start in range(0, len(wanted), _PAGE):
                if one.vanished:
                    break
                for due in passes.load(self._ctx.catalog, wanted[start : start + _PAGE]):
                    yield Task(number, due, one.place.path(due.path)), due.stat.size

    def checked(self, one: Pass, verdict: Verdict) -> None:
        """A copy was judged."""
        for counts in (self.counts, one.counts):
            counts["checked"] += 1
            counts[verdict.value] += 1

    def prove(self, one: Pass, proven: Proven) -> None:
        """A copy was proven; `write_proofs` puts it down."""
        self._proven.append((one, proven))

    def write_proofs(self, *, now: bool = False) -> None:
        """Put down what was proven, when it is time or (`now`) at once."""
        late = self._ctx.now() - self._written_at >= _BATCH_S
        if not self._proven or not (now or late or len(self._proven) >= _BATCH):
            return
        batch, self._proven = self._proven, []
        with self._ctx.catalog.transaction(self._ctx.now()) as transaction:
            passes.prove(transaction, (proven for _, proven in batch))
            for one in {id(one): one for one, _ in batch}.values():
                passes.advance(transaction, one.key, one.began)
        self._written_at = self._ctx.now()

    def finish(self) -> None:
        """The scrub ends, whole or not: what each pass came to."""
        self.write_proofs(now=True)
        with self._ctx.catalog.transaction(self._ctx.now()) as transaction:
            for one in self.every:
                if one.complete:
                    passes.finish(transaction, one.key)
                if one.complete or one.counts["checked"]:
                    transaction.event(_event(one))
                if not one.vanished:
                    corrupt = one.counts[Verdict.CORRUPT.value] if one.place.on_drive else 0
                    one.reads.record(transaction, complete=one.complete, corrupt=corrupt)


def _readers(group: Sequence[Place]) -> int:
    return 1 if group[0].volume.rotational else 2


def _event(one: Pass) -> Event:
    damaged = (
        one.counts["damaged_lists"]
        or one.counts["parity_damaged"]
        or any(one.counts[verdict.value] for verdict in Verdict if verdict.is_damage or verdict is Verdict.MISSING)
    )
    return Event(
        EventType.FIXITY_CHECK,
        Outcome.FAIL if damaged else Outcome.SUCCESS if one.complete else Outcome.WARNING,
        library_id=one.key.library_id,
        vault_id=one.key.vault_id,
        detail={"complete": one.complete, "resumed": one.resumed, **one.counts},
    )
