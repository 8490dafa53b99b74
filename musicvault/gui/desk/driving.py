"""What the Drives screen asks for, as jobs: looking after drives and parting with them. Nothing here knows Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import cast

from musicvault.app import App, default_catalog
from musicvault.catalog import libraries, troubles, vaults
from musicvault.domain.media import Media
from musicvault.domain.notices import Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import display
from musicvault.domain.states import ReplicaState
from musicvault.engine import drive_care, drives, ejecting, locating, retiring
from musicvault.engine.context import Context
from musicvault.errors import DriveGone, UsageError, VaultError
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.attention import Preview
from musicvault.gui.wording import files
from musicvault.language import tr, trn

PREVIEWED = frozenset({Deed.RETIRE, Deed.REPLACE, Deed.TAKE_OVER})


def vault_of(ctx: Context, label: str) -> vaults.Vault:
    """The drive of this label. Raises UsageError where there is none."""
    found = vaults.by_label(ctx.catalog, label)
    if found is None:
        raise UsageError(tr("There is no drive called {label}.", label=label))
    return found


def title_of(action: Action) -> str:
    """What the job is called; empty for deeds that aren't a drive's."""
    name = action.subject
    titles = {
        Deed.CHECK_HEALTH: tr("Check the health of {name}", name=name or tr("all drives")),
        Deed.RETIRE: tr("Retire {name}", name=name),
        Deed.UNRETIRE: tr("Use {name} again", name=name),
        Deed.REPLACE: tr("Replace {name}", name=name),
        Deed.EJECT: tr("Eject {name}", name=name),
        Deed.TAKE_OVER: tr("Take over {name}", name=name),
        Deed.KEEP_WATCHING: tr("Watch in the background"),
    }
    return titles.get(action.deed, "")


def reachable(ctx: Context) -> list[str]:
    """The drives that copies can be put on now, by id."""
    return [presence.vault.id for presence in locating.locate(ctx) if presence.writable]


def copy_where_possible(ctx: Context) -> Iterator[Notice]:
    """Copy what those lack; without any, nothing."""
    from musicvault.engine.sync import sync

    there = reachable(ctx)
    if there:
        yield from sync(ctx, there)


# -- jobs


def edit(app: App, ctx: Context, action: Action) -> Job:
    """Label and site, and where the form held them kind of medium, notes and parity."""
    from musicvault.engine.parity.choosing import check_percent, set_parity

    values = action.values
    yield Started("relabel", action.subject)
    vault = vault_of(ctx, action.subject)
    percent = values.get("parity", vault.parity)
    assert isinstance(percent, int)
    check_percent(percent)
    vault = drives.relabel_drive(ctx, vault, str(values["label"]), str(values.get("site", "")))
    if "media" in values or "notes" in values:
        media, notes = Media(str(values.get("media", vault.media))), str(values.get("notes", vault.notes))
        vault = drives.describe_drive(ctx, vault, media=media, notes=notes)
    set_parity(ctx, vault, percent)
    yield Finished("relabel")


def check_health(app: App, ctx: Context, action: Action) -> Job:
    """Ask one disk, or all, how they are."""
    yield Started("health", action.subject)
    chosen = vaults.every(ctx.catalog)
    own = libraries.every(ctx.catalog)
    if action.subject:
        is_library = bool(action.values.get("library"))
        chosen = [] if is_library else [vault_of(ctx, action.subject)]
        own = [one for one in own if is_library and one.name == action.subject]
    found = drive_care.check(ctx, chosen, own)
    yield Finished("health", Counter(one.state.value for one in found))


def retire(app: App, ctx: Context, action: Action) -> Job:
    """Drain, prove, then retire; `force` all the same."""
    yield from retiring.retire(ctx, vault_of(ctx, action.subject), force=bool(action.values.get("force")))


def unretire(app: App, ctx: Context, action: Action) -> Job:
    """Take it back into service."""
    yield Started("retire", action.subject)
    retiring.unretire(ctx, vault_of(ctx, action.subject))
    yield Finished("retire", {"unretired": 1})


def replace(app: App, ctx: Context, action: Action) -> Job:
    """Put the drive at `values["path"]` in its place: copies first, then the old one is retired."""
    old = vault_of(ctx, action.subject)
    folder = action.values["path"]
    assert isinstance(folder, bytes)
    yield Started("retire", action.subject)
    label, site = str(action.values.get("label", "")), str(action.values.get("site", "")) or old.site
    new = drives.recorded(ctx, folder) or drives.add_drive(ctx, folder, label or None, site)
    retiring.check_successor(ctx, old, new)
    yield from retiring.retire(ctx, old)


def eject(app: App, ctx: Context, action: Action) -> Job:
    """Finish, flush, unmount."""
    yield from ejecting.eject(ctx, vault_of(ctx, action.subject))


def take_over(app: App, ctx: Context, action: Action) -> Job:
    """What another computer wrote there becomes known, and the drive this catalog's own."""
    from musicvault.engine.rebuild.joining import adopt_vault

    yield from adopt_vault(ctx, _there(ctx, action.subject))


