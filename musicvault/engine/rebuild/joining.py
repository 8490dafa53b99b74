"""A vault of another catalog, or one that is ahead of this one, joins a catalog that is in use, by the user's word.

What it holds becomes known here, nothing on it is moved, and what a library of this computer holds stays current: its
own files say that, not a drive from elsewhere. How its copies are is yet to be seen: they are left unread.
"""

from __future__ import annotations

import os
from collections import Counter

from musicvault.catalog import libraries, passes, placing_back
from musicvault.domain.events import Event, EventType
from musicvault.domain.notices import Finished, ItemDone, Job, Started
from musicvault.domain.paths import display
from musicvault.engine import locating
from musicvault.engine.context import Context
from musicvault.engine.parity import looking
from musicvault.engine.rebuild import adopting, disputes, unfinished
from musicvault.engine.rebuild.finds import Taken
from musicvault.engine.rebuild.job import COUNTS, check_name, enrolled
from musicvault.engine.rebuild.sources import Source, open_sources
from musicvault.engine.rebuild.taking import Taking
from musicvault.errors import DriveRefused, DriveUnwritable
from musicvault.language import tr
from musicvault.storage import names
from musicvault.storage.vault.layout import slug_of
from musicvault.storage.vault.manifest import read_entries

JOB = "adopt"
_SAMPLE = 200


def adopt_vault(ctx: Context, folder: bytes, *, dry_run: bool = False) -> Job:
    """Take the vault in `folder` over into this catalog. With `dry_run` it is only looked whether that would do.

    Counts as a rebuild does. Raises UsageError, BagRefused, DriveRefused (also where the vault holds another library of
    a name that is used here), DriveUnwritable, Locked, NoSpace.
    """
    (source,) = open_sources([folder], int(ctx.now()))
    check_name(source)
    locating.check_no_twin(ctx, source.layout.root, source.id)
    if not source.writable:
        raise DriveUnwritable(
            tr("{folder} can't be written, so it can't be adopted.", folder=display(source.layout.root))
        )
    _check_same_music(ctx, source)
    taken, began = Taken(Counter(dict.fromkeys(COUNTS, 0))), ctx.now()
    yield Started(JOB, source.label)
    if not dry_run:
        with ctx.locked(JOB, vaults=(source.id,)):
            taken.counts["recovered"] += unfinished.finish(ctx, source)
            vault = enrolled(ctx, source, own=True)
            yield from Taking(ctx, source, vault, taken).run()
            yield from disputes.settle(ctx, taken)
            looking.take(ctx, vault, source.layout)
            with ctx.catalog.transaction(ctx.now()) as transaction:
                detail = {"adopted": source.label, "was owned by": source.identity.owner}
                transaction.event(Event(EventType.DECISION, vault_id=vault.id, detail=detail))
                passes.leave_unread(transaction, [vault.id], began)
            lacking = adopting.adopt(ctx, source, vault)
            if lacking:
                taken.counts["unfinished"] += 1
                yield ItemDone("noted", b"", vault.label, reason=lacking)
    counts = {key: count for key, count in taken.counts.items() if key not in ("libraries", "items", "drives")}
    yield Finished(JOB, counts, 3 if counts["failed"] or counts["unfinished"] else 0)


def _check_same_music(ctx: Context, source: Source) -> None:
    """Two catalogs may both have a library called music, and mean two people's. At least half of a sample of the
    vault's files must be known here under the same path, where the name is."""
    seen: Counter[str] = Counter()
    shared: Counter[str] = Counter()
    here = {library.slug: library for library in libraries.every(ctx.catalog)}
    for entry in read_entries(source.layout.manifest):
        slug = slug_of(entry.path)
        if slug not in here or seen[slug] >= _SAMPLE:
            continue
        below = entry.path.split(b"/", 2)[2]
        seen[slug] += 1
        shared[slug] += placing_back.has_item(ctx.catalog, here[slug].id, names.original(below) or below)
    for slug, count in seen.items():
        if shared[slug] * 2 < count:
            raise DriveRefused(
                tr(
                    "The vault on {label} holds another library called {name} than this catalog. Give it a catalog of "
                    "its own: rebuild --from {folder} --catalog FILE",
                    label=source.label,
                    name=here[slug].name,
                    folder=display(os.path.dirname(source.layout.root)),
                )
            )
