"""What the drives that are known can't take: how much space on how many further drives a rule is short of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from musicvault.domain.drives import Drive
from musicvault.domain.needs import Chosen
from musicvault.domain.policy import Rule, amount


@dataclass(frozen=True, slots=True)
class Further:
    """So many more drives, each apart from all others (and elsewhere, unplugged or of another kind, where a rule asks
    for that), with room for so many `bytes` on all of them together."""

    drives: int = 0
    bytes: int = 0

    def __add__(self, other: Further) -> Further:
        """Both together: one drive serves all rules."""
        return Further(max(self.drives, other.drives), self.bytes + other.bytes)


NOTHING = Further()


def drives_short(rule: Rule, held: Iterable[Drive], home: str = "") -> int:
    """On how many more drives an item with good copies on these needs one."""
    had = amount([drive for drive in held if rule.counts(drive)], home)
    return max(0, *(want - have for _, have, want in had.measured(rule)))


def beyond(left_out: Chosen, drives: Mapping[str, Drive], home: str = "") -> dict[str, Further]:
    """By rule (its name): what there is no room for and the rule can't do without, beside what not even all drives
    together make of it. `left_out` didn't fit."""
    found: dict[str, Further] = {}
    for (promise, without), tally in left_out.unkept().items():
        places = [drives[one] for one in promise.drives if one in drives]
        at_best = drives_short(promise.rule, places, home)
        now = drives_short(promise.rule, [one for one in places if one.id not in without], home)
        if now:
            one = Further(now, (now - at_best) * tally.room)
            found[promise.rule.name] = found.get(promise.rule.name, NOTHING) + one
    return found
