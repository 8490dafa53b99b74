"""The background service: what it does in one round. It never sleeps between rounds; `runtime.watch` does.

A round looks around (libraries and drives that came back), scans and copies what changed, heals what is damaged, proves
what is owed, tells what needs a person, and hands over the report. Both clocks are parameters, so that a year can be
lived through in a minute. Nothing that goes wrong in one place ends the service: it is said once and tried again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from musicvault.catalog import libraries, vaults
from musicvault.catalog.libraries import Library
from musicvault.domain.clocks import Doubt
from musicvault.domain.notices import Finished, Notice
from musicvault.domain.regions import WHOLE, Region
from musicvault.engine import locating
from musicvault.engine.context import Context
from musicvault.engine.fingerprints import fingerprint
from musicvault.engine.library import online
from musicvault.engine.looking import SETTLED, Unsettled
from musicvault.engine.scan import scan
from musicvault.engine.sync import sync
from musicvault.errors import VaultError
from musicvault.language import tr
from musicvault.runtime import state
from musicvault.runtime.agenda import Agenda
from musicvault.runtime.caring import Caring
from musicvault.runtime.cramped import Cramped
from musicvault.runtime.folding import Folding
from musicvault.runtime.healing import Healing
from musicvault.runtime.informing import Informing, Report
from musicvault.runtime.plans import Plans
from musicvault.runtime.proving import Machine, Proving
from musicvault.runtime.running import Again, Running
from musicvault.runtime.state import State
from musicvault.storage import answering, mounts
from musicvault.storage.watching import TRUTH_S

LOOK_S = 15.0
"""How often it is asked whether a drive was plugged in, or a library added."""
LOOK_CLOSELY_S = 300.0
"""And how often closely, although nothing was mounted or unmounted."""
UNSETTLED_S = 10.0
"""What was left alone because it was still being written is looked at again, and later each time that it still is."""
LONGEST_UNSETTLED_S = 640.0
FRESH_S = 600.0
"""A periodic look is left out where a scan was so short ago."""
ONCE_S = 30.0
"""How long a single round waits for what the disks say of themselves."""


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
        sleep: Callable[[float], object] = time.sleep,
        unsettled: Callable[[Library], Unsettled] = lambda _library: SETTLED,
        interrupted: Callable[[], bool] = lambda: False,
        show: Callable[[str, str], bool] | None = None,
        report: Report | None = None,
    ) -> None:
        self.plans = plans
        self.ctx = ctx
        self._steady = steady or ctx.now
        self._unsettled = unsettled
        self._doubt = Doubt.NONE
        self._look_at: float | None = None
        self._running = Running(self._doing)
        self._agenda = Agenda()
        self._folding = Folding(ctx, self._steady)
        self._cramped = Cramped(ctx)
        self._healing = Healing(ctx, self._running, self._steady)
        self._left: dict[int, tuple[Region, float]] = {}
        self._drives_due_at: float | None = None
        self._libraries_there: frozenset[int] = frozenset()
        self._drives_there: frozenset[str] = frozenset()
        self._seen: tuple[object, ...] = ()
        self._seen_at = 0.0
        self.state = State(since=ctx.now())
        self.limits: Callable[[], tuple[str, ...]] = tuple
        """What is in the way of hearing of changes."""
        self.has_new_plans = False
        """Whether `plans` are newer than what is being proven."""
        self._shows_state = True
        self.proving = Proving(self.ctx, machine or Machine(), self._steady, sleep, interrupted)
        self.informing = Informing(self.ctx, show, report)
        self.caring = Caring(self.ctx, self.proving.machine.ask)

    def begin(self) -> None:
        """Show that it runs, before the first round is through."""
        self._write_state()

    def follow(self, plans: Plans) -> None:
        """Go by these plans from now on."""
        self.plans, self.has_new_plans = plans, True
        self.proving.soon()

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
        return self._running.exit_code

    @property
    def error(self) -> VaultError | None:
        """The first that stopped anything."""
        return self._running.error

    def finished(self) -> Finished:
        """What all rounds together did."""
        return Finished("watch", dict(self._running.counts), self.exit_code)

    # -- one round

    def round(self) -> Iterator[Notice]:
        """Do what is due now, and yield what it says (no `Finished`). Raises Cancelled through `ctx.checkpoint`, and
        CatalogDamaged or CatalogNewer; other trouble is said and tried again later."""
        self._keep_time()
        if self._look_at is None or not self._look_at - LOOK_S <= self._steady() < self._look_at:
            self._look_at = self._steady() + LOOK_S
            yield from self._running.guarded("", self._look_around, self._look_again)
        if self.is_due:
            due = self._agenda.take(self._steady())
            self._drives_due_at = None
            yield from self._running.guarded("protect", lambda: self.protect(due), self._again(due))
        yield from self._settle()

    def round_of_all(self) -> Iterator[Notice]:
        """One round over everything that is connected, due or not. It may be beside a service, whose state it leaves
        alone."""
        self._shows_state = False
        self._keep_time()
        yield from self.protect({library.id: WHOLE for library in libraries.every(self.ctx.catalog)})
        self.caring.round()
        self.caring.wait(ONCE_S)
        yield from self._settle()
        if self.informing.wait(ONCE_S):  # the end of the process would cut it off, and nobody would know of it
            yield from self._running.guarded("inform", self._inform)

    def _keep_time(self) -> None:
        before, self._doubt = self._doubt, self.ctx.keep_time()
        if self._doubt is not before:
            self.informing.soon()

    def _settle(self) -> Iterator[Notice]:
        yield from self._running.guarded("health", self._care)
        yield from self._running.guarded("heal", self._heal, self._healing.again)
        yield from self._running.guarded("prove", self._prove)
        yield from self._running.guarded("heal", self._heal, self._healing.again)
        for library_id in self.proving.needs_scan:
            self._agenda.add(library_id, self._steady())
        self.proving.needs_scan.clear()
        yield from self._running.guarded("fold", self._fold)
        self.informing.alarm(self.plans, self._running.alarm)
        yield from self._running.guarded("inform", self._inform)
        self._write_state()

    def protect(self, due: Mapping[int, Region]) -> Iterator[Notice]:
        """Scan these regions of libraries where they are there, then bring the drives that are there up to date."""
        found = [library for library in libraries.every(self.ctx.catalog) if library.id in due]
        here = [library for library in found if online(self.ctx, library)]
        for library in found:
            if library not in here:
                yield from self._running.note(library.name, tr("not connected: left out of this round"))
        for library in here:
            yield from self._scan(library, due[library.id])
        # A place that this round missed counts as new when it is there again, however short it was away.
        self._libraries_there -= {library.id for library in found if library not in here}
        self._drives_there = reachable = self._drives_here()
        if reachable:
            yield from self._sync(reachable)
        if self.plans.fingerprints and here:
            yield from self._running.run("fingerprint", "", fingerprint(self.ctx, [library.id for library in here]))
        self._healing.soon()
        self.proving.soon()
        self.informing.soon()

    def _scan(self, library: Library, region: Region) -> Iterator[Notice]:
        left: dict[int, Region] = {}
        unsettled = {library.id: self._unsettled(library)}
        job = scan(self.ctx, [library.id], unsettled=unsettled, regions={library.id: region}, left=left)
        yield from self._running.run(f"scan {library.id}", library.name, job, self._again({library.id: region}))
        before, waited = self._left.pop(library.id, (None, 0.0))
        for again in left.values():
            wait = min(2 * waited, LONGEST_UNSETTLED_S) if again == before else UNSETTLED_S
            self._left[library.id] = again, wait
            self._agenda.add(library.id, self._steady() + (0.0 if again.is_whole else wait), again)

    def _again(self, due: Mapping[int, Region]) -> Again:
        """Scan these, and bring the drives up to date, once more."""

        def again(seconds: float) -> None:
            at = self._steady() + seconds
            for library_id, region in due.items():
                self._agenda.add(library_id, at, region)
            self._drives_due_at = min(at, self._drives_due_at or at)

        return again

    def _sync(self, reachable: Collection[str]) -> Iterator[Notice]:
        began, lazily = self._steady(), self._folding.begin()
        job = sync(self.ctx, sorted(reachable), lazily=lazily)
        if (yield from self._running.run("sync", "", job, self._drives_again)) and not lazily:
            self._folding.done(began)
        self._cramped.note(reachable, self._running.outcome("sync"))

    def _fold(self) -> Iterator[Notice]:
        self._folding.round(self._drives_there)
        yield from ()

    def end(self) -> None:
        """Leave the drives as other tools want them; to be called once no round follows."""
        self._folding.end(self._drives_there)

    def _drives_again(self, seconds: float) -> None:
        self._drives_due_at = self._steady() + seconds

    def _look_again(self, _seconds: float) -> None:
        self._seen = ()

    # -- looking around

    def _look_around(self) -> Iterator[Notice]:
        """Notice places that came back, and libraries that nobody looked at for long."""
        steady, now = self._steady(), self.ctx.now()
        if self._cramped.has_room():
            self._drives_due_at = steady
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
        found = locating.locate(self.ctx, record=record)
        return frozenset(presence.vault.id for presence in found if presence.writable)

    def _heal(self) -> Iterator[Notice]:
        """Repair what is damaged, and let what follows from that be done."""
        if not self.plans.repair:
            return
        found, self.proving.found_damage = self.proving.found_damage, False
        healed = yield from self._healing.round((self._drives_there, self._libraries_there), found=found)
        if healed is None:
            return
        if healed > 0:
            self._drives_due_at = self._steady()  # what is good again can be copied
        self.proving.soon()  # copies that were no help are looked at
        self.informing.soon()

    def _care(self) -> Iterator[Notice]:
        """Ask the disks. What lies on one that fails counts no more, so others may need another copy."""
        if self.caring.round():
            self._drives_due_at = self._steady()
            self._healing.soon()
            self.proving.soon()
            self.informing.soon()
        yield from ()

    def _prove(self) -> Iterator[Notice]:
        self._running.forget("prove")
        self.has_new_plans = False
        yield from self._running.gathered("prove", self.proving.round(self.plans))

    def _inform(self) -> Iterator[Notice]:
        yield from self.informing.round(self.plans)

    # -- the state that others see

    def _doing(self, job: str, subject: str) -> None:
        if (job, subject) != (self.state.doing, self.state.subject):
            self._write_state(job, subject)

    def _write_state(self, doing: str = "", subject: str = "") -> None:
        if not self._shows_state:
            return
        now = replace(
            self.state,
            pid=os.getpid(),
            doing=doing,
            subject=subject,
            waits=self.proving.waits,
            next_at=round(self.proving.next_at),
            rates=self.proving.rates,
            matters=self.informing.texts,
            problems=tuple(filter(None, (*self._running.problems, self.informing.problem))),
            limits=self.limits(),
            report_at=self.informing.report_at,
        )
        if now != self.state:
            self.state = replace(now, at=self.ctx.now())
            state.write(self.ctx.catalog.path, self.state)


def _age(library: Library, now: float) -> float:
    """Seconds since the last scan; a scan of the future (a clock that was wrong) is none."""
    scanned = library.scanned_at
    return now - scanned if scanned is not None and scanned <= now else float("inf")
