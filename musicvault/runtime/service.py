"""The background service: what it does in one round. It never sleeps between rounds; `runtime.watch` does.

A round looks around (libraries and drives that came back), scans and copies what changed, heals what is damaged, proves
what is owed, tells what needs a person, and hands over the report. Both clocks are parameters, so that a year can be
lived through in a minute. Nothing that goes wrong in one place ends the service: it is said once and tried again.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from typing import cast

from musicvault.catalog import libraries, vaults
from musicvault.catalog.libraries import Library
from musicvault.domain.clocks import Doubt
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started, never_stops
from musicvault.domain.regions import WHOLE, Region
from musicvault.engine import drives, matters
from musicvault.engine.context import Context
from musicvault.engine.fingerprints import fingerprint
from musicvault.engine.folding import fold
from musicvault.engine.library import online
from musicvault.engine.looking import SETTLED, Unsettled
from musicvault.engine.repair import repair
from musicvault.engine.scan import scan
from musicvault.engine.sync import sync
from musicvault.errors import CatalogDamaged, CatalogNewer, Locked, VaultError
from musicvault.language import tr
from musicvault.runtime import state
from musicvault.runtime.agenda import Agenda
from musicvault.runtime.caring import Caring
from musicvault.runtime.informing import Informing, Report
from musicvault.runtime.plans import Plans
from musicvault.runtime.proving import Machine, Proving
from musicvault.runtime.said import Said
from musicvault.runtime.state import State
from musicvault.storage import answering, mounts

LOOK_S = 15.0
"""How often it is asked whether a drive was plugged in, or a library added."""
LOOK_CLOSELY_S = 300.0
"""And how often closely, although nothing was mounted or unmounted."""
RETRY_S = 30.0
"""After so many seconds a round that met another process at work is tried again."""
TROUBLE_S = 600.0
"""And one that failed otherwise (a full disk)."""
UNSETTLED_S = 10.0
"""What was left alone because it was still being written is looked at again."""
TRUTH_S = 6 * 3600.0
"""A library that wasn't scanned for so long is, whatever was heard of it."""
FRESH_S = 600.0
"""A periodic look is left out where a scan was so short ago."""
_CODES = (20, 22, 3)


ONCE_S = 30.0
"""How long a single round waits for what the disks say of themselves."""
LISTS_S = 900.0
"""The drives' lists follow single changes at most so often (design: a retag costs one file and one line)."""


