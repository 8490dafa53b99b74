"""What an action would do, by a dry run of its own job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from musicvault.catalog import items, libraries, overview, vaults
from musicvault.domain import wording
from musicvault.domain.notices import ItemDone, Job
from musicvault.domain.paths import display
from musicvault.engine import decide
from musicvault.engine.attention import Remedy, attention
from musicvault.engine.context import Context
from musicvault.engine.library import online
from musicvault.gui.desk import driving
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.attention import Preview
from musicvault.gui.wording import files, size
from musicvault.language import tr, trn
from musicvault.storage.exclusions_compared import turned

NEEDED = frozenset(
    {
        Deed.REPAIR,
        Deed.RESTORE,
        Deed.ACCEPT,
        Deed.REJECT,
        Deed.FORGET,
        Deed.CONFIRM,
        Deed.UNDO,
        Deed.UNDO_ACCEPT,
        Deed.UNDO_FORGET,
        Deed.ADOPT,
        Deed.REFUSE,
        Deed.UNDO_ADOPT,
        Deed.UNDO_REFUSE,
        Deed.REVERT,
        Deed.REMOVE_DRIVE,
        Deed.REMOVE_LIBRARY,
        Deed.SET_EXCLUSIONS,
    }
)
"""Deeds that are shown before they are done."""
_MOST_HELD = 20_000
_BY_COPY = (Deed.ADOPT, Deed.REFUSE, Deed.UNDO_REFUSE)
_SURE = "sure"
_CAN = frozenset({"would-heal-from", "would-heal-with"})
_CANT = frozenset({"no-good-copy", "not-connected", "not-writable"})
"""Codes of `domain.wording` that a repair's dry run adds to its findings."""


def is_sure(action: Action) -> bool:
    """Whether the user has seen what it would do."""
    return action.deed not in NEEDED | driving.PREVIEWED or bool(action.values.get(_SURE))


def preview(ctx: Context, action: Action) -> Preview:
    """Dry-run the action. Reads catalog and mounts; not for the Qt thread."""
    if action.deed is Deed.CONFIRM:
        return _confirming(ctx, action)
    if action.deed in driving.PREVIEWED:
        return driving.preview(ctx, action, _sure)
    if action.deed is Deed.REMOVE_DRIVE:
        return _without(ctx, action)
    if action.deed is Deed.REMOVE_LIBRARY:
        return _without_library(ctx, action)
    if action.deed is Deed.SET_EXCLUSIONS:
        return _leaving_out(ctx, action)
    done = [notice for notice in _dry(ctx, action) if isinstance(notice, ItemDone)]
    able = [one for one in done if _would_be_done(one)]
    failed = [one for one in done if _cannot_be_done(one)]
    warning = ""
    if failed:
        warning = trn("{count} file can't be done now:", "{count} files can't be done now:", _files(failed))
        warning += " " + next((why for one in failed if (why := _why(one))), "")
    if not able:
        return Preview(tr("Nothing can be done now."), (), None, warning or tr("Nothing is left to do here."))
    lines = tuple(_line(one) for one in able[:200])
    amount = len(able) if action.deed in _BY_COPY else _files(able)
    return Preview(question(action, amount), lines, _sure(action, action.label or tr("Go on")), warning)


def _files(done: Sequence[ItemDone]) -> int:
    """How many files these are about: several copies may be of one."""
    return len({one.path for one in done})


def _without(ctx: Context, action: Action) -> Preview:
    """What is lost and what stays when a drive is no longer used."""
    vault = vaults.by_label(ctx.catalog, action.subject)
    place = overview.NOTHING if vault is None else overview.census(ctx.catalog).places.get(vault.id, overview.NOTHING)
    lines = (
        tr("Everything on the drive stays as it is: plain files, and the list that proves them."),
        tr("Its {files} ({size}) no longer count as copies.", files=files(place.items), size=size(place.bytes)),
        tr("Add the drive again and it is back, with nothing to copy anew."),
    )
    return Preview(tr("Stop using {drive}?", drive=action.subject), lines, _sure(action, tr("Stop using it")))


