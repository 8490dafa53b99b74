"""The table's rows out of the catalog."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from musicvault.catalog import browse, libraries, rules
from musicvault.catalog.browse import Line, Listing, Selection
from musicvault.domain import sound_format
from musicvault.domain.paths import split
from musicvault.domain.policy import DAY, DEFAULT_RULE, Rule, Standing
from musicvault.engine.context import Context
from musicvault.gui.desk.covers import cover_of
from musicvault.gui.models.actions import State
from musicvault.gui.models.library import Filter, ItemRow, Query, Sort

STATES = {
    Standing.DAMAGED: State.DAMAGED,
    Standing.HELD: State.HELD,
    Standing.AT_RISK: State.RISK,
    Standing.SHORT: State.SHORT,
    Standing.STALE: State.STALE,
    Standing.PROTECTED: State.PROTECTED,
}
_KEPT = 3


class CatalogRows:
    """A `RowSource`. The order of all matching ids is read once per question and kept for a few of them;
    `forget` drops that after the catalog changed."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._lock = threading.Lock()
        self._listings: OrderedDict[tuple[Query, Sort], Listing] = OrderedDict()

    def forget(self) -> None:
        with self._lock:
            self._listings.clear()

    def glance(self, query: Query, sort: Sort, limit: int) -> tuple[Sequence[ItemRow], Sequence[int]]:
        with self._lock:
            found = self._listings.get((query, sort))
        if found is None:
            found = self._read(query, sort, limit)
        return self._rows(found.ids[:limit]), found.runs

    def count(self, query: Query, sort: Sort) -> int:
        return len(self._listing(query, sort).ids)

    def page(self, query: Query, sort: Sort, offset: int, limit: int) -> Sequence[ItemRow]:
        return self._rows(self._listing(query, sort).ids[offset : offset + limit])

    def _rows(self, ids: Sequence[int]) -> Sequence[ItemRow]:
        return item_rows(self._ctx, ids)

    def albums(self, query: Query, sort: Sort) -> Sequence[int]:
        return self._listing(query, sort).runs

    def totals(self, query: Query) -> Mapping[Filter, int]:
        selection = self._selection(query)
        found = browse.totals(self._ctx.catalog, selection, selection.now - browse.RECENT_DAYS * DAY)
        return {
            Filter.ALL: found.all,
            Filter.TRACKS: found.tracks,
            Filter.DAMAGED: found.damaged,
            Filter.SHORT: found.short,
            Filter.DUE: found.due,
            Filter.RECENT: found.recent,
        }

    def offers(self) -> Mapping[str, Sequence[str]]:
        return browse.offers(self._ctx.catalog)

    def cover(self, row: ItemRow) -> bytes:
        library = libraries.by_name(self._ctx.catalog, row.library)
        return b"" if library is None else cover_of(self._ctx, library.id, library.root, split(row.path)[0])

    def _listing(self, query: Query, sort: Sort) -> Listing:
        with self._lock:
            known = self._listings.get((query, sort))
        if known is not None:
            return known
        found = self._read(query, sort)
        with self._lock:
            self._listings[query, sort] = found
            while len(self._listings) > _KEPT:
                self._listings.popitem(last=False)
        return found

    def _read(self, query: Query, sort: Sort, limit: int | None = None) -> Listing:
        order = sort.column if sort.column in browse.ORDERS else "path"
        selection = self._selection(query)
        return browse.listing(self._ctx.catalog, selection, order, descending=sort.descending, limit=limit)

    def _selection(self, query: Query) -> Selection:
        now = self._ctx.now()
        library = libraries.by_name(self._ctx.catalog, query.library) if query.library else None
        return Selection(
            query.text,
            "track" if query.filter is Filter.TRACKS else "",
            _STANDINGS.get(query.filter, ()),
            now - browse.RECENT_DAYS * DAY if query.filter is Filter.RECENT else None,
            library.id if library is not None else None,
            now,
        )


_STANDINGS = {
    Filter.DAMAGED: (Standing.DAMAGED,),
    Filter.SHORT: (Standing.SHORT, Standing.AT_RISK),
    Filter.DUE: (Standing.STALE,),
}


def item_rows(ctx: Context, ids: Sequence[int]) -> list[ItemRow]:
    """The table's lines of these items, each by the rule that decides for it."""
    now = ctx.now()
    policy = {one.id: one.rule for one in rules.numbered(ctx.catalog)}
    return [_row(line, policy.get(line.rule_id, DEFAULT_RULE), now) for line in browse.lines(ctx.catalog, ids, now)]


def _row(line: Line, rule: Rule, now: float) -> ItemRow:
    """The proof's age is that of the newest proofs that the rule asks for."""
    proven_at = line.due_at - rule.proof_days * DAY if line.due_at else None
    return ItemRow(
        line.item_id,
        line.path,
        line.title,
        line.artist,
        line.album,
        line.albumartist,
        line.track,
        line.date,
        line.genre,
        line.duration,
        sound_format.said(
            line.codec,
            lossless=line.lossless,
            bits=line.bits,
            sample_rate=line.sample_rate,
            bitrate=line.bitrate,
        ),
        line.size,
        line.good,
        rule.copies,
        STATES[line.standing],
        None if proven_at is None else max(0.0, (now - proven_at) / DAY),
        line.added_at,
        line.library,
        line.kind != "track",
    )
