"""The one calm sentence of the Overview and of `status`, and the one action that goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from musicvault.catalog.overview import Totals
from musicvault.domain.policy import Rule, Standing
from musicvault.domain.states import ReplicaState
from musicvault.language import tr, trn

if TYPE_CHECKING:
    from musicvault.engine.status import DriveStatus, LibraryStatus


class Act(StrEnum):
    """What the primary button does."""

    NONE = ""
    ADD_LIBRARY = "add-library"
    ADD_DRIVE = "add-drive"
    SCAN = "scan"
    SYNC = "sync"
    SCRUB = "scrub"
    REPAIR = "repair"
    DECIDE = "decide"


class Tone(StrEnum):
    GOOD = "good"
    SHORT = "short"
    DAMAGED = "damaged"
    AWAY = "away"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    detail: str
    act: Act
    tone: Tone


def say(
    totals: Totals,
    states: Mapping[ReplicaState, int],
    standings: Mapping[Standing, int],
    libraries: Sequence[LibraryStatus],
    drives: Sequence[DriveStatus],
    rule: Rule,
) -> Sentence:
    """The most urgent thing first; what is fine is said in the detail."""
    safe = standings[Standing.PROTECTED]
    fine = trn("{count} file is safe.", "{count} files are safe.", safe) if safe else ""
    if not libraries:
        return Sentence(
            tr("Show MusicVault where your music is."),
            tr("It will look at every file once and tell you how safe each one is."),
            Act.ADD_LIBRARY,
            Tone.EMPTY,
        )
    if not totals.items:
        return Sentence(tr("No music seen yet."), tr("Scan your library to see what is there."), Act.SCAN, Tone.EMPTY)
    damaged = standings[Standing.DAMAGED]
    if damaged:
        text = trn("{count} file is damaged.", "{count} files are damaged.", damaged)
        return Sentence(text, tr("Repair rebuilds each one from a good copy.") + _and(fine), Act.REPAIR, Tone.DAMAGED)
    braked = [library.library.name for library in libraries if library.brake]
    if braked:
        text = tr("Very much changed at once in {library}.", library=braked[0])
        return Sentence(
            text, tr("Nothing of it reaches a drive until you confirm that it is right."), Act.DECIDE, Tone.SHORT
        )
    if standings[Standing.HELD]:
        count = standings[Standing.HELD]
        text = trn("{count} changed file waits for you.", "{count} changed files wait for you.", count)
        return Sentence(
            text, tr("Accept the new version or put the proven one back.") + _and(fine), Act.DECIDE, Tone.SHORT
        )
    return _say_copies(totals, states, standings, drives, rule, fine)


def _say_copies(
    totals: Totals,
    states: Mapping[ReplicaState, int],
    standings: Mapping[Standing, int],
    drives: Sequence[DriveStatus],
    rule: Rule,
    fine: str,
) -> Sentence:
    if not drives:
        return Sentence(
            trn("{count} file has no second copy.", "{count} files have no second copy.", totals.items),
            tr("Add a drive: one folder on any disk, stick or network share is enough."),
            Act.ADD_DRIVE,
            Tone.SHORT,
        )
    online = [drive for drive in drives if drive.presence.online]
    away = [drive.presence.vault.label for drive in drives if not drive.presence.online]
    short = standings[Standing.AT_RISK] + standings[Standing.SHORT]
    if short:
        return _say_short(totals, short, online, away, rule, fine)
    missing = states[ReplicaState.MISSING]
    if standings[Standing.STALE]:
        count = standings[Standing.STALE]
        text = trn("{count} file needs a fresh proof.", "{count} files need a fresh proof.", count)
        detail = tr("Its copies were last read from the drives more than {days} days ago.", days=rule.proof_days)
        if away and not online:
            return Sentence(text, tr("Plug in {drive}.", drive=away[0]) + _and(fine), Act.NONE, Tone.AWAY)
        return Sentence(text, detail + _and(fine), Act.SCRUB, Tone.AWAY)
    text = trn("Your file is safe.", "All {count} files are safe.", totals.items)
    detail = tr("Each has {copies} proven copies or more.", copies=rule.copies)
    if missing:
        detail += " " + trn(
            "{count} file is gone from its place; its copies are kept.",
            "{count} files are gone from their places; their copies are kept.",
            missing,
        )
    return Sentence(text, detail, Act.NONE, Tone.GOOD)


def _say_short(
    totals: Totals, short: int, online: Sequence[DriveStatus], away: Sequence[str], rule: Rule, fine: str
) -> Sentence:
    lacking = [drive for drive in online if drive.place.items < totals.items]
    text = trn("{count} file needs another copy.", "{count} files need another copy.", short)
    if lacking:
        names = ", ".join(drive.presence.vault.label for drive in lacking)
        return Sentence(
            text, tr("They can be copied to {drives} now.", drives=names) + _and(fine), Act.SYNC, Tone.SHORT
        )
    if away:
        return Sentence(
            trn(
                "{count} file needs another copy: plug in {drive}.",
                "{count} files need another copy: plug in {drive}.",
                short,
                drive=away[0],
            ),
            fine,
            Act.NONE,
            Tone.SHORT,
        )
    shared = [drive for drive in online if drive.shares_disk_with]
    if shared and rule.volumes > 1:
        return Sentence(
            trn("{count} file is on one disk only.", "{count} files are on one disk only.", short),
            tr(
                "{drive} is on the same disk as {other}: they will be lost together. Add a drive on another disk.",
                drive=shared[0].presence.vault.label,
                other=shared[0].shares_disk_with[0],
            ),
            Act.ADD_DRIVE,
            Tone.SHORT,
        )
    return Sentence(
        text, tr("The policy wants {copies} copies: add another drive.", copies=rule.copies), Act.ADD_DRIVE, Tone.SHORT
    )


def _and(more: str) -> str:
    return f" {more}" if more else ""
