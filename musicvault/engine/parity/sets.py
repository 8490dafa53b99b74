"""Making and removing parity sets so that the old one stays until the new one is durable (format.md, "Parity").

Intent → each file read and held against its digest → the par2 program writes in `incoming/` → flushed, read back →
intent names the new file → placed → folder flushed → one transaction: set and event → the replaced files removed →
end of the intent.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from musicvault.catalog import intents, parity
from musicvault.catalog.intents import Intent
from musicvault.catalog.parity import Album, Member, ParitySet
from musicvault.domain import parity as rules
from musicvault.domain.events import Event, EventType
from musicvault.domain.paths import RelPath, display, split
from musicvault.domain.values import Stat
from musicvault.engine.opened import OpenVault
from musicvault.engine.steady import steadily
from musicvault.errors import ItemError, NoSpace, VaultError
from musicvault.language import tr
from musicvault.storage import durable
from musicvault.storage.parity import packets, program
from musicvault.storage.reading import read_file
from musicvault.storage.stats import stat_now
from musicvault.storage.vault.layout import INCOMING, PARITY, VaultLayout, free_parity_path, incoming_path, slug_of

OPERATION = "parity"
WORK = b".work"


@dataclass(frozen=True, slots=True)
class Order:
    """A set to be made about `members`, in place of `replaced`."""

    album: Album
    portion: int
    portions: int
    percent: int
    members: Sequence[Member]
    replaced: Sequence[ParitySet] = ()

    @property
    def sizes(self) -> list[int]:
        return [one.size for one in self.members]

    @property
    def room(self) -> int:
        """Bytes that the new file needs, about."""
        return rules.expected_size(self.sizes, self.percent)


def make(vault: OpenVault, order: Order, reserve: int = 0) -> ParitySet:
    """Make one set. `reserve` bytes must stay free.

    Raises ItemError where a file isn't what it should be or the program fails (the old set stays), NoSpace, VaultError
    kinds, Cancelled.
    """
    lacking = order.room + reserve - vault.free()
    if lacking > 0:
        raise NoSpace(tr("There is no room for parity: {size} more are needed.", size=f"{lacking / 1e6:,.1f} MB"))
    partial = incoming_path("parity-" + secrets.token_hex(6))
    intent = _begin(vault, order.replaced, partial)
    try:
        made = _made(vault, order, partial, intent)
    except BaseException:
        durable.remove(vault.layout.path(partial))
        with suppress(VaultError, OSError):  # then the next run settles it
            _settle(vault, intent)
        raise
    with vault.ctx.catalog.transaction(vault.ctx.now()) as transaction:
        parity.remove(transaction, [one.id for one in order.replaced])
        parity.add(transaction, made, order.members)
        detail = {"parity": display(made.path), "files": len(order.members), "percent": order.percent}
        transaction.event(Event(EventType.REPLICATION, vault_id=vault.id, detail=detail))
    durable.done("committed")
    _drop(vault, [one.path for one in order.replaced if one.path != made.path], intent)
    vault.changed(1)
    return made


def remove(vault: OpenVault, gone: Sequence[ParitySet]) -> None:
    """Remove sets that nobody needs any more. Raises VaultError kinds."""
    intent = _begin(vault, gone, b"")
    with vault.ctx.catalog.transaction(vault.ctx.now()) as transaction:
        parity.remove(transaction, [one.id for one in gone])
        detail: dict[str, object] = {"parity removed": [display(one.path) for one in gone]}
        transaction.event(Event(EventType.DELETION, vault_id=vault.id, detail=detail))
    durable.done("committed")
    _drop(vault, [one.path for one in gone], intent)
    vault.changed(1)


def _begin(vault: OpenVault, replaced: Sequence[ParitySet], partial: RelPath) -> int:
    detail: dict[str, object] = {
        "partial": partial.decode("ascii"),
        "target": "",
        "replaced": [one.path.decode("utf-8") for one in replaced],
    }
    with vault.ctx.catalog.transaction(vault.ctx.now()) as transaction:
        number = intents.begin(transaction, OPERATION, vault_id=vault.id, detail=detail)
    durable.done("intended")
    return number


def _end(vault: OpenVault, intent: int) -> None:
    with vault.ctx.catalog.transaction(vault.ctx.now()) as transaction:
        intents.done(transaction, [intent])


def _made(vault: OpenVault, order: Order, partial: RelPath, intent: int) -> ParitySet:
    layout, path = vault.layout, vault.layout.guarded(partial)
    each = rules.slice_size(order.sizes)
    vault.layout.ensure_parent(partial)
    _write(vault, order, path, each)
    durable.done("staged")
    durable.flush([path])
    proof = steadily(lambda: durable.prove(path, checkpoint=vault.ctx.checkpoint))
    _check(path, order, each)
    digests = proof.digests
    target = free_parity_path(layout, digests.blake3, _name(order))
    with vault.ctx.catalog.transaction(vault.ctx.now()) as transaction:
        intents.amend(transaction, intent, {"target": target.decode("utf-8")})
    durable.done("named")
    absolute = layout.ensure_parent(target)
    durable.place(path, absolute)
    durable.sync_folder(layout.parity)
    now = vault.ctx.now()
    album, portion, portions = order.album, order.portion, order.portions
    return ParitySet(
        *(0, vault.id, album.library_id, album.folder, portion, portions, order.percent, each, target),
        size=digests.size,
        blake3=digests.blake3,
        made_at=now,
        proven_at=now,
    )


def _name(order: Order) -> bytes:
    stored = order.members[0].path
    folder = split(split(stored)[0])[1]
    return folder if split(stored)[0].count(b"/") > 1 else slug_of(stored).encode("ascii")


def _write(vault: OpenVault, order: Order, path: bytes, each: int) -> None:
    """Read every file, so that no parity is made of bytes that are wrong, and let the program read them after that."""
    before = [_proven(vault, one) for one in order.members]
    program.create(
        vault.layout.root,
        path,
        [one.path for one in order.members],
        size=sum(order.sizes),
        each=each,
        recovery=rules.recovery_slices(order.sizes, order.percent),
        checkpoint=vault.ctx.checkpoint,
    )
    for one, stat in zip(order.members, before, strict=True):
        if stat_now(vault.layout.guarded(one.path)) != stat:
            raise ItemError(display(one.path), "make parity", tr("it changed meanwhile"))


def _proven(vault: OpenVault, member: Member) -> Stat:
    path = vault.layout.guarded(member.path)
    found = steadily(lambda: read_file(path, digests=False, blocks=False, checkpoint=vault.ctx.checkpoint))
    if found.digests.blake3 != member.blake3:
        problem = tr("the copy on the drive isn't what it should be: scrub the drive, then repair")
        raise ItemError(display(member.path), "make parity", problem)
    return found.stat


def _check(path: bytes, order: Order, each: int) -> None:
    """Whether the program wrote what it was asked to."""
    found = packets.read(path)
    named = {(one.name, one.size) for one in found.members.values()}
    wanted = {(one.path, one.size) for one in order.members}
    recovery = rules.recovery_slices(order.sizes, order.percent)
    if named != wanted or found.slice_size != each or found.recovery != recovery:
        raise ItemError(display(path), "make parity", tr("the par2 program wrote something else than it was asked to"))


def _drop(vault: OpenVault, paths: Sequence[RelPath], intent: int) -> None:
    """Remove files that no set names any more, then end the intent."""
    if paths:
        for path in paths:
            with suppress(FileNotFoundError, PermissionError):  # one that is protected stays: it is in no list
                os.unlink(_inside(vault.layout, path))
        if os.path.isdir(vault.layout.parity):
            durable.sync_folder(vault.layout.parity)
    durable.done("dropped")
    _end(vault, intent)


def _inside(layout: VaultLayout, stored: RelPath) -> bytes:
    """The absolute path of a parity file. Nothing else is ever removed here."""
    if split(stored)[0] != PARITY:
        raise ValueError(f"no parity file: {display(stored)}")
    return layout.guarded(stored)


# -- after a crash


def settle(vault: OpenVault, intent: Intent) -> None:
    """Finish or undo what an intent says had begun. A set counts once it is recorded: else its file goes; what a
    recorded one replaced goes too. Idempotent."""
    detail: dict[str, Any] = dict(intent.detail)
    target = str(detail["target"]).encode("utf-8")
    paths = [str(path).encode("utf-8") for path in detail["replaced"]]
    unrecorded = [path for path in (*paths, target) if path and parity.at(vault.ctx.catalog, vault.id, path) is None]
    _drop(vault, unrecorded, intent.id)


def _settle(vault: OpenVault, number: int) -> None:
    for intent in intents.pending(vault.ctx.catalog, vault_id=vault.id):
        if intent.id == number:
            settle(vault, intent)


def clear_work(vault: OpenVault) -> None:
    """Remove the folders in which the program worked when the work was interrupted."""
    folder = vault.layout.guarded_folder(INCOMING)
    with suppress(FileNotFoundError):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if name.startswith(b"parity-") and name.endswith(WORK) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
