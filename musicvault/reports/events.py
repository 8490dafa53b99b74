"""The audit log as a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from musicvault.catalog.history import Record
from musicvault.domain.paths import display
from musicvault.reports.tables import harmless

HEADINGS = ("number", "at", "event", "outcome", "where", "path", "detail", "agent")


def table(records: Iterable[Record], places: Mapping[str | int, str], *, head: bool) -> bytes:
    """Events as CSV (RFC 4180, UTF-8), with or without the line of headings. `places` are the names of drives and
    libraries by their ids."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    if head:
        writer.writerow(HEADINGS)
    for one in records:
        where = places.get(one.vault_id or "", "") or places.get(one.library_id or 0, "")
        at = datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds")
        detail = json.dumps(dict(one.detail), ensure_ascii=False)
        cells = (one.id, at, one.type, one.outcome, where, display(one.path or b""), detail, one.agent)
        writer.writerow([harmless(cell) for cell in cells])
    return output.getvalue().encode("utf-8", "backslashreplace")
