"""Actions as jobs: what each deed runs in the engine. Nothing here knows Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from musicvault.app import App
from musicvault.catalog import libraries, rules, vaults
from musicvault.domain.notices import Finished, Job, Notice, Started
from musicvault.domain.policy import Rule
from musicvault.engine import drives, library
from musicvault.engine.context import Context
from musicvault.errors import UsageError
from musicvault.gui.desk import deciding, driving, policy_work, returning
from musicvault.gui.desk.previews import event_of
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.wording import files
from musicvault.language import tr
from musicvault.runtime.control import Control

Make = Callable[[Control], Job]


@dataclass(frozen=True, slots=True)
class Order:
    """A job to start: what it is called, how it is made, and its key (one job of a key at a time)."""

    title: str
    make: Make
    key: str = ""


def order(app: App, action: Action) -> Order | None:
    """The job that carries out an action; None for deeds that aren't jobs."""
    making = _MAKERS.get(action.deed)
    if making is None:
        return None

    def make(control: Control) -> Job:
        return making(app, app.context.with_checkpoint(control.checkpoint), action)

    return Order(title_of(action), make, f"{action.deed.value} {action.subject} {action.items} {dict(action.values)}")


def title_of(action: Action) -> str:
    """What the job is called in the activity list."""
    name = action.subject
    amount = files(len(action.items)) if action.items else ""
    titles = {
        Deed.ADD_LIBRARY: tr("Add a music folder"),
        Deed.REMOVE_LIBRARY: tr("Stop looking after {name}", name=name),
        Deed.ADD_DRIVE: tr("Add a drive and copy to it"),
        Deed.RELABEL: tr("Edit {name}", name=name),
        Deed.REMOVE_DRIVE: tr("Stop using {name}", name=name),
        Deed.PROTECT: tr("Protect your music"),
        Deed.SCAN: tr("Scan {name}", name=name) if name else tr("Scan everything"),
        Deed.CONFIRM: tr("Confirm the changes in {name}", name=name),
        Deed.SYNC: tr("Copy to {name}", name=name) if name else tr("Copy to all drives"),
        Deed.SCRUB: tr("Verify {name}", name=name) if name else tr("Verify everything"),
        Deed.CHECK: tr("Verify {files}", files=amount),
        Deed.DRILL: tr("Try restoring from {name}", name=name) if name else tr("Try restoring a sample"),
        Deed.REPAIR: tr("Repair {files}", files=amount) if amount else tr("Repair all damage"),
        Deed.RESTORE: tr("Restore {files}", files=amount),
        Deed.TAG: tr("Edit the tags of {files}", files=amount),
        Deed.UNDO: tr("Undo a tag edit"),
        Deed.GIVE_VERSION: tr("Save a copy of an older version"),
        Deed.SET_EXCLUSIONS: tr("Change what is left out of {name}", name=name),
        Deed.SET_POLICY: tr("Change the policy"),
        Deed.UNDO_POLICY: tr("Take back the last change of the policy"),
        Deed.REBUILD: tr("Start again from a drive"),
        Deed.PLACE_LIBRARY: tr("Find {name} where it lies now", name=name),
        Deed.BRING_BACK: tr("Bring back {name} from the drives", name=name),
    }
    return titles.get(action.deed) or deciding.title_of(action) or driving.title_of(action) or action.label


# -- what each deed runs


def _library_ids(ctx: Context, name: str = "") -> list[int]:
    known = libraries.every(ctx.catalog)
    if not name:
        return [one.id for one in known if library.online(ctx, one)] or [one.id for one in known]
    return [one.id for one in known if one.name == name]


def _vault_ids(ctx: Context, label: str = "") -> list[str] | None:
    if not label:
        return None
    return [driving.vault_of(ctx, label).id]


