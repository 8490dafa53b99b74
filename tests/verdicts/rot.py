"""What disks do to files. None of it may ever become what is expected.

The places are found by what was put there (a text, a picture, zeros), not by anybody's parser.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from tests.verdicts import tagger
from tests.verdicts.operations import Case, everywhere, only
from tests.verdicts.tagger import PADDABLE, TAGGABLE, UnfitError

PAGE = 4096
Finder = Callable[[Case, bytes], tuple[int, int]]
"""Where in a file (half-open range of bytes) a kind of damage may strike."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What is done: bytes put in place, or the size cut to `cut`."""

    patches: tuple[tuple[int, bytes], ...] = ()
    cut: int | None = None

    def of(self, data: bytes) -> bytes:
        """The damaged content."""
        changed = bytearray(data[: self.cut])
        for at, new in self.patches:
            changed[at : at + len(new)] = new
        return bytes(changed)


@dataclass(frozen=True, slots=True)
class Rot:
    """One kind of damage. `damage` raises UnfitError where a file has no such place; `like_an_edit`: it
    may leave a clean text, or take just a tag away, which under a moved change time is taken for a small edit
    (resources/docs/decisions.md)."""

    name: str
    prepare: Callable[[Case], None]
    damage: Callable[[Case, bytes], Damage]
    unable: Callable[[str], str]
    like_an_edit: bool = False


# -- what is put into files


def _plain(case: Case) -> None:
    """Without tags where that can be, so that the middle is sound."""
    try:
        tagger.delete(case.row, case.path)
    except UnfitError:
        return


def _text(case: Case) -> str:
    """The text that stands in a case's title, the same at each call."""
    seed = hashlib.sha256(case.path.parent.name.encode()).hexdigest()
    return f"Aria {seed[:24]}"


def _titled(case: Case) -> None:
    options = {"padding": lambda _: 3000} if case.row in PADDABLE else {}
    tagger.set_texts(
        case.row, case.path, title=_text(case), artist="Nobody in particular", comment="x" * 300, **options
    )


def _titled_if_it_can_be(case: Case) -> None:
    if case.row in TAGGABLE:
        _titled(case)


def _cover(case: Case) -> bytes:
    seed = hashlib.sha256(case.path.parent.name.encode()).digest()
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + hashlib.shake_256(seed).digest(30_000)


def _covered(case: Case) -> None:
    tagger.set_picture(case.row, case.path, _cover(case))


def _padded(case: Case) -> None:
    tagger.set_texts(case.row, case.path, title=_text(case), padding=lambda _: 6000)


# -- where it strikes


def _sound(case: Case, data: bytes) -> tuple[int, int]:
    if case.row in TAGGABLE and len(data) < 1000:
        raise UnfitError("hardly any sound in it")
    return len(data) * 35 // 100, max(len(data) * 35 // 100 + 1, len(data) * 75 // 100)


def _title(case: Case, data: bytes) -> tuple[int, int]:
    text = _text(case)
    for coded in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")):
        at = data.find(coded)
        if at >= 0:
            return at, at + len(coded)
    raise UnfitError("its title isn't found")


def _before_title(case: Case, data: bytes) -> tuple[int, int]:
    """The frame's name, length and flags."""
    start, _ = _title(case, data)
    return max(0, start - 14), start


def _picture(case: Case, data: bytes) -> tuple[int, int]:
    """A stretch in the middle of the cover. In Ogg it is base64, cut by page headers: every piece is a place."""
    cover = _cover(case)
    for base in range(9000, 21_000, 300):
        piece = cover[base : base + 240]
        for coded in (piece, base64.b64encode(piece)):
            at = data.find(coded)
            if at >= 0:
                return at, at + len(coded)
        for shift in range(3):  # the description before it isn't a multiple of three bytes
            at = data.find(base64.b64encode(cover[base + shift : base + shift + 240]))
            if at >= 0:
                return at, at + 320
    raise UnfitError("its cover isn't found")


def _header(case: Case, data: bytes) -> tuple[int, int]:
    """The first bytes behind a leading ID3v2 tag (id3.org, section 3.1)."""
    start = 0
    if data[:3] == b"ID3":
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    start = min(start, len(data) - 1)
    return start, min(start + 40, len(data))


def _zeros(_: Case, data: bytes) -> tuple[int, int]:
    """The middle of the first long run of zeros, which is the padding that was put there."""
    at = data.find(bytes(3000))
    if at < 0:
        raise UnfitError("no padding is found")
    return at + 1000, at + 2900


