"""One stage under one kind of fault: run once with nobody in the way, then broken at point after point."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.campaign import oracle, running
from tests.crash.campaign.kinds import KINDS, Place, Point, by_state
from tests.crash.campaign.oracle import World
from tests.crash.campaign.running import Run, one_after_the_other, program
from tests.crash.campaign.stages import Stage
from tests.crash.campaign.stillness import Moment


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one point: `wrong` is empty where all held; `reached` is False where the fault never struck. `like`
    names a point before it at which the very same was left, so that the runs that follow weren't run again."""

    stage: str
    kind: str
    key: str
    point: str
    wrong: tuple[str, ...] = ()
    reached: bool = True
    like: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """How many points a stage has under a kind, and how many of them were chosen."""

    stage: str
    kind: str
    points: int
    chosen: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Which points are tried: those that match `at`, of each sort only one where `distinct`, at most `sample` of them
    drawn by `seed`; without `sample` all, but of those that leave the very same behind only one."""

    sample: int | None = None
    seed: int = 1
    at: str = ""
    distinct: bool = False

    def of(self, points: Sequence[Point], name: str) -> list[Point]:
        found = [point for point in points if re.search(self.at, point.text)]
        if self.distinct:
            found = self._one_of_each(found, name, lambda point: point.sort)
        found = self._one_of_each(found, name, lambda point: point.left or point.key)
        if self.sample is None or self.sample >= len(found):
            return found
        numbers = random.Random(f"{self.seed}/{name}").sample(range(len(found)), self.sample)
        return [found[number] for number in sorted(numbers)]

    def _one_of_each(self, points: Sequence[Point], name: str, by: Callable[[Point], str]) -> list[Point]:
        among: dict[str, list[Point]] = {}
        for point in points:
            among.setdefault(by(point), []).append(point)
        return [random.Random(f"{self.seed}/{name}/{some[0].sort}").choice(some) for some in among.values()]


@dataclass(frozen=True, slots=True)
class Reference:
    """The room before, after the undisturbed job, and after the runs that follow it; the job's exit code. `seen` are
    the points by what they left behind, with which all held."""

    before: World
    done: World
    final: World
    code: int
    seen: dict[bytes, str] = field(default_factory=dict)


def prepared(stage: Stage, place: Place) -> Reference:
    """Make the stage, keep it, and run everything once with nobody in the way. Raises RuntimeError where that fails."""
    running.moment = None
    stage.make(place.room)
    running.moment = Moment()
    place.keep()
    before = oracle.look(place.room)
    job = program(place.room, stage.job)
    if list(_crashed(job)):
        raise RuntimeError(f"{stage.name}: exit {job.code}\n{job.said}")
    done = oracle.look(place.room)
    final = _finished(stage, place)[0]
    wrong = [*oracle.at_once(before, final, done), *oracle.at_last(place.room, final, final)]
    if wrong:
        raise RuntimeError(f"{stage.name}, undisturbed: {wrong}")
    return Reference(before, done, final, job.code)


def _finished(stage: Stage, place: Place) -> tuple[World, list[str]]:
    """The ordinary next runs, then every copy read by the program and the chain of events walked."""
    runs = one_after_the_other(place.room, (*stage.then, ("scrub",), ("history", "--verify")))
    wrong = [problem for run in runs for problem in _crashed(run)]
    codes = tuple(run.code for run in runs[len(stage.then) - 1 :])  # those before may still tell of what was left to do
    return oracle.look(place.room, codes), wrong


def _crashed(run: Run) -> Iterator[str]:
    refused = run.code == 2 and "is in use already" not in run.said  # that of a rebuild that is done
    if run.code == 1 or refused or "Traceback" in run.said or "mistake in MusicVault" in run.said:
        yield f"exit {run.code}: {run.said[-1500:]}"


def broken_at(stage: Stage, place: Place, reference: Reference, kind: str, point: Point) -> Result:
    """Break the stage's job there, look, let the next runs finish it, and look again."""
    place.fresh()
    if point.arm is not None:
        point.arm(place)
    job = program(place.room, stage.job, fault=point.fault, step=point.step)
    struck = job.struck > 0 if point.fault is not None else place.struck()
    reached = job.code != reference.code if struck is None else struck
    place.after_fault()
    now = oracle.look(place.room)
    wrong = list(oracle.at_once(reference.before, reference.final, now, gives_up=KINDS[kind].gives_up))
    if not KINDS[kind].kills:
        wrong += _crashed(job)
        if job.code == 0 and reference.code == 0:
            wrong += [f"said all is well, but {one}" for one in oracle.payload_differs(reference.done, now)]
    left = place.state()
    like = reference.seen.get(left, "")
    if not like:
        final, crashed = _finished(stage, place)
        later = [f"afterwards: {one}" for one in (*crashed, *oracle.at_last(place.room, reference.final, final))]
        wrong += later
        if not later:
            reference.seen[left] = f"{kind}, {point.key}"
    if wrong:
        wrong.append(f"the job had ended with {job.code}: {job.said[-600:]}")
    return Result(stage.name, kind, point.key, point.text, tuple(wrong), reached, like)


def campaign(
    stage: Stage, kinds: Sequence[str], base: Path, choice: Choice, held: Container[tuple[str, str, str]] = ()
) -> Iterator[Result | Total]:
    """All chosen points of a stage under these kinds, which share their place, but for those (stage, kind, key) that
    `held` before."""
    place = KINDS[kinds[0]].place(base)
    try:
        reference = prepared(stage, place)
        for kind in kinds:
            points = KINDS[kind].points(stage, place)
            if choice.sample is None:  # for a few it would cost more than it saves
                points = by_state(stage, place, points)
            chosen = choice.of(points, f"{stage.name}/{kind}")
            yield Total(stage.name, kind, len(points), len(chosen))
            for point in chosen:
                if (stage.name, kind, point.key) not in held:
                    yield broken_at(stage, place, reference, kind, point)
    finally:
        place.close()
