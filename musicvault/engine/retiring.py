"""Retiring a drive: first everything that would fall short without it gets its copies elsewhere, then, with the proof
of that in hand, the drive stops counting. Nothing on it is touched; it still serves to heal and to restore.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

from musicvault.catalog import holders, leaving, rules, vaults
from musicvault.catalog.leaving import Held
from musicvault.catalog.vaults import Vault
from musicvault.domain import wording
from musicvault.domain.drives import Drive, library_drive
from musicvault.domain.needs import Step
from musicvault.domain.notices import Finished, ItemDone, Job, Notice, Started
from musicvault.domain.policy import DAY, Rule, amount
from musicvault.domain.proof import Grade, VerifiedCopy, prove_safe
from musicvault.engine import locating, planning
from musicvault.engine.context import Context
from musicvault.engine.sync import sync
from musicvault.errors import DriveGone, DriveRefused, DriveUnwritable, Locked, NoSpace, UsageError
from musicvault.language import tr

JOB = "retire"
SHORTFALL = 21
Coming = dict[int, tuple[str, ...]]


def retire(ctx: Context, vault: Vault, *, force: bool = False, dry_run: bool = False) -> Job:
    """Retire a drive, connected or not. What only it can give is copied to the other drives that are there, each copy
    read back; then each item must have all the copies that its rule wants, freshly proven, on other disks.

    Where that can't be shown the items are named, the drive stays in service and the exit code is 21; `force` retires
    it all the same. Counts: items, proven, short, kept, copied, retired. Raises UsageError, Locked, and what a sync
    raises of the catalog.
    """
    if vault.retired:
        raise UsageError(tr("{label} is retired already.", label=vault.label))
    counts: Counter[str] = Counter(dict.fromkeys(("items", "proven", "short", "kept", "copied", "retired"), 0))
    yield Started(JOB, vault.label)
    coming = _coming(ctx, vault, counts) if dry_run else {}
    if not dry_run:
        yield from _drain(ctx, vault, counts)
    with ctx.locked("drive retire", vaults=(vault.id,)):
        yield from _weigh(ctx, vault, counts, coming)
        if not dry_run and (force or not counts["short"]):
            counts["retired"] = 1
            with ctx.catalog.transaction(ctx.now()) as transaction:
                detail = {"proven": counts["proven"], "short": counts["short"], "force": force}
                vaults.set_retired(transaction, vault, True, detail)
    yield Finished(JOB, dict(counts), SHORTFALL if counts["short"] else 0)


def check_successor(ctx: Context, old: Vault, new: Vault) -> None:
    """Whether one drive may take another's place, by every rule. Raises UsageError, and DriveGone where the new one
    isn't there."""
    if old.id == new.id:
        raise UsageError(tr("{label} can't be replaced by itself.", label=old.label))
    if new.retired:
        raise UsageError(tr("{label} is retired itself.", label=new.label))
    known = {drive.id: drive for drive in holders.every(ctx.catalog)}
    for rule in rules.every(ctx.catalog):
        if rule.permits(known[old.id]) and not rule.permits(known[new.id]):
            text = "The rule {rule} wants copies on {old} and none on {new}. To change that: {command}"
            raise UsageError(tr(text, rule=rule.name, old=old.label, new=new.label, command=_letting(rule, old, new)))
    presence = locating.locate_one(ctx, new)
    if not presence.writable:
        raise locating.not_there(presence) if presence.root is None else DriveUnwritable(presence.reason)


def _letting(rule: Rule, old: Vault, new: Vault) -> str:
    """The command that lets the rule permit the new drive in the old one's place."""
    allowed = [new.label if label == old.label else label for label in rule.allowed]
    forbidden = [label for label in rule.forbidden if label != new.label]
    words = ["musicvault", "policy", "edit", rule.name]
    for label in allowed:
        words += ["--only-on", label]
    if new.label in rule.forbidden:
        for label in forbidden or [""]:
            words += ["--not-on", label]
    return shlex.join(words)


def unretire(ctx: Context, vault: Vault) -> None:
    """Take a retired drive back into service."""
    with ctx.locked("drive retire", vaults=(vault.id,)), ctx.catalog.transaction(ctx.now()) as transaction:
        vaults.set_retired(transaction, vault, False, {})


