"""What needs a person now, as the background service tells it: each matter once, and again when more came to it.

What the program puts right by itself is no matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from musicvault.catalog import libraries, proofs, vaults
from musicvault.catalog.database import Catalog
from musicvault.domain import wording
from musicvault.domain.states import ReplicaState
from musicvault.engine import braking, locating, timekeeping
from musicvault.engine.context import Context
from musicvault.language import tr, trn


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


def _found(catalog: Catalog, *states: ReplicaState, in_library: bool | None = None) -> tuple[int, int, float]:
    """Of how many files, and how many copies of them, are in one of the states; when the last was found so."""
    where = {None: "", True: " AND r.vault_id IS NULL", False: " AND r.vault_id IS NOT NULL"}[in_library]
    marks = ",".join("?" * len(states))
    row = catalog.row(
        "SELECT count(DISTINCT r.item_id), count(*), max(coalesce(f.at, 0))"
        " FROM replica r LEFT JOIN finding f ON f.replica_id = r.id"
        f" WHERE r.state <> 'intact' AND r.state IN ({marks}) AND r.role <> 'quarantine'{where}",
        states,
    )
    assert row is not None
    return int(row[0]), int(row[1]), float(row[2] or 0.0)


def _damage(ctx: Context) -> Iterator[Matter]:
    states = [state for state in ReplicaState if state.is_damage]
    files, _, at = _found(ctx.catalog, *states)
    if files:
        text = tr("Damage stands in {files}. See what can be done with: musicvault status", files=wording.files(files))
        yield Matter(Kind.DAMAGE, "damage", text, at)


def _failing(ctx: Context) -> Iterator[Matter]:
    for vault_id, label, reason in ctx.catalog.rows(
        "SELECT v.id, v.label, h.reason FROM health h JOIN vault v ON v.volume_id = h.volume_id"
        " WHERE h.state = 'failing' AND v.removed_at IS NULL AND v.retired_at IS NULL ORDER BY v.label"
    ):
        text = tr("The drive {label} is failing: {reason} Replace it soon.", label=label, reason=reason)
        yield Matter(Kind.FAILING, f"failing {vault_id}", text)

    for library_id, name, reason in ctx.catalog.rows(
        "SELECT l.id, l.name, h.reason FROM health h JOIN library l ON l.volume_id = h.volume_id"
        " WHERE h.state = 'failing' AND l.removed_at IS NULL"
        " AND l.volume_id NOT IN (SELECT volume_id FROM vault WHERE removed_at IS NULL AND retired_at IS NULL)"
        " ORDER BY l.name"
    ):
        text = tr("The disk of the library {name} is failing: {reason} Replace it soon.", name=name, reason=reason)
        yield Matter(Kind.FAILING, f"failing library {library_id}", text)


def _brakes(ctx: Context) -> Iterator[Matter]:
    for library in libraries.every(ctx.catalog):
        if braking.is_on(ctx, library):
            text = tr(
                "So much changed at once in {name} that it is held back until you confirm it: musicvault status",
                name=library.name,
            )
            yield Matter(Kind.BRAKE, f"brake {library.id} {library.confirmed_at:.0f}", text)


def _waiting(ctx: Context) -> Iterator[Matter]:
    files, _, at = _found(ctx.catalog, ReplicaState.HELD, ReplicaState.FOREIGN)
    if files:
        text = tr("{files} changed in a way that you have to decide on: musicvault status", files=wording.files(files))
        yield Matter(Kind.HELD, "held", text, at)
    files, _, at = _found(ctx.catalog, ReplicaState.MISSING, in_library=True)
    if files:
        text = trn(
            "{count} file vanished from the library. Bring it back or let it go: musicvault status",
            "{count} files vanished from the library. Bring them back or let them go: musicvault status",
            files,
        )
        yield Matter(Kind.MISSING, "missing", text, at)


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
    states = [state for state in ReplicaState if state.is_damage]
    on_drives = _found(ctx.catalog, ReplicaState.MISSING, in_library=False)[1]
    return _found(ctx.catalog, *states)[1] + on_drives
