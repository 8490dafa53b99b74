"""The BLAKE3 digests of very many mixtures of one block at once.

BLAKE3 is a tree (BLAKE3 paper, section 2): sectors that stay have the same chaining values in every mixture, and only
what lies between a sector and the root is computed anew. Many mixtures are computed side by side: word by word,
each in 64 bits of one long integer, whose sums, exclusive ors and shifts Python does in C.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_SECTOR = 4096  # the unit of `mixing`: four chunks of BLAKE3
_CHUNK, _BLOCK, _WORDS = 1024, 64, 256
_CHUNK_START, _CHUNK_END, _PARENT, _ROOT = 1, 2, 4, 8
_IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
_ORDER = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_STEPS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
_DIAGONALS = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))

Word = int
"""One 32-bit word of each mixture, in 64 bits each."""


@dataclass(frozen=True, slots=True)
class _Node:
    """The chaining values of a subtree: eight words, of `count` mixtures."""

    words: tuple[Word, ...]
    count: int


@lru_cache(maxsize=64)
def _ones(count: int) -> int:
    return int.from_bytes((b"\1" + bytes(7)) * count, "little")


def _compress(
    chaining: Sequence[Word], block: Sequence[Word], counter: Word, length: int, flags: int, count: int
) -> tuple[Word, ...]:
    ones = _ones(count)
    mask = ones * 0xFFFFFFFF
    v = [*chaining, *(word * ones for word in _IV[:4]), counter, 0, length * ones, flags * ones]
    m = list(block)
    for _ in range(7):
        for number, (a, b, c, d) in enumerate((*_STEPS, *_DIAGONALS)):
            for word, first, second in ((m[2 * number], 16, 12), (m[2 * number + 1], 8, 7)):
                v[a] = (v[a] + v[b] + word) & mask
                x = v[d] ^ v[a]
                v[d] = (x >> first | x << (32 - first)) & mask
                v[c] = (v[c] + v[d]) & mask
                x = v[b] ^ v[c]
                v[b] = (x >> second | x << (32 - second)) & mask
        m = [m[place] for place in _ORDER]
    return tuple(v[n] ^ v[n + 8] for n in range(8))


def _chunks(data: Sequence[bytes], counters: Sequence[int]) -> list[tuple[Word, ...]]:
    """The chaining values of whole or partial chunks of one length, each by itself."""
    count, size = len(data), len(data[0])
    padded = -(-size // _BLOCK) * _BLOCK
    plain = array("I", b"".join(chunk.ljust(padded, b"\0") for chunk in data))
    if sys.byteorder == "big":
        plain.byteswap()
    each = padded // 4
    words = [_packed(plain[place::each]) for place in range(each)]
    state: tuple[Word, ...] = tuple(word * _ones(count) for word in _IV)
    counter = _packed(array("I", counters))
    for start in range(0, padded, _BLOCK):
        last = start + _BLOCK == padded
        flags = (_CHUNK_START if start == 0 else 0) | (_CHUNK_END if last else 0)
        block = words[start // 4 : start // 4 + 16]
        state = _compress(state, block, counter, size - start if last else _BLOCK, flags, count)
    split = [_lanes(word, count) for word in state]
    return [tuple(lanes[number] for lanes in split) for number in range(count)]


def _packed(values: Sequence[int]) -> Word:
    wide = array("Q", values)
    if sys.byteorder == "big":
        wide.byteswap()
    return int.from_bytes(wide.tobytes(), "little")


def _lanes(word: Word, count: int) -> array[int]:
    found = array("Q", word.to_bytes(8 * count, "little"))
    if sys.byteorder == "big":
        found.byteswap()
    return found


class Combinations:
    """Every mixture of one block: `variants` are the sectors that may stand at each place of `choices` (sector
    numbers, ascending). The block must have more than one chunk (1 KiB)."""

    def __init__(self, block: bytes, choices: Sequence[int], variants: Sequence[Sequence[bytes]]) -> None:
        self._size = len(block)
        self._counts = {place: len(stands) for place, stands in zip(choices, variants, strict=True)}
        self._leaf: dict[tuple[int, int], tuple[Word, ...]] = {}
        chosen = dict(zip(choices, variants, strict=True))
        by_length: dict[int, list[tuple[int, int, bytes]]] = {}
        for number, start in enumerate(range(0, len(block), _SECTOR)):
            for pick, sector in enumerate(chosen.get(number, (block[start : start + _SECTOR],))):
                for at in range(0, len(sector), _CHUNK):
                    chunk = sector[at : at + _CHUNK]
                    by_length.setdefault(len(chunk), []).append(((start + at) // _CHUNK, pick, chunk))
        for chunks in by_length.values():
            values = _chunks([chunk for _, _, chunk in chunks], [counter for counter, _, _ in chunks])
            self._leaf.update(
                ((counter, pick), value) for (counter, pick, _), value in zip(chunks, values, strict=True)
            )

    def find(self, is_right: Callable[[bytes], bool], step: Callable[[], None]) -> tuple[int, ...] | None:
        """The variant of each choice that gives the right digest (32 bytes), None where none does. `step` is called
        now and then."""
        self._step = step
        root = self._node(0, -(-self._size // _CHUNK), _ROOT)
        split = [_lanes(word, root.count) for word in root.words]
        for number, words in enumerate(zip(*split, strict=True)):
            if is_right(b"".join(word.to_bytes(4, "little") for word in words)):
                return tuple(self._picks(number))
        return None

    def _picks(self, number: int) -> Iterator[int]:
        """The last choice changes fastest."""
        rest = number
        picks = []
        for count in reversed(self._counts.values()):
            rest, pick = divmod(rest, count)
            picks.append(pick)
        return reversed(picks)

    def _node(self, low: int, high: int, flags: int = 0) -> _Node:
        """The subtree over these chunks; the left half is the largest power of two that leaves something."""
        self._step()
        sector, each = low * _CHUNK // _SECTOR, _SECTOR // _CHUNK
        if low % each == 0 and high - low <= each:
            picks = range(self._counts.get(sector, 1))
            nodes = [self._within(low, high, pick) for pick in picks]
            return _Node(tuple(_packed(words) for words in zip(*nodes, strict=True)), len(nodes))
        half = 1 << (high - low - 1).bit_length() - 1
        left, right = self._node(low, low + half), self._node(low + half, high)
        count = left.count * right.count
        block = (*_spread(left, right.count), *_tiled(right, left.count))
        start = tuple(word * _ones(count) for word in _IV)
        return _Node(_compress(start, block, 0, _BLOCK, _PARENT | flags, count), count)

    def _within(self, low: int, high: int, pick: int) -> tuple[Word, ...]:
        """A subtree within one sector, of one variant."""
        if high - low == 1:
            return self._leaf[low, pick]
        half = 1 << (high - low - 1).bit_length() - 1
        block = (*self._within(low, low + half, pick), *self._within(low + half, high, pick))
        return _compress(_IV, block, 0, _BLOCK, _PARENT, 1)


def _spread(node: _Node, times: int) -> Iterator[Word]:
    """Each mixture so many times in a row."""
    for word in node.words:
        raw = word.to_bytes(8 * node.count, "little")
        yield int.from_bytes(b"".join(raw[n : n + 8] * times for n in range(0, len(raw), 8)), "little")


def _tiled(node: _Node, times: int) -> Iterator[Word]:
    """All mixtures so many times over."""
    for word in node.words:
        yield int.from_bytes(word.to_bytes(8 * node.count, "little") * times, "little")
