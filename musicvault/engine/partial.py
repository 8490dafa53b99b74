"""The best that is left of files which no copies within reach can make whole, given out because the user asked for it.

Never into a library or vault, and never under a file's own name: `Song.partial-damaged.flac`, and beside it
`Song.partial-damaged.flac.json`, which says what of it is lost or in doubt. Zeros stand where no copy can be read;
where bytes are there but can't be known to be right, the likeliest of them.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

from musicvault.catalog import items, libraries, replicas, search, troubles
from musicvault.catalog.items import Item
from musicvault.catalog.vain import SearchedInVain
from musicvault.domain.damage import Lost, clock, in_words
from musicvault.domain.events import Event, EventType, Outcome
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import RelPath, display, is_safe, join, split
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import shown
from musicvault.engine import giving, places, sources
from musicvault.engine.context import Context
from musicvault.engine.losses import losses
from musicvault.engine.parity.healing import Healing
from musicvault.engine.places import Reach
from musicvault.engine.sources import Candidate
from musicvault.errors import ItemError, UsageError
from musicvault.language import tr
from musicvault.storage import delivery, durable
from musicvault.storage.fitting import fitting
from musicvault.storage.gathering import Gathered, gather
from musicvault.storage.reading import read_file
from musicvault.storage.vault.faults import explained

MARK = b".partial-damaged"
_MODE = 0o644


def give_partial(ctx: Context, query: str | None, target: bytes, *, dry_run: bool = False) -> Job:
    """Write the best partial of every damaged item (that matches `query`) that can't be had whole below `target`, as
    `<library slug>/<path>`. What can be had whole is left out: `repair` and `restore` give it.

    Raises UsageError for a target inside a library or vault, VaultError kinds.
    """
    root = os.path.realpath(target)
    if os.path.lexists(root) and not os.path.isdir(root):
        raise UsageError(tr("{folder} is not a folder. Give the folder to write into.", folder=display(root)))
    wanted = _damaged(ctx, query)
    slugs = {one.id: one.slug.encode("ascii") for one in libraries.every(ctx.catalog)}
    for library_id in sorted({item.library_id for item in wanted}):
        giving.check_apart(ctx, join(root, slugs[library_id]))
    yield Started("partial", "", len(wanted), sum(item.content.digests.size for item in wanted))
    run = _Partial(ctx, places.reachable(ctx), root, slugs, dry_run)
    with closing(run):
        for number, item in enumerate(wanted, start=1):
            ctx.checkpoint()
            yield from run.give(item)
            yield Advanced(number, run.counts["bytes"], display(item.path))
    run.record()
    standing = 20 if run.counts["partial"] else 0
    yield Finished("partial", dict(run.counts), standing or (3 if run.counts["failed"] else 0))


def _damaged(ctx: Context, query: str | None) -> list[Item]:
    chosen = None if query is None else set(search.item_ids(ctx.catalog, query, now=ctx.now()))
    troubled = {
        one.item_id
        for one in troubles.troubled(ctx.catalog)
        if one.role == replicas.CURRENT
        and (one.state.is_damage or one.state is ReplicaState.MISSING)
        and (chosen is None or one.item_id in chosen)
    }
    return list(items.many(ctx.catalog, sorted(troubled)))


def partial_name(path: RelPath) -> RelPath:
    """`Song.flac` as `Song.partial-damaged.flac`."""
    folder, name = split(path)
    stem, dot, extension = name.rpartition(b".")
    return join(folder, stem + MARK + dot + extension if stem and dot else name + MARK)


class _Partial:
    def __init__(self, ctx: Context, reach: Reach, root: bytes, slugs: Mapping[int, bytes], dry_run: bool) -> None:
        self.counts: Counter[str] = Counter({"partial": 0, "whole": 0, "failed": 0, "bytes": 0})
        self._ctx = ctx
        self._reach = reach
        self._root = root
        self._dry_run = dry_run
        self._slugs = slugs
        self._healing = Healing(ctx, reach, only_look=True)

    def close(self) -> None:
        """Leave no scratch folder behind."""
        self._healing.close()

    def give(self, item: Item) -> Iterator[Notice]:
        """One item; says what became of it."""
        where = self._reach.names.get(item.library_id, "")
        try:
            lost = self._give(item)
        except ItemError as error:
            self.counts["failed"] += 1
            yield ItemDone("failed", item.path, where, problem=error.problem)
            return
        if lost is None:
            self.counts["whole"] += 1
            return
        self.counts["partial"] += 1
        self.counts["bytes"] += item.content.digests.size
        reason = tr("lost or in doubt: {parts}", parts=in_words(lost)) if lost else ""
        yield ItemDone("partly-given", item.path, where, item.content.digests.size, reason=reason)

    def _give(self, item: Item) -> tuple[Lost, ...] | None:
        """What is lost of it; None where it can be had whole. Raises ItemError, VaultError, Cancelled."""
        candidates = sources.candidates(self._ctx, self._reach, item.content.digests.blake3)
        if not candidates:
            raise ItemError(display(item.path), "read", tr("no copy of it is within reach"))
        if any(one.is_intact for one in candidates) or self._healing.give(item.content.digests) is not None:
            return None
        path = join(self._slugs[item.library_id], partial_name(item.path))
        if not is_safe(path):
            raise ItemError(display(path), "write", tr("its path would lead out of the folder"))
        if self._dry_run:
            return ()
        durable.make_folders(self._root)
        target, map_of = (join(self._root, fitting(self._root, name)) for name in (path, path + b".json"))
        for taken in (target, map_of):
            if os.path.lexists(taken):
                raise ItemError(display(taken), "write", tr("another file stands there; it was left as it is"))
        giving.make_folder(self._root, split(target)[0])
        return self._write(item, candidates, target, map_of)

    def _write(
        self, item: Item, candidates: Sequence[Candidate], target: bytes, map_of: bytes
    ) -> tuple[Lost, ...] | None:
        """Writes the partial to `target`, and the map of it. Gives and raises what `_give` does."""
        ctx, content = self._ctx, item.content
        aside = delivery.aside_of(target)
        durable.remove(aside)  # of an earlier run that was killed
        try:
            paths = [one.path for one in candidates]
            vain = SearchedInVain(ctx.catalog, content.digests.blake3)
            gathered = gather(paths, content.digests, aside, partly=True, checkpoint=ctx.checkpoint, vain=vain)
            if gathered.whole:
                return None
            lost = losses(ctx.catalog, item, content, candidates, gathered)
            written = read_file(aside, digests=False, blocks=False, checkpoint=ctx.checkpoint)
            durable.read_back(aside, written.digests.blake3, checkpoint=ctx.checkpoint)
            with explained(aside):
                os.chmod(aside, _MODE)
                durable.set_mtime(aside, content.mtime_ns)
            # The map first: a partial never lies there without it.
            durable.write_small(map_of, _map(item, candidates, gathered, lost))
            durable.flush([aside])
            durable.place(aside, target)
        except FileExistsError as error:
            raise ItemError(display(target), "write", tr("another file took its name meanwhile")) from error
        finally:
            durable.remove(aside)
        durable.sync_folder(split(target)[0])
        return lost

    def record(self) -> None:
        """One event for the whole of it."""
        if self._dry_run or not self.counts["partial"]:
            return
        detail = {"partials written to": display(self._root), **self.counts}
        with self._ctx.catalog.transaction(self._ctx.now()) as transaction:
            transaction.event(Event(EventType.RECOVERY, Outcome.WARNING, detail=detail))


def _map(item: Item, candidates: Sequence[Candidate], gathered: Gathered, lost: Sequence[Lost]) -> bytes:
    """The damage map, for people and programs."""
    used = [one.where for one, count in zip(candidates, gathered.used, strict=True) if count]
    values = {
        "note": "This file is damaged. It holds the best that was left of it when it was written.",
        "file": display(item.path),
        "bytes": item.content.digests.size,
        "blake3_when_whole": shown(item.content.digests.blake3, item.content.digests.sha256),
        "sha256_when_whole": item.content.digests.sha256.hex(),
        "from": list(dict.fromkeys(used)),
        "lost": [
            {
                "from": None if one.begins is None else clock(one.begins),
                "to": None if one.ends is None else clock(one.ends, up=True),
                "bytes": [one.start, one.end],
                "blocks": list(one.blocks),
                "approximate": one.approximate,
                "filled_with": "the likeliest bytes" if one.readable else "zeros",
            }
            for one in lost
        ],
    }
    return json.dumps(values, ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n"
