"""What needs the user, grouped by what can be done about it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from musicvault.catalog import items
from musicvault.domain import wording
from musicvault.domain.values import MIB
from musicvault.domain.verdict import Verdict
from musicvault.engine.attention import Remedy, Trouble, attention
from musicvault.engine.context import Context
from musicvault.engine.status import Status
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.attention import AttentionModel, FindingGroup, FindingRow
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.wording import clock
from musicvault.language import tr, trn

MOST = 20_000
"""More findings than this are not listed at once (a brake may hold back a whole library)."""


def attention_model(ctx: Context, status: Status) -> AttentionModel:
    """All open findings. Reads the catalog; not for the Qt thread."""
    groups: dict[Remedy, list[Trouble]] = defaultdict(list)
    for trouble in attention(ctx, MOST):
        groups[trouble.remedy].append(trouble)
    braked = [_brake(status, groups.pop(Remedy.CONFIRM, []))]
    order = (Remedy.REPAIR, Remedy.CHECK_DRIVE, Remedy.DECIDE, Remedy.RESTORE_OR_FORGET, Remedy.ADOPT)
    made = [_group(remedy, groups[remedy]) for remedy in order if groups.get(remedy)]
    return AttentionModel(tuple(group for group in (*made[:1], *braked, *made[1:]) if group is not None))


def _brake(status: Status, held: Sequence[Trouble]) -> FindingGroup | None:
    names = [library.library.name for library in status.libraries if library.brake]
    if not names and not held:
        return None
    name = names[0] if names else held[0].where
    changes = sum(library.changes for library in status.libraries if library.brake)
    return FindingGroup(
        "brake",
        trn(
            "{name}: {count} file changed or vanished within a week",
            "{name}: {count} files changed or vanished within a week",
            max(changes, len(held)),
            name=name,
        ),
        tr(
            "That is more than usual, so nothing of it is passed on to any drive. If you did this (a big clean-up, a "
            "conversion), confirm it; if not, leave it: the copies on the drives stand as they were."
        ),
        Tone.SHORT,
        "attention",
        tuple(_row(trouble) for trouble in held),
        (Action(Deed.CONFIRM, tr("Yes, I did this"), name),),
    )


def _group(remedy: Remedy, troubles: Sequence[Trouble]) -> FindingGroup:
    kind, tone, icon = _LOOKS[remedy]
    title, explanation = _words(remedy, len({trouble.item.id for trouble in troubles}))
    rows = tuple(_row(trouble) for trouble in troubles)
    return FindingGroup(kind, title, explanation, tone, icon, rows, _actions(remedy))


_LOOKS = {
    Remedy.REPAIR: ("damaged", Tone.DAMAGED, "broken"),
    Remedy.CHECK_DRIVE: ("unreadable", Tone.DAMAGED, "drives"),
    Remedy.DECIDE: ("held", Tone.SHORT, "held"),
    Remedy.RESTORE_OR_FORGET: ("missing", Tone.SHORT, "unknown"),
    Remedy.ADOPT: ("foreign", Tone.SHORT, "computer"),
}


def _actions(remedy: Remedy) -> tuple[Action, ...]:
    """What can be done, the recommended first."""
    return {
        Remedy.REPAIR: (Action(Deed.REPAIR, tr("Repair")),),
        Remedy.CHECK_DRIVE: (Action(Deed.REPAIR, tr("Repair")),),
        Remedy.DECIDE: (Action(Deed.ACCEPT, tr("Accept")), Action(Deed.REJECT, tr("Put the proven one back"))),
        Remedy.RESTORE_OR_FORGET: (Action(Deed.RESTORE, tr("Restore")), Action(Deed.FORGET, tr("Let go"))),
        Remedy.ADOPT: (Action(Deed.REPAIR, tr("Replace with mine")),),
    }[remedy]


def _words(remedy: Remedy, amount: int) -> tuple[str, str]:
    """Title and explanation."""
    return {
        Remedy.REPAIR: (
            trn("{count} file is damaged", "{count} files are damaged", amount),
            trn(
                "Repair rebuilds it from a good copy, compares every byte and keeps the damaged one aside.",
                "Repair rebuilds each one from a good copy, compares every byte and keeps the damaged one aside.",
                amount,
            ),
        ),
        Remedy.CHECK_DRIVE: (
            trn("{count} file can't be read", "{count} files can't be read", amount),
            tr(
                "The drive reports errors. Check cable and connector, copy what you can, and think of replacing the "
                "drive. Repair writes the file anew from a good copy."
            ),
        ),
        Remedy.DECIDE: (
            trn("{count} changed file waits for you", "{count} changed files wait for you", amount),
            tr(
                "Was this you (another rip, an edit)? Then accept it. If not, put the proven version back. "
                "Nothing of it reaches a drive before you decide."
            ),
        ),
        Remedy.RESTORE_OR_FORGET: (
            trn("{count} file is gone from your library", "{count} files are gone from your library", amount),
            trn(
                "Its copies are kept. Restore it, or let it go if you deleted it yourself.",
                "Their copies are kept. Restore them, or let them go if you deleted them yourself.",
                amount,
            ),
        ),
        Remedy.ADOPT: (
            trn("{count} copy comes from another computer", "{count} copies come from another computer", amount),
            tr("The drive's own list names other bytes than this catalog. Repair replaces them with yours."),
        ),
    }[remedy]


def _row(trouble: Trouble) -> FindingRow:
    finding = trouble.finding
    return FindingRow(
        trouble.replica.id,
        trouble.item.id,
        trouble.item.path,
        trouble.where,
        wording.verdict(finding.verdict),
        tuple(wording.evidence(fact) for fact in finding.evidence),
        blocks(trouble.item.content.digests.size),
        finding.bad_blocks,
    )


def blocks(size: int) -> int:
    """MiB blocks of a file."""
    return max(1, math.ceil(size / MIB))


def headline(ctx: Context, trouble: Trouble) -> str:
    """`Bit rot in 2 of 9 blocks, about 0:31 – 0:38.`, as much of it as is known."""
    finding = trouble.finding
    total = blocks(trouble.item.content.digests.size)
    if finding.verdict is not Verdict.CORRUPT or not finding.bad_blocks:
        return f"{wording.verdict(finding.verdict)} ({trouble.where})."
    bad = len(finding.bad_blocks)
    text = trn("Damage in {bad} of {count} block", "Damage in {bad} of {count} blocks", total, bad=bad)
    seconds = items.stream(ctx.catalog, trouble.item.content.id).duration
    if seconds and total > 3:
        start = seconds * min(finding.bad_blocks) / total
        end = seconds * min(total, max(finding.bad_blocks) + 1) / total
        return tr("{text}, about {start} – {end}.", text=text, start=clock(start), end=clock(end))
    return f"{text}."
