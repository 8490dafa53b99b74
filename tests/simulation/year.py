"""What happens in the year, and what must be true after each step."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

import bagit

from musicvault.catalog import history, rules, vaults
from musicvault.engine import policy, retiring
from musicvault.engine.library import add_library
from musicvault.engine.repair import repair
from musicvault.engine.scrub import scrub
from musicvault.engine.status import status
from tests.simulation.disks import DyingDisk
from tests.simulation.world import DAY, World


class FalsehoodError(AssertionError):
    """What was said is not so."""


@dataclass
class Year:
    """`log` is what happened, `sentences` how often each kind of sentence was said."""

    world: World
    dies: ExitStack
    log: list[str] = field(default_factory=list)
    sentences: Counter[str] = field(default_factory=Counter)
    today: float = 0.0
    office_away_until: float = 0.0

    def live(self, days: int) -> None:
        """Live through so many days. Raises FalsehoodError."""
        self._begin()
        plan = self._plan(days)
        while self.today < days:
            step = self.world.chance.randint(1, 7)
            while plan and plan[0][0] <= self.today:
                plan.pop(0)[1]()
            self._happen()
            self._pass(step)
            if self.world.chance.random() < 0.5:
                self._react()
        self._end()

    def note(self, text: str) -> None:
        self.log.append(f"day {self.today:.1f}: {text}")

    # -- the course of the year

    def _begin(self) -> None:
        world = self.world
        for _ in range(6):
            world.rip()
        add_library(world.ctx, os.fsencode(world.music))
        wish = policy.edited(rules.every(world.catalog), "1", copies=3, volumes=2, detached=1, proof_days=90)
        policy.put(world.ctx, wish, "edited")
        policy.set_home(world.ctx, "home")
        world.add("Shelf", world.disk("Shelf"))
        world.add("Office", world.disk("Office"), site="office")
        world.add("Old", DyingDisk(world.folder / "Old", self.dies))
        self._pass(0.1)

    def _plan(self, days: int) -> list[tuple[float, Callable[[], None]]]:
        """What comes once, in the order of its days."""
        part = days / 365
        course: list[tuple[float, Callable[[], None]]] = [
            (100, self._old_begins_to_fail),
            (112, self._old_dies),
            (140, self._replace_old),
            (200, self._office_stays_away),
            (215, self._double_damage),
            (260, self._wrong_clock),
            (300, lambda: self._wrong_clock(-2)),
        ]
        return [(day * part, happens) for day, happens in course]

    def _happen(self) -> None:
        """What may happen on any day."""
        chance, world = self.world.chance, self.world
        self._office()
        if chance.random() < 0.1:
            self.note("Shelf goes away" if world.disks["Shelf"].online else "Shelf comes back")
            world.plug("Shelf", not world.disks["Shelf"].online)
        elif not world.disks["Shelf"].online:
            world.plug("Shelf")
            self.note("Shelf comes back")
        deeds = [
            (0.25, world.rip), (0.3, world.retag), (0.1, world.move), (0.1, world.delete), (0.1, world.record_anew),
        ]  # fmt: skip
        for likely, deed in deeds:
            if chance.random() < likely:
                self.note(deed.__name__)
                deed()
        for label in ("", "Shelf", "Office"):
            if chance.random() < 0.08 and (not label or world.disks[label].online):
                self.note(f"rot in {label or 'Music'}: {world.rot(label)}")
        if chance.random() < 0.1:
            self.note("the service is started anew")
            world.start()

    def _office(self) -> None:
        """The drive that is kept elsewhere comes for a few days now and then."""
        world, chance = self.world, self.world.chance
        if self.today < self.office_away_until:
            return
        if world.disks["Office"].online:
            self.office_away_until = self.today + chance.randint(20, 50)
            self.note("Office goes away")
        else:
            self.office_away_until = self.today + chance.randint(1, 10)
            self.note("Office comes")
        world.plug("Office", not world.disks["Office"].online)

    def _react(self) -> None:
        """The user does what is asked for."""
        if self.world.lost:
            self.note(f"miss {sorted(self.world.lost)}")
            self.world.miss()
        if self.world.oracle.replaced:
            self.note("decide")
            self.world.decide()
        if "New" in self.world.disks and not self.world.oracle.places["Old"].retired:
            self._retire_old()
        self._pass(0.05, 1)

    # -- what comes once

    def _old_begins_to_fail(self) -> None:
        old = self.world.disks["Old"]
        assert isinstance(old, DyingDisk)
        place = self.world.oracle.places["Old"]
        names = self.world.chance.sample(sorted(place.holds), 4)
        old.fail([place.folder / name for name in names])
        self.note(f"Old can't read {names}")

    def _old_dies(self) -> None:
        self.note("Old dies")
        self.world.plug("Old", False)

    def _replace_old(self) -> None:
        """The user puts a new drive in the place of the dead one."""
        world = self.world
        self.note("New takes Old's place")
        world.add("New", world.disk("New"))
        self._retire_old()

    def _retire_old(self) -> None:
        """Part with it, as soon as nothing falls short without it."""
        world = self.world
        old = vaults.by_label(world.catalog, "Old")
        assert old is not None
        world.oracle.now = world.steady
        world.oracle.look()
        counts = world.run(retiring.retire(world.ctx, old)).counts
        world.oracle.look()
        world.oracle.places["Old"].retired = bool(counts["retired"])
        self.note(f"retire: {counts}")

    def _office_stays_away(self) -> None:
        self.world.plug("Office", False)
        self.office_away_until = self.today + 95
        self.note("Office stays away for long")

    def _double_damage(self) -> None:
        """A file rots at home on every disk that is there."""
        name = self.world.rot("")
        for label in ("Shelf", "New"):
            if self.world.disks[label].online:
                self.world.rot(label, name)
        self.note(f"{name} rots everywhere at home")

    def _wrong_clock(self, days: float = 3 * 365.0) -> None:
        """The computer's clock is wrong for some hours."""
        world = self.world
        before = world.reads
        world.wall += days * DAY
        self.note(f"the clock jumps by {days} days")
        for hour in range(5):
            world.round(3)
            if hour == 2:
                world.start()
            self.check()
        world.wall -= days * DAY
        self.note("the clock is right again")
        world.round(0.1)
        self.today += 15 / 24
        self.check()
        if world.reads - before > len(world.oracle.wanted):
            raise FalsehoodError(f"a storm of {world.reads - before} reads")

    # -- what must be true

    def _end(self) -> None:
        """Nothing was lost on the way, and what is kept can be trusted."""
        world = self.world
        world.catalog.check_weekly(world.wall)
        if history.verify(world.catalog).broken_at is not None:
            raise FalsehoodError("the history doesn't verify")
        for name in ("Shelf", "Office", "New"):
            if name in world.disks:
                world.plug(name)
        for _ in range(3):
            world.round(8)
        world.run(scrub(world.ctx))  # finds what rotted and wasn't due yet
        world.run(repair(world.ctx))
        world.oracle.look()
        for name, wanted in world.oracle.wanted.items():
            for label, place in world.oracle.places.items():
                gone = label == "" and (name in world.lost or name in world.oracle.replaced)
                if place.online and not gone and wanted not in place.holds.values():
                    raise FalsehoodError(f"{name} is not in {label or 'Music'} as it should be")
        for name in ("Shelf", "Office", "New"):
            if name in world.disks and not bagit.Bag(str(world.disks[name].point / "MusicVault")).is_valid():
                raise FalsehoodError(f"{name} is no valid bag")

    def _pass(self, days: float, rounds: int = 3) -> None:
        self.today += days
        self.world.pass_by(days, rounds)
        self.check()

    def check(self) -> None:
        """The sentence is true, and no byte is lost."""
        world = self.world
        world.checks += 1
        said = status(world.ctx).sentence
        expected, safe = world.oracle.expected()
        self.sentences[re.sub(r"\d+", "N", said.text)] += 1
        problems = []
        kept = {one for place in world.oracle.places.values() for one in place.holds.values()}
        problems += [f"{name} is lost" for name, wanted in world.oracle.wanted.items() if wanted not in kept]
        if not any(f"{said.text} {said.detail}".startswith(one) for one in expected):
            problems.append(f"expected: {' | '.join(sorted(expected))}")
        told = re.search(r"(\d+) files? ha(?:s|ve) the copies", said.detail)
        if told and int(told[1]) != safe:
            problems.append(f"{safe} files have the copies they need")
        apart = re.search(r"Not connected now: (.*)\.", said.detail)
        away = [label for label, place in world.oracle.places.items() if not place.online and not place.retired]
        if apart and sorted(apart[1].split(", ")) != sorted(away):
            problems.append(f"away are {away}")
        if problems:
            raise FalsehoodError(
                "\n".join([*self.log[-25:], f"day {self.today:.2f} said: {said.text} {said.detail}", *problems])
            )
