"""The overview out of the engine's status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from musicvault.catalog import accounts, overview, rules, vaults
from musicvault.catalog.overview import Held
from musicvault.domain import wording as words
from musicvault.domain.policy import DAY, Standing
from musicvault.engine import sentence
from musicvault.engine.context import Context
from musicvault.engine.sentence import Act
from musicvault.engine.status import Status
from musicvault.engine.waiting import Waiting
from musicvault.gui.desk.drive_cards import cards
from musicvault.gui.desk.rows import STATES
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.jobs import JobRow
from musicvault.gui.models.library import Filter
from musicvault.gui.models.overview import (
    Matrix,
    MatrixCell,
    MatrixRow,
    OverviewModel,
    ProofAges,
    RuleStanding,
    Segment,
    Todo,
)
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.wording import ago, in_the_window, size
from musicvault.language import tr, trn

_TONES = {
    sentence.Tone.GOOD: Tone.GOOD,
    sentence.Tone.SHORT: Tone.SHORT,
    sentence.Tone.DAMAGED: Tone.DAMAGED,
    sentence.Tone.AWAY: Tone.AWAY,
    sentence.Tone.EMPTY: Tone.INFO,
}
_ORDER = (
    Standing.PROTECTED,
    Standing.STALE,
    Standing.SHORT,
    Standing.AT_RISK,
    Standing.HELD,
    Standing.DAMAGED,
)
_BUCKETS = 24


def overview_model(ctx: Context, status: Status) -> OverviewModel:
    """Everything that the overview shows. Reads the catalog; not for the Qt thread."""
    said = status.sentence
    places = overview.matrix(ctx.catalog)
    return OverviewModel(
        said.text,
        said.detail,
        _TONES[said.tone],
        primary(said.act, status),
        _secondary(said.act),
        status.totals.items,
        _segments(status.standings),
        _matrix(ctx, status, places),
        _ages(ctx),
        cards(ctx, status, places),
        _todo(status),
        _drill(ctx, status),
        len(rules.every(ctx.catalog)),
    )


def rule_standings(ctx: Context) -> tuple[RuleStanding, ...]:
    """The standing of the files under each rule, first to last. One pass over the items; not for the Qt thread."""
    found = accounts.standings(ctx.catalog, ctx.now())
    rows = []
    for stored in rules.numbered(ctx.catalog):
        counts = found.get(stored.id, dict.fromkeys(Standing, 0))
        rows.append(RuleStanding(tr(stored.rule.name), sum(counts.values()), _segments(counts)))
    return tuple(rows)


def _segments(counts: Mapping[Standing, int]) -> tuple[Segment, ...]:
    return tuple(
        Segment(STATES[which], words.standing(which), counts[which])
        for which in _ORDER
        if counts[which] or which is Standing.PROTECTED
    )


_BEING_DONE = {
    "scan": (Deed.ADD_LIBRARY, Deed.SCAN, Deed.SYNC),
    "sync": (Deed.SYNC,),
    "scrub": (Deed.SCRUB,),
    "repair": (Deed.REPAIR,),
}


def under_way(model: OverviewModel, running: Iterable[JobRow]) -> OverviewModel:
    """The overview while jobs run: it doesn't ask for what is being done."""
    stages = {job.stage or "scan" for job in running if not job.background}
    if not model.total and "scan" in stages:
        return OverviewModel(
            tr("Getting to know your music …"),
            tr("Each file is read once; then its copies are made. You can look around meanwhile."),
            Tone.INFO,
            drives=model.drives,
        )
    asked = model.primary
    if asked is None or not any(asked.deed in _BEING_DONE.get(stage, ()) for stage in stages):
        return model
    return replace(model, primary=None, detail=f"{model.detail} {tr('It is under way.')}".lstrip())


def primary(act: Act, status: Status) -> Action | None:
    """The one button that does what the sentence says."""
    able = status.sentence.able
    buttons = {
        Act.ADD_LIBRARY: Action(Deed.ADD_LIBRARY, tr("Add a music folder")),
        Act.ADD_DRIVE: Action(Deed.SHOW, tr("Add a drive"), "drives", values={"open": "add"}),
        Act.SCAN: Action(Deed.SCAN, tr("Scan now")),
        Act.SYNC: Action(Deed.SYNC, tr("Copy now")),
        Act.SCRUB: Action(Deed.SCRUB, tr("Verify now")),
        Act.REPAIR: Action(Deed.REPAIR, trn("Repair {count} file", "Repair {count} files", able)),
        Act.DECIDE: Action(Deed.SHOW, tr("Review"), "attention"),
    }
    if act in buttons:
        return buttons[act]
    online = any(drive.presence.online for drive in status.drives)
    return Action(Deed.SCRUB, tr("Verify now")) if online and status.totals.items else None


