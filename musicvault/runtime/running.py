"""Running the service's jobs: what they say is passed on once, what they did is added up, what stops one is said and
doesn't stop the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import cast

from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.errors import CatalogDamaged, CatalogFull, CatalogNewer, Locked, NoSpace, VaultError, without_frames
from musicvault.runtime.said import Said

RETRY_S = 30.0
"""After so many seconds a round that met another process at work is tried again."""
TROUBLE_S = 600.0
"""And one that failed otherwise."""
FULL_S = 3600.0
"""And one for which a drive was too full: when room turns up there, it is tried at once."""
_CODES = (20, 22, 3)

Again = Callable[[float], None]


class Running:
    """`doing(job, subject)` is called as each job or stage begins. `error` is the first that stopped anything, `counts`
    what all jobs did; `problems` are those that stand, in words."""

    def __init__(self, doing: Callable[[str, str], None]) -> None:
        self.error: VaultError | None = None
        self.counts: Counter[str] = Counter()
        self._doing = doing
        self._codes: dict[str, int] = {}
        self._said = Said()
        self._problems: dict[str, VaultError] = {}
        self._told: set[str] = set()  # problems that the job itself has told

    @property
    def exit_code(self) -> int:
        return next((code for code in _CODES if code in self._codes.values()), 0)

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(str, self._problems.values())))

    def outcome(self, job: str) -> VaultError | None:
        """What stopped the last run of this job."""
        return self._problems.get(job)

    @property
    def alarm(self) -> str:
        """What stands in the way of everything until a person does something about it."""
        return next((str(error) for error in self._problems.values() if isinstance(error, CatalogFull)), "")

    def guarded(
        self, stage: str, work: Callable[[], Iterator[Notice]], again: Again = lambda _seconds: None
    ) -> Iterator[Notice]:
        """A stage of a round; another process at work is no trouble. `again` is told in how many seconds one that was
        stopped may be tried once more. Raises CatalogDamaged and CatalogNewer."""
        try:
            yield from work()
        except (CatalogDamaged, CatalogNewer):
            raise
        except Locked:
            again(RETRY_S)
        except VaultError as error:
            again(TROUBLE_S)
            yield from self._trouble(stage, "", error)
        else:
            self._problems.pop(stage, None)

    def run(
        self, job: str, where: str, notices: Job, again: Again = lambda _seconds: None
    ) -> Generator[Notice, None, bool]:
        """A whole job, and whether it came to its end; `again` as for `guarded`."""
        self._said.begin(job)
        self._told.clear()
        try:
            with closing(cast(Generator[Notice], notices)) as running:
                yield from self.gathered(job, running)
        except (CatalogDamaged, CatalogNewer):
            raise
        except VaultError as error:
            again(RETRY_S if isinstance(error, Locked) else FULL_S if isinstance(error, NoSpace) else TROUBLE_S)
            yield from self._trouble(job, where, error)
            return False
        self._said.end(job)
        self._problems.pop(job, None)
        return True

    def forget(self, job: str) -> None:
        """What this job says is new from here on, without an end to it."""
        self._said.begin(job)

    def gathered(self, job: str, notices: Iterator[Notice]) -> Iterator[Notice]:
        """The notices of one job, without what was said before, its `Finished` kept for the end."""
        for notice in notices:
            if isinstance(notice, Finished):
                self.counts.update({key: count for key, count in notice.counts.items() if key != "unsettled"})
                self._codes[job] = 0 if job == "prove" else notice.exit_code  # what it found is healed, or told of
            elif isinstance(notice, ItemDone):
                self._told |= {notice.problem, notice.reason}
                if self._said.is_new(job, notice):
                    yield notice
            else:
                if isinstance(notice, Started):
                    self._doing(notice.job, notice.subject)
                if isinstance(notice, Started | Advanced):
                    yield notice

    def note(self, where: str, text: str) -> Iterator[Notice]:
        """A remark about a place, once."""
        notice = ItemDone("noted", b"", where, reason=text)
        if self._said.is_new(f"note {where}", notice):
            yield notice

    def _trouble(self, job: str, where: str, error: VaultError) -> Iterator[Notice]:
        without_frames(error)
        self.error = self.error or error
        before, self._problems[job] = str(self._problems.get(job, "")), error
        if before != str(error) and str(error) not in self._told:
            yield ItemDone("failed", b"", where, problem=str(error))
