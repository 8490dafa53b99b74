"""The one calm sentence of the Overview and of `status`, and the one action that goes with it.

It must be true in every combination: nothing is called safe while something is missing, short, away or never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from musicvault.domain import wording
from musicvault.domain.clocks import Doubt
from musicvault.domain.further import NOTHING, Further
from musicvault.domain.policy import DAY, Rule, Standing
from musicvault.engine import timekeeping
from musicvault.language import tr, trn

if TYPE_CHECKING:
    from musicvault.engine.status import DriveStatus, LibraryStatus

SCAN_DAYS = 30
"""A library that wasn't scanned for so long may hold what nobody knows of."""


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
    able: int = 0
    """Files that a repair can rebuild."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sentence rests on. `rebuildable`: damaged items of which a good copy is known; `held`: library files
    that wait for the user; `missing`: library files that are gone from their place; `missing_short`: those of them that
    fall short for that; `lost`: those of which no copy is known; `unread`: what can't be read and isn't protected;
    `source`: a place that is away and has a good copy of something damaged, of which none is here; `further`: what
    drives it takes that nobody knows yet, also for want of room on those that are known."""

    items: int
    standings: Mapping[Standing, int]
    rebuildable: int
    held: int
    missing: int
    lost: int
    unread: int
    libraries: Sequence[LibraryStatus]
    drives: Sequence[DriveStatus]
    rule: Rule
    now: float
    missing_short: int = 0
    rules: Sequence[Rule] = ()  # all of them, the default one included, where there are more
    clock: Doubt = Doubt.NONE
    source: str = ""
    further: Further = NOTHING

    @property
    def copies(self) -> int:
        """What every protected item has, whichever rule decides for it."""
        return min((rule.copies for rule in self.rules), default=self.rule.copies)

    @property
    def in_service(self) -> list[DriveStatus]:
        """Drives whose copies count. A retired one is nobody's worry, wherever it is."""
        return [drive for drive in self.drives if not drive.presence.vault.retired]

    @property
    def online(self) -> list[DriveStatus]:
        return [drive for drive in self.in_service if drive.presence.online]

    @property
    def away(self) -> list[DriveStatus]:
        return [drive for drive in self.in_service if not drive.presence.online]


def say(facts: Facts) -> Sentence:
    """The most urgent thing first; what is fine is said in the detail, and whether the clock is doubted."""
    sentence = next((said for rule in _IN_ORDER if (said := rule(facts)) is not None), None) or _good(facts)
    return replace(sentence, detail=f"{sentence.detail} {timekeeping.told(facts.clock)}".strip())


def _nothing_yet(facts: Facts) -> Sentence | None:
    if not facts.libraries:
        return Sentence(
            tr("Show MusicVault where your music is."),
            tr("It will look at every file once and tell you how safe each one is."),
            Act.ADD_LIBRARY,
            Tone.EMPTY,
        )
    if facts.items:
        return None
    gone = [one.library.name for one in facts.libraries if not one.online]
    if len(gone) == len(facts.libraries):
        return Sentence(
            tr("No music seen yet."), tr("{library} is not connected.", library=gone[0]), Act.NONE, Tone.EMPTY
        )
    return Sentence(tr("No music seen yet."), tr("Scan your library to see what is there."), Act.SCAN, Tone.EMPTY)


def _damaged(facts: Facts) -> Sentence | None:
    count, good = facts.standings[Standing.DAMAGED], facts.rebuildable
    if not count:
        return None
    text = trn("{count} file is damaged or unreadable.", "{count} files are damaged or unreadable.", count)
    if good >= count:
        one, each = tr("Repair rebuilds it from a good copy."), tr("Repair rebuilds each one from a good copy.")
        detail = one if count == 1 else each
    elif good:
        detail = trn("Repair can rebuild {count} of them.", "Repair can rebuild {count} of them.", good)
    else:
        detail = tr("No good copy is known of them.") if count > 1 else tr("No good copy is known of it.")
    if facts.source:
        detail = tr("Plug in {drive} first.", drive=facts.source) + " " + detail
    act = Act.REPAIR if good else Act.DECIDE
    return Sentence(text, _and_safe(detail, facts), act, Tone.DAMAGED, min(good, count))


