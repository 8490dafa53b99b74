"""Repair of everything, on drives that nobody has read since a rebuild or an adoption took them in as well.

A snapshot says how the copies were when it was written, a list what was copied once; the drives may be dying since. So
these are read first, and what is found damaged is repaired with the rest.
"""

from __future__ import annotations

from collections.abc import Iterator

from musicvault.catalog import passes
from musicvault.domain.notices import Finished, ItemDone, Job, Notice
from musicvault.engine import places
from musicvault.engine.context import Context
from musicvault.engine.repair import repair
from musicvault.engine.scrub import scrub
from musicvault.errors import VaultError
from musicvault.language import tr


def repair_all(ctx: Context, *, missing: bool = False) -> Job:
    """`repair` without a query, after a scrub of the drives within reach that were left unread. What that finds is told
    by the repair. Raises what both do."""
    errors: list[VaultError] = []
    yield from _read(ctx, errors)
    yield from repair(ctx, missing=missing)
    if errors:
        raise errors[0]


def _read(ctx: Context, errors: list[VaultError]) -> Iterator[Notice]:
    reach = places.reachable(ctx)
    unread = sorted(passes.unread(ctx.catalog) & reach.vaults.keys(), key=lambda one: reach.vaults[one].name)
    if not unread:
        return
    for vault_id in unread:
        reason = tr("Nobody has read it since this catalog took it in, so that is done first.")
        yield ItemDone("noted", b"", reach.vaults[vault_id].name, reason=reason)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        for vault_id in unread:
            passes.take_up(transaction, vault_id)
    try:
        for notice in scrub(ctx, vault_ids=unread):
            told = isinstance(notice, ItemDone) and notice.finding is not None
            if not told and not isinstance(notice, Finished):
                yield notice
    except VaultError as error:
        errors.append(error)
