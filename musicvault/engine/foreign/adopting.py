"""Taking copies for right, and taking that back."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

from musicvault.catalog import contents, items, libraries, replicas
from musicvault.domain import comparison
from musicvault.domain.events import EventType
from musicvault.domain.notices import Finished, ItemDone, Job, Started
from musicvault.domain.paths import split
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Kind
from musicvault.domain.verdict import Decode
from musicvault.engine import places, replacing
from musicvault.engine.context import Context
from musicvault.engine.examine import Examined, examine, strict_decode
from musicvault.engine.foreign.copies import (
    ADOPT,
    Foreign,
    compared,
    decision,
    failure,
    found,
    libraries_of,
    still_waiting,
    there,
    vaults_of,
)
from musicvault.engine.library import online
from musicvault.engine.places import Place, Reach
from musicvault.engine.reconcile.pending import reconcile_library
from musicvault.engine.replacing import Reason, replace_version
from musicvault.engine.revoking import to_undo
from musicvault.engine.stated import Stated
from musicvault.errors import ItemError
from musicvault.language import tr
from musicvault.storage import durable
from musicvault.storage.vault.layout import VaultLayout

JOB = "adopt-copies"
_COMPARED = 20
"""Of so many files a preview says which seconds sound otherwise: both versions are read for that."""


def adopt(
    ctx: Context, item_ids: Sequence[int], *, drive: str = "", copies: Collection[int] = (), dry_run: bool = False
) -> Job:
    """Take these copies for right. Each is read again first: only what was judged, and what the drive's own list still
    names, is taken over; what a strict decoder rejects is not. Of an item of which several drives hold different
    versions none is: name the drive.

    Counts: adopted, in_library (of these: took the place of the library's file), failed. A dry run says how each
    differs from the library's version.
    """
    reach = places.reachable(ctx)
    chosen = found(ctx, reach, item_ids, drive=drive, copies=copies)
    counts: Counter[str] = Counter(adopted=0, in_library=0)
    yield Started(JOB, "", len(chosen), None)
    with ctx.locked(ADOPT, libraries=libraries_of(chosen), vaults=vaults_of(chosen)):
        if not dry_run:
            for library in {one.library.id: one.library for one in chosen}.values():
                reconcile_library(ctx, library)
        chosen = still_waiting(ctx, reach, chosen)
        run = _Adopting(ctx, reach, chosen, dry_run)
        for one in chosen:
            ctx.checkpoint()
            try:
                done = run.adopt(one)
                counts["adopted"] += 1
                counts["in_library"] += bool(done.details.get("in_library"))
                yield done
            except ItemError as error:
                counts["failed"] += 1
                yield ItemDone("failed", one.item.path, one.where, problem=error.problem)
    yield Finished(JOB, dict(counts), 3 if counts["failed"] else 0)


class _Adopting:
    """One word for several copies; `batch` names it for an undo."""

    def __init__(self, ctx: Context, reach: Reach, chosen: Sequence[Foreign], dry_run: bool) -> None:
        self._ctx, self._reach, self._dry_run = ctx, reach, dry_run
        self._batch = f"adopt-{uuid.uuid4().hex}"
        self._compared = 0
        self._stated: dict[bytes, Stated] = {}
        versions: dict[int, set[int]] = defaultdict(set)
        for one in chosen:
            versions[one.item.id].add(one.seen.id if one.seen is not None else 0)
        self._disputed = {item_id for item_id, contents in versions.items() if len(contents) > 1}

    def adopt(self, one: Foreign) -> ItemDone:
        """Raises ItemError."""
        ctx = self._ctx
        one = replace(one, item=items.get(ctx.catalog, one.item.id))  # a copy before may have changed it
        place = there(one)
        if one.item.id in self._disputed:
            raise failure(one, tr("drives hold different versions of it: name one with --drive"))
        takes_place = self._takes_place(one)
        if not self._dry_run:
            read = self._read_again(one, place)
            if takes_place:
                self._take_over(one, place)
            self._settle(one, read, in_library=takes_place)
        said = (
            tr("takes the place of the file in the library")
            if takes_place
            else tr("counts as a copy")
            if one.is_current
            else tr("is kept as a version")
        )
        size = one.seen.digests.size if one.seen is not None else 0
        details = {"in_library": takes_place, **self._comparison(one)}
        return ItemDone("adopted", one.item.path, one.where, size, reason=said, details=details)

    def _takes_place(self, one: Foreign) -> bool:
        """Whether the library's file is to become what the drive has. A file that was let go stays so, and a version
        stays one."""
        if one.is_current or one.replica.role != replicas.CURRENT:
            return False
        state = replicas.in_library(self._ctx.catalog, one.item.id).state
        if state is ReplicaState.FORGOTTEN:
            return False
        if state is not ReplicaState.INTACT:
            raise failure(one, tr("the library's own file isn't as it should be; settle that first"))
        if not online(self._ctx, one.library):
            raise failure(one, tr("the library is not connected"))
        return True

    def _read_again(self, one: Foreign, place: Place) -> Examined:
        path = place.path(one.replica.path)
        read = examine(path, name=split(one.item.path)[1], from_device=True, checkpoint=self._ctx.checkpoint)
        digests = read.examination.digests
        stated = self._stated.setdefault(place.root, Stated(VaultLayout(place.root)))
        judged = one.seen is not None and digests.blake3 == one.seen.digests.blake3
        if not judged or stated.sha256(one.replica.path) != digests.sha256:
            raise failure(one, tr("it isn't what was judged any more; verify the drive again"))
        return read

    def _take_over(self, one: Foreign, place: Place) -> None:
        ctx, path, seen = self._ctx, place.path(one.replica.path), one.seen
        assert seen is not None
        if one.item.kind is Kind.TRACK and not one.item.born_damaged and strict_decode(path) is Decode.BROKEN:
            raise failure(one, tr("a strict decoder rejects it, so it is not taken over"))

        def make(partial: bytes) -> None:
            copied = durable.stage(path, partial, checkpoint=ctx.checkpoint)
            if copied.digests.blake3 != seen.digests.blake3:
                raise failure(one, tr("it isn't what was judged any more; verify the drive again"))

        reason = Reason({"decision": ADOPT, "from": one.where}, self._batch, ADOPT)
        replace_version(ctx, one.library, one.item, make, reason, seen.mtime_ns)

    def _settle(self, one: Foreign, read: Examined, *, in_library: bool) -> None:
        """The copy is what the drive says it is from now on; its own transaction, after the library's: a crash between
        them leaves a copy of the current version that waits to be adopted."""
        ctx, seen = self._ctx, one.seen
        assert seen is not None
        with ctx.catalog.transaction(ctx.now()) as transaction:
            replicas.set_rebuilt(transaction, one.replica, seen.id, one.replica.path, read.examination.stat, read.grade)
            if read.grade is not None:
                contents.confirm(transaction, seen.id)
            detail = {"decision": ADOPT, "drive": one.where, "digest": seen.digests.blake3.hex(), "library": in_library}
            transaction.event(decision(one, detail))

    def _comparison(self, one: Foreign) -> dict[str, object]:
        if not self._dry_run:
            return {}
        self._compared += 1
        differs = compared(self._ctx, self._reach, one, listen=self._compared <= _COMPARED)
        if differs is None or one.is_current:
            return {}
        return {"comparison": comparison.values(differs), "said": comparison.in_words(differs)}


def undo_adopt(ctx: Context, event_id: int | None = None, *, dry_run: bool = False) -> Job:
    """Put the library's files back as they were before one adoption (the number of its event in the history), or
    before the last word, byte for byte. The drive keeps its copy, as an older version from the next sync on.

    Raises UsageError where there is none.
    """
    records = to_undo(
        ctx,
        event_id,
        EventType.MODIFICATION,
        ADOPT,
        none=tr("There is no adoption to undo."),
        other=lambda number: tr("Event {number} is no adoption that changed the library.", number=number),
    )
    reason = {"decision": f"undo {ADOPT}"}
    batch = f"undo-{uuid.uuid4().hex}"
    counts: Counter[str] = Counter(undone=0)
    by_id = libraries.by_ids(ctx.catalog)
    wanted = [(one, items.get(ctx.catalog, one.item_id)) for one in records if one.item_id is not None]
    wanted = [(one, item) for one, item in wanted if item.library_id in by_id]
    yield Started(JOB, "", len(wanted), None)
    with ctx.locked(ADOPT, libraries=tuple({item.library_id for _, item in wanted})):
        for record, item in wanted:
            ctx.checkpoint()
            library = by_id[item.library_id]
            why = Reason({**reason, "undoes": record.id}, batch, ADOPT)
            try:
                replacing.take_back(ctx, library, item, record, why, dry_run=dry_run)
                counts["undone"] += 1
                yield ItemDone("rejected", item.path, library.name, item.content.digests.size)
            except ItemError as error:
                counts["failed"] += 1
                yield ItemDone("failed", item.path, library.name, problem=error.problem)
    yield Finished(JOB, dict(counts), 3 if counts["failed"] else 0)
