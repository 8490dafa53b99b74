"""What reading a replica showed, read again where it isn't what it should be, and judged.

One read may be wrong (memory, a cable), so nothing is called damaged on one read alone: a mismatch is read again at
once past the cache, and where the two differ a third read decides. What no two reads agree on is unreadable.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, TypeVar

from musicvault.catalog import contents, findings, replicas
from musicvault.catalog.contents import Content
from musicvault.catalog.database import Catalog, Transaction
from musicvault.catalog.items import Item
from musicvault.catalog.passes import Due
from musicvault.catalog.replicas import Replica
from musicvault.domain.notices import Checkpoint
from musicvault.domain.proof import Grade
from musicvault.domain.sensible import wrapper_change
from musicvault.domain.states import transition
from musicvault.domain.times import Traits
from musicvault.domain.values import Digests, Examination, Stat
from musicvault.domain.verdict import (
    Evidence,
    Expectation,
    Finding,
    Observation,
    Verdict,
    bad_blocks,
    judge_library,
    judge_vault,
)
from musicvault.engine.examine import examine
from musicvault.engine.lanes import Reader
from musicvault.engine.recording import finding_event
from musicvault.errors import ItemError, UnstableError
from musicvault.storage.placement import place_of
from musicvault.storage.reading import Reading, read_file

TELLS_OF_SPEED = 256 << 10
"""Bytes; below it a read is mostly seeking and opening."""


class Task(NamedTuple):
    """A replica to be looked at; `path` is absolute, `place` the caller's own number of the place that holds it."""

    place: int
    due: Due
    path: bytes


class Look(NamedTuple):
    """What the first read gave: a reading, or why there is none. `seconds` it took, and `physical`, the byte of the
    device where the file begins, where that is known and the file large enough to tell of speed."""

    place: int
    due: Due
    path: bytes
    reading: Reading | None
    failure: ItemError | None
    seconds: float = 0.0
    physical: int | None = None

    @property
    def matches(self) -> bool:
        return self.reading is not None and self.reading.digests.blake3 == self.due.blake3

    @property
    def gone(self) -> bool:
        return self.failure is not None and is_gone(self.failure)


def is_gone(error: ItemError) -> bool:
    """Whether the name is no longer there: another thing than not being readable (M2)."""
    return isinstance(error.__cause__, FileNotFoundError | NotADirectoryError)


def look(task: Task, reader: Reader) -> Look:
    """Read one replica from its medium. Errors are part of the answer."""
    large = task.due.stat.size >= TELLS_OF_SPEED
    physical = place_of(task.path) if large else None
    began = time.perf_counter()
    try:
        reading = read_file(
            task.path,
            digests=False,
            blocks=False,
            from_device=True,
            checkpoint=reader.checkpoint,
            on_bytes=reader.on_bytes,
        )
    except ItemError as error:
        return Look(*task, None, error)
    return Look(*task, reading, None, time.perf_counter() - began if large else 0.0, physical)


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on one replica, and what it was reached by. `examination` only for a library's file that could
    be read, and for a drive's copy that is another computer's; `stat` None where nothing was read; `grade` None where
    the read proves nothing."""

    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    bad_blocks: tuple[int, ...] = ()
    stat: Stat | None = None
    grade: Grade | None = None
    examination: Examination | None = None

    def finding(self, item: Item, where: str, *, on_drive: bool, known: bool = False) -> Finding:
        return Finding(item.path, where, self.verdict, self.evidence, self.bad_blocks, on_drive, known=known)


class _Seen(Protocol):
    @property
    def blake3(self) -> bytes: ...


_S = TypeVar("_S", bound=_Seen)


def agreed(first: bytes | None, read: Callable[[], _S], *, thorough: bool) -> _S | None:
    """Read again until two reads agree, at most twice; None where they don't. `first` is the digest that the first read
    gave, None where it failed; `thorough` always takes both reads. Errors of `read` pass through."""
    seen = set() if first is None else {first}
    for last in (False, True):
        found = read()
        if found.blake3 in seen and (last or not thorough):
            return found
        seen.add(found.blake3)
    return None


class _Read(NamedTuple):
    blake3: bytes
    reading: Reading


class _Examined(NamedTuple):
    blake3: bytes
    examination: Examination
    grade: Grade | None


def judge_on_drive(
    look: Look,
    expected: Digests,
    vault_says: Callable[[], bytes | None],
    checkpoint: Checkpoint,
    name: bytes = b"",
) -> Judged:
    """The verdict on a vault's replica that the first look didn't find right. `vault_says` gives the SHA-256 of
    the vault's own newest statement about its path; `name` is what the item is called in its library."""

    def read() -> _Read:
        reading = read_file(look.path, from_device=True, checkpoint=checkpoint)
        return _Read(reading.digests.blake3, reading)

    try:
        found = agreed(_digest(look), read, thorough=False)
    except ItemError as error:
        return _unread(error, on_drive=True)
    if found is None:
        return _disagreeing()
    seen, grade = found.reading.digests, found.reading.grade
    verdict, evidence = judge_vault(expected, seen, confirmed=grade is not None, vault_says=vault_says())
    if verdict is Verdict.INTACT:
        return Judged(verdict, stat=found.reading.stat, grade=grade)
    if verdict is Verdict.FOREIGN:
        return Judged(verdict, evidence, (), found.reading.stat, grade, inside(look.path, name, seen, checkpoint))
    confirmed = (Evidence("confirmed"),) if grade is not None else ()
    return Judged(verdict, (*evidence, *confirmed), bad_blocks(expected, seen), found.reading.stat, grade)


