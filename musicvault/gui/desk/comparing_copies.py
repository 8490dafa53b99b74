"""Comparisons of copies that another computer wrote with what the library has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from musicvault.catalog import replicas
from musicvault.domain import comparison as words
from musicvault.engine import places, sources
from musicvault.engine.context import Context
from musicvault.engine.foreign.copies import Foreign, compared, found
from musicvault.engine.places import Reach
from musicvault.gui.desk.comparing import HEARD, MOST_LINES, pair_of, play_of, title_of
from musicvault.gui.desk.previews import made_sure
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.comparing import Comparing, PairLine, Side
from musicvault.gui.wording import size
from musicvault.language import tr, trn


def compare_copies(ctx: Context, copies: Sequence[int]) -> Comparing:
    """What the drive has beside what the library has. Reads files; not for the Qt thread."""
    reach = places.reachable(ctx)
    ids = {replicas.get(ctx.catalog, one).item_id for one in copies}
    chosen = found(ctx, reach, ids, copies=copies)
    if not chosen:
        return Comparing(tr("Compare"), message=tr("There is nothing to compare."))
    return _one(ctx, reach, chosen[0]) if len(chosen) == 1 else _many(ctx, reach, chosen)


def drive_s_file(ctx: Context, reach: Reach, copy: int) -> bytes | None:
    """The path of a drive's copy; None while the drive is away."""
    replica = replicas.get(ctx.catalog, copy)
    place = reach.vaults.get(replica.vault_id or "")
    return None if place is None else place.path(replica.path)


def _one(ctx: Context, reach: Reach, one: Foreign) -> Comparing:
    differs = compared(ctx, reach, one)
    if differs is None or one.seen is None:
        text = tr("Nobody has looked inside of it yet: verify the drive first.")
        return Comparing(title_of(one.item), message=text)
    mine = sources.candidates(ctx, reach, one.item.content.digests.blake3)
    good = next((source for source in mine if source.is_intact), None)
    theirs = None if one.place is None else one.place.path(one.replica.path)
    values = {"copy": one.replica.id}
    before = Side(
        tr("Yours"),
        tr("in {library}", library=one.library.name),
        size(differs.size_before),
        play_of(one.item, "before", values) if good else None,
    )
    after = Side(
        tr("From another computer"),
        tr("on {drive}", drive=one.where),
        size(differs.size_after),
        play_of(one.item, "after", values) if theirs else None,
    )
    pair = pair_of(
        ctx,
        one.item,
        differs,
        (one.item.content, good.path if good is not None else None),
        (one.seen, theirs),
        before,
        after,
    )
    foot = tr("What you adopt takes the place of your file and can be taken back; what you refuse is kept aside.")
    return Comparing(title_of(one.item), replace(pair, actions=_decisions([one]), footnote=foot))


def _many(ctx: Context, reach: Reach, chosen: Sequence[Foreign]) -> Comparing:
    lines = []
    for at, one in enumerate(chosen[:MOST_LINES]):
        ctx.checkpoint()
        differs = compared(ctx, reach, one, listen=at < HEARD)
        if one.is_current:
            said = tr("the very bytes that your library has")
        else:
            said = tr("nobody has looked inside yet") if differs is None else words.in_words(differs)
        look = Action(Deed.COMPARE, tr("Look closer"), values={"copies": (one.replica.id,)})
        lines.append(PairLine(one.item.path, one.where, said[:1].upper() + said[1:], look))
    more = len(chosen) - len(lines)
    note = trn("{count} more is not listed.", "{count} more are not listed.", more) if more > 0 else ""
    title = trn("{count} copy", "{count} copies", len(chosen))
    return Comparing(title, None, tuple(lines), _decisions(chosen), note)


def _decisions(chosen: Sequence[Foreign]) -> tuple[Action, ...]:
    """What was compared has been seen: it needs no further preview."""
    items = tuple(dict.fromkeys(one.item.id for one in chosen))
    values = {"copies": tuple(one.replica.id for one in chosen)}
    return (
        made_sure(Action(Deed.ADOPT, tr("Adopt"), items=items, values=values)),
        made_sure(Action(Deed.REFUSE, tr("Refuse"), items=items, values=values)),
    )
