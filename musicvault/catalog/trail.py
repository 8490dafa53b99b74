"""The audit log from its beginning on, for what leaves the house."""

from __future__ import annotations

from collections.abc import Iterator, Set

from musicvault.catalog import history
from musicvault.catalog.database import Catalog
from musicvault.catalog.history import Record
from musicvault.domain.events import EventType

_FEW = 500
_ABOUT_ALL = (EventType.INGESTION, EventType.FIXITY_CHECK)
"""What happened to libraries and drives as a whole and so to each item in them."""


def events(catalog: Catalog, item_ids: Set[int], *, whole: bool) -> Iterator[Record]:
    """Events of these items, scans and checks of whole libraries and drives, and with `whole` all else that is about no
    single item (where drives and folders are, say); oldest first."""
    numbers = "SELECT id FROM event ORDER BY id"
    parameters: tuple[int, ...] = ()
    if len(item_ids) <= _FEW:
        parameters = tuple(item_ids)
        marks = ",".join("?" * len(item_ids))
        numbers = f"SELECT id FROM event WHERE item_id IS NULL OR item_id IN ({marks}) ORDER BY id"
    for (number,) in catalog.stream(numbers, parameters):
        record = history.get(catalog, number)
        if record is None:
            continue
        about_all = record.item_id is None and (whole or record.type in _ABOUT_ALL)
        if about_all or record.item_id in item_ids:
            yield record