def inside(path: bytes, name: bytes, read: Digests, checkpoint: Checkpoint) -> Examination | None:
    """What is inside a copy that another computer wrote, so that it can be compared and taken over; None where it can't
    be read now, or is no longer what was judged."""
    try:
        seen = examine(path, name=name, checkpoint=checkpoint).examination
    except ItemError:
        return None
    return seen if seen.digests.blake3 == read.blake3 else None


def judge_in_library(look: Look, expected: Expectation, traits: Traits, checkpoint: Checkpoint) -> Judged:
    """The verdict on a library's file that the first look didn't find right."""

    def read() -> _Examined:
        found = examine(look.path, from_device=True, checkpoint=checkpoint)
        return _Examined(found.examination.digests.blake3, found.examination, found.grade)

    try:
        found = agreed(_digest(look), read, thorough=expected.provisional)
    except ItemError as error:
        return _unread(error, on_drive=False)
    if found is None:
        return _disagreeing()
    seen = found.examination
    observation = Observation(seen.stat, seen.digests, seen.essence, seen.wrapper)
    verdict, evidence = judge_library(expected, observation, traits)
    if verdict is Verdict.INTACT:
        return Judged(verdict, stat=seen.stat, grade=found.grade)
    confirmed = (Evidence("confirmed"),) if verdict is Verdict.CORRUPT and found.grade is not None else ()
    bad = bad_blocks(expected.digests, seen.digests) if verdict is Verdict.CORRUPT else ()
    return Judged(verdict, (*evidence, *confirmed), bad, seen.stat, found.grade, seen)


def _digest(look: Look) -> bytes | None:
    return None if look.reading is None else look.reading.digests.blake3


def _disagreeing() -> Judged:
    return Judged(Verdict.UNREADABLE, (Evidence("reads-disagree"),))


def _unread(error: ItemError, *, on_drive: bool) -> Judged:
    if is_gone(error):
        return Judged(Verdict.MISSING, (Evidence("not-on-drive" if on_drive else "gone"),))
    if isinstance(error, UnstableError):
        return Judged(Verdict.UNSTABLE, (Evidence("changed-while-read"),))
    return Judged(Verdict.UNREADABLE, (read_error(error.cause, error.offset),))


def read_error(cause: str, offset: int | None) -> Evidence:
    """Why something could not be read, and at which byte where that is known."""
    if offset is None:
        return Evidence("read-error", {"cause": cause})
    return Evidence("read-error-at", {"cause": cause, "offset": offset})


def expectation(catalog: Catalog, item: Item, content: Content, stat: Stat) -> Expectation:
    """What a library's file should be, which holds this content and was last seen so."""
    wrapper = contents.wrapper(catalog, content.id)
    return Expectation(
        item.kind, content.digests, content.essence, wrapper, stat, item.born_damaged, content.provisional
    )


def record_on_drive(
    transaction: Transaction, catalog: Catalog, replica: Replica, item: Item, where: str, judged: Judged
) -> Finding:
    """Write a verdict other than INTACT on a vault's replica: state, finding and event. What is known already is only
    told again."""
    stored = findings.of(catalog, replica.id)
    state = transition(replica.state, judged.verdict)
    observed = None if judged.examination is None else contents.add(transaction, item.id, judged.examination)
    known = stored is not None and stored.verdict is judged.verdict and stored.bad_blocks == judged.bad_blocks
    known = known and stored is not None and stored.observed_id == observed
    if judged.examination is not None:
        judged = replace(judged, evidence=(*judged.evidence, *_beside(catalog, item, judged.examination)))
    finding = judged.finding(item, where, on_drive=True, known=known)
    if judged.verdict is Verdict.UNSTABLE or (known and state is replica.state):
        return finding
    replicas.set_state(transaction, replica, state)
    findings.keep(transaction, replica.id, finding, observed)
    transaction.event(finding_event(item, finding, replica.vault_id))
    return finding


def _beside(catalog: Catalog, item: Item, seen: Examination) -> tuple[Evidence, ...]:
    """How a copy that another computer wrote stands to the item's current content."""
    now = item.content
    if seen.digests.blake3 == now.digests.blake3:
        return (Evidence("is-current"),)
    facts = []
    versions = contents.versions(catalog, item.id)
    if any(one.digests.blake3 == seen.digests.blake3 and one.superseded_at for one in versions):
        facts.append(Evidence("is-older"))
    if seen.essence is not None and now.essence is not None:
        facts.append(Evidence("essence-same" if seen.essence == now.essence else "essence-differs"))
    change = wrapper_change(contents.wrapper(catalog, now.id), seen.wrapper)
    if change.fields:
        facts.append(Evidence("fields-changed", {"fields": ", ".join(change.fields[:8])}))
    if change.pictures:
        facts.append(Evidence("pictures-changed"))
    return tuple(facts)
