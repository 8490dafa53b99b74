"""What the readers of tags put together: fields, pictures and binaries, bounded against hostile files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from blake3 import blake3

from musicvault.domain.fields import RAW
from musicvault.domain.values import Picture, Wrapper

LONGEST_VALUE = 1 << 16
MOST_VALUES = 500
MOST_PICTURED = 48 << 20
_MOST_OF_ONE_FIELD = 64
_PARTS = 8
_PART_SIZE = 4
_DIGEST_SIZE = 16


class Gathered:
    """Collects what one or more tags of a file say. Values beyond the bounds are kept as digests, so that a
    change in them is still seen."""

    def __init__(self) -> None:
        self.fields: dict[str, list[str]] = {}
        self.pictures: list[Picture] = []
        self.binaries: list[tuple[str, int, bytes]] = []
        self._values = 0
        self._overflow = blake3()
        self._overflowed = False

    def add(self, name: str, *values: str) -> None:
        """Values of a canonical field; empty ones are dropped."""
        for value in values:
            # Lone surrogates can't be stored as UTF-8; NUL ends texts elsewhere.
            text = value.encode("utf-8", "replace").decode("utf-8").strip("\0")
            if not text:
                continue
            if len(text) > LONGEST_VALUE // 4 and len(text.encode()) > LONGEST_VALUE:
                text = _shortened(text)
            known = self.fields.setdefault(name, [])
            if self._values >= MOST_VALUES or len(known) >= _MOST_OF_ONE_FIELD:
                self._overflow.update(f"{name}={text}\0".encode())
                self._overflowed = True
            else:
                known.append(text)
                self._values += 1

    def add_raw(self, key: str, *values: str) -> None:
        """Values under a format's own key."""
        self.add(RAW + key.casefold()[:256], *values)

    def add_picture(self, role: int, mime: str, data: bytes) -> None:
        if len(self.pictures) < MOST_VALUES:
            self.pictures.append(Picture(role, mime[:128].strip("\0"), len(data), short_digest(data), _parts(data)))
        else:
            self._overflow.update(data)
            self._overflowed = True

    def add_binary(self, name: str, data: bytes) -> None:
        if len(self.binaries) < MOST_VALUES:
            self.binaries.append((name[:256], len(data), short_digest(data)))
        else:
            self._overflow.update(data)
            self._overflowed = True

    def add_keyed(self, items: Iterable[tuple[str, tuple[str, ...]]], lookup: dict[str, tuple[str, int]]) -> None:
        """Values by a scheme's keys. Of several keys of one field the best ranked gives the field, the others
        stay under their own names."""
        ranked: dict[str, tuple[int, str, tuple[str, ...]]] = {}
        raw: list[tuple[str, tuple[str, ...]]] = []
        for key, values in items:
            field, rank = lookup.get(key.casefold(), ("", 0))
            if not field:
                raw.append((key, values))
                continue
            other = ranked.get(field)
            if other is None:
                ranked[field] = rank, key, values
            elif other[0] == rank:
                ranked[field] = rank, key, (*other[2], *values)
            elif other[0] < rank:
                raw.append((key, values))
            else:
                ranked[field] = rank, key, values
                raw.append(other[1:])
        for field, (_, key, values) in ranked.items():
            self.add(field, *(map(_fraction, values) if key.casefold().endswith(_FMPS_RATING) else values))
        for key, values in raw:
            self.add_raw(key, *values)

    def join(self, scheme: str, other: Gathered) -> None:
        """Take in a further tag of the same file. The first that says anything is the file's own; a later one fills
        in fields that are lacking, and all it says is kept under its own name, so that an edit of that tag
        alone is seen as one."""
        if not self.fields and not self.pictures:
            self.fields, self._values = other.fields, other._values
            self._overflow, self._overflowed = other._overflow, other._overflowed
            self.pictures = other.pictures
            self.binaries += other.binaries
            return
        known = set(self.fields)
        for name, values in other.fields.items():
            if name not in known and not name.startswith(RAW):
                self.add(name, *values)
            self.add_raw(f"{scheme}:{name.removeprefix(RAW)}", *values)
        self.pictures += other.pictures[: MOST_VALUES - len(self.pictures)]
        self.binaries += [(f"{scheme}:{name}", size, digest) for name, size, digest in other.binaries]

    def wrapper(self, solid: bytes | None = None) -> Wrapper:
        fields = {name: tuple(values) for name, values in self.fields.items() if values}
        if self._overflowed:
            fields[RAW + "overflow"] = (self._overflow.hexdigest()[: 2 * _DIGEST_SIZE],)
        return Wrapper(fields, tuple(self.pictures), tuple(sorted(self.binaries)), solid)


class Pictured(Gathered):
    """Collects the pictures' own bytes as well, by their digests; at most `MOST_PICTURED` of them in all."""

    def __init__(self) -> None:
        super().__init__()
        self.pictured: dict[bytes, bytes] = {}

    def add_picture(self, role: int, mime: str, data: bytes) -> None:
        super().add_picture(role, mime, data)
        if sum(map(len, self.pictured.values())) + len(data) <= MOST_PICTURED:
            self.pictured.setdefault(short_digest(data), bytes(data))

    def join(self, scheme: str, other: Gathered) -> None:
        super().join(scheme, other)
        if isinstance(other, Pictured):
            self.pictured = {**other.pictured, **self.pictured}


def short_digest(data: bytes) -> bytes:
    return blake3(data).digest(_DIGEST_SIZE)


def guarded(read: Callable[[], None]) -> str:
    """Run a reader of someone else's library over hostile bytes: whatever it raises becomes words.

    Parsers of damaged files fail in every way there is (KeyError, struct.error, RecursionError, …), so
    nothing narrower would do.
    """
    try:
        read()
    except MemoryError:
        return "a length in it is absurd"
    except Exception as error:
        from mutagen import MutagenError

        if isinstance(error, MutagenError | ValueError) and str(error):  # made for people, our own readers' too
            return str(error).replace("'' is", "this is")[:300]  # '' is a file without a name
        return f"{type(error).__name__}: {error}"[:300]
    return ""


_FMPS_RATING = ("fmps_rating", "fmps/rating")


def _fraction(value: str) -> str:
    """Clementine and Strawberry write 1 for the 1.0 of five stars, which in every other convention is one star: with
    its point it says what it means."""
    return "1.0" if value == "1" else value


def _parts(data: bytes) -> bytes:
    """Eight digests of four bytes: one for each eighth of the data."""
    bounds = [len(data) * part // _PARTS for part in range(_PARTS + 1)]
    view = memoryview(data)
    return b"".join(blake3(view[start:stop]).digest(_PART_SIZE) for start, stop in itertools.pairwise(bounds))


def _shortened(text: str) -> str:
    encoded = text.encode()
    mark = f"… [{blake3(encoded).hexdigest()[: 2 * _DIGEST_SIZE]}]"
    return encoded[: LONGEST_VALUE - len(mark.encode())].decode("utf-8", "ignore") + mark
