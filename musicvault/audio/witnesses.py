"""What a format's own checksums say of bytes about which copies disagree.

FLAC closes each frame with a CRC-16 and each frame's header with a CRC-8 (RFC 9639, section 9); Ogg has a CRC-32 in
each page (RFC 3533, section 6). Where copies differ, only one mixture makes frames or pages that hold. From a frame's
start the sectors are put behind each other, the copy that was right last first, until its checksum holds. This is
evidence, not proof: whoever asks has the digest of the whole.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, Protocol

from musicvault.audio.structure import checksum

_MOST_TRIES = 4096
"""So many mixtures are tried for one frame or page."""

_MOST_IN_ALL = 1 << 18
"""So many for a file: some 20 seconds. What holds is found with few; where nothing does, it ends."""

_LONGEST = 128 << 10
"""Bytes: more than a frame of eight channels in 24 bits has. The length that a file states may itself be rotten."""

_PIECE = 16 << 10


class Choice(NamedTuple):
    """Bytes from `offset` on, of which there are several variants of one length."""

    offset: int
    variants: Sequence[bytes]

    @property
    def end(self) -> int:
        return self.offset + len(self.variants[0])


class _Unit(Protocol):
    """A part of a file with a checksum of its own, of at most `longest` bytes."""

    @property
    def longest(self) -> int: ...

    def first(self, data: bytes | bytearray) -> int:
        """Where the first one begins; what stands before it has no witness."""

    def before(self, data: bytes | bytearray, low: int, high: int) -> int | None:
        """Where the last one begins whose head lies whole between these offsets."""

    def begin(self) -> _Sum:
        """To be fed one from its start on."""


class _Sum(Protocol):
    def end(self, unit: bytes, last: bool) -> int | None:
        """Where the unit ends, given its bytes and perhaps more; None where it doesn't yet, below zero where it never
        will. `last`: the file ends there."""

    def copy(self) -> _Sum: ...


def settled(data: bytes, choices: Sequence[Choice]) -> Mapping[int, int]:
    """By number, the choices of which the variant is known, with its number. `data` is the file with the first variant
    of each everywhere; the choices are in order."""
    units: dict[bytes, _Unit] = {b"fLaC": _FlacFrames(_longest_frame(data)), b"OggS": _OggPages()}
    unit = units.get(data[:4])
    return {} if unit is None else _Settling(bytearray(data), choices, unit).run()


@dataclass(slots=True)
class _Settling:
    data: bytearray
    choices: Sequence[Choice]
    unit: _Unit
    allowed: dict[int, list[int]] = field(default_factory=dict)
    at: dict[int, int] = field(default_factory=dict)
    tries: int = 0
    in_all: int = 0

    def run(self) -> Mapping[int, int]:
        self.allowed = {number: list(range(len(one.variants))) for number, one in enumerate(self.choices)}
        self.at = {one.offset: number for number, one in enumerate(self.choices)}
        first = self.unit.first(self.data)
        floor, start = first, first
        for number, choice in enumerate(self.choices):
            while choice.end > first and len(self.allowed[number]) > 1 and self.in_all < _MOST_IN_ALL:
                if start < 0 or choice.offset - start > self.unit.longest or start >= choice.end:
                    found = self.unit.before(self.data, max(floor, choice.offset - self.unit.longest), choice.offset)
                    start = -1 if found is None else found
                end = self._walked(start) if start >= 0 else None
                if end is None or end <= start:
                    floor, start = choice.end, -1  # neither is right, or what stands before isn't
                    break
                start = end
                if end > choice.end and len(self.allowed[number]) > 1:
                    break  # the same in both, as far as the checksum goes
        return {number: left[0] for number, left in self.allowed.items() if len(left) == 1}

    def _walked(self, start: int) -> int | None:
        """Where the unit that begins at `start` ends, with what it is made of settled; None where no mixture holds."""
        self.tries = 0
        inside = next((n for n, one in enumerate(self.choices) if one.offset < start < one.end), None)
        found = None
        if inside is None:
            found = self._extended(start, b"", start, {}, self.unit.begin())
        else:
            one = self.choices[inside]
            for pick in self.allowed[inside]:
                begun = bytes(one.variants[pick][start - one.offset :])
                found = found or self._extended(start, begun, one.end, {inside: pick}, self.unit.begin())
        if found is None:
            return None
        end, picks = found
        for number, pick in picks.items():
            one = self.choices[number]
            sure = one.variants[pick][: max(0, end - one.offset)]
            self.allowed[number] = [n for n in self.allowed[number] if one.variants[n][: len(sure)] == sure]
            best = self.allowed[number][0]
            self.data[one.offset : one.end] = one.variants[best]
        return end

    def _extended(
        self, start: int, unit: bytes, reached: int, picks: dict[int, int], sum_: _Sum
    ) -> tuple[int, dict[int, int]] | None:
        """The unit's end and the variants that it is made of, from what is put together up to `reached`."""
        self.tries += 1
        self.in_all += 1
        end = sum_.end(unit, reached >= len(self.data)) if unit else None
        if end is not None:
            return (start + end, picks) if end >= 0 else None
        if reached >= len(self.data) or len(unit) > self.unit.longest or self.tries > _MOST_TRIES:
            return None
        number = self.at.get(reached)
        if number is None or len(self.allowed[number]) == 1:
            stop = self._boundary(reached)
            return self._extended(start, unit + self.data[reached:stop], stop, picks, sum_)
        one = self.choices[number]
        for pick in self._likely(number, picks):
            tried = {**picks, number: pick}
            found = self._extended(start, unit + one.variants[pick], one.end, tried, sum_.copy())
            if found is not None:
                return found
        return None

    def _boundary(self, reached: int) -> int:
        """The next choice to be made, no more than a piece away."""
        stop = min(reached + _PIECE, len(self.data))
        first = next((offset for offset in self._open(reached + 1)), stop)
        return min(stop, first)

    def _open(self, low: int) -> Iterator[int]:
        for offset in range(-(-low // 4096) * 4096, low + _PIECE + 4096, 4096):
            number = self.at.get(offset)
            if number is not None and len(self.allowed[number]) > 1:
                yield offset

    def _likely(self, number: int, picks: dict[int, int]) -> list[int]:
        """The variant with the number that was right in the choice before comes first: copies fail in runs."""
        before = picks.get(number - 1)
        if before is None and self.allowed.get(number - 1, []) and len(self.allowed[number - 1]) == 1:
            before = self.allowed[number - 1][0]
        return sorted(self.allowed[number], key=lambda pick: pick != before)


# -- FLAC


class _Header(NamedTuple):
    number: int
    following: int
    """The number that the next frame has."""


@dataclass(frozen=True, slots=True)
class _FlacFrames:
    longest: int

    def first(self, data: bytes | bytearray) -> int:
        at, last = 4, False
        while not last and at + 4 <= len(data):
            last = data[at] & 0x80 != 0
            at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        return at if _header(data[at : at + 16]) is not None else 0

    def before(self, data: bytes | bytearray, low: int, high: int) -> int | None:
        at = high
        while (at := data.rfind(b"\xff", low, at)) >= 0:
            if _header(data[at : min(high, at + 16)]) is not None:
                return at
        return None

    def begin(self) -> _Sum:
        return _FlacSum()


@dataclass(slots=True)
class _FlacSum:
    done: int = 0
    crc: int = 0
    scanned: int = 2

    def copy(self) -> _Sum:
        return _FlacSum(self.done, self.crc, self.scanned)

    def end(self, unit: bytes, last: bool) -> int | None:
        own = _header(unit[:16])
        if own is None:
            return -1 if len(unit) >= 16 else None
        at = self.scanned - 1
        while (at := unit.find(b"\xff", at + 1)) >= 0 and (last or at + 16 <= len(unit)):
            following = _header(unit[at : at + 16])
            if following is not None and following.number == own.following:  # by chance once in a billion bytes
                return at if self._holds(unit, at) else -1
        self.scanned = max(self.scanned, len(unit) - 15)
        return len(unit) if last and self._holds(unit, len(unit)) else None

    def _holds(self, unit: bytes, end: int) -> bool:
        """Whether the CRC-16 over all of it, its own two bytes included, is zero."""
        even = self.done + (end - self.done) // 2 * 2
        table, crc = _words(), self.crc
        for word in struct.unpack(f">{(even - self.done) // 2}H", unit[self.done : even]):
            crc = table[crc ^ word]
        self.done, self.crc = even, crc
        return (crc if even == end else (crc << 8 & 0xFFFF) ^ table[crc >> 8 ^ unit[even]]) == 0


def _longest_frame(data: bytes) -> int:
    """Bytes of the longest frame: as STREAMINFO states it, else that of one whose samples aren't coded at all, and no
    more than is ever needed."""
    info = data[8:26].ljust(18, b"\0")
    stated, samples = int.from_bytes(info[7:10], "big"), int.from_bytes(info[2:4], "big")
    channels, bits = (info[12] >> 1 & 7) + 1, ((info[12] & 1) << 4 | info[13] >> 4) + 1
    return min(_LONGEST, (stated or samples * channels * (bits + 7) // 8) + 64)


def _header(head: bytes | bytearray) -> _Header | None:
    """A frame header at the start of these bytes (RFC 9639, section 9.1)."""
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xFE != 0xF8 or head[3] & 1 or head[3] >> 4 > 10:
        return None
    size, rate = head[2] >> 4, head[2] & 15
    first, more = head[4], 0
    while more < 7 and first & 0x80 >> more:
        more += 1
    at = 4 + max(1, more)
    if size == 0 or rate == 15 or more == 1 or more == 8 or len(head) < at + 5:
        return None
    number = first & 0x7F >> more
    for byte in head[5:at]:
        if byte & 0xC0 != 0x80:
            return None
        number = number << 6 | byte & 0x3F
    extra = 1 if size == 6 else 2 if size == 7 else 0
    block = int.from_bytes(head[at : at + extra], "big") + 1 if extra else _block_size(size)
    at += extra + (1 if rate == 12 else 2 if rate in (13, 14) else 0)
    if len(head) <= at or _crc8(head[:at]) != head[at]:
        return None
    return _Header(number, number + block if head[1] & 1 else number + 1)


def _block_size(code: int) -> int:
    return 192 if code == 1 else 576 << code - 2 if code <= 5 else 256 << code - 8


def _crc8(data: bytes | bytearray) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x107) & 0xFF if crc & 0x80 else crc << 1
    return crc


@lru_cache(maxsize=1)
def _words() -> Sequence[int]:
    """The CRC-16 (polynomial 8005) of each two bytes."""
    single = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x18005) & 0xFFFF if crc & 0x8000 else crc << 1
        single.append(crc)
    return [
        single[(single[word >> 8] >> 8) ^ (word & 0xFF)] ^ (single[word >> 8] << 8 & 0xFFFF) for word in range(1 << 16)
    ]


# -- Ogg


class _OggPages:
    longest = 27 + 255 + 255 * 255

    def first(self, data: bytes | bytearray) -> int:
        return 0

    def before(self, data: bytes | bytearray, low: int, high: int) -> int | None:
        at = data.rfind(b"OggS\0", low, high)
        return at if at >= 0 else None

    def begin(self) -> _Sum:
        return _OggSum()


class _OggSum:
    def copy(self) -> _Sum:
        return self

    def end(self, unit: bytes, last: bool) -> int | None:
        body = 27 + (unit[26] if len(unit) > 26 else 255)
        if unit[:4] != b"OggS" or len(unit) < body or len(unit) < (end := body + sum(unit[27:body])):
            return None
        page = unit[:end]
        right = checksum(page[:22] + b"\0\0\0\0" + page[26:]) == int.from_bytes(page[22:26], "little")
        return end if right else -1
