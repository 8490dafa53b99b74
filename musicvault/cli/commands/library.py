"""`library`: which folders of music are looked after."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from musicvault.catalog import items, libraries
from musicvault.catalog.libraries import Library
from musicvault.cli import choosing
from musicvault.cli.command import DryRun, command, new_app
from musicvault.cli.jsonlines import path_values
from musicvault.cli.session import Session
from musicvault.cli.style import table
from musicvault.domain import wording
from musicvault.domain.paths import display
from musicvault.language import tr

app = new_app()
app.info.help = "The folders of music that MusicVault looks after."

Name = Annotated[str, typer.Argument(metavar="NAME", help="The library's name or folder.")]


@command(
    app,
    "musicvault library add ~/Music",
    "musicvault library add /srv/archive --exclude 'Audiobooks'",
    "musicvault library add ~/Music --as Music",
    founds=True,
)
def add(
    session: Session,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="The folder that holds the music.")],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What to call it; else as its folder.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", metavar="PATTERN", help="Leave these out (may be repeated).")
    ] = None,
    known_as: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="It is this library, which came with a rebuilt catalog.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Look after a folder of music. Nothing in it is changed; scan or protect reads it."""
    from musicvault.engine.library import add_library, check_addable

    root = choosing.folder(folder)
    if known_as is not None:
        _place(session, choosing.library(session.catalog, known_as), root, dry_run)
        return
    known = libraries.by_root(session.catalog, os.path.realpath(root))
    if dry_run:
        if known is None:
            check_addable(session.context, os.path.realpath(root))
        session.summary({"added": int(known is None), **path_values(root)}, tr("The folder can be added."))
        return
    added = known or add_library(session.context, root, name, exclude or ())
    text = (
        tr("{name} is known already.", name=added.name)
        if known
        else tr("{name} is a library now. Next: musicvault scan", name=added.name)
    )
    session.summary({"added": int(known is None), **_values(session, added)}, text)


@command(app, "musicvault library move Music /mnt/new/Music")
def move(
    session: Session,
    name: Name,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Where its files lie now.")],
    dry_run: DryRun = False,
) -> None:
    """Say where a library lies now that it has moved.

    No file is moved or changed; the next scan looks what is there."""
    _place(session, choosing.library(session.catalog, name), choosing.folder(folder), dry_run)


def _place(session: Session, library: Library, root: bytes, dry_run: bool) -> None:
    from musicvault.engine.library import check_addable, place_library

    if dry_run:
        check_addable(session.context, os.path.realpath(root), library)
        session.summary({"placed": 0, "name": library.name, **path_values(root)}, tr("The folder can be taken."))
        return
    placed = place_library(session.context, library, root)
    session.summary(
        {"placed": 1, **_values(session, placed)},
        tr(
            "{name} lies in {folder} now. Next: musicvault scan; what is missing comes back with: "
            "musicvault repair --missing",
            name=placed.name,
            folder=display(placed.root),
        ),
    )


@command(app, "musicvault library list", name="list", reads=True)
def show_all(session: Session) -> None:
    """List the libraries."""
    every = [_values(session, library) for library in libraries.every(session.catalog)]
    rows = [
        (
            str(values["name"]),
            str(values["path"]),
            wording.files(values["items"]),
            "" if values["online"] else tr("not connected"),
        )
        for values in every
    ]
    for values, line in zip(every, table(rows, right=frozenset({2}), indent=""), strict=True):
        session.record("library", values, line)
    text = "" if every else tr("There is no library yet. Add one with: musicvault library add FOLDER")
    session.summary({"libraries": len(every)}, text)


@command(app, "musicvault library remove Jazz")
def remove(session: Session, name: Name, dry_run: DryRun = False) -> None:
    """Stop looking after a library. Its files and every copy on the drives stay."""
    from musicvault.engine.library import remove_library

    library = choosing.library(session.catalog, name)
    if not dry_run:
        remove_library(session.context, library)
    session.summary(
        {"removed": 0 if dry_run else 1, "name": library.name},
        tr("{name} would no longer be looked after.", name=library.name)
        if dry_run
        else tr("{name} is no longer looked after. Its files and all copies stay.", name=library.name),
    )


@command(app, "musicvault library exclude Music '*.tmp' Audiobooks --dry-run", "musicvault library exclude Music")
def exclude(
    session: Session,
    name: Name,
    patterns: Annotated[
        list[str] | None, typer.Argument(metavar="[PATTERN]...", help="Names or globs to leave out; none lists them.")
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option("--include", metavar="PATTERN", help="Take this pattern off the list again.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Leave files or folders out, or show what is left out.

    Copies that are there already stay. With --dry-run it names the files that would be left out, or come in."""
    library = choosing.library(session.catalog, name)
    kept = [pattern for pattern in library.exclusions if pattern not in (include or ())]
    wanted = list(dict.fromkeys([*kept, *(patterns or ())]))
    if wanted != list(library.exclusions) and not dry_run:
        with session.catalog.transaction(session.context.now()) as transaction:
            libraries.set_exclusions(transaction, library, wanted)
    for pattern in wanted:
        session.record("exclusion", {"library": library.name, "pattern": pattern}, pattern)
    if dry_run:
        _show_turned(session, library, wanted)
    text = "" if wanted else tr("Nothing is left out of {name} but what every library leaves out.", name=library.name)
    session.summary({"library": library.name, "exclusions": len(wanted)}, text)


def _show_turned(session: Session, library: Library, wanted: Sequence[str]) -> None:
    """Which files the patterns would leave out or let in."""
    from musicvault.engine.library import online
    from musicvault.storage.exclusions_compared import turned

    if not online(session.context, library):
        session.note(tr("{name} is not connected: which files that concerns can't be told.", name=library.name))
        return
    for one in turned(library.root, library.exclusions, wanted):
        said = tr("Would be left out:") if one.leaves else tr("Would be looked after:")
        values = {"library": library.name, "leaves": one.leaves, **path_values(one.path)}
        session.record("turned", values, f"{said} {display(one.path)}")


def _values(session: Session, library: Library) -> dict[str, Any]:
    from musicvault.engine.library import online

    return {
        "name": library.name,
        **path_values(library.root),
        "online": online(session.context, library),
        "placed": library.is_placed,
        "items": items.count(session.catalog, library.id),
        "exclusions": list(library.exclusions),
    }
