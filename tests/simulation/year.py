"""What happens in the year."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack

from musicvault.catalog import rules, vaults
from musicvault.engine import policy, retiring
from musicvault.engine.library import add_library
from musicvault.engine.repair import repair
from musicvault.engine.scan import scan
from musicvault.engine.scrub import scrub
from musicvault.engine.sync import sync
from tests.simulation.disks import DyingDisk
from tests.simulation.oracle import DAY, MASS
from tests.simulation.truth import FalsehoodError, Truth
from tests.simulation.user import User
from tests.simulation.world import LossError, World


class Year:
    """`log` is what happened, day by day."""

    def __init__(self, world: World, dies: ExitStack) -> None:
        self.world, self.dies = world, dies
        self.user, self.truth = User(world), Truth(world)
        self.log: list[str] = []
        self.today = 0.0
        self._office_away_until = 0.0
        self._quiet_until = 0.0

    def live(self, days: int) -> None:
        """Live through so many days. Raises FalsehoodError or LossError, with what happened before."""
        try:
            self._begin()
            plan = self._plan(days / 365)
            while self.today < days:
                while plan and plan[0][0] <= self.today:
                    self._once(*plan.pop(0)[1:])
                if self.today >= self._quiet_until:
                    self._happen()
                self._pass(self.world.chance.randint(3, 10))
                if self.world.chance.random() < 0.5:
                    self._react()
            self._end()
        except (FalsehoodError, LossError) as error:
            error.args = ("\n".join([*self.log[-25:], f"day {self.today:.2f} {error}"]),)
            raise

    def _note(self, text: str) -> None:
        self.log.append(f"day {self.today:.1f}: {text}")

    def _pass(self, days: float, rounds: int = 3) -> None:
        self.today += days
        self.world.pass_by(days, rounds)
        self.truth.check()

    # -- the course of the year

    def _begin(self) -> None:
        """Step by step, as the sentence asks for it."""
        world, wish = self.world, policy.edited(rules.every(self.world.catalog), "1", copies=3, volumes=2, detached=1)
        for _ in range(6):
            self.user.rip()
        add_library(world.ctx, os.fsencode(world.music))
        self.truth.check()
        policy.put(world.ctx, wish, "edited")
        policy.set_home(world.ctx, "home")
        self._pass(0.1, 1)
        for name, disk, site in (
            ("Shelf", world.disk("Shelf"), ""),
            ("Old", DyingDisk(world.folder / "Old", self.dies), ""),
            ("Office", world.disk("Office"), "office"),
        ):
            world.add(name, disk, site)
            self.truth.check()
            self._pass(0.1, 1)

    def _plan(self, part: float) -> list[tuple[float, str, Callable[[], None]]]:
        """What comes once, in the order of its days."""
        course: list[tuple[float, str, Callable[[], None]]] = [
            (30, "Shelf is pulled", lambda: self._pull("Shelf")),
            (60, "the service is killed", self._kill),
            (80, "Old begins to fail", lambda: self._fail_old(2)),
            (95, "Old fails more", lambda: self._fail_old(3)),
            (110, "Old dies", self._old_dies),
            (130, "New takes Old's place", self._replace_old),
            (140, "a file is deleted while all is in order", self._delete_one),
            (140.1, "two processes do the same round", lambda: self._work(self.world.round_beside_another)),
            (140.2, "the catalog's disk is full", lambda: self._work(self.world.round_without_room)),
            (150, "a program goes wild", self._mass_change),
            (160, "a file is deleted before it was copied", self._lose_at_once),
            (165, "the library's disk is lent while only it has what is new", self._library_away_while_short),
            (170, "a holiday begins", self._holiday),
            (285, "a file rots everywhere at home", self._rot_everywhere),
            (300, "the clock leaps ahead", lambda: self._wrong_clock(3 * 365)),
            (315, "the clock is two days behind", lambda: self._wrong_clock(-2)),
            (325, "the service is killed", self._kill),
            (340, "the clock is set back", lambda: self._wrong_clock(-20 * 365)),
        ]
        return [(day * part, *happens) for day, *happens in course]  # type: ignore[misc]

    def _once(self, title: str, happens: Callable[[], None]) -> None:
        self._note(title)
        happens()

    def _happen(self) -> None:
        """What may happen on any day."""
        chance, world, user = self.world.chance, self.world, self.user
        self._office()
        if not world.is_there("Shelf") or chance.random() < 0.1:
            self._plug("Shelf", not world.is_there("Shelf"))
        deeds = ((0.25, user.rip), (0.4, user.retag), (0.15, user.move), (0.15, user.delete), (0.15, user.record_anew))
        for likely, deed in deeds:
            if chance.random() < likely:
                self._note(deed.__name__)
                deed()
        for label in ("Music", "Shelf", "Office"):
            if chance.random() < 0.08 and world.is_there(label):
                self._note(f"rot in {label}: {user.rot(label)}")
        if chance.random() < 0.1:
            self._note("the service is started anew")
            world.start()
        if chance.random() < 0.05:
            self._note("two systems share the computer's clock")
            world.wall += -3600.0 if world.wall > world.steady else 3600.0

    def _plug(self, name: str, there: bool) -> None:
        self._note(f"{name} {'comes' if there else 'goes away'}")
        self.world.plug(name, there)

    def _office(self) -> None:
        """The drive that is kept elsewhere comes for a few days now and then."""
        if self.today < self._office_away_until:
            return
        goes = self.world.is_there("Office")
        self._office_away_until = self.today + self.world.chance.randint(*((20, 50) if goes else (1, 10)))
        self._plug("Office", not goes)

    def _react(self) -> None:
        """The user does what is asked for."""
        if self.user.deleted:
            self._note(f"miss {sorted(self.user.deleted)}")
            self.user.miss()
        if self.world.oracle.replaced:
            self._note(f"decide {sorted(self.world.oracle.replaced)}")
            self.user.decide()
        if lost := self.user.record_what_is_lost():
            self._note(f"ripped once more: {lost}")
        if "New" in self.world.disks and "Old" in self.world.oracle.places:
            self._retire_old()
        self._pass(0.3, 2)

    def _put_in_order(self) -> None:
        """All drives come, and the user looks after everything that is asked for."""
        for name in self.world.oracle.places:
            if name not in self.world.dead:
                self.world.plug(name)
        for _ in range(2):
            self._pass(0.3, 3)
            self._react()

    # -- what comes once

    def _library_away_while_short(self) -> None:
        self._put_in_order()
        drives = ("Shelf", "Office", "New")
        for name in drives:
            self._plug(name, False)
        self.user.rip()
        self._pass(0.3, 1)
        self._plug("Music", False)
        for name in drives:
            self._plug(name, True)
        self._pass(1, 2)
        self._plug("Music", True)
        self._pass(0.3)

    def _pull(self, name: str) -> None:
        self._plug(name, True)
        self.world.run(scrub(self.world.ctx))
        self.user.rip()
        if not self.world.has_unseen_rot():
            self.world.round_with_a_pull(name, self.world.chance.randint(5, 60))
        self._pass(0.3)

    def _kill(self) -> None:
        self._work(lambda: self.world.round_that_dies(self.world.chance.randint(20, 120)))

    def _work(self, round_: Callable[[], None]) -> None:
        """Something new comes, and there is a round that doesn't go as others do."""
        self.world.run(scrub(self.world.ctx))
        self.user.rip()
        if not self.world.has_unseen_rot():
            round_()
        self._pass(0.3)

    def _fail_old(self, count: int) -> None:
        self._note(f"it can't read {self.user.make_unreadable('Old', count)}")

    def _old_dies(self) -> None:
        self.world.plug("Old", False)
        self.world.dead.add("Old")

    def _replace_old(self) -> None:
        self.world.add("New", self.world.disk("New"))
        self._retire_old()

    def _retire_old(self) -> None:
        """Part with it, as soon as nothing falls short without it."""
        old = vaults.by_label(self.world.catalog, "Old")
        assert old is not None
        counts = self.world.run(retiring.retire(self.world.ctx, old)).counts
        self._note(f"retire: {counts}")
        if counts["retired"]:
            del self.world.oracle.places["Old"]

    def _delete_one(self) -> None:
        self._put_in_order()
        self.user.delete()
        self._pass(0.3, 1)
        self._react()

    def _mass_change(self) -> None:
        """Everything waits until the user says that it isn't right."""
        self._put_in_order()
        while len(self.user.good()) <= MASS:
            self.user.rip()
            self._pass(0.3)
        self.user.convert_everything()
        self._pass(0.3)
        self._react()

    def _lose_at_once(self) -> None:
        self._put_in_order()
        for name in ("Shelf", "Office", "New"):
            self._plug(name, False)
        (lost,) = self.user.rip(tracks=1)
        self._pass(0.3, 1)
        self.user.path(lost).unlink()
        self._pass(0.3, 1)
        self.user.let_go(lost)
        for name in ("Shelf", "Office", "New"):
            self._plug(name, True)
        self.truth.check()
        self._pass(0.3)

    def _holiday(self) -> None:
        """Nothing happens for months; the drive elsewhere stays there, and the library's disk is lent for a while."""
        self._put_in_order()
        self._plug("Office", False)
        self._quiet_until = self._office_away_until = self.today + 105
        self._pass(5)
        self._plug("Music", False)
        for _ in range(6):
            self._pass(6, 1)
        self._plug("Music", True)

    def _rot_everywhere(self) -> None:
        """A file rots on every disk at home, and the user verifies them before the service does."""
        self._put_in_order()
        self._plug("Office", False)
        name = self.user.rot("Music")
        for label in ("Shelf", "New"):
            self.user.rot(label, name)
        self._note(name)
        self.world.run(scrub(self.world.ctx))
        self.truth.check()
        self._pass(0.3)
        self._plug("Office", True)
        self._pass(0.3)

    def _wrong_clock(self, days: float) -> None:
        """The computer's clock is wrong for some hours, and the user works on by hand."""
        world = self.world
        before = world.reads
        world.wall += days * DAY
        for hour in range(5):
            world.round(3)
            if hour == 2:
                world.start()
            self.today += 3 / 24
            self.truth.check()
        for job in (scan(world.ctx, [1]), sync(world.ctx)):
            world.ctx = world.process()
            world.run(job)
            self.truth.check()
        world.wall -= days * DAY
        world.start()
        self._pass(0.1, 1)
        if world.reads - before > 2 * len(world.oracle.wanted):
            raise FalsehoodError(f"a storm of {world.reads - before} reads")

    def _end(self) -> None:
        self._put_in_order()
        self.world.run(scrub(self.world.ctx))  # finds what rotted and wasn't due yet
        self.world.run(repair(self.world.ctx))
        self._put_in_order()
        self.truth.end(("Shelf", "Office", "New"))
