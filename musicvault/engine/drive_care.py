"""What is known of each drive's health, asked anew where it is connected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from musicvault.catalog import drive_health
from musicvault.catalog.drive_health import ReadError, ReadPass
from musicvault.catalog.libraries import Library
from musicvault.catalog.vaults import Vault
from musicvault.domain.health import HealthState, Seen, SmartReport, not_looked
from musicvault.engine import library as libraries_here
from musicvault.engine import locating
from musicvault.engine.context import Context
from musicvault.storage import volumes
from musicvault.storage.smart import asking
from musicvault.storage.volumes import Volume


@dataclass(frozen=True, slots=True)
class DriveHealth:
    """`name` is the drive's label; for a library's own disk, which no drive shares, the library's name, and `vault` is
    None. `reason` says why, in sentences. `at`: when the verdict was written (seconds since the epoch), None: never.
    `passes` and `errors` newest first."""

    name: str
    vault: Vault | None
    online: bool
    state: HealthState
    reason: str
    at: float | None
    smart: SmartReport | None
    seen: Seen
    passes: tuple[ReadPass, ...]
    errors: tuple[ReadError, ...]


def check(ctx: Context, chosen: Sequence[Vault], libraries: Sequence[Library] = ()) -> list[DriveHealth]:
    """Ask the disks of these drives, and of these libraries where they lie on no such drive, how they are, if they are
    connected; without waking one. Written down. Each physical disk is asked once, which takes a second or so."""
    asked = _Asked(ctx)
    found = []
    for vault in chosen:
        presence = locating.locate_one(ctx, vault)
        if presence.volume is not None:
            asked.about(presence.volume)
        found.append(known(ctx, vault, online=presence.online))
    covered = {vault.volume_id for vault in chosen}
    for library in libraries:
        online = libraries_here.online(ctx, library)
        if library.volume_id in covered or not online:
            continue
        asked.about(volumes.volume_of(library.root))
        found.append(known_library(ctx, library, online=online))
    return found


class _Asked:
    """Which disks were asked already, and what they said."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._reports: dict[str, SmartReport] = {}

    def about(self, volume: Volume) -> None:
        key = volume.disk or volume.id
        if key not in self._reports:
            self._reports[key] = asking.ask(volume)
        with self._ctx.catalog.transaction(self._ctx.now()) as transaction:
            drive_health.set_smart(transaction, volume.id, self._reports[key])


def known(ctx: Context, vault: Vault, *, online: bool) -> DriveHealth:
    """What the catalog knows of a drive's health; asks nobody."""
    return _known(ctx, vault.label, vault, vault.volume_id, online)


def known_library(ctx: Context, library: Library, *, online: bool) -> DriveHealth:
    """The same of the disk that a library lies on."""
    return _known(ctx, library.name, None, library.volume_id, online)


def _known(ctx: Context, name: str, vault: Vault | None, volume_id: str, online: bool) -> DriveHealth:
    stored = drive_health.of_volume(ctx.catalog, volume_id)
    return DriveHealth(
        name,
        vault,
        online,
        stored.state if stored is not None else HealthState.UNKNOWN,
        stored.reason if stored is not None else not_looked(),
        stored.at if stored is not None else None,
        stored.smart if stored is not None else None,
        drive_health.seen(ctx.catalog, volume_id),
        tuple(drive_health.passes(ctx.catalog, volume_id)),
        tuple(drive_health.errors(ctx.catalog, volume_id)),
    )
