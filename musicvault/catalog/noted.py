"""Where the log of events ended when a process last closed the catalog, noted in a file beside it: what is cut off the
log by other means, and what an older copy of the catalog lacks, shows (`history.noted`).

Drives note the same, but only when their lists are written. It is a note, not a lock: who can rewrite the catalog can
rewrite it as well. It may lag behind, and may be missing; it never runs ahead, as commits are durable before it is
written.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"([0-9]{1,18}) ([0-9a-f]{64}) ([0-9A-Za-z-]{1,100})\n\Z")


@dataclass(frozen=True, slots=True)
class Head:
    """An end of the chain: number and digest of the last event."""

    number: int
    digest: bytes


def note(catalog: Path, head: Head, catalog_id: str) -> None:
    """Note the end of the log of the catalog with this id. What goes wrong is no reason to stop."""
    with suppress(OSError):
        _file(catalog).write_text(f"{head.number} {head.digest.hex()} {catalog_id}\n", "ascii")


def noted(catalog: Path, catalog_id: str) -> Head | None:
    """What was noted last; None where nothing was of this catalog, or it can't be read."""
    try:
        with _file(catalog).open("r", encoding="ascii", errors="replace") as file:
            match = _LINE.match(file.read(1000))
    except OSError:
        return None
    return Head(int(match[1]), bytes.fromhex(match[2])) if match and match[3] == catalog_id else None


def _file(catalog: Path) -> Path:
    return catalog.with_name(catalog.name + ".head")
