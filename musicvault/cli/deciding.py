"""accept, reject, forget, adopt and refuse: more than one file is shown first, and done only with --yes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Protocol

import typer

from musicvault.cli import choosing
from musicvault.cli.session import Session
from musicvault.domain.notices import Job
from musicvault.engine.context import Context
from musicvault.language import tr

OneDrive = Annotated[str | None, typer.Option("--drive", metavar="LABEL", help="Only what lies on this drive.")]


class Decision(Protocol):
    """A job of `engine.decide` or `engine.foreign`."""

    def __call__(self, ctx: Context, item_ids: Sequence[int], *, dry_run: bool = False) -> Job: ...


def decide(session: Session, job: Decision, words: Sequence[str] | None, *, yes: bool) -> None:
    """Carry out the user's word on the files that the query names."""
    ids = choosing.item_ids(session.catalog, words, session.context.now())
    careful(session, lambda ctx, dry_run: job(ctx, ids, dry_run=dry_run), yes=yes)


def careful(session: Session, job: Callable[[Context, bool], Job], *, yes: bool) -> None:
    """Run `job(context, dry_run)`: for one file or with `yes` for real, else as a preview that says how to go on."""
    if session.dry_run:
        session.run(lambda ctx: job(ctx, True))
        return
    if not yes and session.does_more_than_one(lambda ctx: job(ctx, True)):
        session.preview(lambda ctx: job(ctx, True))
        session.note(tr("Nothing was changed. To do it: the same command with --yes"))
        return
    session.run(lambda ctx: job(ctx, False))
