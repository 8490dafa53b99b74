"""Ejecting a drive: what is begun on it is finished, lists and snapshot are brought up to date, all of it is flushed,
and the volume is unmounted. Only then is it safe to unplug, and only then is that said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from musicvault.catalog import vaults
from musicvault.catalog.vaults import Vault
from musicvault.domain.notices import Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import display
from musicvault.engine import locating, snapshots
from musicvault.engine.context import Context
from musicvault.engine.locating import Presence
from musicvault.engine.opening import open_for_writing
from musicvault.errors import DriveGone, DriveUnwritable, Locked, UsageError, reason_of
from musicvault.language import tr
from musicvault.storage import ejecting, mounts
from musicvault.storage.mounts import contains
from musicvault.storage.volumes import Volume

JOB = "eject"


def eject(ctx: Context, vault: Vault, *, dry_run: bool = False) -> Job:
    """Make a drive safe to unplug, with every vault that is on its volume.

    Counts: ejected, finished (vaults that were brought to an end), powered_off. Raises DriveGone where it isn't
    connected or was pulled meanwhile, UsageError for what can't be taken out (the system's own disk, the place of the
    catalog), Locked where a job or a program still works on it, and names it.
    """
    here = locating.locate_one(ctx, vault)
    if here.root is None or here.volume is None:
        raise DriveGone(here.reason)
    _check(ctx, vault, here.volume)
    on_it = [one for one in locating.locate(ctx) if one.volume is not None and one.volume.id == here.volume.id]
    counts: Counter[str] = Counter(dict.fromkeys(("ejected", "finished", "powered_off"), 0))
    yield Started(JOB, vault.label)
    if not dry_run:
        with ctx.locked("drive eject", vaults=tuple(one.vault.id for one in on_it)):
            yield from _finish(ctx, on_it, counts)
            _take_out(vault, here.volume, counts)
    yield Finished(JOB, dict(counts))


def _check(ctx: Context, vault: Vault, volume: Volume) -> None:
    catalog = str(ctx.catalog.path.resolve()).encode("utf-8", "surrogateescape")
    if volume.mount_point == b"/":
        text = tr("{label} lies on the system's own disk, which can't be taken out.", label=vault.label)
        raise UsageError(text)
    held = mounts.of_path(catalog)
    if held is not None and held.point == volume.mount_point and contains(volume.mount_point, catalog):
        raise UsageError(tr("The catalog lies on {label} itself. Close MusicVault and unmount it.", label=vault.label))


def _finish(ctx: Context, on_it: list[Presence], counts: Counter[str]) -> Iterator[Notice]:
    """Fold what the journals hold and leave a fresh snapshot; what can't be written can still be taken out."""
    for presence in on_it:
        ctx.checkpoint()
        if not presence.writable:
            yield ItemDone("noted", b"", presence.vault.label, reason=presence.reason)
            continue
        with open_for_writing(ctx, presence) as opened:
            opened.fold()
            snapshots.write(ctx, vaults.by_id(ctx.catalog, presence.vault.id) or presence.vault, opened.layout)
        counts["finished"] += 1


def _take_out(vault: Vault, volume: Volume, counts: Counter[str]) -> None:
    try:
        ejecting.flush(volume.mount_point)
    except OSError as error:
        text = "{label} could not be written to its end ({cause}). Plug it in again and let it finish: musicvault sync"
        raise DriveGone(tr(text, label=vault.label, cause=reason_of(error))) from error
    if not ejecting.is_mounted(volume):
        raise DriveGone(tr("{label} was taken out before it was finished.", label=vault.label))
    said = ejecting.unmount(volume)
    if said:
        raise _still_held(vault, volume, said)
    counts["ejected"] = 1
    with suppress(OSError):
        counts["powered_off"] = int(ejecting.power_off(volume))


def _still_held(vault: Vault, volume: Volume, said: str) -> Locked | DriveUnwritable:
    held = ejecting.holders(volume)
    point = display(volume.mount_point)
    if held:
        names = ", ".join(f"{display(one.name.encode('utf-8', 'replace'))} ({one.pid})" for one in held)
        text = "{label} is still used by {names}. Close it and try again. Everything is written; don't unplug it yet."
        return Locked(tr(text, label=vault.label, names=names))
    text = "{label} could not be unmounted from {point}: {said} Everything is written; don't unplug it yet."
    return DriveUnwritable(tr(text, label=vault.label, point=point, said=said))