def _lost(facts: Facts) -> Sentence | None:
    if not facts.lost:
        return None
    text = trn(
        "{count} file is gone, and no copy of it is known.",
        "{count} files are gone, and no copy of them is known.",
        facts.lost,
    )
    return Sentence(text, _and_safe(tr("Put them back, or let them go."), facts), Act.DECIDE, Tone.DAMAGED)


def _braked(facts: Facts) -> Sentence | None:
    for one in facts.libraries:
        if one.brake:
            return Sentence(
                tr("Very much changed at once in {library}.", library=one.library.name),
                tr("Nothing of it reaches a drive until you confirm that it is right."),
                Act.DECIDE,
                Tone.SHORT,
            )
    return None


def _waiting(facts: Facts) -> Sentence | None:
    count = facts.standings[Standing.HELD]
    if not count:
        return None
    if not facts.held:
        text = trn(
            "{count} copy on a drive was written by another computer.",
            "{count} copies on drives were written by another computer.",
            count,
        )
        return Sentence(text, _and_safe(tr("Decide whether they are right."), facts), Act.DECIDE, Tone.SHORT)
    text = trn("{count} changed file waits for you.", "{count} changed files wait for you.", count)
    detail = tr("Accept the new version or put the proven one back.")
    return Sentence(text, _and_safe(detail, facts), Act.DECIDE, Tone.SHORT)


def _no_drive(facts: Facts) -> Sentence | None:
    if facts.in_service:
        return None
    return Sentence(
        trn("{count} file has no second copy.", "{count} files have no second copy.", facts.items),
        tr("Add a drive: one folder on any disk, stick or network share is enough."),
        Act.ADD_DRIVE,
        Tone.SHORT,
    )


def _short(facts: Facts) -> Sentence | None:
    count = facts.standings[Standing.AT_RISK] + facts.standings[Standing.SHORT]
    if not count:
        return None
    text = trn("{count} file needs another copy.", "{count} files need another copy.", count)
    lacking = [(one, one.waiting) for one in facts.drives if one.waiting is not None and one.waiting.needed]
    here = [(one, todo) for one, todo in lacking if one.presence.online and one.presence.writable]
    ready = [_label(one) for one, todo in here if todo.at_hand and not todo.short_bytes]
    if ready:
        detail = tr("What is missing can be copied to {drives} now.", drives=", ".join(ready))
        return Sentence(text, _and_safe(detail, facts), Act.SYNC, Tone.SHORT)
    away = [_label(one) for one, _ in lacking if not one.presence.online]
    away += [todo.source for _, todo in here if todo.source]
    if away:
        text = trn(
            "{count} file needs another copy: plug in {drive}.",
            "{count} files need another copy: plug in {drive}.",
            count,
            drive=away[0],
        )
        return Sentence(text, _and_safe("", facts), Act.NONE, Tone.SHORT)
    for one, todo in here:
        if todo.at_hand:  # only the room is missing
            text = trn(
                "{count} file needs another copy, and {drive} is too full.",
                "{count} files need another copy, and {drive} is too full.",
                count,
                drive=_label(one),
            )
            return Sentence(text, _and_safe(_or_more_drives(facts, todo.short_bytes), facts), Act.ADD_DRIVE, Tone.SHORT)
    if facts.missing_short >= count:
        return None  # every drive has them: what helps is to put them back
    return Sentence(text, _and_safe(_why_another_drive(facts), facts), Act.ADD_DRIVE, Tone.SHORT)


def _or_more_drives(facts: Facts, short_bytes: int) -> str:
    """What helps where a drive lacks room for so many bytes."""
    lacking, further = wording.size(short_bytes), facts.further
    if further.drives <= 1:
        return tr("{size} more are needed there: make room, or add a drive.", size=lacking)
    return tr(
        "{size} more are needed there. Without more room it takes {more} on {count} further drives.",
        size=lacking,
        more=wording.size(further.bytes),
        count=further.drives,
    )


