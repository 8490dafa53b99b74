"""From the words of the command line to the libraries, drives, files and folders that they name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from musicvault.errors import UsageError
from musicvault.language import tr

if TYPE_CHECKING:
    from musicvault.catalog.database import Catalog
    from musicvault.catalog.libraries import Library
    from musicvault.catalog.vaults import Vault
    from musicvault.domain.media import Media


def folder(word: str) -> bytes:
    """A folder of the command line as an absolute path, in the bytes that the shell gave. Raises UsageError for an
    empty word, such as a variable of a script that was never set."""
    if not word:
        raise UsageError(tr("An empty name is no folder. The folder that you are in is called . (a dot)."))
    return os.path.abspath(os.fsencode(word))


def _place(word: str) -> bytes:
    """Where a word leads, if it is a path; an empty one leads nowhere."""
    return os.path.realpath(os.fsencode(word)) if word else b""


def query(words: Sequence[str] | None) -> str:
    """The words as one query; none at all is every file."""
    return " ".join(words or ())


def library(catalog: Catalog, word: str) -> Library:
    """By name, or by folder. Raises UsageError, saying which there are."""
    from musicvault.catalog import libraries

    found = libraries.by_name(catalog, word) or libraries.by_root(catalog, _place(word))
    if found is None:
        names = ", ".join(known.name for known in libraries.every(catalog)) or tr("none")
        raise UsageError(tr("There is no library called {name}. Known: {names}.", name=word, names=names))
    return found


def libraries_named(catalog: Catalog, words: Sequence[str] | None) -> list[Library]:
    """Those named; all of them without words. Raises UsageError where there is none."""
    from musicvault.catalog import libraries

    found = [library(catalog, word) for word in words] if words else libraries.every(catalog)
    if not found:
        raise UsageError(tr("There is no library yet. Add one with: musicvault library add FOLDER"))
    return found


def known_drive(catalog: Catalog, word: str) -> Vault | None:
    """By label, by the start of its id, or by the folder where it was last seen; None where there is none."""
    from musicvault.catalog import vaults

    place = _place(word)
    found = vaults.by_label(catalog, word) or vaults.by_folder(catalog, place)
    return found or vaults.by_folder(catalog, os.path.join(place, b"MusicVault"))


def media(word: str) -> Media:
    """A kind of medium by its name. Raises UsageError, saying which there are."""
    from musicvault.domain.media import Media

    try:
        return Media(word.strip().lower())
    except ValueError:
        names = ", ".join(kind.value for kind in Media if kind)
        raise UsageError(tr("There is no medium called {word}. Known: {names}.", word=word, names=names)) from None


def drive(catalog: Catalog, word: str) -> Vault:
    """As `known_drive`. Raises UsageError where there is none."""
    from musicvault.catalog import vaults

    found = known_drive(catalog, word)
    if found is None:
        labels = ", ".join(known.label for known in vaults.every(catalog)) or tr("none")
        raise UsageError(tr("There is no drive called {label}. Known: {labels}.", label=word, labels=labels))
    return found


def drives_named(catalog: Catalog, words: Sequence[str] | None) -> list[Vault]:
    """Those named; all of them without words."""
    from musicvault.catalog import vaults

    return [drive(catalog, word) for word in words] if words else vaults.every(catalog)


def item_ids(catalog: Catalog, words: Sequence[str] | None, now: float) -> list[int]:
    """The files that a query names. Raises UsageError where none does: a typing mistake must not look like success."""
    from musicvault.catalog import search

    text = query(words)
    found = search.item_ids(catalog, text, now=now)
    if not found:
        raise UsageError(tr("No file matches {query}.", query=f'"{text}"'))
    return found