def _drain(ctx: Context, vault: Vault, counts: Counter[str]) -> Iterator[Notice]:
    """Bring the other drives that are there up to date; this one may be the source. One that is too full, or fails, is
    told and no more: whether what stands elsewhere is enough is weighed afterwards."""
    others = _others(ctx, vault)
    if not others:
        return
    try:
        for notice in sync(ctx, others):
            if isinstance(notice, Finished):
                counts["copied"] += notice.counts.get("copied", 0) + notice.counts.get("replaced", 0)
                counts["bytes"] += notice.counts.get("bytes", 0)
            else:
                yield notice
    except NoSpace:
        pass  # the sync said so
    except (DriveGone, DriveUnwritable, DriveRefused, Locked) as error:
        yield ItemDone("noted", b"", vault.label, reason=str(error))


def _others(ctx: Context, vault: Vault) -> list[str]:
    return [
        presence.vault.id
        for presence in locating.locate(ctx)
        if presence.writable and presence.vault.id != vault.id and not presence.vault.retired
    ]


def _coming(ctx: Context, vault: Vault, counts: Counter[str]) -> Coming:
    """Where the sync before it would put further copies."""
    others = _others(ctx, vault)
    coming: dict[int, tuple[str, ...]] = {}
    for need in planning.planned(ctx, others).plan.actions if others else ():
        coming[need.item_id] = (*coming.get(need.item_id, ()), need.vault_id)
        counts["copied"] += need.step is not Step.RENAME
        counts["bytes"] += need.room
    return coming


def _weigh(ctx: Context, vault: Vault, counts: Counter[str], coming: Coming) -> Iterator[Notice]:
    """Prove for each item that it does without this drive."""
    counts["kept"] = leaving.kept(ctx.catalog, vault.id)
    policy = {stored.id: stored.rule for stored in rules.numbered(ctx.catalog)}
    default = rules.default_rule(ctx.catalog)
    known = {drive.id: drive for drive in holders.every(ctx.catalog)}
    home = holders.home(ctx.catalog)
    for held in leaving.held_by(ctx.catalog, vault.id):
        ctx.checkpoint()
        counts["items"] += 1
        further = coming.get(held.item_id, ())
        problem = _lack(held, policy.get(held.rule_id, default), known, home, ctx.now(), further)
        if problem:
            counts["short"] += 1
            yield ItemDone("failed", held.path, vault.label, held.size, problem=problem)
        else:
            counts["proven"] += 1


def _lack(held: Held, rule: Rule, known: dict[str, Drive], home: str, now: float, further: tuple[str, ...] = ()) -> str:
    """What is missing for the item once the drive is gone; empty where nothing is. `further`: vaults that will have
    been given a copy by then."""
    verified, stay = [], []
    for vault_id in further:
        new = known[vault_id]
        if rule.counts(new):
            stay.append(new)
            verified.append(VerifiedCopy(0, new.domain, held.blake3, now, Grade.DEVICE))
    for other in held.others:
        if other.vault_id in further:  # what is there will be replaced
            continue
        drive = known.get(other.vault_id or library_drive(other.library_id))
        if drive is None or not rule.counts(drive):
            continue
        stay.append(drive)
        if other.proven_at is not None and other.grade is not None:
            verified.append(VerifiedCopy(other.replica_id, drive.domain, held.blake3, other.proven_at, other.grade))
    lacks = list(amount(stay, home).lacks(rule))
    if lacks:
        there = ", ".join(drive.label for drive in stay) or tr("none")
        missing = "; ".join(wording.shortfall(lack) for lack in lacks)
        return tr("it would fall short: {missing} (good copies elsewhere: {there})", missing=missing, there=there)
    fresh = now - rule.proof_days * DAY
    # Only this vault leaves: what else lies on its disk stays, and counts unless the disk is failing.
    if prove_safe(held.blake3, "", verified, wanted=rule.volumes, fresh_after=fresh) is None:
        return tr("its other copies were not proven within {days} days: musicvault scrub", days=rule.proof_days)
    return ""
