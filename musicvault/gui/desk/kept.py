"""The kept versions of an item, for the inspector."""

from __future__ import annotations

from musicvault.catalog.items import Item
from musicvault.catalog.replicas import QUARANTINE
from musicvault.engine.context import Context
from musicvault.engine.versions import UNDO, Difference, KeptAt, Version, versions
from musicvault.gui.library.tags_tab import heading
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.library import KeptVersion
from musicvault.gui.wording import day, size
from musicvault.language import tr, trn


def kept_versions(ctx: Context, item: Item) -> tuple[KeptVersion, ...]:
    """Newest first. Reads the catalog and the mounts; not for the Qt thread."""
    return tuple(_row(version) for version in versions(ctx, [item.id]))


def _row(version: Version) -> KeptVersion:
    give = look = None
    if version.number is not None and any(place.online for place in version.places):
        values = {"version": version.number}
        give = Action(Deed.GIVE_VERSION, tr("Save a copy…"), items=(version.item.id,), values=values)
    if version.number is not None and version.content is not None:
        look = Action(Deed.COMPARE, tr("Compare"), items=(version.item.id,), values={"version": version.number})
    words = " · ".join(part for part in (size(version.size), _difference(version.differs)) if part)
    return KeptVersion(version.replaced_at, words, "\n".join(_place(place) for place in version.places), give, look)


def _difference(differs: Difference | None) -> str:
    if differs is None:
        return tr("could not be read whole")
    parts = []
    if differs.sound:
        parts.append(tr("other sound"))
    elif differs.sound is False and not differs.fields and not differs.pictures:
        parts.append(tr("same sound"))
    if differs.fields:
        parts.append(tr("other tags: {names}", names=", ".join(heading(name) for name in differs.fields)))
    if differs.pictures:
        parts.append(tr("other picture"))
    if differs.sound is None and differs.blocks:
        parts.append(trn("{count} block differs", "{count} blocks differ", len(differs.blocks)))
    return ", ".join(parts)


def _place(place: KeptAt) -> str:
    if place.role == UNDO:
        what = tr("{where}, for undoing", where=place.where)
    elif place.role == QUARANTINE:
        what = tr("{where}, in quarantine", where=place.where)
    else:
        what = place.where
    if not place.online:
        what = tr("{where} (away)", where=what)
    return what if place.until is None else tr("{where}: kept until {day}", where=what, day=day(place.until))
