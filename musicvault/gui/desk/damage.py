"""Where in a file the damage lies: in blocks, and in the time of its sound."""

from __future__ import annotations

import math
from collections.abc import Sequence

from musicvault.catalog import contents
from musicvault.catalog.items import Item
from musicvault.domain import wording
from musicvault.domain.damage import Lost
from musicvault.domain.values import MIB
from musicvault.domain.verdict import Verdict
from musicvault.engine.attention import Trouble
from musicvault.engine.context import Context
from musicvault.gui.models.comparing import Span
from musicvault.gui.widgets.track_strip import in_words
from musicvault.gui.wording import clock
from musicvault.language import tr, trn

_FEW = 3
"""Blocks: a shorter file is not cut into seconds by its blocks, they are too long for that."""


def blocks(size: int) -> int:
    """MiB blocks of a file."""
    return max(1, math.ceil(size / MIB))


def seconds_of(ctx: Context, item: Item) -> float:
    """How long the sound is; 0 where that isn't known."""
    return contents.stream(ctx.catalog, item.content.id).duration


def spans(size: int, seconds: float, bad: Sequence[int], lost: Sequence[Lost]) -> tuple[Span, ...]:
    """The damaged parts in time: those that are lost exactly as they were found out, else the damaged blocks by their
    share of the file; neighbours are one."""
    if lost:
        known = [(one.begins, one.ends) for one in lost]
        return tuple(Span(begins, ends, True) for begins, ends in known if begins is not None and ends is not None)
    total = blocks(size)
    if not seconds or total <= _FEW:
        return ()
    found: list[Span] = []
    for index in sorted(bad):
        begins, ends = seconds * index * MIB / size, min(seconds, seconds * (index + 1) * MIB / size)
        if found and found[-1].ends >= begins - 0.001:
            found[-1] = Span(found[-1].begins, ends)
        else:
            found.append(Span(begins, ends))
    return tuple(found)


def headline(ctx: Context, trouble: Trouble) -> str:
    """`Damage in 2 of 9 blocks, about 0:31 – 0:38.`, as much of it as is known."""
    finding, item = trouble.finding, trouble.item
    total = blocks(item.content.digests.size)
    if finding.lost:
        exact = spans(item.content.digests.size, 0.0, (), finding.lost)
        if exact:
            return tr("Lost in every copy within reach: {spans}.", spans=in_words(exact))
    if finding.verdict is not Verdict.CORRUPT or not finding.bad_blocks:
        return f"{wording.named(finding)} ({trouble.where})."
    bad = len(finding.bad_blocks)
    text = trn("Damage in {bad} of {count} block", "Damage in {bad} of {count} blocks", total, bad=bad)
    there = spans(item.content.digests.size, seconds_of(ctx, item), finding.bad_blocks, ())
    if there:
        return tr("{text}, about {start} – {end}.", text=text, start=clock(there[0].begins), end=clock(there[-1].ends))
    return f"{text}."
