"""`status`: how safe everything is, in one sentence and the facts behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musicvault.cli import phrases, when
from musicvault.cli.command import command, new_app
from musicvault.cli.jsonlines import path_values
from musicvault.cli.session import Session
from musicvault.cli.style import table
from musicvault.domain import wording
from musicvault.domain.health import not_looked
from musicvault.domain.paths import display, split
from musicvault.domain.states import ReplicaState
from musicvault.language import tr, trn

if TYPE_CHECKING:
    from musicvault.catalog.drills import LastDrill
    from musicvault.engine.status import DriveStatus, LibraryStatus, Status, Unprotected

app = new_app()

SHOWN = 5
"""So many files that need the user are named; --verbose names all."""

_NEXT = {
    "add-library": "musicvault protect FOLDER --to DRIVE",
    "add-drive": "musicvault drive add FOLDER",
    "scan": "musicvault scan",
    "sync": "musicvault sync",
    "scrub": "musicvault scrub",
    "repair": "musicvault repair",
    "decide": "musicvault accept QUERY  or  musicvault reject QUERY",
}


@command(app, "musicvault status", "musicvault status --json", reads=True)
def status(session: Session) -> None:
    """Say how safe everything is, and what to do next."""
    show(session)


def show(session: Session) -> None:
    """Print the status as the command `status` does."""
    from musicvault.engine.status import status as look

    session.command = session.command or "status"
    found = look(session.context)
    session.summary(_values(found), "" if session.json else text_of(session, found))


# -- for scripts


def _values(found: Status) -> dict[str, object]:
    sentence = found.sentence
    return {
        "items": found.totals.items,
        "tracks": found.totals.tracks,
        "bytes": found.totals.bytes,
        "states": {state.value: count for state, count in found.states.items()},
        "standings": {standing.value: count for standing, count in found.standings.items()},
        "libraries": [_library_values(library) for library in found.libraries],
        "drives": [_drive_values(drive) for drive in found.drives],
        "attention": found.attention,
        "born_damaged": found.born_damaged,
        "decode": {"checked": found.decoding.checked, "broken": found.decoding.broken},
        "unprotected": [_unprotected_values(entry) for entry in found.unprotected],
        "sentence": sentence.text,
        "detail": sentence.detail,
        "action": sentence.act.value,
        "drill": None if found.drill is None else _drill_values(found.drill),
    }


def _drill_values(drill: LastDrill) -> dict[str, object]:
    return {"at": when.exact(drill.at), "sampled": drill.sampled, "right": drill.right, "seed": drill.seed}


def _library_values(status: LibraryStatus) -> dict[str, object]:
    library = status.library
    return {
        "name": library.name,
        **path_values(library.root),
        "online": status.online,
        "items": status.items,
        "brake": status.brake,
        "changes": status.changes,
        "scanned": when.exact(library.scanned_at),
        "health": status.health.state.value if status.health is not None else "unknown",
        "health_reason": status.health.reason if status.health is not None else not_looked(),
    }


def _drive_values(status: DriveStatus) -> dict[str, object]:
    vault = status.presence.vault
    return {
        "label": vault.label,
        "site": vault.site,
        **path_values(split(status.presence.root or vault.folder)[0]),
        "online": status.presence.online,
        "writable": status.presence.writable,
        "reason": status.presence.reason,
        "items": status.place.items,
        "intact": status.place.intact,
        "bytes": status.place.bytes,
        "kept_bytes": status.kept_bytes,
        "oldest_proof": when.exact(status.place.oldest_proof),
        "seen": when.exact(vault.seen_at),
        "free_bytes": status.free,
        "parity": vault.parity,
        "shares_disk_with": list(status.shares_disk_with),
        "health": status.health.state.value if status.health is not None else "unknown",
        "health_reason": status.health.reason if status.health is not None else not_looked(),
        "media": vault.media,
        "retired": vault.retired,
        "overdue": status.waiting.overdue if status.waiting is not None else 0,
        "lacking": status.waiting.lacking if status.waiting is not None else 0,
        "id": vault.id,
    }


def _unprotected_values(entry: Unprotected) -> dict[str, object]:
    path = {} if entry.path is None else path_values(entry.path)
    return {"library": entry.library, "reason": entry.reason, **path, "count": entry.count}


# -- for people


def text_of(session: Session, found: Status) -> str:
    """What `status` says to people."""
    return "\n".join(_lines(session, found))


def _lines(session: Session, found: Status) -> list[str]:
    style, sentence = session.style, found.sentence
    lines = [style.tone(style.strong(sentence.text), sentence.tone.value)]
    lines += [sentence.detail] if sentence.detail else []
    lines += _library_lines(session, found)
    lines += _drive_lines(session, found)
    lines += _drill_lines(session, found)
    lines += _decode_lines(found)
    lines += _trouble_lines(session, found)
    lines += _born_damaged_lines(session, found)
    lines += _unprotected_lines(session, found)
    step = _next(found)
    return [*lines, "", f"{tr('Next:')} {step}"] if step else lines


def _library_lines(session: Session, found: Status) -> list[str]:
    if not found.libraries:
        return []
    rows = [
        (
            status.library.name,
            display(status.library.root),
            wording.files(status.items),
            "" if status.online else tr("not connected"),
        )
        for status in found.libraries
    ]
    care = [line for status in found.libraries for line in _library_care(session, status)]
    return ["", tr("Libraries"), *table(rows, right=frozenset({2})), *care]


def _drive_lines(session: Session, found: Status) -> list[str]:
    if not found.drives:
        return []
    now = session.context.now()
    rows = []
    for status in found.drives:
        vault = status.presence.vault
        there = tr("connected") if status.presence.online else tr("away, seen {ago}", ago=when.ago(vault.seen_at, now))
        there = tr("retired, {there}", there=there) if vault.retired else there
        proof = tr("oldest proof {ago}", ago=when.ago(status.place.oldest_proof, now)) if status.place.items else ""
        free = "" if status.free is None else tr("{size} free", size=wording.size(status.free))
        rows.append(
            (vault.label, there, wording.files(status.place.items), wording.size(status.place.bytes), proof, free)
        )
    lines = ["", tr("Drives"), *table(rows, right=frozenset({2, 3}))]
    for status in found.drives:
        if status.shares_disk_with:
            others = ", ".join(status.shares_disk_with)
            lines.append(
                "  "
                + tr(
                    "{drive} is on the same disk as {others}: they count as one drive and will be lost together.",
                    drive=status.presence.vault.label,
                    others=others,
                )
            )
        if status.presence.is_unusual:
            lines.append(f"  {status.presence.reason}")
        lines += _care_lines(session, status)
    if len(found.drives) == 1 and not found.drives[0].presence.vault.parity:
        lines.append(f"  {phrases.parity_advice(found.drives[0].presence.vault.label)}")
    return lines


def _library_care(session: Session, status: LibraryStatus) -> list[str]:
    """A library's own disk may fail as well."""
    if not status.failing or status.health is None:
        return []
    said = tr("The disk of {library} is failing: {reason}", library=status.library.name, reason=status.health.reason)
    return ["  " + session.style.bad(said), "  " + tr("Move the library to another disk: musicvault library move")]


