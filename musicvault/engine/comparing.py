"""How a file differs from a proven copy, in sectors: a short damaged run in place is no new version."""

from __future__ import annotations

from musicvault.domain.notices import Checkpoint
from musicvault.domain.values import MIB
from musicvault.domain.verdict import Sectors
from musicvault.errors import ItemError
from musicvault.storage.reading import OpenFile

SECTOR = 4096


def sectors(path: bytes, proven: bytes, checkpoint: Checkpoint) -> Sectors | None:
    """Compare two files of one size sector by sector; None where one can't be read or the sizes differ."""
    first, last, differing = -1, -1, 0
    try:
        with OpenFile(path) as one, OpenFile(proven) as other:
            size = one.stat.size
            if size != other.stat.size:
                return None
            for start in range(0, size, MIB):
                checkpoint()
                left, right = one.read_at(start, MIB), other.read_at(start, MIB)
                if left == right:
                    continue
                for offset in range(0, len(left), SECTOR):
                    if left[offset : offset + SECTOR] != right[offset : offset + SECTOR]:
                        last = (start + offset) // SECTOR
                        first = last if first < 0 else first
                        differing += 1
    except ItemError:
        return None
    return Sectors(differing, first, last, -(-size // SECTOR)) if differing else None
