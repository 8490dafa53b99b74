"""Looking at parity files: read from the medium and held against their recorded digest; and taking those that a vault
holds into a catalog that doesn't know them.

Damaged parity is a finding of its own and never stops anything: no music is lost with it. Its sound packets still help
until the next sync or repair makes it anew from proven copies.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from musicvault.catalog import copies, parity
from musicvault.catalog.parity import Copy, Member, ParitySet, SetState
from musicvault.catalog.vaults import Vault
from musicvault.domain import parity as rules
from musicvault.domain.paths import RelPath, is_safe, split
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.engine.context import Context
from musicvault.engine.places import Place
from musicvault.engine.steady import steadily
from musicvault.errors import DriveRefused, ItemError
from musicvault.storage.parity import packets
from musicvault.storage.reading import read_file
from musicvault.storage.stats import may_be_there
from musicvault.storage.vault.layout import PARITY, VaultLayout, stated_digest


@dataclass(frozen=True, slots=True)
class Looked:
    """One set that was looked at. `finding`: its file isn't what was written; `vanished`: the drive is gone."""

    bytes: int
    finding: Finding | None = None
    vanished: bool = False


def look(ctx: Context, place: Place, since: float) -> Iterator[Looked]:
    """Read the sets on a vault that weren't proven since then (the pass began), the oldest proof first, and record what
    was found. Raises Cancelled."""
    assert place.presence is not None
    for one in parity.of_vault(ctx.catalog, place.presence.vault.id):
        ctx.checkpoint()
        if one.state is SetState.INTACT and (one.proven_at or 0.0) >= since:
            continue
        looked, state = _looked(ctx, place, one)
        if looked.vanished:
            yield looked
            return
        if parity.at(ctx.catalog, one.vault_id, one.path) != one:
            continue  # replaced meanwhile
        with ctx.catalog.transaction(ctx.now()) as transaction:
            parity.set_state(transaction, one.id, state, ctx.now() if state is SetState.INTACT else None)
        yield looked


def _looked(ctx: Context, place: Place, one: ParitySet) -> tuple[Looked, SetState]:
    layout = VaultLayout(place.root)
    fact = Evidence("parity-damaged")
    try:
        path = layout.guarded(one.path)
        found = steadily(
            lambda: read_file(path, digests=False, blocks=False, from_device=True, checkpoint=ctx.checkpoint)
        )
    except DriveRefused:  # its folder is a link: nothing behind it is read
        facts = (Evidence("no-file"), fact)
        return Looked(0, Finding(one.path, place.name, Verdict.CORRUPT, facts, on_drive=True)), SetState.DAMAGED
    except ItemError as error:
        if not place.is_there(ctx):
            return Looked(0, vanished=True), SetState.MISSING
        if not may_be_there(layout.path(one.path)):
            facts = (Evidence("not-there"), fact)
            return Looked(0, Finding(one.path, place.name, Verdict.MISSING, facts, on_drive=True)), SetState.MISSING
        facts = (Evidence("read-error", {"cause": error.cause}), fact)
        return Looked(0, Finding(one.path, place.name, Verdict.UNREADABLE, facts, on_drive=True)), SetState.DAMAGED
    if found.digests.blake3 == one.blake3:
        return Looked(one.size), SetState.INTACT
    facts = (Evidence("drive-changed"), fact)
    finding = Finding(one.path, place.name, Verdict.CORRUPT, facts, on_drive=True)
    return Looked(found.digests.size, finding), SetState.DAMAGED


# -- for a catalog that doesn't know them


def take(ctx: Context, vault: Vault, layout: VaultLayout) -> int:
    """Record the sets that a vault holds, and that this catalog doesn't know, by what their files say; and forget those
    whose files aren't there. Gives how many were recorded.

    A set counts for a file where name and size are right and the first 16 KiB have the MD5 that it states; whatever it
    is used for later is held against the file's own digest.
    """
    known = {one.path: one for one in parity.of_vault(ctx.catalog, vault.id)}
    there = set(_files(layout))
    gone = [one.id for path, one in known.items() if path not in there]
    taken = 0
    for path in sorted(there - known.keys()):
        ctx.checkpoint()
        found = _told(ctx, vault, layout, path)
        if found is not None:
            with ctx.catalog.transaction(ctx.now()) as transaction:
                parity.add(transaction, *found)
            taken += 1
    if gone:
        with ctx.catalog.transaction(ctx.now()) as transaction:
            parity.remove(transaction, gone)
    return taken


def _files(layout: VaultLayout) -> Iterator[RelPath]:
    with suppress(OSError, DriveRefused):
        for name in os.listdir(layout.guarded_folder(PARITY)):
            path = PARITY + b"/" + name
            if stated_digest(name) and is_safe(path) and _is_text(name):
                yield path


def _is_text(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _told(ctx: Context, vault: Vault, layout: VaultLayout, path: RelPath) -> tuple[ParitySet, list[Member]] | None:
    """A set as its own file tells of it; None for one that is damaged, or about nothing that is here."""
    try:
        reading = read_file(layout.guarded(path), digests=False, blocks=False, checkpoint=ctx.checkpoint)
        said = packets.read(layout.guarded(path))
    except ItemError:
        return None
    digests = reading.digests
    if not digests.blake3.startswith(stated_digest(split(path)[1])) or not said.slice_size or not said.recovery:
        return None
    names = {one.name: one for one in said.members.values() if is_safe(one.name)}
    for album in parity.albums_of(ctx.catalog, vault.id, names):
        there = parity.copies(ctx.catalog, vault.id, album)
        named = [one for one in there if one.member.path in names]
        about = [about for one in named if (about := _about(ctx, layout, one, names[one.member.path])) is not None]
        if len(about) != len(names):
            continue
        sizes = [one.size for one in about]
        percent = vault.parity or max(1, said.recovery * 100 // rules.slices(sizes, said.slice_size))
        count = rules.portions([one.member.size for one in there])
        portion = rules.portion_of(about[0].path, count)
        made = ParitySet(
            *(0, vault.id, album.library_id, album.folder, portion, count, min(percent, rules.MOST_PERCENT)),
            *(said.slice_size, path, digests.size, digests.blake3),
            made_at=reading.stat.mtime_ns / 1e9,
        )
        return made, about
    return None


def _about(ctx: Context, layout: VaultLayout, copy: Copy, stated: packets.Member) -> Member | None:
    """The member where the copy is what it was when the set was made, as far as that can be told from one that is
    damaged. Of one that nobody has whole the set itself knows the size best."""
    if copy.member.size != stated.size:
        known = copies.digests(ctx.catalog, copy.member.blake3)
        return None if known is None or known.is_known else copy.member._replace(size=stated.size)
    if copy.intact and not packets.starts_as(layout.path(copy.member.path), stated):
        return None
    return copy.member