def _care_lines(session: Session, status: DriveStatus) -> list[str]:
    """What is wrong with a drive, and what waits for one that is away."""
    lines = []
    label = status.presence.vault.label
    if status.failing and status.health is not None:
        said = tr("{drive} is failing: {reason}", drive=label, reason=status.health.reason)
        lines.append("  " + session.style.bad(said))
        if not status.presence.vault.retired:
            text = "Its copies don't count any more. Replace it: musicvault drive replace {drive} FOLDER"
            lines.append("  " + tr(text, drive=label))
    todo = status.waiting
    if todo is not None and not todo.online and not status.presence.strange:
        told = phrases.waiting(label, todo.overdue, todo.lacking, todo.bytes, online=False)
        lines += [f"  {told}"] if told else []
    return lines


def _drill_lines(session: Session, found: Status) -> list[str]:
    drill = found.drill
    if drill is None:
        return []
    said = tr(
        "Last restore drill: {ago}, {right} of {sampled} right",
        ago=when.ago(drill.at, session.context.now()),
        right=f"{drill.right:,}",
        sampled=f"{drill.sampled:,}",
    )
    return ["", said if drill.right == drill.sampled else session.style.bad(said)]


def _decode_lines(found: Status) -> list[str]:
    decoding = found.decoding
    if not decoding.checked:
        return []
    said = tr(
        "Decoders tried {checked} of {tracks} tracks; {broken} don't decode",
        checked=f"{decoding.checked:,}",
        tracks=f"{found.totals.tracks:,}",
        broken=f"{decoding.broken:,}",
    )
    return ["", said]


def _trouble_lines(session: Session, found: Status) -> list[str]:
    if not found.attention:
        return []
    from musicvault.engine.attention import attention

    style = session.style
    lines = ["", trn("{count} thing needs you", "{count} things need you", found.attention)]
    for trouble in attention(session.context, None if session.verbose else SHOWN):
        lines.append(f"  {trouble.where} · {style.strong(display(trouble.item.path))}")
        lines.append(f"      {trouble.sentence}")
    if found.attention > SHOWN and not session.verbose:
        lines.append(tr("  … musicvault status --verbose shows all of them"))
    return lines


def _born_damaged_lines(session: Session, found: Status) -> list[str]:
    if not found.born_damaged:
        return []
    from musicvault.engine.attention import born_damaged

    lines = ["", tr("Already damaged when they came here, and kept as they are")]
    for finding in born_damaged(session.context, None if session.verbose else SHOWN):
        evidence = "; ".join(wording.evidence(fact) for fact in finding.evidence)
        lines.append(f"  {finding.where} · {display(finding.path)}: {evidence}")
    if found.born_damaged > SHOWN and not session.verbose:
        lines.append(tr("  … musicvault status --verbose shows all of them"))
    return lines


def _unprotected_lines(session: Session, found: Status) -> list[str]:
    if not found.unprotected:
        return []
    rows = []
    for entry in found.unprotected[: None if session.verbose else 2 * SHOWN]:
        what = wording.files(entry.count) if entry.path is None else display(entry.path)
        rows.append((entry.library, what, tr(entry.reason)))
    lines = ["", tr("Not protected"), *table(rows)]
    if len(found.unprotected) > len(rows):
        lines.append(tr("  … musicvault status --verbose shows all of them"))
    return lines


def _next(found: Status) -> str:
    if any(library.brake for library in found.libraries):
        confirm, refuse = "musicvault scan --confirm", "musicvault reject QUERY"
        return tr("if all of it is right: {confirm}  if not: {refuse}", confirm=confirm, refuse=refuse)
    if found.sentence.act.value == "decide" and not found.states[ReplicaState.HELD]:
        return "musicvault repair --missing  or  musicvault forget QUERY"
    return _NEXT.get(found.sentence.act.value, "")
