"""Putting another version into the place of a library's file: proven first, the old bytes kept, catalog and event last.

Steps, and what a crash leaves after each: intent committed (nothing else has happened) → the new version stands
proven in a private file beside the old one → the old bytes are kept → the intent names the new digest → renamed
over the old → one transaction. `settle` finishes or undoes what it finds, by the digest that stands under the name.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from musicvault.catalog import contents, intents, items, replicas, rules, scanned, timekeeping
from musicvault.catalog.history import Record
from musicvault.catalog.intents import Intent
from musicvault.catalog.items import Item
from musicvault.catalog.libraries import Library
from musicvault.domain.events import EventType
from musicvault.domain.notices import never_stops
from musicvault.domain.paths import display, split
from musicvault.domain.policy import DAY
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Examination
from musicvault.engine.context import Context
from musicvault.engine.examine import examine
from musicvault.engine.library import online
from musicvault.engine.recording import field_changes
from musicvault.errors import ItemError
from musicvault.language import tr
from musicvault.storage import durable, kept, reading, stats
from musicvault.storage.replacing import replace_library_file

OPERATION = "tag"
Make = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Replacement:
    """What was put in place: the examination of the new version, its event, and attributes that could not be kept
    (`storage.attributes.apply` has their names); the event says so too."""

    seen: Examination
    event_id: int
    unkept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it is replaced: what the event will say, and the batch that can be undone together. `by` names who asked: an
    edit of tags leaves the sound as it is, a version that is taken over needn't."""

    detail: Mapping[str, object]
    batch: str
    by: str = OPERATION


def replace_version(
    ctx: Context, library: Library, item: Item, make: Make, reason: Reason, mtime_ns: int | None = None
) -> Replacement | None:
    """Let `make` write the new version into a private file, prove it, and put it in the item's place.

    The caller holds the library's lock. `mtime_ns` None gives the time of the change. None is given back when the
    new version is the old one to the byte. Raises ItemError, and then the old file stands untouched.
    """
    target = os.path.join(library.root, item.path)
    partial = durable.partial_beside(target)
    before = item.content.digests.blake3
    intent_id = _begin(ctx, library, item, partial, reason)
    try:
        make(partial)
        found = durable.prove(partial, checkpoint=ctx.checkpoint)
        seen = examine(partial, name=split(item.path)[1]).examination
        after = seen.digests.blake3
        if after != found.digests.blake3:
            raise ItemError(display(item.path), "write", tr("it reads back differently; check the drive"))
        _check_sound(item, seen, reason)
        if after == before:
            _abandon(ctx, intent_id, partial)
            return None
        _keep(ctx, target, partial, before, after)
        with ctx.catalog.transaction(ctx.now()) as transaction:
            intents.amend(transaction, intent_id, {"after": after.hex()})
        names = [items.get(ctx.catalog, other) for other in scanned.linked(ctx.catalog, item)]
        unkept = replace_library_file(
            partial,
            target,
            None,
            links=[os.path.join(library.root, other.path) for other in names],
            mtime_ns=mtime_ns if mtime_ns is not None else int(ctx.now() * 10**9),
            expected_blake3=before,
        )
    except BaseException:
        for intent in intents.pending(ctx.catalog, library_id=library.id):
            if intent.id == intent_id:
                settle(ctx, library, intent)
        raise
    event_id = _record(ctx, library, [item, *names], seen, reason, [intent_id], unkept)
    durable.done("committed")
    return Replacement(seen, event_id, unkept)


def _begin(ctx: Context, library: Library, item: Item, partial: bytes, reason: Reason) -> int:
    replica = replicas.in_library(ctx.catalog, item.id)
    if replica.state is not ReplicaState.INTACT:
        raise ItemError(display(item.path), "tag", tr("it is not intact; settle that first"))
    detail = {
        "path": _text(item.path),
        "partial": _text(partial),
        "before": item.content.digests.blake3.hex(),
        "reason": dict(reason.detail),
        "batch": reason.batch,
        "by": reason.by,
    }
    with ctx.catalog.transaction(ctx.now()) as transaction:
        intent_id = intents.begin(transaction, OPERATION, library_id=library.id, item_id=item.id, detail=detail)
    durable.done("intended")
    return intent_id


def _abandon(ctx: Context, intent_id: int, partial: bytes) -> None:
    """The old file stands under its name; a private file that wasn't placed goes."""
    durable.remove(partial)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        intents.done(transaction, [intent_id])


def _check_sound(item: Item, seen: Examination, reason: Reason) -> None:
    if reason.by == OPERATION and item.content.essence != seen.essence:
        raise ItemError(display(item.path), "tag", tr("writing would have changed the sound; nothing was written"))
    if seen.problem:
        raise ItemError(display(item.path), "tag", tr("the result can't be read: {problem}", problem=seen.problem))


