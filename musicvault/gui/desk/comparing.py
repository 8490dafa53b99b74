"""Comparisons for the window: what stands in a library against what was proven, or an older version against today's."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace

from musicvault.audio import tags
from musicvault.catalog import contents, findings, items, libraries, replicas
from musicvault.catalog.contents import Content
from musicvault.catalog.items import Item
from musicvault.catalog.libraries import Library
from musicvault.domain import comparison as words
from musicvault.domain.comparison import Comparison, Seconds
from musicvault.domain.damage import clock
from musicvault.domain.fields import RAW
from musicvault.domain.paths import display, split
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Kind, Picture
from musicvault.engine import comparing, places, versions
from musicvault.engine.context import Context
from musicvault.engine.places import Reach
from musicvault.engine.versions import Version
from musicvault.errors import ItemError
from musicvault.gui.desk.covers import small
from musicvault.gui.desk.previews import made_sure
from musicvault.gui.library.tags_tab import heading
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.comparing import (
    Comparing,
    FieldRow,
    Pair,
    PairLine,
    PictureRow,
    PictureSide,
    Side,
    SoundPart,
    Span,
)
from musicvault.gui.wording import day, files, size
from musicvault.language import tr, trn

HEARD = 12
"""Of so many files at once the seconds that differ are looked for: both versions are read for that."""
MOST_LINES = 500
_MOST_TEXT = 2000
_OPEN = (ReplicaState.HELD, ReplicaState.CORRUPT)


def compare(ctx: Context, action: Action) -> Comparing:
    """The comparison that an action asks for. Reads files; not for the Qt thread, nor where short reads wait."""
    number = action.values.get("version")
    if isinstance(number, int):
        return _with_version(ctx, action.items, number)
    if len(action.items) == 1:
        return _held(ctx, action.items[0])
    return _many(ctx, action.items)


# -- one file


def _held(ctx: Context, item_id: int) -> Comparing:
    reach, item = places.reachable(ctx), items.get(ctx.catalog, item_id)
    library = libraries.by_id(ctx.catalog, item.library_id)
    replica = replicas.in_library(ctx.catalog, item_id)
    stored = findings.of(ctx.catalog, replica.id)
    found = None if library is None else comparing.held(ctx, reach, item, library)
    if library is None or found is None or stored is None or stored.observed_id is None:
        return Comparing(
            title_of(item), message=tr("Nothing else was seen in its place, so there is nothing to compare.")
        )
    proven, there = comparing.proven_at(ctx, reach, item.content), comparing.stands_at(reach, item, library)
    seen = contents.get(ctx.catalog, stored.observed_id)
    before = Side(
        tr("Proven"),
        tr("on {drive}", drive=proven[1]) if proven else tr("its drive is not connected"),
        size(found.size_before),
        play_of(item, "before") if proven else None,
    )
    where = tr("in {library}", library=library.name) if there else tr("not connected")
    after = Side(tr("Now"), where, size(found.size_after), play_of(item, "after") if there else None)
    pair = pair_of(ctx, item, found, (item.content, proven[0] if proven else None), (seen, there), before, after)
    actions = _decisions((item_id,)) if replica.state in _OPEN else ()
    if replica.state is ReplicaState.CORRUPT:
        actions = (Action(Deed.REPAIR, tr("Repair"), items=(item_id,)), replace(actions[0], label=tr("Keep as it is")))
    foot = tr("Put back moves what stands there to quarantine; what you accept can be taken back afterwards.")
    return Comparing(title_of(item), replace(pair, actions=actions, footnote=foot if actions else ""))


def _with_version(ctx: Context, item_ids: Sequence[int], number: int) -> Comparing:
    version = next((one for one in versions.versions(ctx, item_ids) if one.number == number), None)
    found = None if version is None else versions.comparison(ctx, version)
    if version is None or version.content is None or found is None:
        return Comparing(
            tr("Older version"), message=tr("That version can't be had now: plug in the drive that has it.")
        )
    item, reach = version.item, places.reachable(ctx)
    now = current_at(ctx, reach, item)
    with tempfile.TemporaryDirectory(prefix="musicvault-compare-") as folder:
        old = versions.at_hand(ctx, version, os.fsencode(folder))
        before = Side(
            tr("Set aside") if version.replaced_at is None else tr("Older version"),
            _kept_where(version),
            size(found.size_before),
            play_of(item, "before", {"version": number}) if old else None,
        )
        after = Side(tr("Now"), now[1] if now else tr("not connected"), size(found.size_after))
        after = replace(after, play=play_of(item, "after", {"version": number}) if now else None)
        pair = pair_of(ctx, item, found, (version.content, old), (item.content, now[0] if now else None), before, after)
    give = Action(Deed.GIVE_VERSION, tr("Save a copy…"), items=(item.id,), values={"version": number})
    return Comparing(title_of(item), replace(pair, actions=(give,)))


def _kept_where(version: Version) -> str:
    if not version.places:
        return ""
    place = version.places[0]
    on = tr("on {drive}", drive=place.where)
    return on if place.until is None else tr("{where}, kept until {day}", where=on, day=day(place.until))


def current_at(ctx: Context, reach: Reach, item: Item) -> tuple[bytes, str] | None:
    """A copy of an item's current content within reach, its library's own file first."""
    library = libraries.by_id(ctx.catalog, item.library_id)
    replica = replicas.in_library(ctx.catalog, item.id)
    there = None if library is None else comparing.stands_at(reach, item, library)
    if library is not None and there is not None and replica.state.is_source:
        return there, tr("in {library}", library=library.name)
    proven = comparing.proven_at(ctx, reach, item.content)
    return None if proven is None else (proven[0], tr("on {drive}", drive=proven[1]))


def pair_of(
    ctx: Context,
    item: Item,
    found: Comparison,
    old: tuple[Content, bytes | None],
    new: tuple[Content, bytes | None],
    before: Side,
    after: Side,
) -> Pair:
    """Two versions side by side; of each its recorded content, and a file that holds it where one is within reach."""
    said = words.in_words(found)
    return Pair(
        item.id,
        item.path,
        said[:1].upper() + said[1:] + ".",
        before,
        after,
        tuple(FieldRow(_field(one.name), _text(one.before), _text(one.after)) for one in found.fields),
        _pictures(found, _embedded(old[1], found.removed), _embedded(new[1], found.added)),
        _sound(ctx, item, found, old[0], new[0]),
    )


def _field(name: str) -> str:
    return name.removeprefix(RAW) if name.startswith(RAW) else heading(name)


def _text(values: Sequence[str]) -> str:
    return "\n".join(values)[:_MOST_TEXT]


def _embedded(path: bytes | None, wanted: Sequence[Picture]) -> Mapping[bytes, bytes]:
    if path is None or not wanted:
        return {}
    try:
        return tags.pictures(path)
    except ItemError:
        return {}


def _pictures(found: Comparison, old: Mapping[bytes, bytes], new: Mapping[bytes, bytes]) -> tuple[PictureRow, ...]:
    count = max(len(found.removed), len(found.added))
    before = [_picture(one, old) for one in found.removed]
    after = [_picture(one, new) for one in found.added]
    return tuple(
        PictureRow(before[at] if at < len(before) else None, after[at] if at < len(after) else None)
        for at in range(min(count, 24))
    )


def _picture(one: Picture, known: Mapping[bytes, bytes]) -> PictureSide:
    facts = tr("{kind}, {size}, digest {digest}", kind=one.mime or tr("picture"), size=size(one.size),
               digest=one.digest.hex()[:12])  # fmt: skip
    return PictureSide(facts, small(known.get(one.digest, b"")))


def _sound(ctx: Context, item: Item, found: Comparison, old: Content, new: Content) -> tuple[SoundPart, ...]:
    if item.kind is not Kind.TRACK or found.sound is False:
        return ()
    lasts = [contents.stream(ctx.catalog, one.id).duration for one in (old, new)]
    if found.sound is None and not found.seconds and not found.gone:
        return (SoundPart("", lasts[1], None, tr("Whether it sounds otherwise can't be told.")),)
    if found.seconds is None or found.gone is None:
        text = tr("It sounds otherwise; where can't be told now.")
        return (SoundPart("", lasts[1] or lasts[0], None, text),)
    parts = []
    if found.gone:
        parts.append(SoundPart(tr("Only before"), lasts[0], _spans(found.gone), _said(found.gone, lasts[0])))
    if found.seconds:
        parts.append(SoundPart(tr("Only now"), lasts[1], _spans(found.seconds), _said(found.seconds, lasts[1])))
    return tuple(parts)


def _spans(seconds: Sequence[Seconds]) -> tuple[Span, ...]:
    return tuple(Span(one.begins, one.ends) for one in seconds[:2000])


def _said(seconds: Sequence[Seconds], whole: float) -> str:
    if whole and sum(one.ends - one.begins for one in seconds) > 0.98 * whole:
        return tr("all of it")
    named = [f"{clock(one.begins)}–{clock(one.ends, up=True)}" for one in seconds[:4]]
    if len(seconds) > 4:
        named.append(trn("{count} more place", "{count} more places", len(seconds) - 4))
    return ", ".join(named)


def play_of(item: Item, side: str, which: Mapping[str, object] | None = None) -> Action | None:
    """Playing one side of a comparison; `which` names the version or copy meant. None for what isn't sound."""
    if item.kind is not Kind.TRACK:
        return None
    return Action(Deed.PLAY, tr("Play"), items=(item.id,), values={"side": side, **(which or {})})


