"""Superseded versions and quarantined copies of items: what there is, what differs, and giving one back.

A version is named by a number that never changes. It may lie on several drives, under a drive's current name until the
next sync, or be kept beside the catalog so that a tag edit can be undone.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from musicvault.catalog import aside, contents, items, libraries, replicas, rules
from musicvault.catalog.aside import AsideCopy
from musicvault.catalog.contents import Content
from musicvault.catalog.items import Item
from musicvault.catalog.libraries import Library
from musicvault.domain.comparison import Comparison
from musicvault.domain.events import EventType
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Started
from musicvault.domain.paths import display, is_safe, join, split
from musicvault.domain.policy import DAY
from musicvault.domain.sensible import Change, wrapper_change
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Wrapper
from musicvault.domain.verdict import bad_blocks
from musicvault.engine import comparing, giving, places, replacing, retention, sources
from musicvault.engine.context import Context
from musicvault.engine.library import online
from musicvault.engine.places import Reach
from musicvault.errors import ItemError, UsageError
from musicvault.language import tr
from musicvault.storage import durable, kept
from musicvault.storage.delivery import aside_of
from musicvault.storage.fitting import fitting
from musicvault.storage.reading import read_file
from musicvault.storage.stats import may_be_there, stat_of

UNDO = "undo"
"""The role of bytes that are kept beside the catalog, for undoing a tag edit."""

FORGOTTEN = "forgotten"
"""The role of copies of an item that was let go."""


@dataclass(frozen=True, slots=True)
class KeptAt:
    """Where a version is kept. `where` is a drive's label, or the library's name for bytes kept for undoing; `role` is
    "version", "quarantine", "current" (not brought up to date yet), "forgotten" (of an item that was let go) or "undo".
    `path` is below the vault's root, empty for "undo". `since` and `until` in seconds since the epoch."""

    where: str
    role: str
    path: bytes
    online: bool
    since: float
    until: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """How a version differs from the item's current content. `sound` is None where it can't be told; `blocks` are the
    MiB blocks that differ, for bytes that nobody looked into."""

    sound: bool | None
    fields: tuple[str, ...]
    pictures: bool
    blocks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A superseded version, or bytes that were set aside. `number` names it; None for a copy that could not be read
    whole. `replaced_at` is None for bytes that never were the item's content."""

    item: Item
    number: int | None
    content: Content | None
    size: int
    since: float
    replaced_at: float | None
    places: tuple[KeptAt, ...]
    differs: Difference | None


def versions(ctx: Context, item_ids: Sequence[int]) -> Iterator[Version]:
    """What is kept of these items, newest first. Read-only."""
    reach = places.reachable(ctx)
    known = libraries.by_ids(ctx.catalog)
    for item in items.many(ctx.catalog, item_ids):
        if item.library_id in known:
            yield from _of_item(ctx, reach, known[item.library_id], item)


def _of_item(ctx: Context, reach: Reach, library: Library, item: Item) -> Iterator[Version]:
    copies = aside.of_item(ctx.catalog, item.id)
    unread = [copy for copy in copies if copy.state is ReplicaState.FORGOTTEN]
    leaving = retention.until(ctx, item)
    for content in contents.versions(ctx.catalog, item.id):
        found = [_at(reach, copy, leaving) for copy in copies if copy.content_id == content.id and copy not in unread]
        if content.id != item.content.id:
            found += _for_undo(ctx, library, item, content)
        if not found or (content.id == item.content.id and all(place.role == replicas.CURRENT for place in found)):
            continue
        yield Version(
            item,
            content.id,
            content,
            content.digests.size,
            content.since,
            content.superseded_at,
            tuple(found),
            _difference(ctx, item, content),
        )
    for copy in unread:
        yield Version(item, None, None, copy.size, copy.since, None, (_at(reach, copy, leaving),), None)


def _at(reach: Reach, copy: AsideCopy, leaving: float | None) -> KeptAt:
    """`leaving`: when the copies of an item that was let go may go."""
    role, until = copy.role, copy.until
    if leaving is not None and role == replicas.CURRENT:
        role, until = FORGOTTEN, leaving
    return KeptAt(reach.names.get(copy.vault_id, ""), role, copy.path, copy.vault_id in reach.vaults, copy.since, until)


def _for_undo(ctx: Context, library: Library, item: Item, content: Content) -> list[KeptAt]:
    path = _undo_path(ctx, item, content)
    if path is None:
        return []
    written = stat_of(path).mtime_ns / 1e9
    until = written + rules.of_item(ctx.catalog, item.id).version_days * DAY
    return [KeptAt(library.name, UNDO, b"", True, written, until)]


def _undo_path(ctx: Context, item: Item, content: Content) -> bytes | None:
    """The bytes that turn the current content back into this one, where they are still kept."""
    path = replacing.kept_path(ctx, content.digests.blake3, item.content.digests.blake3)
    return path if os.path.isfile(path) else None


def _difference(ctx: Context, item: Item, content: Content) -> Difference:
    before, now = content.digests, item.content.digests
    blocks = bad_blocks(now, before) if before.blocks and now.blocks else ()
    wrapper = contents.wrapper(ctx.catalog, content.id)
    if wrapper == Wrapper() and content.essence is None:
        return Difference(None, (), False, blocks)
    change: Change = wrapper_change(contents.wrapper(ctx.catalog, item.content.id), wrapper)
    sound = None
    if content.essence is not None and item.content.essence is not None:
        sound = content.essence != item.content.essence
    return Difference(sound, change.fields, change.pictures, blocks)


