"""Starting again on a new computer: the catalog out of drives, then each library in its folder."""

from __future__ import annotations

import os

from musicvault.app import App
from musicvault.catalog import libraries
from musicvault.catalog.libraries import Library
from musicvault.domain.notices import Job, Started
from musicvault.engine import library
from musicvault.engine.context import Context
from musicvault.errors import UsageError
from musicvault.gui.models.actions import Action
from musicvault.language import tr


def rebuild(app: App, ctx: Context, action: Action) -> Job:
    """A new catalog from the drives' folders in `values["drives"]`."""
    from musicvault.engine.rebuild.job import rebuild as job

    drives = action.values.get("drives", ())
    assert isinstance(drives, tuple)
    yield from job(ctx, list(drives))


def place_library(app: App, ctx: Context, action: Action) -> Job:
    """The library's files lie in this folder already: take it, and look at every file."""
    from musicvault.engine.scan import scan

    yield Started("scan", action.subject)
    placed = library.place_library(ctx, library_of(ctx, action.subject), _folder(action))
    yield from scan(ctx, [placed.id])


def bring_back(app: App, ctx: Context, action: Action) -> Job:
    """The library's files come back from the drives into this folder. It must be empty, so that nothing is mixed."""
    from musicvault.engine.repair import repair

    yield Started("repair", action.subject)
    wanted, folder = library_of(ctx, action.subject), _folder(action)
    if _holds_something(folder):
        raise UsageError(
            tr(
                "{folder} isn't empty. Choose an empty folder for {name}, or say that its files are there already.",
                folder=os.fsdecode(folder),
                name=wanted.name,
            )
        )
    placed = library.place_library(ctx, wanted, folder)
    yield from repair(ctx, item_ids=libraries.item_ids(ctx.catalog, placed.id), missing=True)


def _holds_something(folder: bytes) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(True for _ in entries)
    except OSError:
        return False  # `place_library` says what is wrong with it


def library_of(ctx: Context, name: str) -> Library:
    """The library of this name. Raises UsageError where there is none."""
    found = libraries.by_name(ctx.catalog, name)
    if found is None:
        raise UsageError(tr("There is no library called {name}.", name=name))
    return found


def _folder(action: Action) -> bytes:
    folder = action.values.get("path")
    if not isinstance(folder, bytes) or not folder:
        raise UsageError(tr("No folder was chosen."))
    return folder