class Service:
    """One service on one catalog. `round` does what is due; `hint` tells it of a change.

    `ctx.now` is the clock that is believed (seconds since the epoch); `steady` counts seconds through sleep and never
    jumps.
    `unsettled` says what of a library is still being written. `report` makes the report's subject and text.
    """

    def __init__(
        self,
        ctx: Context,
        plans: Plans,
        *,
        machine: Machine | None = None,
        steady: Callable[[], float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        unsettled: Callable[[Library], Unsettled] = lambda _library: SETTLED,
        interrupted: Callable[[], bool] = lambda: False,
        show: Callable[[str, str], bool] | None = None,
        report: Report | None = None,
    ) -> None:
        self.plans = plans
        self.error: VaultError | None = None
        self.ctx = ctx
        self._steady = steady or ctx.now
        self._unsettled = unsettled
        self._doubt = Doubt.NONE
        self._look_at: float | None = None
        self._counts: Counter[str] = Counter()
        self._codes: dict[str, int] = {}
        self._said = Said()
        self._agenda = Agenda()
        self._folded_at: float | None = None
        self._unfolded = False
        self._drives_due_at: float | None = None
        self._libraries_there: frozenset[int] = frozenset()
        self._drives_there: frozenset[str] = frozenset()
        self._healed: tuple[object, ...] = ()
        self._may_heal = True
        self._seen: tuple[object, ...] = ()
        self._seen_at = 0.0
        self._problems: dict[str, str] = {}
        self._told: set[str] = set()  # problems that the job itself has told
        self.state = State(since=ctx.now())
        self.proving = Proving(self.ctx, machine or Machine(), self._steady, sleep, interrupted)
        self.informing = Informing(self.ctx, show, report)
        self.caring = Caring(self.ctx, self.proving.machine.ask)

    # -- what is due

    def hint(self, library_id: int, region: Region = WHOLE, *, periodic: bool = False) -> None:
        """Something may have changed in this region of a library."""
        library = libraries.by_id(self.ctx.catalog, library_id)
        if library is None or (periodic and _age(library, self.ctx.now()) < FRESH_S):
            return
        self._agenda.add(library_id, self._steady(), region)

    def look_soon(self) -> None:
        """A drive may have come or gone: look around with the next round."""
        self._look_at = None

    @property
    def is_due(self) -> bool:
        """Whether scanning or copying waits to be done."""
        steady = self._steady()
        drives_due = self._drives_due_at is not None and self._drives_due_at <= steady
        return drives_due or self._agenda.is_due(steady)

    @property
    def exit_code(self) -> int:
        return next((code for code in _CODES if code in self._codes.values()), 0)

    def finished(self) -> Finished:
        """What all rounds together did."""
        return Finished("watch", dict(self._counts), self.exit_code)

    # -- one round

    def round(self) -> Iterator[Notice]:
        """Do what is due now, and yield what it says (no `Finished`). Raises Cancelled through `ctx.checkpoint`, and
        CatalogDamaged or CatalogNewer; other trouble is said and tried again later."""
        self._keep_time()
        if self._look_at is None or not self._look_at - LOOK_S <= self._steady() < self._look_at:
            self._look_at = self._steady() + LOOK_S
            yield from self._guarded("", self._look_around)
        if self.is_due:
            due = self._agenda.take(self._steady())
            self._drives_due_at = None
            yield from self._guarded("protect", lambda: self.protect(due))
        yield from self._settle()

    def round_of_all(self) -> Iterator[Notice]:
        """One round over everything that is connected, due or not."""
        self._keep_time()
        yield from self.protect({library.id: WHOLE for library in libraries.every(self.ctx.catalog)})
        self.caring.round()
        self.caring.wait(ONCE_S)
        yield from self._settle()

    def _keep_time(self) -> None:
        before, self._doubt = self._doubt, self.ctx.keep_time()
        if self._doubt is not before:
            self.informing.soon()

    def _settle(self) -> Iterator[Notice]:
        yield from self._guarded("health", self._care)
        yield from self._guarded("heal", self._heal)
        yield from self._guarded("prove", self._prove)
        yield from self._guarded("heal", self._heal)
        for library_id in self.proving.needs_scan:
            self._agenda.add(library_id, self._steady())
        self.proving.needs_scan.clear()
        yield from self._guarded("fold", self._fold)
        yield from self._guarded("inform", self._inform)
        self._write_state()

    def protect(self, due: Mapping[int, Region]) -> Iterator[Notice]:
        """Scan these regions of libraries where they are there, then bring the drives that are there up to date."""
        found = [library for library in libraries.every(self.ctx.catalog) if library.id in due]
        here = [library for library in found if online(self.ctx, library)]
        for library in found:
            if library not in here:
                yield from self._note(library.name, tr("not connected: left out of this round"))
        for library in here:
            yield from self._scan(library, due[library.id])
        # A place that this round missed counts as new when it is there again, however short it was away.
        self._libraries_there -= {library.id for library in found if library not in here}
        self._drives_there = reachable = self._drives_here()
        if reachable:
            yield from self._sync(reachable)
        if self.plans.fingerprints and here:
            yield from self._run("fingerprint", "", fingerprint(self.ctx, [library.id for library in here]))
        self._may_heal = True
        self.proving.soon()
        self.informing.soon()

    def _scan(self, library: Library, region: Region) -> Iterator[Notice]:
        left: dict[int, Region] = {}
        unsettled = {library.id: self._unsettled(library)}
        job = scan(self.ctx, [library.id], unsettled=unsettled, regions={library.id: region}, left=left)
        yield from self._run(f"scan {library.id}", library.name, job, self._again(library, region))
        for again in left.values():
            wait = 0.0 if again.is_whole else UNSETTLED_S
            self._agenda.add(library.id, self._steady() + wait, again)

    def _again(self, library: Library, region: Region) -> Callable[[float], None]:
        def again(seconds: float) -> None:
            self._agenda.add(library.id, self._steady() + seconds, region)

        return again

    def _sync(self, reachable: Collection[str]) -> Iterator[Notice]:
        steady = self._steady()
        lazily = self._folded_at is not None and 0 <= steady - self._folded_at < LISTS_S
        if lazily:
            self._unfolded = True
        else:
            self._folded_at, self._unfolded = steady, False
        yield from self._run("sync", "", sync(self.ctx, sorted(reachable), lazily=lazily), self._drives_again)

    def _fold(self) -> Iterator[Notice]:
        """Let the drives' lists follow what was done lazily, when it is time."""
        steady = self._steady()
        if self._unfolded and self._folded_at is not None and not 0 <= steady - self._folded_at < LISTS_S:
            self._folded_at = steady
            self._unfolded = not fold(self.ctx, self._drives_there)
        yield from ()

    def end(self) -> None:
        """Leave the drives as other tools want them; to be called once no round follows."""
        if self._unfolded:
            with suppress(VaultError):
                fold(self.ctx.with_checkpoint(never_stops), self._drives_there)

    def _drives_again(self, seconds: float) -> None:
        self._drives_due_at = self._steady() + seconds

    # -- looking around

    def _look_around(self) -> Iterator[Notice]:
        """Notice places that came back, and libraries that nobody looked at for long."""
        steady, now = self._steady(), self.ctx.now()
        known = libraries.every(self.ctx.catalog)
        scene = self._scene(known)
        if scene == self._seen and self._seen_at <= steady < self._seen_at + LOOK_CLOSELY_S:
            return
        self._seen, self._seen_at = scene, steady
        here = frozenset(library.id for library in known if online(self.ctx, library))
        for library in known:
            new = library.id not in self._libraries_there
            if library.id in here and (new or _age(library, now) >= TRUTH_S):
                self._agenda.add(library.id, steady)
        if here != self._libraries_there:
            self.caring.soon()
        self._libraries_there = here
        drives_here = self._drives_here(record=True)
        if drives_here != self._drives_there:
            self.proving.soon()
            self.informing.soon()
            self.caring.soon()
        if drives_here - self._drives_there:
            self._drives_due_at = steady
        self._drives_there = drives_here
        yield from ()

    def _scene(self, known: Sequence[Library]) -> tuple[object, ...]:
        """What tells cheaply whether a drive or a library came or went: asking each of them closely costs much more."""
        folders = [library.root for library in known] + [vault.folder for vault in vaults.every(self.ctx.catalog)]
        there = tuple((folder, answering.within_reach(folder) and os.path.isdir(folder)) for folder in folders)
        return tuple(mounts.table()), there

    def _drives_here(self, *, record: bool = False) -> frozenset[str]:
        found = drives.locate(self.ctx, record=record)
        return frozenset(presence.vault.id for presence in found if presence.writable)

    def _heal(self) -> Iterator[Notice]:
        """Repair what is damaged, once for each new state of things."""
        if not self.plans.repair or not (self._may_heal or self.proving.found_damage):
            return
        self._may_heal = False
        standing = matters.standing_damage(self.ctx)
        damaged_lists, self.proving.found_damage = self.proving.found_damage, False
        now = (standing, self._drives_there, self._libraries_there)
        if (not standing or now == self._healed) and not damaged_lists:
            return
        yield from self._run("repair", "", repair(self.ctx))
        self._healed = (matters.standing_damage(self.ctx), self._drives_there, self._libraries_there)
        if self._healed[0] < standing:
            self._drives_due_at = self._steady()  # what is good again can be copied
        self.proving.soon()  # copies that were no help are looked at
        self.informing.soon()

    def _care(self) -> Iterator[Notice]:
        """Ask the disks. What lies on one that fails counts no more, so others may need another copy."""
        if self.caring.round():
            self._drives_due_at = self._steady()
            self._may_heal = True
            self.proving.soon()
            self.informing.soon()
        yield from ()

    def _prove(self) -> Iterator[Notice]:
        self._said.begin("prove")
        yield from self._gathered("prove", self.proving.round(self.plans))

    def _inform(self) -> Iterator[Notice]:
        yield from self.informing.round(self.plans)

    # -- running jobs

    def _guarded(self, stage: str, work: Callable[[], Iterator[Notice]]) -> Iterator[Notice]:
        """A stage of a round; what stops it is said once and doesn't stop the others."""
        try:
            yield from work()
        except (CatalogDamaged, CatalogNewer):
            raise
        except Locked:
            return  # another process is at it
        except VaultError as error:
            yield from self._trouble(stage, "", error)
        else:
            self._problems.pop(stage, None)

    def _run(
        self, job: str, where: str, notices: Job, again: Callable[[float], None] = lambda _seconds: None
    ) -> Iterator[Notice]:
        self._said.begin(job)
        self._told.clear()
        try:
            with closing(cast(Generator[Notice], notices)) as running:
                yield from self._gathered(job, running)
        except (CatalogDamaged, CatalogNewer):
            raise
        except VaultError as error:
            again(RETRY_S if isinstance(error, Locked) else TROUBLE_S)
            yield from self._trouble(job, where, error)
        else:
            self._said.end(job)
            self._problems.pop(job, None)

    def _gathered(self, job: str, notices: Iterator[Notice]) -> Iterator[Notice]:
        """The notices of one job, without what was said before, its `Finished` kept for the end."""
        for notice in notices:
            if isinstance(notice, Finished):
                self._counts.update(_amounts(notice.counts))
                self._codes[job] = 0 if job == "prove" else notice.exit_code  # what it found is healed, or told of
            elif isinstance(notice, ItemDone):
                self._told.add(notice.problem)
                if self._said.is_new(job, notice):
                    yield notice
            else:
                if isinstance(notice, Started):
                    self._doing(notice.job, notice.subject)
                if isinstance(notice, Started | Advanced):
                    yield notice

    def _trouble(self, job: str, where: str, error: VaultError) -> Iterator[Notice]:
        self.error = self.error or error
        if self._problems.get(job) != str(error):
            self._problems[job] = str(error)
            if str(error) not in self._told:
                yield ItemDone("failed", b"", where, problem=str(error))

    def _note(self, where: str, text: str) -> Iterator[Notice]:
        notice = ItemDone("noted", b"", where, reason=text)
        if self._said.is_new(f"note {where}", notice):
            yield notice

    # -- the state that others see

    def _doing(self, job: str, subject: str) -> None:
        if (job, subject) != (self.state.doing, self.state.subject):
            self._write_state(job, subject)

    def _write_state(self, doing: str = "", subject: str = "") -> None:
        now = replace(
            self.state,
            pid=os.getpid(),
            doing=doing,
            subject=subject,
            waits=self.proving.waits,
            next_at=round(self.proving.next_at),
            rates=self.proving.rates,
            matters=self.informing.texts,
            problems=tuple(filter(None, (*self._problems.values(), self.informing.problem))),
            report_at=self.informing.report_at,
        )
        if now != self.state:
            self.state = replace(now, at=self.ctx.now())
            state.write(self.ctx.catalog.path, self.state)


def _age(library: Library, now: float) -> float:
    """Seconds since the last scan; a scan of the future (a clock that was wrong) is none."""
    scanned = library.scanned_at
    return now - scanned if scanned is not None and scanned <= now else float("inf")


def _amounts(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts that may be added up over rounds."""
    return {key: count for key, count in counts.items() if key != "unsettled"}
