"""The end of what was set aside from libraries: damaged and rejected bytes leave `<catalog>.quarantine` as those of
drives leave theirs, once the time for older versions is over and the item's content is proven to stand elsewhere (M1).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress

from musicvault.catalog import items, libraries, retention, rules, timekeeping
from musicvault.catalog.items import Item
from musicvault.catalog.libraries import Library
from musicvault.domain.events import EventType
from musicvault.domain.notices import ItemDone
from musicvault.domain.paths import display
from musicvault.domain.policy import DAY
from musicvault.domain.proof import Proof, prove_safe
from musicvault.engine.context import Context
from musicvault.engine.rebuilding import quarantine_of
from musicvault.errors import Locked
from musicvault.storage import durable
from musicvault.storage.walk import walk


def expire(ctx: Context) -> Iterator[ItemDone]:
    """Let go of what was set aside long enough, of each library that no other process works on."""
    there = _files(ctx)
    if not there:
        return
    for library in libraries.every(ctx.catalog):
        with suppress(Locked), ctx.locked("sync", libraries=(library.id,)):
            yield from _expire(ctx, library, there)


def _expire(ctx: Context, library: Library, there: Mapping[str, bytes]) -> Iterator[ItemDone]:
    for item_id, at, detail in retention.set_aside(ctx.catalog, library.id):
        path = there.get(str(json.loads(detail).get("to")))
        item = items.get(ctx.catalog, item_id)
        if path is not None and (proof := _safe(ctx, item, at)) is not None and os.path.lexists(path):
            size = os.lstat(path).st_size
            _remove(ctx, item, path, proof)
            yield ItemDone("removed", item.path, library.name, size, reason="kept-long-enough")


def _files(ctx: Context) -> dict[str, bytes]:
    """What lies in the quarantine, by the name under which the events tell of it."""
    root = quarantine_of(ctx)
    if not os.path.isdir(root):
        return {}
    paths = [os.path.join(root, folder.path, file.name) for folder in walk(root) for file in folder.files]
    return {display(path): path for path in paths}


def _safe(ctx: Context, item: Item, since: float) -> Proof | None:
    """The proof that the item does without these bytes; None before their time, or where that can't be shown."""
    rule = rules.of_item(ctx.catalog, item.id)
    now = ctx.now()
    over = since < timekeeping.ago(ctx.catalog, now, rule.version_days * DAY)
    if not over or not retention.is_protected(ctx.catalog, item.id, now):
        return None
    return prove_safe(
        item.content.digests.blake3,
        "",  # no copy of the current content goes
        retention.verified_copies(ctx.catalog, item.id),
        wanted=rule.volumes,
        fresh_after=ctx.now() - rule.proof_days * DAY,
    )


def _remove(ctx: Context, item: Item, path: bytes, proof: Proof) -> None:
    """Told first: what is killed in between tells it again."""
    detail = {"was": "quarantine", "at": display(path), "copies": len(proof.copies)}
    event = item.event(EventType.DELETION, detail=detail)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        transaction.event(event)
    with suppress(OSError):  # the next sync tries again
        os.unlink(path)
        durable.sync_folder(os.path.dirname(path))