def _secondary(act: Act) -> Action | None:
    if act is Act.REPAIR:
        return Action(Deed.SHOW, tr("Show"), "attention")
    if act is Act.SYNC:
        return Action(Deed.SHOW, tr("Show"), "library", values={"filter": Filter.SHORT})
    return None


def _matrix(ctx: Context, status: Status, rows: Iterable[Held]) -> Matrix:
    labels = vaults.labels(ctx.catalog)
    if not labels or not status.libraries:
        return Matrix()
    now = ctx.now()
    found: dict[int, dict[str | None, MatrixCell]] = {}
    totals = {one.library.id: one.items for one in status.libraries}
    for library_id, vault_id, intact, _, proven in rows:
        share = intact / totals[library_id] if totals.get(library_id) else 0.0
        age = max(0.0, (now - proven) / DAY) if proven else None
        found.setdefault(library_id, {})[vault_id] = MatrixCell(min(1.0, share), age)
    places: list[str | None] = [None, *labels]
    lines = tuple(
        MatrixRow(
            one.library.name,
            one.items,
            tuple(found.get(one.library.id, {}).get(place, MatrixCell(None)) for place in places),
        )
        for one in status.libraries
    )
    return Matrix((tr("This computer"), *labels.values()), lines)


def _ages(ctx: Context) -> ProofAges:
    """Columns of equal days, so that the policy's last limit stands at about three quarters."""
    limits = [rule.proof_days for rule in rules.every(ctx.catalog)]
    width = max(1, -(-max(limits) * 4 // (3 * _BUCKETS)))
    counts = overview.proof_ages(ctx.catalog, ctx.now(), float(width), _BUCKETS)
    return ProofAges(tuple(counts), width, min(limits), max(limits))


def _drill(ctx: Context, status: Status) -> Todo | None:
    """How the last try to restore went, and the button for another where a drive is there."""
    online = any(drive.presence.online and drive.place.items for drive in status.drives)
    again = Action(Deed.DRILL, tr("Try it now")) if online else None
    last = status.drill
    if last is None:
        return Todo(tr("Restoring has never been tried."), Tone.AWAY, again) if online else None
    when = ago((ctx.now() - last.at) / DAY)
    words = tr("Restoring was tried {when}: {right} of {all} right.", when=when, right=last.right, all=last.sampled)
    return Todo(words, Tone.GOOD if last.right == last.sampled else Tone.DAMAGED, again)


def _todo(status: Status) -> tuple[Todo, ...]:
    lines: list[Todo] = []
    for drive in status.drives:
        todo, show = drive.waiting, Action(Deed.SHOW, tr("Drives"), "drives")
        if not drive.presence.online and drive.presence.is_unusual and not drive.presence.vault.retired:
            lines.append(Todo(in_the_window(drive.presence.reason), Tone.SHORT, show))
        elif todo is not None and todo.files and not todo.online:
            text = tr("Plug in {drive}: {waits}.", drive=todo.label, waits=", ".join(_waits(todo)))
            lines.append(Todo(text, Tone.SHORT if todo.lacking else Tone.AWAY, show))
    for library in status.libraries:
        if library.brake:
            text = tr("Much changed at once in {name}: confirm that this is right.", name=library.library.name)
            lines.append(Todo(text, Tone.SHORT, Action(Deed.SHOW, tr("Review"), "attention")))
    skipped = [one for one in status.unprotected if one.reason in ("unreadable", "symlinked folder")]
    if skipped:
        amount = sum(one.count for one in skipped)
        text = trn("{count} entry of your libraries is not protected:", "{count} entries are not protected:", amount)
        reasons = ", ".join(sorted({tr(one.reason) for one in skipped}))
        lines.append(Todo(f"{text} {reasons}.", Tone.AWAY))
    return tuple(lines)


def _waits(todo: Waiting) -> list[str]:
    parts = []
    if todo.overdue:
        parts.append(trn("{count} file overdue for its proof", "{count} files overdue for their proof", todo.overdue))
    if todo.lacking:
        one, many = "{count} file to copy ({size})", "{count} files to copy ({size})"
        parts.append(trn(one, many, todo.lacking, size=size(todo.bytes)))
    return parts