def _without_library(ctx: Context, action: Action) -> Preview:
    """What stays when a folder is no longer looked after: all."""
    found = libraries.by_name(ctx.catalog, action.subject)
    known = 0 if found is None else items.count(ctx.catalog, found.id)
    lines = (
        tr("Its {files} stay as they are, and so do all copies on the drives.", files=files(known)),
        tr("What changes there is no longer found, copied or proven."),
        tr("Add the folder again and everything is as before."),
    )
    sure = _sure(action, tr("Stop looking after it"))
    return Preview(tr("Stop looking after {name}?", name=action.subject), lines, sure)


def _leaving_out(ctx: Context, action: Action) -> Preview:
    """Which files other patterns would leave out, and which would come in."""
    sure = _sure(action, tr("Save"))
    title = tr("Change what is left out of {name}?", name=action.subject)
    found = libraries.by_name(ctx.catalog, action.subject)
    if found is None or not online(ctx, found):
        away = tr("The folder is not connected: what would change there can't be shown now.")
        return Preview(title, (), sure, away)
    patterns = action.values["exclusions"]
    assert isinstance(patterns, tuple)
    changes = list(turned(found.root, found.exclusions, patterns))
    leaving = [display(one.path) for one in changes if one.leaves]
    coming = [display(one.path) for one in changes if not one.leaves]
    lines: list[str] = []
    if leaving:
        stay = tr("What happens to them is no longer noticed. Copies that are there stay.")
        lines += [f"{tr('{files} would be left out.', files=files(len(leaving)))} {stay}", *_some(leaving)]
    if coming:
        lines += [tr("{files} would be looked after from now on.", files=files(len(coming))), *_some(coming)]
    return Preview(title, tuple(lines) or (tr("No file that is there now is concerned."),), sure)


def _some(names: Sequence[str]) -> list[str]:
    more = len(names) - _SHOWN
    return [*names[:_SHOWN], *([trn("and {count} more", "and {count} more", more)] if more > 0 else [])]


_SHOWN = 4
"""So many files are named of each kind."""


def _confirming(ctx: Context, action: Action) -> Preview:
    """What the brake held back in a library, file by file."""
    found = [one for one in attention(ctx, _MOST_HELD) if one.remedy is Remedy.CONFIRM and one.where == action.subject]
    lines = (
        tr("Vanished files stay on the drives. Changed files become the new versions where that is safe."),
        *(f"{display(one.item.path)} · {wording.named(one.finding)}" for one in found),
    )
    return Preview(tr("Confirm the changes in {name}?", name=action.subject), lines, _sure(action, tr("Confirm")))


def _would_be_done(done: ItemDone) -> bool:
    if done.finding is not None:  # a dry run of a repair names the copy that it would take
        return any(fact.code in _CAN for fact in done.finding.evidence)
    return done.action not in ("failed", "skipped")


def _cannot_be_done(done: ItemDone) -> bool:
    if done.finding is not None:
        return any(fact.code in _CANT for fact in done.finding.evidence)
    return done.action == "failed"


def _why(done: ItemDone) -> str:
    if done.problem or done.finding is None:
        return done.problem
    return "; ".join(wording.evidence(fact) for fact in done.finding.evidence[-1:])


def _dry(ctx: Context, action: Action) -> Job:
    ids = list(action.items)
    from musicvault.engine.foreign.adopting import adopt, undo_adopt
    from musicvault.engine.foreign.refusing import refuse, undo_refuse
    from musicvault.engine.repair import repair
    from musicvault.engine.retag import undo
    from musicvault.engine.undoing import undo_accept, undo_forget

    runs: dict[Deed, Callable[[], Job]] = {
        Deed.REPAIR: lambda: repair(ctx, item_ids=ids or None, dry_run=True),
        Deed.RESTORE: lambda: repair(ctx, item_ids=ids, missing=True, dry_run=True),
        Deed.ACCEPT: lambda: decide.accept(ctx, ids, dry_run=True),
        Deed.REJECT: lambda: decide.reject(ctx, ids, dry_run=True),
        Deed.FORGET: lambda: decide.forget(ctx, ids, dry_run=True),
        Deed.UNDO: lambda: undo(ctx, event_of(action), dry_run=True),
        Deed.REVERT: lambda: _chained(
            decide.reject(ctx, ids, dry_run=True), repair(ctx, item_ids=ids, missing=True, dry_run=True)
        ),
        Deed.UNDO_ACCEPT: lambda: undo_accept(ctx, event_of(action), dry_run=True),
        Deed.UNDO_FORGET: lambda: undo_forget(ctx, event_of(action), dry_run=True),
        Deed.ADOPT: lambda: adopt(ctx, ids, copies=copies_of(action), dry_run=True),
        Deed.REFUSE: lambda: refuse(ctx, ids, copies=copies_of(action), dry_run=True),
        Deed.UNDO_ADOPT: lambda: undo_adopt(ctx, event_of(action), dry_run=True),
        Deed.UNDO_REFUSE: lambda: undo_refuse(ctx, event_of(action), dry_run=True),
    }
    return runs[action.deed]()


