"""What needs a person now, as the background service tells it: each matter once, and again when more came to it.

What the program puts right by itself is no matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from musicvault.catalog import drive_health, libraries, proofs, troubles, vaults
from musicvault.domain import wording
from musicvault.domain.states import ReplicaState
from musicvault.engine import braking, locating, timekeeping
from musicvault.engine.context import Context
from musicvault.language import tr, trn

_DAMAGED = tuple(state for state in ReplicaState if state.is_damage)


class Kind(StrEnum):
    """What a matter is about."""

    DAMAGE = "damage"
    HELD = "held"
    MISSING = "missing"
    BRAKE = "brake"
    OVERDUE = "overdue"
    FAILING = "failing"
    CLOCK = "clock"
    STRANGE = "strange"


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to do for a person. `key` is the same as long as the matter is; `text` one or two sentences; `since`
    when the last of it was found (seconds since the epoch)."""

    kind: Kind
    key: str
    text: str
    since: float = 0.0


def matters(ctx: Context) -> list[Matter]:
    """Everything that needs a person, the gravest first. Read-only; a few indexed queries."""
    return [*_clock(ctx), *_damage(ctx), *_failing(ctx), *_brakes(ctx), *_waiting(ctx), *_overdue(ctx)]


def _clock(ctx: Context) -> Iterator[Matter]:
    doubt = ctx.keep_time()
    if doubt:
        yield Matter(Kind.CLOCK, f"clock {doubt}", timekeeping.told(doubt))


def _damage(ctx: Context) -> Iterator[Matter]:
    damage = troubles.standing(ctx.catalog, *_DAMAGED)
    if damage.files:
        files = wording.files(damage.files)
        text = tr("Damage stands in {files}. See what can be done with: musicvault status", files=files)
        yield Matter(Kind.DAMAGE, "damage", text, damage.since)


def _failing(ctx: Context) -> Iterator[Matter]:
    for one in drive_health.failing_drives(ctx.catalog):
        text = tr("The drive {label} is failing: {reason} Replace it soon.", label=one.name, reason=one.reason)
        yield Matter(Kind.FAILING, f"failing {one.id}", text)
    for one in drive_health.failing_libraries(ctx.catalog):
        text = tr(
            "The disk of the library {name} is failing: {reason} Replace it soon.", name=one.name, reason=one.reason
        )
        yield Matter(Kind.FAILING, f"failing library {one.id}", text)


def _brakes(ctx: Context) -> Iterator[Matter]:
    for library in libraries.every(ctx.catalog):
        if braking.is_on(ctx, library):
            text = tr(
                "So much changed at once in {name} that it is held back until you confirm it: musicvault status",
                name=library.name,
            )
            yield Matter(Kind.BRAKE, f"brake {library.id} {library.confirmed_at:.0f}", text)


def _waiting(ctx: Context) -> Iterator[Matter]:
    held = troubles.standing(ctx.catalog, ReplicaState.HELD, ReplicaState.FOREIGN)
    if held.files:
        files = wording.files(held.files)
        text = tr("{files} changed in a way that you have to decide on: musicvault status", files=files)
        yield Matter(Kind.HELD, "held", text, held.since)
    missing = troubles.standing(ctx.catalog, ReplicaState.MISSING, in_library=True)
    if missing.files:
        text = trn(
            "{count} file vanished from the library. Bring it back or let it go: musicvault status",
            "{count} files vanished from the library. Bring them back or let them go: musicvault status",
            missing.files,
        )
        yield Matter(Kind.MISSING, "missing", text, missing.since)


def _overdue(ctx: Context) -> Iterator[Matter]:
    """Drives that are away and hold copies whose proofs are overdue, and those about which there is more to say than
    that they are away (two say that they are one)."""
    located = locating.locate(ctx)
    for presence in located:
        if presence.strange and not presence.vault.retired:
            yield Matter(Kind.STRANGE, f"strange {presence.vault.id}", presence.reason)
    away = [
        presence.vault
        for presence in located
        if presence.root is None and not presence.strange and not presence.vault.retired
    ]
    if not away:
        return
    owed = {place.vault_id: entries for place, entries in proofs.owed(ctx.catalog, ctx.now()).items()}
    for vault in away:
        files = sum(entry.files for entry in owed.get(vault.id, ()) if entry.due_at <= ctx.now())
        if files:
            yield Matter(Kind.OVERDUE, f"overdue {vault.id}", _plug_in(vault, files))


def _plug_in(vault: vaults.Vault, files: int) -> str:
    return trn(
        "Plug in the drive {label}: {count} file is overdue to be proven there.",
        "Plug in the drive {label}: {count} files are overdue to be proven there.",
        files,
        label=vault.label,
    )


def standing_damage(ctx: Context) -> int:
    """How many copies wait for a repair: damaged ones, and those missing from drives."""
    on_drives = troubles.standing(ctx.catalog, ReplicaState.MISSING, in_library=False)
    return troubles.standing(ctx.catalog, *_DAMAGED).copies + on_drives.copies
