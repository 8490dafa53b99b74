"""All that the inspector shows of an item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from musicvault.catalog import contents, findings, history, items, libraries, replicas
from musicvault.catalog.findings import StoredFinding
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.domain import wording
from musicvault.domain.events import EventType
from musicvault.domain.paths import join, split
from musicvault.domain.policy import DAY
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Kind
from musicvault.engine import library as libraries_here
from musicvault.engine import locating
from musicvault.engine.attention import Trouble, attention_of
from musicvault.engine.context import Context
from musicvault.gui.desk.covers import cover_of, embedded_of
from musicvault.gui.desk.damage import blocks, headline, seconds_of, spans
from musicvault.gui.desk.event_words import history_row
from musicvault.gui.desk.kept import kept_versions
from musicvault.gui.desk.rows import item_rows
from musicvault.gui.models.actions import Action, Deed, State
from musicvault.gui.models.library import Copy, Damage, ItemDetail
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.wording import age
from musicvault.language import tr

_STATES = {
    ReplicaState.INTACT: State.PROTECTED,
    ReplicaState.SUSPECT: State.DAMAGED,
    ReplicaState.CORRUPT: State.DAMAGED,
    ReplicaState.MISSING: State.MISSING,
    ReplicaState.UNREADABLE: State.UNREADABLE,
    ReplicaState.HELD: State.HELD,
    ReplicaState.FOREIGN: State.HELD,
    ReplicaState.FORGOTTEN: State.AWAY,
}


def details(ctx: Context, item_ids: Sequence[int]) -> list[ItemDetail]:
    """The details of these items, in order; ids that are gone are left out. For several items without their history
    and copies, which the inspector doesn't show then."""
    alone = len(item_ids) == 1
    return [detail(ctx, item, whole=alone) for item in items.many(ctx.catalog, item_ids)]


def detail(ctx: Context, item: Item, *, whole: bool) -> ItemDetail:
    row = item_rows(ctx, [item.id])[0]
    tags: Mapping[str, tuple[str, ...]] = contents.wrapper(ctx.catalog, item.content.id).fields
    taggable = item.kind is Kind.TRACK
    if not whole:
        return ItemDetail(row, tags=tags, taggable=taggable)
    troubles = attention_of(ctx, item)
    words, tone = _explained(troubles)
    headlines = [headline(ctx, trouble) for trouble in troubles]
    return ItemDetail(
        row,
        headlines[0] if headlines else "",
        words,
        tone,
        _copies(ctx, item),
        tags,
        tuple(history_row(record) for record in history.of_item(ctx.catalog, item.id)),
        *_buttons(item, troubles),
        footnote=tr("Repair moves the damaged file to quarantine.") if _has(troubles, Deed.REPAIR) else "",
        cover=_cover(ctx, item),
        taggable=taggable,
        versions=kept_versions(ctx, item),
    )


def _explained(troubles: Sequence[Trouble]) -> tuple[str, Tone]:
    if not troubles:
        return "", Tone.GOOD
    facts = [wording.evidence(fact) for fact in troubles[0].finding.evidence if fact.code != "bad-blocks"]
    text = "; ".join(facts)
    damage = any(trouble.finding.verdict.is_damage for trouble in troubles)
    return (text[:1].upper() + text[1:] + "." if text else ""), Tone.DAMAGED if damage else Tone.SHORT


def _has(troubles: Sequence[Trouble], deed: Deed) -> bool:
    return deed is Deed.REPAIR and any(trouble.finding.verdict.is_damage for trouble in troubles)


def _buttons(item: Item, troubles: Sequence[Trouble]) -> tuple[Action | None, Action | None]:
    """The recommended action and the other one."""
    states = {trouble.replica.state for trouble in troubles}
    own = {trouble.replica.state for trouble in troubles if trouble.replica.vault_id is None}
    only = (item.id,)
    if states & {ReplicaState.CORRUPT, ReplicaState.SUSPECT, ReplicaState.UNREADABLE}:
        other = Action(Deed.ACCEPT, tr("Keep it as it is"), items=only) if ReplicaState.CORRUPT in own else None
        return Action(Deed.REPAIR, tr("Repair"), items=only), other
    if ReplicaState.HELD in own:
        return (
            Action(Deed.COMPARE, tr("Compare"), items=only),
            Action(Deed.REJECT, tr("Put the proven one back"), items=only),
        )
    if ReplicaState.MISSING in own:
        return Action(Deed.RESTORE, tr("Restore"), items=only), Action(Deed.FORGET, tr("Let it go"), items=only)
    if ReplicaState.MISSING in states:
        return Action(Deed.REPAIR, tr("Repair"), items=only), None
    return None, None


