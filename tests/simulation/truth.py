"""What must be true after each step of the year, and at its end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import bagit

from musicvault.catalog import history, search, standing
from musicvault.domain.policy import Standing
from musicvault.engine.context import Context
from musicvault.engine.planning import planned
from musicvault.engine.sentence import Sentence
from musicvault.engine.status import status
from tests.simulation.oracle import DAY
from tests.simulation.world import World

_PROVEN = ("protected", "stale")
_SHORT = {Standing.AT_RISK: "short", Standing.SHORT: "short"}


class FalsehoodError(AssertionError):
    """What was said is not so."""


def _stored(ctx: Context) -> dict[str, str]:
    """Where each file stands by the catalog."""
    rows = ctx.catalog.rows("SELECT id, standing, due_at <= ? FROM item", (ctx.now(),))
    kept = {number: standing.effective(Standing(word), bool(due)) for number, word, due in rows}
    files = search.find(ctx.catalog, "", now=ctx.now())
    return {one.path.decode(): _SHORT.get(kept[one.item_id], kept[one.item_id].value) for one in files}


class Truth:
    """`sentences` counts how often each kind of sentence was said."""

    def __init__(self, world: World) -> None:
        self.world, self.oracle = world, world.oracle
        self.sentences: Counter[str] = Counter()
        self.checks = 0

    def check(self) -> None:
        """The sentence is true, by the service and (now and then, and while the clock is wrong) by a process that
        begins now; each single file stands where it should, and the plan is what the sentence says. Raises
        FalsehoodError."""
        self.checks += 1
        ctx = self.world.ctx
        said = status(ctx).sentence
        self._settle_doubts(ctx)
        problems = [*self._falsehoods(said), *self._standings(ctx), *self._plan(ctx, said)]
        if self.checks % 5 == 0 or abs(self.world.wall - self.world.steady) > DAY:
            problems += self._falsehoods(status(self.world.process()).sentence)
        if problems:
            raise FalsehoodError("\n".join([f"said: {said.text} {said.detail}", *problems]))
        now = " What is missing can be copied now." if "can be copied to" in said.detail else ""
        self.sentences[re.sub(r"\d+", "N", said.text) + now] += 1

    def _falsehoods(self, said: Sentence) -> Iterator[str]:
        expected, stands = self.oracle.expected()
        if not any(f"{said.text} {said.detail}".startswith(one) for one in expected):
            yield f"expected: {' | '.join(sorted(expected))}"
        told = re.search(r"(\d+) files? ha(?:s|ve) the copies", said.detail)
        safe = Counter(stands.values())["protected"]
        if told and int(told[1]) != safe:
            yield f"{safe} files have the copies they need"
        if "damaged" in said.text and "Repair" in said.detail and ("Plug in" in said.detail) is not self._asks(stands):
            yield f"whether a drive is wanted first: {self._asks(stands)}"
        apart = re.search(r"Not connected now: (.*?)\.", said.detail)
        away = [label for label, place in self.oracle.places.items() if not place.online]
        if apart and sorted(apart[1].split(", ")) != sorted(away):
            yield f"away are {away}"

    def _asks(self, stands: dict[str, str]) -> bool:
        """Whether something damaged has good copies only where nobody can get at them now."""
        there = {
            label: {had if had in place.seen else self.oracle.rotten.get(had, had) for had in place.holds.values()}
            for label, place in self.oracle.places.items()
        }
        wanted = {self.oracle.wanted[name] for name, word in stands.items() if word == "damaged"}
        here = set[str]().union(*(held for label, held in there.items() if self.oracle.places[label].online))
        return bool(wanted & set[str]().union(*there.values()) - here)

    def _settle_doubts(self, ctx: Context) -> None:
        """Whether a read was a proof, or met the rot, is for the program to say, as long as there was such a read."""
        if not self.world.doubts:
            return
        oracle, stored, (_, stands) = self.oracle, _stored(ctx), self.oracle.expected()
        names = {oracle.item[wanted]: name for name, wanted in oracle.wanted.items()}
        for (label, digest), at in list(self.world.doubts.items()):
            name = names.get(oracle.item.get(oracle.rotten.get(digest, digest), ""), "")
            is_rotten = digest in oracle.rotten
            met = stored.get(name) == "damaged" if is_rotten else (stored.get(name), stands.get(name)) == _PROVEN
            if met and label in oracle.places:
                seen = oracle.places[label].seen
                seen[digest] = max(at, seen.get(digest, 0.0))
            if met or is_rotten:
                del self.world.doubts[label, digest]

    def _standings(self, ctx: Context) -> Iterator[str]:
        """Each single file stands where the catalog has it."""
        _, stands = self.oracle.expected()
        found = _stored(ctx)
        for name in sorted(stands.keys() | found.keys()):
            if self.oracle.library.seen and stands.get(name) != found.get(name):
                yield f"{name} is {stands.get(name)}, and not {found.get(name)}: {self._copies(name)}"

    def _copies(self, name: str) -> dict[str, str]:
        """Where copies of a file are, and how they are."""
        wanted, found = self.oracle.wanted.get(name, ""), {}
        for label, place in self.oracle.places.items():
            for path, had in place.holds.items():
                known = had in place.seen
                if had == wanted:
                    found[label] = f"good, seen {(self.oracle.now - place.seen.get(had, 0.0)) / 86400:.1f} days ago"
                elif self.oracle.item.get(self.oracle.rotten.get(had, had)) == self.oracle.item.get(wanted, "?"):
                    by = self.world.readers.get(had, "")
                    found[label] = f"{'rotten' if had in self.oracle.rotten else 'older'}, known: {known}, {path} {by}"
        return found

    def _plan(self, ctx: Context, said: Sentence) -> Iterator[str]:
        """What a sync would do is what the sentence says."""
        todo = {one.label: one for one in planned(ctx).todo}
        ready = re.search(r"can be copied to (.*) now\.", said.detail)
        for label in ready[1].split(", ") if ready else ():
            if not todo[label].files:
                yield f"the plan copies nothing to {label}"
        asked = re.search(r"need another copy: plug in (.*)\.$", said.text)
        if asked and asked[1] in todo and not todo[asked[1]].files + todo[asked[1]].kept_back:
            yield f"nothing waits for {asked[1]}"
        if said.text.startswith(("All", "Your")) and any(one.files for one in todo.values() if one.online):
            yield f"the plan copies {[one.label for one in todo.values() if one.files]}"

    def end(self, drives: tuple[str, ...]) -> None:
        """Every file is on every drive, the history verifies and each drive is a valid bag. Raises FalsehoodError."""
        world, problems = self.world, list[str]()
        world.oracle.look()
        for name, wanted in world.oracle.wanted.items():
            for label, place in world.oracle.places.items():
                if wanted not in place.holds.values():
                    problems.append(f"{name} is not in {label} as it should be")
        for label in drives:
            if not bagit.Bag(str(world.disks[label].point / "MusicVault")).is_valid():
                problems.append(f"{label} is no valid bag")
        world.catalog.check_weekly(world.wall + 30 * 86400)
        if history.verify(world.catalog).broken_at is not None:
            problems.append("the history doesn't verify")
        if problems:
            raise FalsehoodError("\n".join(problems))