def comparison(ctx: Context, version: Version) -> Comparison | None:
    """What differs between a version and the item's current content, which seconds included where both can be read;
    None for a copy that could not be read whole."""
    if version.content is None:
        return None
    item, reach = version.item, places.reachable(ctx)
    now = [one.path for one in sources.candidates(ctx, reach, item.content.digests.blake3) if one.is_intact]
    with tempfile.TemporaryDirectory(prefix="musicvault-versions-") as folder:
        old = at_hand(ctx, version, os.fsencode(folder))
        return comparing.compare(ctx, version.content, item.content, old, now[0] if now else None)


def at_hand(ctx: Context, version: Version, folder: bytes) -> bytes | None:
    """A file that holds a version: a copy on a drive, or one written into the private `folder` where only the
    difference is kept. None where there is none within reach."""
    if version.content is None:
        return None
    reach = places.reachable(ctx)
    copies = _copies(ctx, reach, version)
    if copies:
        return copies[0][0]
    library = libraries.by_id(ctx.catalog, version.item.library_id)
    return None if library is None else _from_undo(ctx, library, version, folder)


def _from_undo(ctx: Context, library: Library, version: Version, folder: bytes) -> bytes | None:
    """A private copy of a version that is only kept as a difference to the library's file."""
    assert version.content is not None
    undo = _undo_path(ctx, version.item, version.content)
    if undo is None or not online(ctx, library):
        return None
    path = join(folder, split(version.item.path)[1])
    with durable.private(path) as handle:
        kept.write_old(undo, join(library.root, version.item.path), handle)
    return path


# -- giving one back


def give_version(ctx: Context, item_ids: Sequence[int], number: int, target: bytes) -> Job:
    """Write one version of one of these items, byte for byte, to `target/<library slug>/<its path>`; nothing that is
    there is touched.

    Raises UsageError where none of the items has that version or the folder lies in a library or vault, ItemError
    where no copy of it is within reach.
    """
    version = next((found for found in versions(ctx, item_ids) if found.number == number), None)
    if version is None or version.content is None:
        raise UsageError(tr("None of these files has a version {number} that is kept.", number=number))
    item, content = version.item, version.content
    library = libraries.by_id(ctx.catalog, item.library_id)
    assert library is not None
    root = os.path.realpath(target)
    giving.check_apart(ctx, join(root, library.slug.encode("ascii")))
    counts: Counter[str] = Counter({"restored": 0, "already": 0, "bytes": 0})
    yield Started("restore", display(root), 1, content.digests.size)
    if not is_safe(item.path):
        raise ItemError(display(item.path), "write", tr("its path would lead out of the folder"))
    durable.make_folders(root)
    fitted = fitting(root, join(library.slug.encode("ascii"), item.path))
    path = join(root, fitted)
    if _stands_there(path, content):
        counts["already"] += 1
    else:
        giving.check_room(root, content.digests.size)
        giving.make_folder(root, split(path)[0])
        where = _write(ctx, library, version, path)
        counts.update(restored=1, bytes=content.digests.size)
        _record(ctx, item, content, root)
        details = giving.name_told(item.path, fitted)
        yield ItemDone("restored", item.path, library.name, content.digests.size, reason=where, details=details)
    yield Advanced(1, content.digests.size, display(item.path))
    yield Finished("restore", dict(counts))


def _stands_there(path: bytes, content: Content) -> bool:
    if not may_be_there(path):
        return False
    if read_file(path, digests=False, blocks=False).digests.blake3 != content.digests.blake3:
        raise ItemError(display(path), "write", tr("another file stands there; it was left as it is"))
    return True


def _write(ctx: Context, library: Library, version: Version, path: bytes) -> str:
    item, content = version.item, version.content
    assert content is not None
    reach = places.reachable(ctx)
    copies = _copies(ctx, reach, version)
    if copies:
        return copies[giving.write_out(ctx, item.path, content, [copy for copy, _ in copies], path)][1]
    undo = _undo_path(ctx, item, content)
    if undo is None or library.id not in reach.libraries:
        raise ItemError(display(item.path), "read", tr("no copy of it is within reach"))
    aside_path = aside_of(split(path)[0] + b"/kept")
    durable.remove(aside_path)
    try:
        with durable.private(aside_path) as handle:
            kept.write_old(undo, join(library.root, item.path), handle)
        giving.write_out(ctx, item.path, content, [aside_path], path)
    finally:
        durable.remove(aside_path)
    return library.name


def _copies(ctx: Context, reach: Reach, version: Version) -> list[tuple[bytes, str]]:
    """Where the bytes of a version lie within reach, and how those places are called."""
    assert version.content is not None
    found = sources.candidates(ctx, reach, version.content.digests.blake3)
    return [(one.path, one.where) for one in found] + _quarantined(ctx, reach, version.item, version.content)


def _quarantined(ctx: Context, reach: Reach, item: Item, content: Content) -> list[tuple[bytes, str]]:
    """Copies in quarantine are no source for anything but this."""
    return [
        (place.path(copy.path), place.name)
        for copy in aside.of_item(ctx.catalog, item.id)
        if copy.content_id == content.id and copy.role == replicas.QUARANTINE
        for place in (reach.vaults.get(copy.vault_id),)
        if place is not None and copy.state is not ReplicaState.FORGOTTEN
    ]


def _record(ctx: Context, item: Item, content: Content, root: bytes) -> None:
    with ctx.catalog.transaction(ctx.now()) as transaction:
        transaction.event(
            item.event(
                EventType.RECOVERY,
                detail={"restored to": display(root), "version": content.id, "digest": content.digests.blake3.hex()},
            )
        )