def _why_another_drive(facts: Facts) -> str:
    shared = [one for one in facts.in_service if one.shares_disk_with]
    if shared and facts.rule.volumes > 1:
        return tr(
            "{drive} is on the same disk as {other}: they will be lost together. Add a drive on another disk.",
            drive=_label(shared[0]),
            other=shared[0].shares_disk_with[0],
        )
    if facts.further.drives:
        return trn(
            "The policy wants {copies} copies of each: {size} more on {count} further drive.",
            "The policy wants {copies} copies of each: {size} more on {count} further drives.",
            facts.further.drives,
            copies=facts.rule.copies,
            size=wording.size(facts.further.bytes),
        )
    return tr("The policy wants {copies} copies of each: add another drive.", copies=facts.rule.copies)


def _missing(facts: Facts) -> Sentence | None:
    if not facts.missing:
        return None
    text = trn(
        "{count} file is gone from its place; copies of it are kept.",
        "{count} files are gone from their places; copies of them are kept.",
        facts.missing,
    )
    return Sentence(text, tr("Put them back, or let them go."), Act.DECIDE, Tone.SHORT)


def _unseen(facts: Facts) -> Sentence | None:
    for one in facts.libraries:
        seen = one.library.scanned_at
        if seen is not None and facts.now - seen <= SCAN_DAYS * DAY:
            continue
        name = one.library.name
        act, detail = Act.SCAN, tr("A scan finds what is new or changed.")
        if not one.online:
            act, detail = Act.NONE, tr("{library} is not connected.", library=name)
        if seen is None:
            text = tr("{library} was not looked at yet.", library=name)
        else:
            days = int((facts.now - seen) // DAY)
            text = tr("{library} was last looked at {days} days ago.", library=name, days=days)
        return Sentence(text, _and_safe(detail, facts), act, Tone.AWAY)
    return None


def _unread(facts: Facts) -> Sentence | None:
    if not facts.unread:
        return None
    text = trn(
        "{count} file or folder can't be read and isn't protected.",
        "{count} files or folders can't be read and aren't protected.",
        facts.unread,
    )
    return Sentence(text, _and_safe(tr("Status names them."), facts), Act.NONE, Tone.SHORT)


def _stale(facts: Facts) -> Sentence | None:
    count = facts.standings[Standing.STALE]
    if not count:
        return None
    text = trn("{count} file needs a fresh proof.", "{count} files need a fresh proof.", count)
    owed = [one for one in facts.in_service if one.waiting is not None and one.waiting.overdue]
    if owed and not any(one.presence.online for one in owed):
        detail = tr("Plug in {drive}.", drive=_label(owed[0]))
        return Sentence(text, _and_safe(detail, facts), Act.NONE, Tone.AWAY)
    detail = trn(
        "Its copies were not all read from their drives in the last {days} days.",
        "Their copies were not all read from their drives in the last {days} days.",
        count,
        days=min((rule.proof_days for rule in facts.rules), default=facts.rule.proof_days),
    )
    return Sentence(text, _and_safe(detail, facts), Act.SCRUB, Tone.AWAY)


def _good(facts: Facts) -> Sentence:
    detail = trn(
        "It has {copies} good copies or more, proven in the last {days} days.",
        "Each has {copies} good copies or more, proven in the last {days} days.",
        facts.items,
        copies=facts.copies,
        days=max((rule.proof_days for rule in facts.rules), default=facts.rule.proof_days),
    )
    apart = [one.library.name for one in facts.libraries if not one.online] + [_label(one) for one in facts.away]
    if apart:
        text = trn("Your file has the copies it needs.", "Your {count} files have the copies they need.", facts.items)
        detail += " " + tr("Not connected now: {names}.", names=", ".join(apart))
    else:
        text = trn("Your file is safe.", "All {count} files are safe.", facts.items)
    return Sentence(text, detail, Act.NONE, Tone.GOOD)


_IN_ORDER: tuple[Callable[[Facts], Sentence | None], ...] = (
    _nothing_yet,
    _damaged,
    _lost,
    _braked,
    _waiting,
    _no_drive,
    _short,
    _missing,
    _unseen,
    _unread,
    _stale,
)


def _label(drive: DriveStatus) -> str:
    return drive.presence.vault.label


def _and_safe(detail: str, facts: Facts) -> str:
    """The detail, and how many files have all that the policy wants."""
    safe = facts.standings[Standing.PROTECTED]
    if not safe:
        return detail
    fine = trn("{count} file has the copies it needs.", "{count} files have the copies they need.", safe)
    return f"{detail} {fine}".lstrip()
