"""Where what leaves the house goes: a new file, or standard output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.jsonlines import path_values
from musicvault.cli.session import Session
from musicvault.errors import UsageError
from musicvault.language import tr

if TYPE_CHECKING:
    from musicvault.storage.delivery import Write

Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this new file; else it is printed.")
]
Replace = Annotated[bool, typer.Option("--replace", help="FILE may be there already.")]


@contextmanager
def opened(session: Session, output: str | None, replace: bool) -> Iterator[Write]:
    """Takes the bytes, to `--output` or else to standard output. The file is there whole or not at all."""
    if output is None:
        if session.json:
            raise UsageError(tr("With --json, name a file by --output: standard output is for JSON lines then."))
        yield session.write
        return
    from musicvault.storage.delivery import new_file

    path = choosing.folder(output)
    session.summary(path_values(path))
    with new_file(path, replace=replace) as write:
        yield write
