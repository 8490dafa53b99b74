"""Saying things once: what a job of the service said is said again only after it was otherwise in between."""

from __future__ import annotations

from collections.abc import Iterator

from musicvault.domain.notices import ItemDone

_MOST = 200_000
"""So many things are kept in mind of one job and place; beyond that they are said again."""


class Said:
    """What was said in the last run of each job, as numbers."""

    def __init__(self) -> None:
        self._before: dict[str, set[int]] = {}
        self._now: dict[str, set[int]] = {}

    def begin(self, job: str) -> None:
        """A run of this job begins."""
        self._now[job] = set()

    def end(self, job: str) -> None:
        """It came to its end: what it didn't say any more is forgotten."""
        self._before[job] = self._now.pop(job, set())

    def is_new(self, job: str, notice: ItemDone) -> bool:
        """Whether it is worth saying: deeds always are; what stands or fails, once."""
        if notice.action not in ("finding", "failed", "noted"):
            return True
        return self.is_new_text(job, *_words(notice))

    def is_new_text(self, job: str, *words: object) -> bool:
        """The same for any words."""
        number = hash(words)
        now = self._now.setdefault(job, set())
        new = number not in now and number not in self._before.get(job, ())
        if len(now) < _MOST:
            now.add(number)
        return new


def _words(notice: ItemDone) -> Iterator[object]:
    yield notice.action
    yield notice.path
    yield notice.where
    yield notice.reason
    yield notice.problem
    if notice.finding is not None:
        yield notice.finding.verdict.value
        yield from (fact.code for fact in notice.finding.evidence)
        yield notice.finding.bad_blocks