def copies_of(action: Action) -> tuple[int, ...]:
    """The replicas that an action names; none: all of its files."""
    named = action.values.get("copies")
    return tuple(one for one in named if isinstance(one, int)) if isinstance(named, tuple) else ()


def event_of(action: Action) -> int | None:
    """The event that an undo takes back; None: the last of its kind."""
    number = action.values.get("event")
    return number if isinstance(number, int) else None


def _chained(*jobs: Job) -> Job:
    for job in jobs:
        yield from job


def made_sure(action: Action) -> Action:
    """The action of somebody who has seen what it would do."""
    return _sure(action, action.label)


def _sure(action: Action, label: str) -> Action:
    return replace(action, label=label, values={**action.values, _SURE: True})


def question(action: Action, amount: int) -> str:
    """What is asked before so many files (or copies) are touched."""
    counted = files(amount)
    questions = {
        Deed.REPAIR: tr("Repair {files}?", files=counted),
        Deed.RESTORE: tr("Restore {files}?", files=counted),
        Deed.ACCEPT: trn("Accept {count} file as it is now?", "Accept {count} files as they are now?", amount),
        Deed.REJECT: tr("Put the proven version of {files} back? What stands there goes to quarantine.", files=counted),
        Deed.FORGET: tr(
            "Let go of {files}? The copies on drives stay as long as older versions are kept.", files=counted
        ),
        Deed.UNDO: tr("Undo this tag edit ({files})?", files=counted)
        if event_of(action)
        else tr("Undo the last tag edit ({files})?", files=counted),
        Deed.REVERT: trn(
            "Put {count} file back as it was? What stands there goes to quarantine.",
            "Put {count} files back as they were? What stands there goes to quarantine.",
            amount,
        ),
        Deed.UNDO_ACCEPT: tr("Take back that you accepted {files}? The proven version is put back.", files=counted),
        Deed.UNDO_FORGET: tr("Expect {files} again? Then you can restore what is missing.", files=counted),
        Deed.UNDO_ADOPT: trn(
            "Put {count} file back as it was before you adopted a copy?",
            "Put {count} files back as they were before you adopted copies?",
            amount,
        ),
    }
    if action.deed in _BY_COPY:
        return _about_copies(action.deed, amount)
    return questions[action.deed]


def _about_copies(deed: Deed, amount: int) -> str:
    if deed is Deed.ADOPT:
        return trn("Adopt {count} copy?", "Adopt {count} copies?", amount)
    if deed is Deed.UNDO_REFUSE:
        return trn(
            "Take back that you refused {count} copy? It waits on its drive again.",
            "Take back that you refused {count} copies? They wait on their drives again.",
            amount,
        )
    return trn(
        "Refuse {count} copy? It is set aside on its drive, with your version in its place.",
        "Refuse {count} copies? They are set aside on their drives, with your versions in their places.",
        amount,
    )


def _line(done: ItemDone) -> str:
    reason = "; ".join(part for part in (str(done.details.get("said", "")), done.reason) if part)
    if done.finding is not None:
        reason = "; ".join(wording.evidence(fact) for fact in done.finding.evidence if fact.code in _CAN)
    return " · ".join(part for part in (display(done.path), done.where, reason) if part)
