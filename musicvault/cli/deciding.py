"""accept, reject, forget, adopt and refuse: more than one file is shown first, and done only with --yes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial
from typing import Annotated, Protocol, cast

import typer

from musicvault.cli import choosing
from musicvault.cli.session import Session
from musicvault.domain.notices import ItemDone, Job, Notice
from musicvault.engine.context import Context
from musicvault.language import tr

OneDrive = Annotated[str | None, typer.Option("--drive", metavar="LABEL", help="Only what lies on this drive.")]


class Decision(Protocol):
    """A job of `engine.decide`."""

    def __call__(self, ctx: Context, item_ids: Sequence[int], *, dry_run: bool = False) -> Job: ...


class CopyDecision(Protocol):
    """A job of `engine.foreign`: about the copies on one drive, or on all."""

    def __call__(self, ctx: Context, item_ids: Sequence[int], *, drive: str = "", dry_run: bool = False) -> Job: ...


class Undo(Protocol):
    """The job that takes a decision back: that of an event, or the last."""

    def __call__(self, ctx: Context, event_id: int | None = None, *, dry_run: bool = False) -> Job: ...


def decide(session: Session, job: Decision, words: Sequence[str] | None, *, yes: bool) -> None:
    """Carry out the user's word on the files that the query names."""
    ids = choosing.item_ids(session.catalog, words, session.context.now())
    careful(session, lambda ctx, dry_run: job(ctx, ids, dry_run=dry_run), yes=yes)


def decide_on_copies(
    session: Session, job: CopyDecision, undo: Undo, words: Sequence[str], drive: str | None, *, yes: bool
) -> None:
    """The same about copies that another computer wrote, or the word that takes it back."""
    if not took_back(session, undo, words, yes=yes):
        label = choosing.drive(session.catalog, drive).label if drive else ""
        decide(session, partial(job, drive=label), words, yes=yes)


def took_back(session: Session, undo: Undo, words: Sequence[str], *, yes: bool) -> bool:
    """Take a decision back where the words are `undo` or `undo EVENT`; False, and nothing done, where they aren't."""
    if words[0] != "undo" or len(words) > 2 or not all(word.isdigit() for word in words[1:]):
        return False
    event = int(words[1]) if len(words) > 1 else None
    careful(session, lambda ctx, dry_run: undo(ctx, event, dry_run=dry_run), yes=yes)
    return True


def careful(session: Session, job: Callable[[Context, bool], Job], *, yes: bool) -> None:
    """Run `job(context, dry_run)`: for one file or with `yes` for real, else as a preview that says how to go on."""
    if session.dry_run:
        session.run(lambda ctx: job(ctx, True))
        return
    if not yes and does_more_than_one(job(session.context, True)):
        session.preview(lambda ctx: job(ctx, True))
        session.note(tr("Nothing was changed. To do it: the same command with --yes"))
        return
    session.run(lambda ctx: job(ctx, False))


def does_more_than_one(tried: Job) -> bool:
    """Whether a dry run acts on more than one file; says nothing, and runs no further than it takes to know."""
    done = 0
    with closing(cast(Generator[Notice], tried)) as job:
        for notice in job:
            done += isinstance(notice, ItemDone) and notice.action != "failed"
            if done > 1:
                return True
    return False