def _copies(ctx: Context, item: Item) -> tuple[Copy, ...]:
    """The library's own file, then each drive's copy; drives without one are listed too."""
    library = libraries.by_id(ctx.catalog, item.library_id)
    presences = {presence.vault.id: presence for presence in locating.locate(ctx)}
    current = [one for one in replicas.of_item(ctx.catalog, item.id) if one.role == replicas.CURRENT]
    stored = findings.of_many(ctx.catalog, [one.id for one in current])
    seconds = seconds_of(ctx, item) if stored else 0.0
    healed = _healed(ctx, item)
    made: list[Copy] = []
    for replica in current:
        found = _damage(item, stored.get(replica.id), seconds)
        healed_from, blocks_healed = healed.get(replica.vault_id, ("", ()))
        found = replace(found, healed_from=healed_from, healed=() if found.bad else blocks_healed)
        if replica.vault_id is None:
            here = library is not None and libraries_here.online(ctx, library)
            name = library.name if library is not None else ""
            folder = join(library.root, split(item.path)[0]) if library is not None else b""
            made.append(_copy(ctx, item, replica, tr("{name} (your music)", name=name), here, folder, found))
        elif (presence := presences.pop(replica.vault_id, None)) is not None:
            folder = join(presence.root, split(replica.path)[0]) if presence.root else b""
            made.append(_copy(ctx, item, replica, presence.vault.label, presence.online, folder, found))
    for presence in presences.values():
        words = tr("no copy yet") if presence.online else tr("no copy yet, away")
        made.append(Copy(presence.vault.label, State.AWAY, words, presence.online, blocks=_blocks(item)))
    return tuple(made)


def _copy(ctx: Context, item: Item, replica: Replica, place: str, online: bool, folder: bytes, found: Damage) -> Copy:
    days = None if replica.proven_at is None else max(0.0, (ctx.now() - replica.proven_at) / DAY)
    state = _STATES[replica.state]
    if state is State.PROTECTED and not replica.current:
        words, state = tr("older version"), State.SHORT
    elif state is State.PROTECTED:
        words = tr("proven {age}", age=_age_phrase(days)) if days is not None else tr("not proven yet")
        state = State.PROTECTED if days is not None else State.UNKNOWN
    else:
        words = wording.state(replica.state)
    if not online:
        words = tr("{state}, away", state=words)
    show = Action(Deed.OPEN_FOLDER, tr("Show in folder"), values={"path": folder})
    verify = Action(Deed.CHECK, tr("Verify now"), items=(item.id,), values={"replica": replica.id})
    return Copy(
        place,
        state,
        words,
        online,
        replica.vault_id is None,
        days,
        _blocks(item),
        found.bad,
        folder,
        (verify, show) if online else (),
        found if online or found.bad or found.spans else Damage(),
    )


def _damage(item: Item, finding: StoredFinding | None, seconds: float) -> Damage:
    if finding is None:
        return Damage()
    lost = tuple(sorted({index for one in finding.lost for index in one.blocks}))
    there = spans(item.content.digests.size, seconds, finding.bad_blocks, finding.lost)
    return Damage(finding.bad_blocks, lost, there, seconds)


def _healed(ctx: Context, item: Item) -> dict[str | None, tuple[str, tuple[int, ...]]]:
    """From where each copy was last healed, and the blocks of it that were bad then, by its vault (None: the library's
    file)."""
    found: dict[str | None, tuple[str, tuple[int, ...]]] = {}
    for record in history.of_item(ctx.catalog, item.id):  # newest first
        before = found.get(record.vault_id)
        if record.type == EventType.RECOVERY.value and before is None and "digest" in record.detail:
            told = record.detail.get("from", record.detail.get("source", ""))
            names = ", ".join(str(one) for one in told) if isinstance(told, list) else str(told)
            found[record.vault_id] = names, ()
        bad = record.detail.get("bad_blocks")
        if before is not None and not before[1] and isinstance(bad, list):
            found[record.vault_id] = before[0], tuple(one for one in bad if isinstance(one, int))
    return found


def _age_phrase(days: float) -> str:
    return tr("today") if days < 1 else tr("{age} ago", age=age(days))


def _blocks(item: Item) -> int:
    return blocks(item.content.digests.size)


def _cover(ctx: Context, item: Item) -> bytes:
    library = libraries.by_id(ctx.catalog, item.library_id)
    if library is None:
        return b""
    own = embedded_of(ctx, library.root, item) if item.kind is Kind.TRACK else b""
    return own or cover_of(ctx, library.id, library.root, split(item.path)[0])
