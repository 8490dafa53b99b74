"""Drives and libraries as cards, and the connected volumes that could take a vault."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator

from musicvault.catalog import libraries, vaults
from musicvault.catalog.overview import Held
from musicvault.domain.paths import display, split
from musicvault.domain.policy import DAY, Standing
from musicvault.engine.context import Context
from musicvault.engine.status import DriveStatus, LibraryStatus, Status
from musicvault.errors import DriveGone
from musicvault.gui.desk.drive_facts import care_of_drive, care_of_library, media_name
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.overview import DriveCard
from musicvault.gui.models.places import Volume
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.wording import ago, in_the_window, size
from musicvault.language import tr, trn
from musicvault.storage import answering, filesystems, volumes
from musicvault.storage.vault import layout

_TOO_SMALL = 64 << 20


def cards(ctx: Context, status: Status, held: Iterable[Held]) -> tuple[DriveCard, ...]:
    """The libraries' own disks first, then the drives. `held`: what places hold, as `overview.matrix` gives it."""
    proofs = {row[0]: row for row in held if row[1] is None}
    own = [library_card(ctx, library, proofs.get(library.library.id), status) for library in status.libraries]
    return (*own, *(drive_card(ctx, drive, status) for drive in status.drives))


def library_card(ctx: Context, there: LibraryStatus, row: Held | None, status: Status) -> DriveCard:
    """The card of a library's own folder."""
    library = there.library
    care = care_of_library(ctx, there)
    free, total = volumes.space(library.root) if there.online else (0, 0)
    intact = row[2] / row[3] if row and row[3] else None
    held = any(amount for which, amount in status.standings.items() if which is Standing.HELD)
    silent = not there.online and not answering.within_reach(library.root)
    if silent:
        word, tone = tr("Doesn't answer"), Tone.SHORT
        note = tr("What is mounted there hangs. Nothing counts as lost.")
    elif not there.online:
        word, tone, note = tr("Not connected"), Tone.AWAY, tr("Its folder is not there now. Nothing counts as lost.")
    elif there.failing:
        word, tone, note = tr("Failing"), Tone.DAMAGED, tr("the disk that your music lies on is failing")
    elif there.brake:
        word, tone = tr("Waits for you"), Tone.SHORT
        note = trn("{count} change at once", "{count} changes at once", there.changes)
    elif intact is not None and intact < 1:
        assert row is not None
        word, tone = tr("Look here"), Tone.DAMAGED if not held else Tone.SHORT
        note = trn("{count} file needs you", "{count} files need you", row[3] - row[2])
    elif library.scanned_at is None:
        word, tone, note = tr("New"), Tone.INFO, tr("not scanned yet")
    else:
        word, tone = tr("Connected"), Tone.GOOD
        note = tr("scanned {ago}", ago=ago((ctx.now() - library.scanned_at) / DAY))
    actions = (
        Action(Deed.SCAN, tr("Scan"), library.name),
        Action(Deed.SCRUB, tr("Verify"), library.name, values={"library": library.name}),
        Action(Deed.OPEN_FOLDER, tr("Show"), values={"path": library.root}),
    )
    return DriveCard(
        library.name,
        tr("Your music"),
        "",
        there.online,
        True,
        total - free if total else None,
        total or None,
        0,
        there.items,
        intact,
        word,
        tone,
        note,
        _days(ctx, row[4] if row else None),
        None,
        path=library.root,
        actions=(*(actions if there.online else ()), _details(library.name, library=True)),
        care=care,
        unusual=silent,
    )


def drive_card(ctx: Context, drive: DriveStatus, status: Status) -> DriveCard:
    """The card of a vault's drive."""
    vault, place, todo = drive.presence.vault, drive.place, drive.waiting
    lacking = todo.lacking if todo is not None else max(0, status.totals.items - place.items)
    damaged = place.items - place.intact
    online = drive.presence.online
    oldest = _days(ctx, place.oldest_proof)
    word, tone = _word(ctx, drive, lacking, damaged)
    used = drive.total - drive.free if drive.total and drive.free is not None else None
    return DriveCard(
        vault.label,
        media_name(vault.media) or tr("Drive"),
        vault.site,
        online,
        False,
        used,
        drive.total or None,
        place.bytes + drive.kept_bytes,
        place.items,
        place.intact / place.items if place.items else None,
        word,
        tone,
        _drive_note(lacking, damaged, place.items, oldest),
        oldest,
        vault.seen_at,
        path=drive.presence.root or vault.folder,
        warnings=tuple(_warnings(drive)),
        actions=_actions(drive),
        care=care_of_drive(ctx, drive),
        todo=waits_for(drive),
        retired=vault.retired,
        media=vault.media,
        notes=vault.notes,
        parity=vault.parity,
        unusual=not online and drive.presence.is_unusual,
    )


def _warnings(drive: DriveStatus) -> Iterator[str]:
    """What speaks against it, each in a sentence."""
    presence = drive.presence
    if presence.is_unusual:
        yield in_the_window(presence.reason)
    if drive.shares_disk_with:
        others = ", ".join(drive.shares_disk_with)
        yield tr("On the same disk as {others}: they will be lost together.", others=others)
    if presence.online and presence.elsewhere:
        yield tr(
            "Another computer wrote to it, or this catalog came back from a backup. Until you take it over it is only "
            "read, and gets no copies."
        )


