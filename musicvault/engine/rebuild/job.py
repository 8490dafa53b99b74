"""The rebuild itself: snapshot, accounts, disputes, a new segment of the log, adoption."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence

from musicvault.catalog import passes, vaults
from musicvault.catalog import rebuild as filling
from musicvault.catalog.vaults import Vault
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import display
from musicvault.domain.times import CAREFUL
from musicvault.engine.context import Context
from musicvault.engine.library import remember_volume
from musicvault.engine.parity import looking
from musicvault.engine.rebuild import adopting, disputes, unfinished
from musicvault.engine.rebuild.finds import Taken
from musicvault.engine.rebuild.sources import Snapshots, Source, check_answers, open_sources, opened_snapshots
from musicvault.engine.rebuild.taking import JOB, Taking
from musicvault.errors import DriveUnwritable, Locked, SnapshotUnusable, UsageError, VaultError
from musicvault.language import tr
from musicvault.storage import durable, volumes
from musicvault.storage.vault.heads import noted_head
from musicvault.storage.vault.layout import VAULT_FOLDER

COUNTS = (
    "libraries", "items", "drives", "copies", "versions", "read", "bytes", "recovered", "disputed", "damaged",
    "missing", "unlisted", "unassigned", "unfinished", "failed",
)  # fmt: skip


def rebuild(ctx: Context, folders: Sequence[bytes], *, own: bool = True) -> Job:
    """Fill the new catalog of `ctx` from the vaults in these folders. With `own` the vaults belong to it from then on;
    without, nothing is written to them and the catalog is good for reading only.

    An interrupted rebuild goes on where it stopped. Damage found is recorded and told, and no reason to fail; a drive
    on which something remains to be done counts as `unfinished` (exit code 3). Raises UsageError for a catalog that is
    in use, and what `open_sources` raises.
    """
    yield from rebuild_from(ctx, sources_for(ctx, folders), own=own)


def sources_for(ctx: Context, folders: Sequence[bytes]) -> Sequence[Source]:
    """The vaults in these folders, for filling the catalog of `ctx`. Raises what `rebuild` raises."""
    if not filling.is_new(ctx.catalog):
        raise UsageError(
            tr(
                "The catalog {path} is in use already. A rebuild fills a new one only: name another file with "
                "--catalog, or take the drive into this catalog with: musicvault drive add FOLDER --adopt-vault",
                path=ctx.catalog.path,
            )
        )
    if not folders:
        raise UsageError(tr("Name at least one drive with --from."))
    return open_sources(folders, int(ctx.now()))


def rebuild_from(ctx: Context, sources: Sequence[Source], *, own: bool) -> Job:
    """The same from vaults that are open already, into a catalog that is known to be new."""
    if own:
        for source in sources:
            check_name(source)
    taken = Taken(Counter(dict.fromkeys(COUNTS, 0)))
    yield Started(JOB, ", ".join(source.label for source in sources))
    for source in sources:
        if source.times > 1:
            yield ItemDone("noted", b"", source.label, reason=tr("It was named more than once; it counts once."))
    with ctx.locked(JOB, vaults=tuple(source.id for source in sources)):
        yield from _rebuilt(ctx, sources, taken, own)
    _count(ctx, taken)
    yield Finished(JOB, dict(taken.counts), 3 if taken.counts["failed"] or taken.counts["unfinished"] else 0)


def check_name(source: Source) -> None:
    """Raises UsageError for a vault whose folder has another name than vaults have."""
    if os.path.basename(source.layout.root) != VAULT_FOLDER:
        raise UsageError(
            tr(
                "The vault {folder} is found again only in a folder called MusicVault. Rename it, then run this again.",
                folder=display(source.layout.root),
            )
        )


def _rebuilt(ctx: Context, sources: Sequence[Source], taken: Taken, own: bool) -> Iterator[Notice]:
    left: set[str] = set()
    began = ctx.now()
    if own:
        for source in sources:
            yield from _finished_work(ctx, source, taken, left)
    with opened_snapshots(sources, ctx.catalog.path.parent, ctx.checkpoint) as snapshots:
        yield from _fill(ctx, snapshots)
        yield from _broken_logs(snapshots)
        durable.done("filled")
        rows = [enrolled(ctx, source, own and source.id not in left) for source in sources]
        for source, vault in zip(sources, rows, strict=True):
            yield from Taking(ctx, source, vault, taken).run()
            check_answers(source)
        yield from disputes.settle(ctx, taken)
        for source, vault in zip(sources, rows, strict=True):
            looking.take(ctx, vault, source.layout)
        _open_segment(ctx, sources, snapshots, began)
    if own:
        for source, vault in zip(sources, rows, strict=True):
            if source.id not in left:
                yield from _adopted(ctx, source, vault, taken)


def _finished_work(ctx: Context, source: Source, taken: Taken, left: set[str]) -> Iterator[Notice]:
    """Bring the old computer's work to its end; where that can't be, `left` gets the vault. It stays the old
    computer's then, with all that lies there: a new owner's next job would clear away what is still on its way."""
    try:
        if not source.writable:
            if not unfinished.remains(ctx, source):
                return
            raise DriveUnwritable(tr("it can't be written now."))
        moved = unfinished.finish(ctx, source)
    except Locked:
        raise
    except VaultError as error:
        left.add(source.id)
        taken.counts["unfinished"] += 1
        reason = tr(
            "Work that was interrupted here could not be carried on, so the drive is only read: {cause} When that is "
            "put right: musicvault drive add FOLDER --adopt-vault",
            cause=str(error),
        )
        yield ItemDone("noted", b"", source.label, reason=reason)
        return
    if moved:
        taken.counts["recovered"] += moved
        reason = tr("Work that was interrupted here was carried on: {count} files.", count=moved)
        yield ItemDone("noted", b"", source.label, reason=reason)


def _fill(ctx: Context, snapshots: Snapshots) -> Iterator[Notice]:
    for source, why in snapshots.unusable:
        reason = tr("A snapshot of the catalog there can't be used: {why}.", why=why)
        yield ItemDone("noted", b"", source.label, reason=reason)
    if filling.is_filled(ctx.catalog):
        return  # by a run before this one
    if snapshots.best is not None:
        yield Advanced(0, 0, tr("taking over the snapshot"))
        try:
            filling.fill(ctx.catalog, snapshots.best, ctx.now())
        except SnapshotUnusable as error:
            reason = tr("The snapshot of the catalog can't be used: {why}.", why=str(error))
            yield ItemDone("noted", b"", "", reason=reason)
        else:
            return
    yield ItemDone("noted", b"", "", reason=tr("No snapshot can be used: every file on the drive is read instead."))
    with ctx.catalog.transaction(ctx.now()) as transaction:
        filling.begin(transaction)


def enrolled(ctx: Context, source: Source, own: bool) -> Vault:
    """Write the vault's row, with the place where it is now. With `own` the drive is probed, by writing."""
    known = vaults.by_id(ctx.catalog, source.id)
    label = known.label if known is not None else vaults.free_label(ctx.catalog, source.label or tr("Drive"))
    site = known.site if known is not None else source.identity.site
    volume, now = source.volume, ctx.now()
    below = os.path.relpath(source.layout.root, volume.mount_point)
    created = float(source.identity.created)
    vault = Vault(
        *(source.id, volume.id, label, site, source.layout.root, below, source.generation, created, now, None),
        media=volume.media.value,
    )
    with ctx.catalog.transaction(now) as transaction:
        traits = volumes.probe(source.layout.root) if own and source.writable else CAREFUL
        remember_volume(ctx, transaction, volume, traits)
        vaults.add(transaction, vault)
        if known is None and source.identity.parity:
            vaults.set_parity(transaction, vault, source.identity.parity)
    return vaults.by_id(ctx.catalog, vault.id) or vault


