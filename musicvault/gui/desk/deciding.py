"""The user's word on files and copies, as jobs, and what takes it back. Nothing here knows Qt."""

from __future__ import annotations

from collections.abc import Callable

from musicvault.app import App
from musicvault.domain.notices import Job
from musicvault.engine.context import Context
from musicvault.gui.desk import driving
from musicvault.gui.desk.previews import copies_of, event_of
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.wording import files
from musicvault.language import tr


def title_of(action: Action) -> str:
    """What the job is called; empty for deeds that are no such word."""
    amount = files(len(action.items)) if action.items else ""
    titles = {
        Deed.ACCEPT: tr("Accept {files}", files=amount),
        Deed.REJECT: tr("Put back {files}", files=amount),
        Deed.FORGET: tr("Let go {files}", files=amount),
        Deed.REVERT: tr("Put back {files}", files=amount),
        Deed.UNDO_ACCEPT: tr("Take back what was accepted"),
        Deed.UNDO_FORGET: tr("Take back what was let go"),
        Deed.ADOPT: tr("Adopt copies of {files}", files=amount),
        Deed.REFUSE: tr("Refuse copies of {files}", files=amount),
        Deed.UNDO_ADOPT: tr("Take back what was adopted"),
        Deed.UNDO_REFUSE: tr("Take back what was refused"),
    }
    return titles.get(action.deed, "")


def _decide(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine import decide

    jobs = {Deed.ACCEPT: decide.accept, Deed.REJECT: decide.reject, Deed.FORGET: decide.forget}
    yield from jobs[action.deed](ctx, list(action.items))
    if action.deed is Deed.ACCEPT:
        yield from driving.copy_where_possible(ctx)


def _revert(app: App, ctx: Context, action: Action) -> Job:
    """Changed files as they were proven, and those that are gone back in their places."""
    from musicvault.engine import decide
    from musicvault.engine.repair import repair

    yield from decide.reject(ctx, list(action.items))
    yield from repair(ctx, item_ids=action.items, missing=True)


def _undo_accept(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.undoing import undo_accept

    yield from undo_accept(ctx, event_of(action))


def _undo_forget(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.undoing import undo_forget

    yield from undo_forget(ctx, event_of(action))


def _adopt(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.foreign.adopting import adopt

    yield from adopt(ctx, action.items, copies=copies_of(action))
    yield from driving.copy_where_possible(ctx)


def _refuse(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.foreign.refusing import refuse

    yield from refuse(ctx, action.items, copies=copies_of(action))


def _undo_adopt(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.foreign.adopting import undo_adopt

    yield from undo_adopt(ctx, event_of(action))


def _undo_refuse(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.foreign.refusing import undo_refuse

    yield from undo_refuse(ctx, event_of(action))


MAKERS: dict[Deed, Callable[[App, Context, Action], Job]] = {
    Deed.ACCEPT: _decide,
    Deed.REJECT: _decide,
    Deed.FORGET: _decide,
    Deed.REVERT: _revert,
    Deed.UNDO_ACCEPT: _undo_accept,
    Deed.UNDO_FORGET: _undo_forget,
    Deed.ADOPT: _adopt,
    Deed.REFUSE: _refuse,
    Deed.UNDO_ADOPT: _undo_adopt,
    Deed.UNDO_REFUSE: _undo_refuse,
}
