"""How much parity an album gets, and in which portions: pure rules over sizes.

PAR2 cuts the files of a set into slices of one size; a recovery slice makes good for any one slice that is lost,
wherever. Many small slices mend many scattered sectors but cost time (their number times that of the recovery slices);
at most 32,768 are allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from blake3 import blake3

MOST_PERCENT = 30
SUGGESTED_PERCENT = 5
"""Where there is one drive only: a scratch or some dead sectors are mended without a second copy."""

_SLICES = 2000
_GRAIN = 4096
_MOST_FILES = 500
_MOST_BYTES = 4 << 30
_PACKET = 68


def slice_size(sizes: Sequence[int]) -> int:
    """The slice size for files of these sizes, in bytes: about 2,000 slices as par2 itself makes, whole disk sectors,
    so that a lost sector costs one slice, or two."""
    return _GRAIN * max(1, -(-sum(sizes) // (_SLICES * _GRAIN)))


def slices(sizes: Iterable[int], each: int) -> int:
    """How many slices files of these sizes have; each file begins one of its own."""
    return sum(-(-size // each) for size in sizes)


def recovery_slices(sizes: Sequence[int], percent: int) -> int:
    """How many lost slices can be made good: `percent` of them, at least one."""
    return max(1, -(-slices(sizes, slice_size(sizes)) * percent // 100))


def expected_size(sizes: Sequence[int], percent: int) -> int:
    """About how large the set's file becomes, in bytes (rather too much): recovery slices, and the list of slices
    and files once more for each doubling of them."""
    each, recovery = slice_size(sizes), recovery_slices(sizes, percent)
    lists = 20 * slices(sizes, each) + 512 * len(sizes) + 512
    return recovery * (each + _PACKET) + (recovery.bit_length() + 1) * lists


def portions(sizes: Sequence[int]) -> int:
    """Into how many sets a folder is divided: a power of two, so that a growing folder is seldom divided anew."""
    needed, count = max(-(-len(sizes) // _MOST_FILES), -(-sum(sizes) // _MOST_BYTES)), 1
    while count < needed:
        count *= 2
    return count


def portion_of(path: bytes, count: int) -> int:
    """To which of so many sets a file belongs: by its name alone, so that a new neighbour moves no other."""
    return int.from_bytes(blake3(path).digest(4), "big") % count
