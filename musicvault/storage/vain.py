"""Searches that found nothing, known again by all that decides what a search comes to.

A search mixes the bytes of some copies and looks for a digest; it depends on nothing else. So the digest of both names
it: with the very same bytes it is in vain again, and as soon as one copy more is there, one has changed, or a sector
can be read that couldn't be before (or the other way round) it is another search. Looking at the copies is therefore
never saved, only the search. In which order they are given doesn't matter, nor for which of them it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from blake3 import blake3

from musicvault import __version__


class InVain(Protocol):
    """A memory of searches that found nothing; a set will do."""

    def __contains__(self, search: object, /) -> bool: ...

    def add(self, search: bytes, /) -> None: ...


class Copies:
    """The digests of so many copies, told sector by sector; None for what one can't give."""

    def __init__(self, count: int) -> None:
        self._digests = [blake3() for _ in range(count)]

    def tell(self, copy: int, sectors: Sequence[bytes | None]) -> None:
        """What follows of a copy, all sectors but the last of a file being of one size."""
        digest = self._digests[copy]
        digest.update(len(sectors).to_bytes(8) + bytes(sector is not None for sector in sectors))
        digest.update(b"".join(sector for sector in sectors if sector is not None))

    def search(self, wanted: bytes, *bounds: int) -> bytes:
        """What names the search for this digest among the copies, within these bounds: another version of the program
        may know better how to search."""
        digests = sorted(digest.digest() for digest in self._digests)
        return blake3(repr((__version__, wanted, bounds, digests)).encode()).digest()
