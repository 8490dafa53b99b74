"""Restore: files given back into a folder of the user's choice, from whatever drives (or the library itself) are there.

Each file is put together from verified blocks, flushed, read back, and takes its name without clobbering. Nothing but
`target/<library slug>/<path in the library>` is written; names that the file system there refuses in their safe form.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

from musicvault.catalog import forgotten as let_go
from musicvault.catalog import items, libraries, search
from musicvault.catalog.items import Item
from musicvault.domain.events import Event, EventType, Outcome
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import RelPath, display, is_safe, join, split
from musicvault.engine import giving, places, sources
from musicvault.engine.context import Context
from musicvault.engine.places import Reach
from musicvault.errors import ItemError, UsageError, VaultError
from musicvault.language import tr
from musicvault.storage import durable
from musicvault.storage.fitting import fitting
from musicvault.storage.reading import read_file


def restore(
    ctx: Context,
    query: str,
    target: bytes,
    *,
    forgotten: bool = False,
    dry_run: bool = False,
    reach: Reach | None = None,
) -> Job:
    """Give back the current version of every item that matches; with `forgotten` of those only that the user let go
    and of which copies are still kept. An identical file that is there already counts as such, another one under the
    name is an item error. With `dry_run` nothing is written, not even `target`. `reach` names the places to take copies
    from, else all that are connected.

    Raises UsageError for a target inside a library or vault, NoSpace before the first byte.
    """
    root = os.path.realpath(target)
    if os.path.lexists(root) and not os.path.isdir(root):
        raise UsageError(tr("{folder} is not a folder. Give the folder to restore into.", folder=display(root)))
    wanted = list(search.find(ctx.catalog, query, forgotten=forgotten or bool(query.strip()), now=ctx.now()))
    if forgotten:
        gone = let_go.ids(ctx.catalog)
        wanted = [found for found in wanted if found.item_id in gone]
    slugs = {library.id: library.slug.encode("ascii") for library in libraries.every(ctx.catalog)}
    for library_id in sorted({found.library_id for found in wanted}):
        giving.check_apart(ctx, join(root, slugs[library_id]))
    yield Started("restore", "", len(wanted), sum(found.size for found in wanted))
    run = _Restore(ctx, reach or places.reachable(ctx), root, dry_run)
    if not dry_run:
        run.check_space([(join(slugs[found.library_id], found.path), found.size) for found in wanted])
        durable.make_folders(root)
    error: VaultError | None = None
    try:
        yield from run.work([(found.item_id, slugs[found.library_id]) for found in wanted])
    except VaultError as stopped:
        error = stopped
    finally:
        run.record()
    yield Finished("restore", dict(run.counts), 3 if run.counts["failed"] else 0)
    if error is not None:
        raise error


class _Restore:
    """The work of one restore."""

    def __init__(self, ctx: Context, reach: Reach, root: bytes, dry_run: bool) -> None:
        self.counts: Counter[str] = Counter({"restored": 0, "already": 0, "failed": 0, "bytes": 0})
        self._ctx = ctx
        self._reach = reach
        self._root = root
        self._dry_run = dry_run
        self._checked: set[bytes] = set()

    def check_space(self, files: list[tuple[RelPath, int]]) -> None:
        """Raises NoSpace, saying how much is missing, before anything is written."""
        needed = sum(size for path, size in files if not os.path.lexists(join(self._root, path)))
        giving.check_room(self._root, needed)

    def work(self, wanted: list[tuple[int, bytes]]) -> Iterator[Notice]:
        done = 0
        slugs = dict(wanted)
        for number, item in enumerate(items.many(self._ctx.catalog, slugs), start=1):
            self._ctx.checkpoint()
            size = item.content.digests.size
            where = self._reach.names.get(item.library_id, "")
            try:
                path = self._path(item, slugs[item.id])
                given = self._give(item, path)
            except ItemError as error:
                self.counts["failed"] += 1
                yield ItemDone("failed", item.path, where, problem=error.problem)
            else:
                if given is None:
                    self.counts["already"] += 1
                else:
                    self.counts["restored"] += 1
                    self.counts["bytes"] += size
                    details = giving.name_told(item.path, path)
                    yield ItemDone("restored", item.path, where, size, reason=given, details=details)
            done += size
            yield Advanced(number, done, display(item.path))

    def _path(self, item: Item, slug: bytes) -> RelPath:
        """Where it goes, below the folder. Raises ItemError, VaultError."""
        path = join(slug, item.path)
        if not is_safe(path):
            raise ItemError(display(path), "write", tr("its path would lead out of the folder"))
        return path if self._dry_run else fitting(self._root, path)

    def _give(self, item: Item, path: RelPath) -> str | None:
        """Restore one file; gives the copy that it came from, None where it is there already. Raises ItemError,
        VaultError, Cancelled."""
        target = join(self._root, path)
        if os.path.lexists(target):
            self._compare(item, target)
            return None
        found = sources.candidates(self._ctx, self._reach, item.content.digests.blake3)
        if not found:
            raise ItemError(display(item.path), "read", tr("no copy of it is within reach"))
        if self._dry_run:
            return found[0].where
        self._make_folder(split(target)[0])
        used = giving.write_out(self._ctx, item.path, item.content, [one.path for one in found], target)
        return found[used].where

    def _compare(self, item: Item, target: bytes) -> None:
        there = read_file(target, digests=False, blocks=False, checkpoint=self._ctx.checkpoint)
        if there.digests.blake3 != item.content.digests.blake3:
            raise ItemError(display(target), "write", tr("another file stands there; it was left as it is"))

    def _make_folder(self, folder: bytes) -> None:
        if folder in self._checked:
            return
        giving.make_folder(self._root, folder)
        self._checked.add(folder)

    def record(self) -> None:
        """One event for the whole of it."""
        if self._dry_run or not (self.counts["restored"] or self.counts["failed"]):
            return
        outcome = Outcome.WARNING if self.counts["failed"] else Outcome.SUCCESS
        with self._ctx.catalog.transaction(self._ctx.now()) as transaction:
            transaction.event(
                Event(EventType.RECOVERY, outcome, detail={"restored to": display(self._root), **self.counts})
            )
