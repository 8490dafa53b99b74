"""How alike two fingerprints are: the measure by which tests compare what tools say of one recording."""

from __future__ import annotations

from musicvault.domain.values import Fingerprint

MOST_SHIFT = 120
"""Items (of an eighth of a second) that two fingerprints are shifted against each other: AcoustID's limit."""

LEAST_OVERLAP = 0.8
"""Share of the shorter fingerprint that has to overlap: short overlaps match by chance."""

_ITEM_BITS = 32


def bit_error_rate(one: Fingerprint, other: Fingerprint) -> float:
    """Share of differing bits (0.0 the same, about 0.5 unrelated) where the two align best.

    The shorter is shifted against the longer by up to 120 items either way, as AcoustID does, as long as
    four fifths of the shorter overlap. 1.0 where one of them is empty.
    """
    shorter, longer = sorted((one.items, other.items), key=len)
    if not shorter:
        return 1.0
    least = max(1, int(len(shorter) * LEAST_OVERLAP))
    short_bytes, long_bytes = _packed(shorter), _packed(longer)
    best = 1.0
    for shift in range(-MOST_SHIFT, MOST_SHIFT + 1):
        begin_short, begin_long = max(0, -shift), max(0, shift)
        length = min(len(shorter) - begin_short, len(longer) - begin_long)
        if length < least:
            continue
        left = int.from_bytes(short_bytes[4 * begin_short : 4 * (begin_short + length)], "little")
        right = int.from_bytes(long_bytes[4 * begin_long : 4 * (begin_long + length)], "little")
        best = min(best, (left ^ right).bit_count() / (_ITEM_BITS * length))
    return best


def _packed(items: tuple[int, ...]) -> bytes:
    return b"".join(item.to_bytes(4, "little") for item in items)
