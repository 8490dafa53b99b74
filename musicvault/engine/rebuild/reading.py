"""Looking straight into drives, to give files back or to try a rebuild: through a catalog that lives no longer than
that, with nothing written to any drive."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from musicvault.catalog import search, vaults
from musicvault.catalog.database import Catalog
from musicvault.domain.notices import Checkpoint, Finished, Job
from musicvault.engine.context import Context
from musicvault.engine.locating import Presence
from musicvault.engine.places import Place, Reach
from musicvault.engine.rebuild.job import check_name, rebuild_from, sources_for
from musicvault.engine.rebuild.sources import Source, open_sources
from musicvault.engine.restore import restore
from musicvault.errors import UsageError
from musicvault.language import tr


def restore_from(
    folders: Sequence[bytes],
    query: str,
    target: bytes,
    checkpoint: Checkpoint,
    now: Callable[[], float],
    *,
    dry_run: bool = False,
) -> Job:
    """Restore what matches from the vaults in these folders, with no catalog and nothing written to them.

    Raises what `rebuild` and `restore` raise.
    """
    sources = open_sources(folders, int(now()))
    with _passing_catalog() as catalog:
        ctx = Context(catalog, now, checkpoint)
        for notice in rebuild_from(ctx, sources, own=False):
            if not isinstance(notice, Finished):
                yield notice
        if query.strip() and not search.item_ids(catalog, query, forgotten=True, now=now()):
            raise UsageError(tr("No file matches {query}.", query=f'"{query}"'))
        yield from restore(ctx, query, target, dry_run=dry_run, reach=_reach(ctx, sources))


def try_rebuild(ctx: Context, folders: Sequence[bytes]) -> Job:
    """What `rebuild` would make of the vaults in these folders, in a catalog that lives no longer: that of `ctx` stays
    as it is, and nothing is written to the drives.

    Raises what `rebuild` raises.
    """
    sources = sources_for(ctx, folders)
    for source in sources:
        check_name(source)
    with _passing_catalog() as catalog:
        yield from rebuild_from(replace(ctx, catalog=catalog), sources, own=False)


@contextmanager
def _passing_catalog() -> Iterator[Catalog]:
    with tempfile.TemporaryDirectory(prefix="musicvault-") as folder:
        catalog = Catalog.open(Path(folder) / "catalog.sqlite3")
        try:
            yield catalog
        finally:
            catalog.close()


def _reach(ctx: Context, sources: Sequence[Source]) -> Reach:
    """The vaults just as they were named, wherever they lie and whatever the folder is called."""
    places: dict[str, Place] = {}
    for source in sources:
        vault = vaults.by_id(ctx.catalog, source.id)
        assert vault is not None
        presence = Presence(vault, source.layout.root, source.volume, online=True, writable=False)
        places[vault.id] = Place(vault.label, source.layout.root, source.volume, presence=presence)
    return Reach({}, places, {}, {vault_id: place.name for vault_id, place in places.items()})
