"""What the comparison of two versions shows. Frozen values, no Qt, no engine."""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.gui.models.actions import Action


@dataclass(frozen=True, slots=True)
class Side:
    """One of two versions: what it is, where it stands, its size in words, and the action that plays it (None: it is
    out of reach)."""

    name: str
    where: str = ""
    words: str = ""
    play: Action | None = None


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field of the tags that differs; empty text where it isn't there."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PictureSide:
    """An embedded picture in words, and as a small PNG where it could be read."""

    words: str
    image: bytes = b""


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A picture that differs: removed, added, or exchanged where both are there."""

    before: PictureSide | None
    after: PictureSide | None


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the sound, in seconds; `lost` where nothing can bring it back."""

    begins: float
    ends: float
    lost: bool = False


@dataclass(frozen=True, slots=True)
class SoundPart:
    """Which seconds differ, over the length of one version. `spans` None: nobody could look."""

    title: str
    seconds: float
    spans: tuple[Span, ...] | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions of one file side by side, and what can be done about it, the recommended action first."""

    item: int
    path: bytes
    headline: str
    before: Side
    after: Side
    fields: tuple[FieldRow, ...] = ()
    pictures: tuple[PictureRow, ...] = ()
    sound: tuple[SoundPart, ...] = ()
    actions: tuple[Action, ...] = ()
    footnote: str = ""


@dataclass(frozen=True, slots=True)
class PairLine:
    """One of many comparisons, in a line."""

    path: bytes
    where: str
    words: str
    look: Action


@dataclass(frozen=True, slots=True)
class Comparing:
    """The page: one pair whole, or many in a line each; a message where there is nothing to compare."""

    title: str
    pair: Pair | None = None
    lines: tuple[PairLine, ...] = ()
    actions: tuple[Action, ...] = ()
    message: str = ""
