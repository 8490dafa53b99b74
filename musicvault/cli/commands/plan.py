"""`plan`: what sync would do, and why."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from musicvault.cli import choosing
from musicvault.cli import policy_lines as lines
from musicvault.cli.command import Drives, command, new_app
from musicvault.cli.jsonlines import path_values
from musicvault.cli.session import Session
from musicvault.domain import policy_wording, wording
from musicvault.domain.needs import Step
from musicvault.domain.paths import display
from musicvault.language import tr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from musicvault.domain.needs import Need
    from musicvault.engine.planning import ToDo

app = new_app()


@command(app, "musicvault plan", "musicvault plan --drive Elements --json", reads=True)
def plan(session: Session, drive: Drives = None) -> None:
    """Show what sync would do, step by step, and why.

    The least protected files come first, then what the rules give priority, albums together. What waits for drives that
    are away is told as well, file by file with --verbose or --json. Nothing is changed.
    """
    from musicvault.catalog import libraries
    from musicvault.engine.planning import planned

    chosen = [vault.id for vault in choosing.drives_named(session.catalog, drive)] if drive else None
    found = planned(session.context, chosen)
    now = found.plan.actions
    names = libraries.names(session.catalog)
    for number, need in enumerate(chain(now, found.later)):
        if session.reader_gone:
            break
        problem = found.hindered.get((need.vault_id, need.item_id), "") if need.step is Step.RENAME else ""
        _tell(session, need, found.labels[need.vault_id], names, problem, later=number >= len(now))
    for todo in found.todo:
        session.record("todo", {name: getattr(todo, name) for name in todo.__dataclass_fields__}, _told(todo))
    for outcome in found.survey.outcomes:
        for one in outcome.obstacles:
            why = policy_wording.obstacle(one)
            values = {"rule": outcome.rule.name, "reason": why, "drives": outcome.further.drives}
            session.record("obstacle", values, tr("{rule} can't be met: {why}.", rule=outcome.rule.name, why=why))
    lines.further(session, found.survey)
    amounts = {"files": len(now), "bytes": now.room, "waiting": len(found.later), "left_out": len(found.plan.left_out)}
    short = {"short_bytes": sum(found.plan.short_bytes.values()), "short": found.survey.short}
    short["further_drives"] = found.survey.further.drives
    said = "" if now else tr("Nothing to do now.") if found.later else tr("Nothing to do.")
    session.summary(amounts | short, said)


def _tell(session: Session, need: Need, label: str, names: Mapping[int, str], problem: str, *, later: bool) -> None:
    """One step, now or `later`: of those that wait only who asks for them hears, for there may be millions. `problem`:
    it won't be done for that."""
    reason = policy_wording.reason(need.reason, need.good_copies, need.wanted)
    path = display(need.path)
    values = {
        "step": need.step.value,
        **path_values(need.path),
        "library": names.get(need.library_id, ""),
        "where": label,
        "bytes": need.room,
        "code": need.reason.value,
        "copies": need.good_copies,
        "wanted": need.wanted,
        "reason": reason,
        "problem": problem or None,
    }
    if problem:
        session.record("step", values, f"{label}: {path} ({problem})")
    elif not later:
        session.record("step", values, f"{label}: {path} ({reason})")
    elif session.json or session.verbose:
        text = tr("Later, {drive}: {path} ({reason})", drive=label, path=path, reason=reason)
        session.record("waiting", values, text)


def _told(todo: ToDo) -> str:
    files, size = wording.files(todo.files), wording.size(todo.bytes)
    text = tr("{drive}: {files}, {size}", drive=todo.label, files=files, size=size)
    if not todo.online and todo.files:
        text = tr("Plug in {todo}", todo=text)
    if todo.short_bytes:
        files, size = wording.files(todo.left_out), wording.size(todo.short_bytes)
        text += " · " + tr("{size} too little room for {files}", size=size, files=files)
    if todo.kept_back:
        text += " · " + tr("{files} without a good copy within reach", files=wording.files(todo.kept_back))
    return text
