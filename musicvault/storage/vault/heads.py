"""Where the owner's log of events ended at the last fold, noted on the drive: a log that is cut off later can't hide
it."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.vault.own import opened

EVENTS = "MusicVault-Events"
"""The label in `bag-info.txt`."""

_VALUE = re.compile(r"([0-9]{1,18}) ([0-9a-f]{64}) ([0-9A-Za-z-]{1,100})\Z")
_LARGEST = 64 << 10


@dataclass(frozen=True, slots=True)
class LogHead:
    """Number and digest (32 bytes) of the last event of the catalog with this id."""

    number: int
    digest: bytes
    catalog_id: str

    def to_text(self) -> str:
        return f"{self.number} {self.digest.hex()} {self.catalog_id}"


def noted_head(layout: VaultLayout) -> LogHead | None:
    """What `bag-info.txt` says; None where it says nothing that can be read."""
    mark = f"{EVENTS}: ".encode("ascii")
    with suppress(OSError), opened(layout.bag_info) as file:
        for line in file.read(_LARGEST).splitlines():
            match = _VALUE.match(line[len(mark) :].decode("ascii", "replace")) if line.startswith(mark) else None
            if match:
                return LogHead(int(match[1]), bytes.fromhex(match[2]), match[3])
    return None