def _there(ctx: Context, label: str) -> bytes:
    presence = locating.locate_one(ctx, vault_of(ctx, label))
    if presence.root is None:
        raise DriveGone(presence.reason)
    return presence.root


def keep_watching(app: App, ctx: Context, action: Action) -> Job:
    """Have the service start with every login, or no more."""
    from musicvault.runtime import integrating

    yield Started("service")
    if action.values.get("on"):
        path = app.catalog.path
        done = integrating.install(None if path == default_catalog() else path)
    else:
        done = integrating.uninstall()
    yield ItemDone("noted", b"", reason=done.text)
    yield Finished("service", {"installed": int(bool(done.how))})


MAKERS: dict[Deed, Callable[[App, Context, Action], Job]] = {
    Deed.RELABEL: edit,
    Deed.CHECK_HEALTH: check_health,
    Deed.RETIRE: retire,
    Deed.UNRETIRE: unretire,
    Deed.REPLACE: replace,
    Deed.EJECT: eject,
    Deed.TAKE_OVER: take_over,
    Deed.KEEP_WATCHING: keep_watching,
}


# -- previews


def preview(ctx: Context, action: Action, sure: Callable[[Action, str], Action]) -> Preview:
    """What retiring, replacing or taking over a drive would mean, by a dry run. Reads catalog and mounts."""
    if action.deed is Deed.TAKE_OVER:
        return _taking_over(ctx, action, sure)
    vault = vault_of(ctx, action.subject)
    counts: dict[str, int] = {}
    short: list[str] = []
    with closing(cast(Generator[Notice], retiring.retire(ctx, vault, dry_run=True))) as dry:
        for notice in dry:
            if isinstance(notice, ItemDone):
                short.append(f"{display(notice.path)} · {notice.problem}")
            elif isinstance(notice, Finished):
                counts = dict(notice.counts)
    return Preview(
        _question(action),
        (*_lines(counts), *short[:200]),
        sure(action, tr("Replace it") if action.deed is Deed.REPLACE else tr("Retire it")),
        _warning(ctx, action, vault, counts),
    )


def _taking_over(ctx: Context, action: Action, sure: Callable[[Action, str], Action]) -> Preview:
    from musicvault.engine.rebuild.joining import adopt_vault

    question = tr("Take over {drive}?", drive=action.subject)
    try:
        for _ in adopt_vault(ctx, _there(ctx, action.subject), dry_run=True):
            pass
    except VaultError as error:
        return Preview(question, (), None, str(error))
    vault = vault_of(ctx, action.subject)
    waiting = sum(
        one.vault_id == vault.id and one.state is ReplicaState.FOREIGN for one in troubles.troubled(ctx.catalog)
    )
    lines = [
        tr("All that another computer wrote there becomes known here. Nothing on the drive is moved or deleted."),
        tr("What your library has stays current. Other versions of these files are set aside on the drive when it is "
           "next brought up to date, and kept as long as older versions are."),
        tr("The other computer will only read this drive from now on, until it takes it over in its turn."),
    ]  # fmt: skip
    if waiting:
        one, many = "{count} copy there waits in Attention", "{count} copies there wait in Attention"
        lines.insert(1, tr("{copies}: adopt first what is right.", copies=trn(one, many, waiting)))
    return Preview(question, tuple(lines), sure(action, tr("Take it over")))


def _question(action: Action) -> str:
    if action.deed is Deed.REPLACE:
        new = str(action.values.get("label", "")) or display(_path(action))
        return tr("Put {new} in the place of {old}?", new=new, old=action.subject)
    return tr("Retire {drive}?", drive=action.subject)


def _path(action: Action) -> bytes:
    path = action.values.get("path", b"")
    assert isinstance(path, bytes)
    return path


def _lines(counts: dict[str, int]) -> list[str]:
    lines = [tr("It gets no copies any more. Nothing on it is deleted, and it still serves to repair and to restore.")]
    if safe := counts.get("proven"):
        lines.append(tr("{files} are safe without it, freshly proven elsewhere.", files=files(safe)))
    if lack := counts.get("short"):
        lines.append(tr("{files} need a copy elsewhere first; what has room is copied now:", files=files(lack)))
    if kept := counts.get("kept"):
        one, many = "{count} older version lies only on it and stays there.", "{count} older versions lie only on it."
        lines.insert(1, trn(one, many, kept))
    return lines


def _warning(ctx: Context, action: Action, vault: vaults.Vault, counts: dict[str, int]) -> str:
    if not counts.get("short") or action.deed is Deed.REPLACE:
        return ""
    others = [
        one for one in locating.locate(ctx) if one.writable and one.vault.id != vault.id and not one.vault.retired
    ]
    if others:
        return tr("A file for which no other drive has room keeps it in service; nothing is retired half.")
    return tr("No other drive is connected. Plug one in first, or it stays in service.")
