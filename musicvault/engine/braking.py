"""Whether the mass-change brake holds a library's changes back: worded once, asked by scan, sync and status.

It stays on until the user has confirmed or decided on all that it held, however long that takes and whatever is added
meanwhile: time alone, or a few new albums, make nothing right.
"""

from __future__ import annotations

from collections.abc import Collection

from musicvault.catalog import items, libraries, troubles
from musicvault.catalog.libraries import Library
from musicvault.domain.brake import WINDOW_S, brake_is_on
from musicvault.domain.states import ReplicaState
from musicvault.engine.context import Context


def changes(ctx: Context, library: Library) -> int:
    """Counted changes of the last seven days, or since the last confirmation."""
    return libraries.changes_since(ctx.catalog, library.id, ctx.now() - WINDOW_S)


def lift(ctx: Context, library_ids: Collection[int]) -> None:
    """The user has decided on something in these libraries: where nothing waits for a decision any more, the brake is
    off and counting starts again."""
    for library in libraries.every(ctx.catalog):
        if library.id not in library_ids or not is_on(ctx, library):
            continue
        waits = troubles.library_states(ctx.catalog, [library.id])
        if not waits.keys() - {ReplicaState.FORGOTTEN}:
            with ctx.catalog.transaction(ctx.now()) as transaction:
                libraries.confirm(transaction, library.id)


def is_on(ctx: Context, library: Library, *, more: int = 0, of: int | None = None) -> bool:
    """Whether the brake holds; `more` changes are about to be counted, in a library of `of` items before them."""
    if troubles.is_braked(ctx.catalog, library.id):
        return True
    count = changes(ctx, library) + more
    return count > 0 and brake_is_on(count, items.count(ctx.catalog, library.id) if of is None else of)
