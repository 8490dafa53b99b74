"""What is known of a drive's health, in the window's words. Reads the catalog; asks no disk."""

from __future__ import annotations

from musicvault.domain.curves import Curve
from musicvault.domain.health import SmartReport
from musicvault.domain.paths import display
from musicvault.engine import drive_care
from musicvault.engine.context import Context
from musicvault.engine.drive_care import DriveHealth
from musicvault.engine.status import DriveStatus, LibraryStatus
from musicvault.gui.models.drives import Care, Fact, SpeedLine, Wellness
from musicvault.gui.wording import count, size, when
from musicvault.language import tr

_MOST_ERRORS = 50
DEVICE = "device"


def care_of_drive(ctx: Context, drive: DriveStatus) -> Care:
    """Of a drive with a vault."""
    presence = drive.presence
    return _care(drive_care.known(ctx, presence.vault, online=presence.online))


def care_of_library(ctx: Context, there: LibraryStatus) -> Care:
    """Of the disk that a library lies on."""
    return _care(drive_care.known_library(ctx, there.library, online=there.online))


def media_name(media: str) -> str:
    """The kind of medium in words; empty where it isn't known."""
    names = {
        "hdd": tr("Hard disk"),
        "ssd": tr("SSD"),
        "flash": tr("USB stick or card"),
        "optical": tr("Optical disc"),
        "network": tr("Network"),
    }
    return names.get(media, "")


def _care(found: DriveHealth) -> Care:
    smart = found.smart
    return Care(
        Wellness(found.state.value),
        tr("The disk was not asked yet.") if found.at is None else found.reason,
        "" if found.at is None or smart is None else tr("as of {when}", when=when(found.at)),
        smart.model if smart is not None else "",
        smart.temperature if smart is not None else None,
        smart.hours if smart is not None else None,
        tuple(_facts(smart)) if smart is not None else (),
        tuple(
            SpeedLine(
                speeds(one.curve),
                one.at,
                one.basis == DEVICE,
                one.complete,
                one.files,
                one.bytes,
                one.errors,
                one.corrupt,
            )
            for one in found.passes
        ),
        found.seen.slower,
        found.seen.error_files,
        tuple(_error(error.path, error.place, error.physical, error.cause) for error in found.errors[:_MOST_ERRORS]),
        found.seen.corrupt_per_tb,
        found.seen.bytes_read,
    )


def speeds(curve: Curve) -> tuple[float | None, ...]:
    """The speeds of a curve's parts."""
    return tuple(part.speed for part in curve)


def _facts(smart: SmartReport) -> list[Fact]:
    """What the disk says of itself; counters that are zero stay out but for those that foretell failure."""
    found = []
    if smart.temperature is not None:
        found.append(Fact(tr("Temperature"), tr("{degrees} °C", degrees=smart.temperature)))
    if smart.hours is not None:
        found.append(Fact(tr("Running for"), tr("{hours} hours", hours=count(smart.hours))))
    if smart.percentage_used is not None:
        found.append(Fact(tr("Worn"), tr("{value} %", value=smart.percentage_used), smart.percentage_used >= 100))
    if smart.spare is not None:
        worn = smart.spare_threshold is not None and smart.spare < smart.spare_threshold
        found.append(Fact(tr("Spare cells left"), tr("{value} %", value=smart.spare), worn))
    for number, name in _names().items():
        amount = smart.counters.get(number)
        if amount or (amount == 0 and number in (5, 197)):
            found.append(Fact(name, count(amount), amount > 0 and number not in (188, 199)))
    told = (
        (tr("Errors of its cells"), smart.media_errors),
        (tr("Grown defects"), smart.grown_defects),
        (tr("Uncorrected errors"), smart.uncorrected),
    )
    found += [Fact(name, count(amount), amount > 0) for name, amount in told if amount is not None]
    return found


def _names() -> dict[int, str]:
    return {
        5: tr("Sectors replaced"),
        187: tr("Reads given up"),
        188: tr("Commands out of time"),
        197: tr("Sectors it can't read"),
        198: tr("Sectors lost"),
        199: tr("Transfer errors"),
    }


def _error(path: bytes, place: int | None, physical: int | None, cause: str) -> str:
    parts = [display(path)]
    if place is not None:
        parts.append(tr("at {place} of the file", place=size(place)))
    if physical is not None:
        parts.append(tr("at {place} of the device", place=size(physical)))
    return " · ".join((*parts, display(cause.encode("utf-8", "replace"))))