def _scan(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.scan import scan

    ids = _library_ids(ctx, action.subject)
    yield from scan(ctx, ids, confirm=action.deed is Deed.CONFIRM)
    yield from _fingerprints(ctx, ids)


def _fingerprints(ctx: Context, ids: Sequence[int]) -> Iterator[Notice]:
    from musicvault import settings
    from musicvault.engine.fingerprints import fingerprint

    if settings.load().fingerprints:
        yield from fingerprint(ctx, list(ids))


def _sync(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.sync import sync

    yield from sync(ctx, driving.reachable(ctx) if not action.subject else _vault_ids(ctx, action.subject))


def _scrub(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.scrub import scrub

    named = action.values.get("library")
    if named:
        yield from scrub(ctx, library_ids=_library_ids(ctx, str(named)))
    elif action.values.get("drive"):
        yield from scrub(ctx, vault_ids=_vault_ids(ctx, str(action.values["drive"])))
    else:
        yield from scrub(ctx)


def _check(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.checking import check

    only = action.values.get("replica")
    yield from check(ctx, action.items, replica_ids={only} if isinstance(only, int) else None)


def _drill(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.drill import drill, sample_of

    yield from drill(ctx, sample_of(_SAMPLE), vault_ids=_vault_ids(ctx, action.subject))


_SAMPLE = "2%"


def _repair(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.repair import repair

    yield from repair(ctx, item_ids=action.items or None)


def _tag(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.retag import retag

    edits = action.values["edits"]
    assert isinstance(edits, Mapping)
    yield from retag(ctx, list(action.items), edits)


def _undo(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.retag import undo

    yield from undo(ctx, event_of(action))


def _give_version(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.versions import give_version

    number = action.values["version"]
    assert isinstance(number, int)
    yield from give_version(ctx, action.items, number, _folder(action))


def _add_library(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.scan import scan

    yield Started("scan")
    added = library.add_library(ctx, _folder(action))
    yield from scan(ctx, [added.id])
    yield from driving.copy_where_possible(ctx)
    yield from _fingerprints(ctx, [added.id])


def _remove_library(app: App, ctx: Context, action: Action) -> Job:
    yield Started("remove", action.subject)
    library.remove_library(ctx, returning.library_of(ctx, action.subject))
    yield Finished("remove")


def _add_drive(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.adoption import adopt
    from musicvault.engine.sync import sync

    label, site = str(action.values.get("label", "")), str(action.values.get("site", ""))
    yield Started("sync", label)
    added = drives.add_drive(ctx, _folder(action), label or None, site)
    backup = action.values.get("adopt")
    if isinstance(backup, bytes) and backup:
        yield from adopt(ctx, added, backup)
    yield from sync(ctx, [added.id])


def _remove_drive(app: App, ctx: Context, action: Action) -> Job:
    yield Started("remove")
    drives.remove_drive(ctx, driving.vault_of(ctx, action.subject))
    yield Finished("remove")


def _protect(app: App, ctx: Context, action: Action) -> Job:
    """The first run: the promise, the folder, the drives, then scan, copies and fingerprints."""
    from musicvault.engine.scan import scan

    yield Started("scan")
    rule = action.values.get("rule")
    if isinstance(rule, Rule):
        with ctx.catalog.transaction(ctx.now()) as transaction:
            rules.set_default(transaction, rule)
    folder = action.values["library"]
    assert isinstance(folder, bytes)
    added = library.add_library(ctx, folder)
    chosen = action.values.get("drives", ())
    assert isinstance(chosen, tuple)
    for path, label in chosen:
        drives.add_drive(ctx, path, vaults.free_label(ctx.catalog, label) if label else None)
    yield from scan(ctx, [added.id])
    yield from driving.copy_where_possible(ctx)
    yield from _fingerprints(ctx, [added.id])


def _folder(action: Action) -> bytes:
    folder = action.values.get("path")
    if not isinstance(folder, bytes) or not folder:
        raise UsageError(tr("No folder was chosen."))
    return folder


def _set_exclusions(app: App, ctx: Context, action: Action) -> Job:
    from musicvault.engine.scan import scan

    found = returning.library_of(ctx, action.subject)
    patterns = action.values["exclusions"]
    assert isinstance(patterns, tuple)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        libraries.set_exclusions(transaction, found, patterns)
    yield from scan(ctx, [found.id])


_MAKERS: dict[Deed, Callable[[App, Context, Action], Job]] = {
    Deed.ADD_LIBRARY: _add_library,
    Deed.REMOVE_LIBRARY: _remove_library,
    Deed.ADD_DRIVE: _add_drive,
    Deed.REMOVE_DRIVE: _remove_drive,
    Deed.PROTECT: _protect,
    Deed.SCAN: _scan,
    Deed.CONFIRM: _scan,
    Deed.SYNC: _sync,
    Deed.SCRUB: _scrub,
    Deed.CHECK: _check,
    Deed.DRILL: _drill,
    Deed.REPAIR: _repair,
    Deed.RESTORE: _repair,
    Deed.TAG: _tag,
    Deed.UNDO: _undo,
    Deed.GIVE_VERSION: _give_version,
    Deed.SET_EXCLUSIONS: _set_exclusions,
    Deed.SET_POLICY: policy_work.set_policy,
    Deed.UNDO_POLICY: policy_work.undo_policy,
    Deed.SET_HOME: policy_work.set_home,
    Deed.ASSUME: policy_work.assume,
    Deed.REBUILD: returning.rebuild,
    Deed.PLACE_LIBRARY: returning.place_library,
    Deed.BRING_BACK: returning.bring_back,
    **deciding.MAKERS,
    **driving.MAKERS,
}