def _tail(_: Case, data: bytes) -> tuple[int, int]:
    return max(0, len(data) - 120), len(data)


# -- how it strikes


def _bit(find: Finder) -> Callable[[Case, bytes], Damage]:
    def damage(case: Case, data: bytes) -> Damage:
        at = case.chance.randrange(*find(case, data))
        return _patch(data, at, bytes([data[at] ^ 1 << case.chance.randrange(8)]))

    return damage


def _burst(find: Finder) -> Callable[[Case, bytes], Damage]:
    """Sixteen bytes inverted or made noise."""

    def damage(case: Case, data: bytes) -> Damage:
        start, stop = find(case, data)
        at = case.chance.randrange(start, max(start + 1, stop - 16))
        old = data[at : min(at + 16, stop)]
        new = case.chance.choice((bytes(byte ^ 0xFF for byte in old), case.chance.randbytes(len(old))))
        return _patch(data, at, new)

    return damage


def _zeroed(find: Finder) -> Callable[[Case, bytes], Damage]:
    """The sector or page that holds the place comes back empty."""

    def damage(case: Case, data: bytes) -> Damage:
        at = case.chance.randrange(*find(case, data))
        unit = case.chance.choice((512, PAGE))
        first = at // unit * unit
        old = data[first : first + unit]
        # Empty cells read as zeros, or as ones on flash.
        return _patch(data, first, (bytes(1) if any(old) else b"\xff") * len(old))

    return damage


def _patch(data: bytes, at: int, new: bytes) -> Damage:
    if data[at : at + len(new)] == new:
        raise UnfitError("the damage would change nothing")
    return Damage(((at, new),))


def _cut(share: float) -> Callable[[Case, bytes], Damage]:
    def damage(case: Case, data: bytes) -> Damage:
        if len(data) < 4:
            raise UnfitError("too short to be cut")
        most = min(int(len(data) * share), len(data) - 2)
        return Damage(cut=len(data) - 1 - case.chance.randrange(max(1, most)))

    return damage


def _cut_behind(case: Case, data: bytes) -> Damage:
    """A few bytes, which may be tags only."""
    return _cut(100 / len(data))(case, data)


def _swapped(case: Case, data: bytes) -> Damage:
    """Another file's content under this one's name and size, as a file system that mixes up blocks gives it."""
    other = next((one for one in case.others if one and not _sounds_alike(one, data)), b"")
    if not other:
        raise UnfitError("all other files are the same music")
    filled = (other * (len(data) // len(other) + 1))[: len(data)]
    return _patch(data, 0, filled)


def _sounds_alike(one: bytes, other: bytes) -> bool:
    """Whether a piece out of the middle of one occurs in the other."""
    middle = one[len(one) // 2 : len(one) // 2 + 64]
    return middle in other or not middle.strip(b"\0")


_tags = only(TAGGABLE, "mutagen writes no tags to it")
_padding = only(PADDABLE, "its tags have no padding")


ROTS: tuple[Rot, ...] = (
    Rot("bit in the sound", _plain, _bit(_sound), everywhere),
    Rot("burst in the sound", _plain, _burst(_sound), everywhere),
    Rot("page of the sound zeroed", _plain, _zeroed(_sound), everywhere),
    Rot("bit in a text", _titled, _bit(_title), _tags, like_an_edit=True),
    Rot("burst in a text", _titled, _burst(_title), _tags),
    Rot("bit before a text", _titled, _bit(_before_title), _tags, like_an_edit=True),
    Rot("page of the tags zeroed", _titled, _zeroed(_title), _tags),
    Rot("bit in the cover", _covered, _bit(_picture), _tags),
    Rot("burst in the cover", _covered, _burst(_picture), _tags),
    Rot("page of the cover zeroed", _covered, _zeroed(_picture), _tags),
    Rot("bit in the header", _plain, _bit(_header), everywhere),
    Rot("bit in the padding", _padded, _bit(_zeros), _padding),
    Rot("bit in the last bytes", _titled_if_it_can_be, _bit(_tail), everywhere, like_an_edit=True),
    Rot("cut short", _plain, _cut(0.7), everywhere),
    Rot("last bytes cut off", _titled_if_it_can_be, _cut_behind, everywhere, like_an_edit=True),
    Rot("content of another file", _plain, _swapped, everywhere),
)  # fmt: skip
