"""What is lost of a file, in bytes and in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from musicvault.domain.values import BLOCK_SIZE
from musicvault.language import tr, trn

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Lost:
    """Bytes `start` to `end` (exclusive) that no copy within reach has right. `begins` and `ends` are seconds of the
    sound, None where none of it is hit or that can't be known; `approximate`: reckoned from the file's length.
    `readable`: there are bytes, but which of them are right can't be known; else no copy can be read there."""

    start: int
    end: int
    begins: float | None = None
    ends: float | None = None
    approximate: bool = False
    readable: bool = False

    @property
    def blocks(self) -> range:
        """The 1 MiB blocks that it touches."""
        return range(self.start // BLOCK_SIZE, -(-self.end // BLOCK_SIZE))


def clock(seconds: float, *, up: bool = False) -> str:
    """Minutes, seconds and tenths, "m:ss.s", cut off or (`up`) rounded up."""
    tenths = math.ceil(seconds * 10 - 1e-6) if up else math.floor(seconds * 10 + 1e-6)
    return f"{tenths // 600}:{tenths % 600 // 10:02d}.{tenths % 10}"


def in_words(lost: Sequence[Lost]) -> str:
    """ "1:31.2–1:33.0, 2:10.4–2:10.5": times where sound is hit, else bytes; the longest list names five."""
    return _listed([_part(one) for one in lost[:_MOST_NAMED]], len(lost))


def bytes_in_words(lost: Sequence[Lost]) -> str:
    """ "bytes 0–4,095, bytes 8,192–12,287": all in bytes, also where sound is hit; the longest list names five."""
    return _listed([_bytes(one) for one in lost[:_MOST_NAMED]], len(lost))


def _listed(parts: list[str], amount: int) -> str:
    if amount > _MOST_NAMED:
        parts.append(trn("{count} more place", "{count} more places", amount - _MOST_NAMED))
    return ", ".join(parts)


def _bytes(one: Lost) -> str:
    return tr("bytes {first:,}–{last:,}", first=one.start, last=one.end - 1)


def _part(one: Lost) -> str:
    if one.begins is None or one.ends is None:
        return _bytes(one)
    begins, ends = clock(one.begins), clock(one.ends, up=True)
    return tr("about {begins}–{ends}", begins=begins, ends=ends) if one.approximate else f"{begins}–{ends}"
