"""What is known of each drive's health, asked anew where it is connected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from musicvault.catalog import drive_health
from musicvault.catalog.drive_health import ReadError, ReadPass
from musicvault.catalog.vaults import Vault
from musicvault.domain.health import HealthState, Seen, SmartReport
from musicvault.engine import drives
from musicvault.engine.context import Context
from musicvault.language import tr
from musicvault.storage.smart import asking


@dataclass(frozen=True, slots=True)
class DriveHealth:
    """`reason` says why, in sentences. `at`: when the verdict was written (seconds since the epoch), None: never.
    `passes` and `errors` newest first."""

    vault: Vault
    online: bool
    state: HealthState
    reason: str
    at: float | None
    smart: SmartReport | None
    seen: Seen
    passes: tuple[ReadPass, ...]
    errors: tuple[ReadError, ...]


def check(ctx: Context, chosen: Sequence[Vault]) -> list[DriveHealth]:
    """Ask the disks of these drives that are connected how they are, without waking one, and write it down. Each
    physical disk is asked once. Takes a second or so for each."""
    reports: dict[str, SmartReport] = {}
    found = []
    for vault in chosen:
        presence = drives.locate_one(ctx, vault)
        volume = presence.volume
        if volume is not None:
            key = volume.disk or volume.id
            if key not in reports:
                reports[key] = asking.ask(volume)
            with ctx.catalog.transaction(ctx.now()) as transaction:
                drive_health.set_smart(transaction, volume.id, reports[key])
        found.append(known(ctx, vault, online=presence.online))
    return found


def known(ctx: Context, vault: Vault, *, online: bool) -> DriveHealth:
    """What the catalog knows of a drive's health; asks nobody."""
    stored = drive_health.of_volume(ctx.catalog, vault.volume_id)
    return DriveHealth(
        vault,
        online,
        stored.state if stored is not None else HealthState.UNKNOWN,
        stored.reason if stored is not None else tr("Nobody has looked yet: musicvault drive health"),
        stored.at if stored is not None else None,
        stored.smart if stored is not None else None,
        drive_health.seen(ctx.catalog, vault.volume_id),
        tuple(drive_health.passes(ctx.catalog, vault.volume_id)),
        tuple(drive_health.errors(ctx.catalog, vault.volume_id)),
    )