def _open_segment(ctx: Context, sources: Sequence[Source], snapshots: Snapshots, began: float) -> None:
    """The log goes on: its first event names every head that was found, so that no chain can be passed over. What a
    snapshot told of copies that weren't read since the rebuild `began` is yet to be seen."""
    heads: list[dict[str, object]] = [
        {
            "drive": source.label,
            "vault": source.id,
            "catalog": catalog_id,
            "events": head.events,
            "head": head.digest.hex(),
            "holds": head.holds,
        }
        for source, catalog_id, head in snapshots.heads
    ]
    for source in sources:
        noted = noted_head(source.layout)
        if noted is not None:
            head = {"events": noted.number, "head": noted.digest.hex()}
            heads.append({"drive": source.label, "vault": source.id, "noted for": noted.catalog_id, **head})
    detail: dict[str, object] = {
        "from": [source.label for source in sources],
        "heads": heads,
    }
    with ctx.catalog.transaction(ctx.now()) as transaction:
        filling.opened_segment(transaction, detail)
        passes.leave_unread(transaction, [source.id for source in sources], began)
        filling.end(transaction)


def _broken_logs(snapshots: Snapshots) -> Iterator[Notice]:
    for source, _, head in snapshots.heads:
        if not head.holds:
            reason = tr(
                "The log in its snapshot was changed, or some of it is gone: it is taken only as far as it holds. Its "
                "end, event {number}, is named in the new log.",
                number=head.events,
            )
            yield ItemDone("noted", b"", source.label, reason=reason)


def _adopted(ctx: Context, source: Source, vault: Vault, taken: Taken) -> Iterator[Notice]:
    if not source.writable:
        reason = tr("It can't be written now. Adopt it later with: musicvault drive add FOLDER --adopt-vault")
        yield ItemDone("noted", b"", vault.label, reason=reason)
        return
    try:
        reason = adopting.adopt(ctx, source, vault)
    except VaultError as error:
        reason = tr("It could not be adopted: {cause}", cause=str(error))
    if reason:
        taken.counts["unfinished"] += 1
        yield ItemDone("noted", b"", vault.label, reason=reason)


def _count(ctx: Context, taken: Taken) -> None:
    for key, amount in filling.amounts(ctx.catalog).items():
        taken.counts[key] = amount