def title_of(item: Item) -> str:
    return display(split(item.path)[1])


# -- several files


def _many(ctx: Context, item_ids: Sequence[int]) -> Comparing:
    reach, by_id = places.reachable(ctx), libraries.by_ids(ctx.catalog)
    lines: list[PairLine] = []
    chosen = [item for item in items.many(ctx.catalog, item_ids[:MOST_LINES]) if item.library_id in by_id]
    for at, item in enumerate(chosen):
        ctx.checkpoint()
        lines.append(_line(ctx, reach, item, by_id[item.library_id], listen=at < HEARD))
    if not lines:
        return Comparing(tr("Compare"), message=tr("There is nothing to compare."))
    more = len(item_ids) - len(lines)
    note = trn("{count} more is not listed.", "{count} more are not listed.", more) if more > 0 else ""
    return Comparing(files(len(item_ids)), None, tuple(lines), _decisions(tuple(item_ids)), note)


def _line(ctx: Context, reach: Reach, item: Item, library: Library, *, listen: bool) -> PairLine:
    found = comparing.held(ctx, reach, item, library, listen=listen)
    said = tr("nothing else was seen in its place") if found is None else words.in_words(found)
    look = Action(Deed.COMPARE, tr("Look closer"), items=(item.id,))
    return PairLine(item.path, library.name, said[:1].upper() + said[1:], look)


def _decisions(ids: tuple[int, ...]) -> tuple[Action, ...]:
    """What was compared has been seen: it needs no further preview."""
    return (
        made_sure(Action(Deed.ACCEPT, tr("Accept"), items=ids)),
        made_sure(Action(Deed.REJECT, tr("Put back"), items=ids)),
    )