def _record(
    ctx: Context,
    library: Library,
    changed: Sequence[Item],
    seen: Examination,
    reason: Reason,
    intent_ids: Sequence[int],
    unkept: Sequence[str] = (),
) -> int:
    event_id = 0
    lacks = {"not kept": list(unkept)} if unkept else {}
    with ctx.catalog.transaction(ctx.now()) as transaction:
        for item in changed:
            stat = stats.stat_now(os.path.join(library.root, item.path))
            now_there = Examination(stat, seen.digests, seen.essence, seen.wrapper, seen.stream, seen.kind)
            before = contents.wrapper(ctx.catalog, item.content.id).fields
            items.supersede(transaction, item, now_there)
            number = transaction.event(
                item.event(
                    EventType.METADATA_MODIFICATION if reason.by == OPERATION else EventType.MODIFICATION,
                    detail={
                        "by": reason.by,
                        "before": item.content.digests.blake3.hex(),
                        "after": seen.digests.blake3.hex(),
                        **field_changes(before, seen.wrapper.fields),
                        **reason.detail,
                        **lacks,
                    },
                    batch=reason.batch,
                )
            )
            event_id = event_id or number
        intents.done(transaction, intent_ids)
    return event_id


# -- the replaced bytes


def take_back(
    ctx: Context, library: Library, item: Item, record: Record, reason: Reason, *, dry_run: bool = False
) -> None:
    """Put the version before a recorded replacement into place again, byte for byte, from what was kept then.

    Raises ItemError where the file is another by now, or what was kept is gone.
    """
    before, after = bytes.fromhex(str(record.detail["before"])), bytes.fromhex(str(record.detail["after"]))
    if item.content.digests.blake3 != after:
        raise ItemError(display(item.path), "tag", tr("it was edited again since; undo the later edit first"))
    if not online(ctx, library):
        raise ItemError(display(item.path), "tag", tr("the library is not connected"))
    old = next((one for one in contents.versions(ctx.catalog, item.id) if one.digests.blake3 == before), None)
    if old is None:
        raise ItemError(display(item.path), "tag", tr("the old version is not known any more"))
    source = kept_path(ctx, before, after)
    kept.head_of(source)
    if dry_run:
        return
    path = os.path.join(library.root, item.path)

    def make(partial: bytes) -> None:
        with durable.private(partial) as descriptor:
            kept.write_old(source, path, descriptor)

    replace_version(ctx, library, item, make, reason, old.mtime_ns)


def kept_path(ctx: Context, old: bytes, new: bytes) -> bytes:
    """Where the bytes are kept that turn the version `new` back into `old` (BLAKE3 digests)."""
    return os.path.join(_kept_folder(ctx), f"{old.hex()}-{new.hex()[:32]}".encode() + kept.SUFFIX)


def _kept_folder(ctx: Context) -> bytes:
    return os.fsencode(ctx.catalog.path) + b".kept"


def _keep(ctx: Context, target: bytes, partial: bytes, before: bytes, after: bytes) -> None:
    """Keep both directions, so that an undo can itself be undone."""
    durable.make_folders(_kept_folder(ctx))
    for old_path, new_path, old, new in ((target, partial, before, after), (partial, target, after, before)):
        durable.write_small(kept_path(ctx, old, new), kept.difference(old_path, new_path, old, new))
        # Retention goes by the clock that is believed, whatever the computer's own says.
        durable.keep_mtime(kept_path(ctx, old, new), int(ctx.now() * 1e9))
    durable.done("kept")


def expire_kept(ctx: Context) -> None:
    """Let go of replaced bytes after the retention of versions that the policy has for their items."""

    def before(name: str) -> float:
        kept_for = rules.version_days_of(ctx.catalog, _digest_of(name)) * DAY
        return timekeeping.ago(ctx.catalog, ctx.now(), kept_for)

    # Other libraries' edits may be writing there now: what is an hour old, by the clock that dates files, is nobody's.
    kept.expire(_kept_folder(ctx), before, time.time() - _HOUR)


_HOUR = 3600.0


def _digest_of(name: str) -> bytes:
    """The digest of the version that a kept file leads back to, empty for a name that isn't ours."""
    try:
        return bytes.fromhex(name.partition("-")[0])
    except ValueError:
        return b""


# -- after a crash


def settle(ctx: Context, library: Library, intent: Intent) -> None:
    """Finish or undo an interrupted replacement, whichever the file under its name shows. Where it can't be read it
    shows nothing: the intent stays, for the run that can. Idempotent."""
    partial = _bytes(intent.detail["partial"])
    target = os.path.join(library.root, _bytes(intent.detail["path"]))
    after = intent.detail.get("after")
    assert intent.item_id is not None
    try:
        placed = isinstance(after, str) and _stands(target, after)
        item = items.get(ctx.catalog, intent.item_id)
        if placed and item.content.digests.blake3.hex() != after:
            seen = examine(target, checkpoint=never_stops).examination
            detail = intent.detail["reason"]
            assert isinstance(detail, dict)
            reason = Reason(detail, str(intent.detail["batch"]), str(intent.detail.get("by", OPERATION)))
            _record(ctx, library, [item], seen, reason, [intent.id])
    except ItemError:
        return
    _abandon(ctx, intent.id, partial)


def _stands(target: bytes, digest: str) -> bool:
    """Raises ItemError where what stands there can't be read."""
    if not stats.may_be_there(target):
        return False
    return reading.read_file(target, digests=False).digests.blake3.hex() == digest


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: object) -> bytes:
    return base64.b64decode(str(text))
