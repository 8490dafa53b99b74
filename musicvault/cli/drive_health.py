"""`drive health` and `drive audit`: how drives are, by what they say and by what reading shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from musicvault.cli import choosing, when
from musicvault.cli.command import command
from musicvault.cli.jsonlines import path_values
from musicvault.cli.session import Session
from musicvault.domain import wording
from musicvault.domain.curves import middle, slow_parts
from musicvault.language import tr, trn

if TYPE_CHECKING:
    from musicvault.catalog.drive_health import ReadError
    from musicvault.domain.curves import Curve
    from musicvault.engine.drive_audit import Audit
    from musicvault.engine.drive_care import DriveHealth

_BARS = "▁▂▃▄▅▆▇█"


def add_to(app: typer.Typer) -> None:
    """Register these commands with `drive`."""
    command(app, "musicvault drive health", "musicvault drive health Elements --json")(health)
    command(app, "musicvault drive audit /media/old-drive", "musicvault drive audit /media/stick --json")(audit)


def health(
    session: Session,
    label: Annotated[str | None, typer.Argument(metavar="[LABEL]", help="Only this drive.")] = None,
) -> None:
    """Say how drives are, by SMART and by what reading showed.

    Needs smartctl (package smartmontools), most of the time with administrator rights; without it only what MusicVault
    saw itself is told. A drive that sleeps is not woken.
    """
    from musicvault.catalog import libraries
    from musicvault.engine.drive_care import check

    chosen = choosing.drives_named(session.catalog, [label] if label else None)
    found = check(session.context, chosen, [] if label else libraries.every(session.catalog))
    for one in found:
        session.record("health", _health_values(one), _health_text(session, one))
    failing = sum(one.state == "failing" for one in found)
    text = "" if found else tr("There is no drive yet. Add one with: musicvault drive add FOLDER")
    if failing:
        text = tr("Copies on a failing drive don't count. Replace it: musicvault drive replace LABEL FOLDER")
    session.summary({"drives": len(found), "failing": failing}, text)


def _health_values(one: DriveHealth) -> dict[str, object]:
    smart, seen = one.smart, one.seen
    newest = one.passes[0] if one.passes else None
    return {
        "label": one.name,
        "id": one.vault.id if one.vault is not None else None,
        "online": one.online,
        "state": one.state.value,
        "reason": one.reason,
        "at": when.exact(one.at),
        "model": smart.model if smart else "",
        "temperature": smart.temperature if smart else None,
        "hours": smart.hours if smart else None,
        "counters": {str(number): count for number, count in smart.counters.items()} if smart else {},
        "percentage_used": smart.percentage_used if smart else None,
        "media_errors": smart.media_errors if smart else None,
        "error_files": seen.error_files,
        "corrupt_per_tb": seen.corrupt_per_tb,
        "bytes_read": seen.bytes_read,
        "slower": seen.slower,
        "basis": newest.basis if newest else None,
        "curve": _speeds(newest.curve) if newest else [],
        "errors": [_error_values(error) for error in one.errors[:20]],
    }


def _error_values(error: ReadError) -> dict[str, object]:
    values: dict[str, object] = {**path_values(error.path), "place": error.place, "physical": error.physical}
    return values | {"cause": error.cause, "at": when.exact(error.at)}


def _health_text(session: Session, one: DriveHealth) -> str:
    style = session.style
    dress = {"healthy": style.good, "failing": style.bad}.get(one.state.value, style.quiet)
    words = {"healthy": tr("healthy"), "failing": tr("failing"), "unknown": tr("unknown")}
    facts = [one.smart.model] if one.smart and one.smart.model else []
    if one.smart and one.smart.temperature is not None:
        facts.append(tr("{degrees} °C", degrees=one.smart.temperature))
    if one.smart and one.smart.hours is not None:
        facts.append(trn("{count} hour", "{count} hours", one.smart.hours))
    lines = [f"{style.strong(one.name)}: {dress(words[one.state.value])}"]
    if facts:
        lines.append("  " + " · ".join(facts))
    if one.reason:
        lines.append("  " + one.reason)
    if one.passes and any(part.speed for part in one.passes[0].curve):
        lines.append("  " + _curve_text(one.passes[0].curve, one.passes[0].basis))
    return "\n".join(lines)


def _speeds(curve: Curve) -> list[int | None]:
    return [None if part.speed is None else round(part.speed) for part in curve]


def _curve_text(curve: Curve, basis: str) -> str:
    """A curve as a row of bars, with its slowest and fastest part."""
    known = [part.speed for part in curve if part.speed is not None]
    if not known:
        return wording.speed(middle(curve))
    top = max(known)
    bars = "".join(
        " " if part.speed is None else _BARS[min(len(_BARS) - 1, int(len(_BARS) * part.speed / top))] for part in curve
    )
    by = tr("from the device's beginning to its end") if basis == "device" else tr("in the order of reading")
    low, high = wording.size(round(min(known))), wording.size(round(top))
    return tr("{bars}  {low} to {high} a second, {by}", bars=bars, low=low, high=high, by=by)


# -- audit


def audit(
    session: Session,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Any folder; best the top of a drive.")],
) -> None:
    """Read everything in a folder once: its speed, what fails.

    For any drive: no vault and no catalog is needed, nothing is written. Ends with exit code 20 where the device could
    not give a file.
    """
    from musicvault.engine.drive_audit import Audit
    from musicvault.engine.drive_audit import audit as job

    place, found = choosing.folder(folder), Audit()
    try:
        session.run_apart(lambda checkpoint: job(place, found, checkpoint))
    finally:
        if found.counts["checked"]:
            _tell_speed(session, found)


def _tell_speed(session: Session, found: Audit) -> None:
    speed, slow = middle(found.curve), slow_parts(found.curve)
    values = {"basis": found.basis, "curve": _speeds(found.curve), "slow_parts": list(slow)}
    model = found.volume.hardware.model if found.volume is not None else ""
    session.record(
        "speed",
        values | {"speed": None if speed is None else round(speed), "model": model},
        _curve_text(found.curve, found.basis),
    )
    if slow:
        one, many = "{count} part is far slower than the rest.", "{count} parts are far slower than the rest."
        session.note(trn(one, many, len(slow)))
    if not found.counts["unreadable"]:
        session.note(tr("Every byte of these files could be read."))
