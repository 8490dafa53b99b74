"""What needs the user, grouped by what it is; each group with what can be done about it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from musicvault.catalog import contents, findings, items, libraries, parity, replicas, vaults
from musicvault.domain import wording
from musicvault.domain.damage import bytes_in_words
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine import places, sources
from musicvault.engine.attention import Remedy, Trouble, attention
from musicvault.engine.context import Context
from musicvault.engine.places import Reach
from musicvault.engine.status import Status
from musicvault.gui.desk import finding_words
from musicvault.gui.desk.damage import blocks, seconds_of, spans
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.attention import AttentionModel, FindingGroup, FindingRow
from musicvault.gui.models.comparing import Span
from musicvault.gui.theme.tokens import Tone
from musicvault.language import tr, trn

MOST = 20_000
"""More findings than this are not listed at once (a brake may hold back a whole library)."""
_GRAVE = ("damaged", "lost")
_SOURCED = 200
"""For so many of a kind it is asked from which drive they can be rebuilt."""
_ORDER = ("damaged", "lost", "unreadable", "gone", "replaced", "held", "ambiguous", "missing", "foreign")


def attention_model(ctx: Context, status: Status) -> AttentionModel:
    """All open findings. Reads the catalog and the mounts; not for the Qt thread."""
    kinds: dict[str, list[Trouble]] = defaultdict(list)
    braked: dict[str, list[Trouble]] = defaultdict(list)
    for trouble in attention(ctx, MOST):
        if trouble.remedy is Remedy.CONFIRM:
            braked[trouble.where].append(trouble)
        else:
            kinds[_kind(trouble)].append(trouble)
    reach = places.reachable(ctx) if kinds else None
    groups = [_group(ctx, reach, kind, kinds[kind]) for kind in _ORDER if kinds.get(kind) and reach is not None]
    first = [group for group in groups if group.kind in _GRAVE]
    rest = [group for group in groups if group.kind not in _GRAVE]
    return AttentionModel((*first, *_brakes(ctx, status, braked), *rest, *_parity(ctx), *_born(ctx)))


def _kind(trouble: Trouble) -> str:
    on_drive = trouble.replica.vault_id is not None
    if trouble.remedy is Remedy.CHECK_DRIVE:
        return "unreadable"
    if trouble.remedy is Remedy.ADOPT:
        return "foreign"
    if trouble.replica.state is ReplicaState.MISSING:
        return "gone" if on_drive else "missing"
    if trouble.remedy is Remedy.REPAIR:
        return "lost" if trouble.finding.lost else "damaged"
    if any(fact.code == "ambiguous-move" for fact in trouble.finding.evidence):
        return "ambiguous"
    return "replaced" if trouble.finding.verdict is Verdict.REPLACED else "held"


def _group(ctx: Context, reach: Reach, kind: str, troubles: Sequence[Trouble]) -> FindingGroup:
    amount = len({trouble.item.id for trouble in troubles})
    title, explanation, tone, icon = finding_words.words(kind, amount)
    rows = [row_of(ctx, trouble) for trouble in troubles]
    actions = _actions(kind)
    if kind in ("damaged", "unreadable", "gone", "missing"):
        given = [_given(ctx, reach, trouble) for trouble in troubles[:_SOURCED]]
        rows = [replace(row, remedy=_remedy(where)) for row, where in zip(rows, given, strict=False)] + rows[_SOURCED:]
        named = Counter(where for where in given if where)
        if len(named) == 1 and all(given) and len(troubles) <= _SOURCED:
            actions = tuple(_named(action, next(iter(named))) for action in actions)
    by_copy = kind == "foreign"
    if by_copy and all(_is_current(trouble) for trouble in troubles):
        actions = (*actions[1:], actions[0])  # there is nothing to compare
    return FindingGroup(kind, title, explanation, tone, icon, tuple(rows), actions, by_copy=by_copy)


def _is_current(trouble: Trouble) -> bool:
    """Whether a copy that another computer wrote is just what the library has."""
    return any(fact.code == "is-current" for fact in trouble.finding.evidence)


def _actions(kind: str) -> tuple[Action, ...]:
    """What can be done, the recommended first."""
    accept, back = Action(Deed.ACCEPT, tr("Accept")), Action(Deed.REJECT, tr("Put back"))
    compare, again = Action(Deed.COMPARE, tr("Compare")), Action(Deed.CHECK, tr("Read again"))
    return {
        "damaged": (Action(Deed.REPAIR, tr("Repair")),),
        "lost": (Action(Deed.REPAIR, tr("Try to repair")), again),
        "gone": (Action(Deed.REPAIR, tr("Repair")),),
        "unreadable": (again, Action(Deed.REPAIR, tr("Repair"))),
        "replaced": (compare, accept, back),
        "held": (compare, accept, back),
        "ambiguous": (back, Action(Deed.FORGET, tr("Let go"))),
        "missing": (Action(Deed.RESTORE, tr("Restore")), Action(Deed.FORGET, tr("Let go"))),
        "foreign": (compare, Action(Deed.ADOPT, tr("Adopt")), Action(Deed.REFUSE, tr("Refuse"))),
    }[kind]


def _named(action: Action, where: str) -> Action:
    if action.deed is Deed.REPAIR:
        return replace(action, label=tr("Repair from {drive}", drive=where))
    return replace(action, label=tr("Restore from {drive}", drive=where)) if action.deed is Deed.RESTORE else action


def _given(ctx: Context, reach: Reach, trouble: Trouble) -> str:
    """The drive or library whose copy is whole by all that is known; empty where none is within reach."""
    blake3 = contents.get(ctx.catalog, trouble.replica.content_id).digests.blake3
    found = sources.candidates(ctx, reach, blake3, but=trouble.replica.id)
    return next((one.where for one in found if one.is_intact), "")


def _remedy(where: str) -> str:
    if where:
        return tr("The copy on {drive} is good.", drive=where)
    return tr("No whole copy is within reach now: plug in the other drives, or see what repair can put together.")


def row_of(ctx: Context, trouble: Trouble) -> FindingRow:
    """One finding with its evidence."""
    finding, item = trouble.finding, trouble.item
    size = item.content.digests.size
    seconds, there = 0.0, tuple[Span, ...]()
    if finding.bad_blocks or finding.lost:
        seconds = seconds_of(ctx, item)
        there = spans(size, seconds, finding.bad_blocks, finding.lost)
    return FindingRow(
        trouble.replica.id,
        item.id,
        item.path,
        trouble.where,
        wording.named(finding),
        tuple(wording.evidence(fact) for fact in finding.evidence),
        blocks(size),
        finding.bad_blocks,
        seconds=seconds,
        spans=there,
        lost=tuple(sorted({index for one in finding.lost for index in one.blocks})),
        lost_bytes=bytes_in_words(finding.lost),
    )


def _brakes(ctx: Context, status: Status, held: dict[str, list[Trouble]]) -> list[FindingGroup]:
    """One for each library whose brake is on."""
    changes = {one.library.name: one.changes for one in status.libraries if one.brake}
    made = []
    for name in sorted({*changes, *held}):
        rows = tuple(row_of(ctx, trouble) for trouble in held.get(name, ()))
        title = trn(
            "{name}: {count} file changed or vanished within a week",
            "{name}: {count} files changed or vanished within a week",
            max(changes.get(name, 0), len(rows)),
            name=name,
        )
        text = tr(
            "That is more than usual, so nothing of it is passed on to any drive. Look at some of them. If you did "
            "this (a big clean-up, a conversion), confirm it; if not, put them back: the copies on the drives stand as "
            "they were."
        )
        confirm = Action(Deed.CONFIRM, tr("Yes, I did this"), name)
        if not rows:
            text = tr(
                "Nothing of it waits any more. Until you confirm that all is right, or the week is over, new changes "
                "are held back too."
            )
            confirm = Action(Deed.CONFIRM, tr("All is right now"), name)
        acts = (
            (Action(Deed.COMPARE, tr("Review")), confirm, Action(Deed.REVERT, tr("Put back"))) if rows else (confirm,)
        )
        made.append(FindingGroup("brake", title, text, Tone.SHORT, "attention", rows, acts))
    return made


def _parity(ctx: Context) -> list[FindingGroup]:
    """Recovery data that isn't what was written: no music is lost with it."""
    names = libraries.names(ctx.catalog)
    rows: list[FindingRow] = []
    for vault in vaults.every(ctx.catalog):
        for album in parity.damaged(ctx.catalog, vault.id):
            path = album.folder or names.get(album.library_id, "").encode()
            words = tr("Its recovery data is damaged or gone")
            rows.append(FindingRow(-1 - len(rows), 0, path, vault.label, words))
    if not rows:
        return []
    title, explanation, tone, icon = finding_words.words("parity", len(rows))
    act = Action(Deed.SYNC, tr("Make it anew"))
    return [FindingGroup("parity", title, explanation, tone, icon, tuple(rows), (act,), chooses=False)]


def _born(ctx: Context) -> list[FindingGroup]:
    """What was damaged when it came: worth knowing, and nothing that anybody must decide."""
    names = libraries.names(ctx.catalog)
    rows = []
    for replica_id, stored in findings.of_many(ctx.catalog, findings.born_damaged(ctx.catalog)[:MOST]).items():
        item = items.get(ctx.catalog, replicas.get(ctx.catalog, replica_id).item_id)
        facts = tuple(wording.evidence(fact) for fact in stored.evidence)
        rows.append(
            FindingRow(replica_id, item.id, item.path, names[item.library_id], wording.verdict(stored.verdict), facts)
        )
    if not rows:
        return []
    title, explanation, tone, icon = finding_words.words("born", len(rows))
    return [FindingGroup("born", title, explanation, tone, icon, tuple(rows), (), chooses=False, waits=False)]
