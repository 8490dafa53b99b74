"""A manifest of what files should be: lines that `sha256sum -c` reads."""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.catalog import libraries
from musicvault.catalog.search import find
from musicvault.domain.paths import display, join
from musicvault.engine.context import Context
from musicvault.storage.delivery import Write

_ESCAPES = {b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r"}


@dataclass(frozen=True, slots=True)
class Listed:
    """How many lines were written, and from where their paths start: the root of the one library that they are of, or
    None for a folder that holds the libraries under their slugs, as `restore --to` writes them."""

    files: int
    root: bytes | None


def line(sha256: bytes, path: bytes) -> bytes:
    """One line as GNU coreutils write it: a name with a backslash, line feed or carriage return in it is escaped, and
    the line begins with a backslash then."""
    escaped = path
    for plain, code in _ESCAPES.items():
        escaped = escaped.replace(plain, code)
    mark = b"\\" if escaped != path else b""
    return mark + sha256.hex().encode("ascii") + b"  " + escaped + b"\n"


def write(ctx: Context, query: str, output: Write) -> Listed:
    """Write a line for every item that matches, by path."""
    known = libraries.by_ids(ctx.catalog)
    within = {found.library_id for found in find(ctx.catalog, query, now=ctx.now())} if len(known) > 1 else set(known)
    files = 0
    for found in find(ctx.catalog, query, now=ctx.now()):
        slug = known[found.library_id].slug.encode("ascii")
        output(line(found.sha256, found.path if len(within) == 1 else join(slug, found.path)))
        files += 1
    return Listed(files, known[within.pop()].root if len(within) == 1 else None)


def below(listed: Listed) -> str:
    """Where `sha256sum -c` is to be run, for people; empty for the folder of a restore."""
    return "" if listed.root is None else display(listed.root)