def _word(ctx: Context, drive: DriveStatus, lacking: int, damaged: int) -> tuple[str, Tone]:
    """Its state in a word or two: the first that applies."""
    vault, todo = drive.presence.vault, drive.waiting
    stale = bool(todo.overdue) if todo is not None else False
    away = (ctx.now() - vault.seen_at) / DAY
    if vault.retired:
        return tr("Retired"), Tone.AWAY
    if drive.failing:
        return tr("Failing"), Tone.DAMAGED
    if drive.presence.silent:
        return tr("Doesn't answer"), Tone.SHORT
    if drive.presence.strange:
        return tr("Look here"), Tone.SHORT
    if not drive.presence.online:
        word = tr("Away since today") if away < 1 else trn("Away {count} day", "Away {count} days", int(away))
        return word, Tone.SHORT if lacking or stale else Tone.AWAY
    if drive.presence.elsewhere:
        return tr("Waits for you"), Tone.SHORT
    if damaged:
        return tr("Damaged files"), Tone.DAMAGED
    if todo is not None and todo.short_bytes:
        return tr("Too full"), Tone.SHORT
    if lacking:
        return tr("Behind"), Tone.SHORT
    if stale:
        return tr("Proof due"), Tone.AWAY
    return (tr("Up to date"), Tone.GOOD) if drive.place.items else (tr("Empty"), Tone.INFO)


def _actions(drive: DriveStatus) -> tuple[Action, ...]:
    vault = drive.presence.vault
    edit = Action(Deed.RELABEL, tr("Name, place, notes"), vault.label)
    if vault.retired:
        return (Action(Deed.UNRETIRE, tr("Use it again"), vault.label), _details(vault.label), edit)
    taken = drive.presence.elsewhere
    here = (
        Action(Deed.TAKE_OVER, tr("Take over"), vault.label)
        if taken
        else Action(Deed.SYNC, tr("Copy now"), vault.label),
        Action(Deed.SCRUB, tr("Verify"), vault.label, values={"drive": vault.label}),
        Action(Deed.EJECT, tr("Eject"), vault.label),
    )
    return (*(here if drive.presence.online else ()), _details(vault.label), edit)


def _details(name: str, *, library: bool = False) -> Action:
    return Action(Deed.DRIVE_DETAILS, tr("Details"), name, values={"library": library})


def waits_for(drive: DriveStatus) -> str:
    """What waits for it: `Plug in Elements: 312 files to prove, 46 to copy (1.2 GB)`."""
    todo = drive.waiting
    if todo is None or not todo.files:
        return ""
    parts = []
    if todo.overdue:
        parts.append(trn("{count} file overdue", "{count} files overdue", todo.overdue))
    if todo.lacking:
        one, many = "{count} file to copy ({size})", "{count} files to copy ({size})"
        parts.append(trn(one, many, todo.lacking, size=size(todo.bytes)))
    if todo.short_bytes:
        parts.append(tr("{size} more room is needed", size=size(todo.short_bytes)))
    waits = ", ".join(parts)
    away = not todo.online and not drive.presence.is_unusual
    return tr("Plug in {drive}: {waits}", drive=todo.label, waits=waits) if away else waits


def _drive_note(lacking: int, damaged: int, items: int, oldest: float | None) -> str:
    parts = []
    if damaged:
        parts.append(trn("{count} file is not intact", "{count} files are not intact", damaged))
    if lacking:
        parts.append(trn("{count} file to copy", "{count} files to copy", lacking))
    if not parts and items:
        parts.append(tr("oldest proof {ago}", ago=ago(oldest)) if oldest is not None else tr("not proven yet"))
    return ", ".join(parts) or tr("nothing copied yet")


def _days(ctx: Context, moment: float | None) -> float | None:
    return None if not moment else max(0.0, (ctx.now() - moment) / DAY)


def connected(ctx: Context, music: bytes = b"") -> tuple[Volume, ...]:
    """The mounted volumes that could take a vault, or have one that isn't in use; those apart from the music first.
    `music` is the folder that the first run has chosen; without it the libraries' own volumes are compared."""
    roots = [music] if music else [library.root for library in libraries.every(ctx.catalog)]
    here = [found for root in roots if (found := _volume_of(root)) is not None]
    taken = Counter(found.id for found in here)
    disks = {found.disk for found in here if found.disk}
    used = {vault.folder for vault in vaults.every(ctx.catalog)}
    result = []
    for volume in volumes.mounts():
        if volume.total < _TOO_SMALL or volume.mount_point in (b"/boot", b"/boot/efi"):
            continue
        if volume.fs_type in filesystems.MEMORY:
            continue
        vault = _vault_in(volume.mount_point)
        if vault in used:
            continue
        shares = bool(taken[volume.id]) or (bool(volume.disk) and volume.disk in disks)
        writable = not volume.read_only and os.access(volume.mount_point, os.W_OK | os.X_OK)
        result.append(
            Volume(
                volume.mount_point,
                volume.label or display(split(volume.mount_point)[1]) or tr("This computer"),
                volume.free,
                volume.total,
                shares if here else None,
                bool(volume.removable),
                bool(vault),
                writable,
            )
        )
    return tuple(
        sorted(result, key=lambda one: (bool(one.shares_library), not one.writable, not one.removable, one.path))
    )


def _volume_of(path: bytes) -> volumes.Volume | None:
    try:
        return volumes.volume_of(path)
    except (DriveGone, OSError):
        return None


def _vault_in(folder: bytes) -> bytes:
    """The vault's own folder, empty where there is none."""
    try:
        found = layout.find_vault(folder)
    except OSError:
        return b""
    return found.root if found is not None else b""
