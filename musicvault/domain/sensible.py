"""Is a change of the wrapper one that a person's tagger makes, or one that a failing disk makes?

Sensible: other text field values, pictures added, removed or exchanged whole, or bytes in padding only. Not
sensible: a picture or binary frame that differs in part, or bytes that changed although nothing that was parsed did.
"""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.domain.comparison import field_changes, pictures_only_in
from musicvault.domain.fields import UNPARSED
from musicvault.domain.values import Picture, Wrapper

_PART = 4


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two wrappers. `partial` names a picture or frame that differs in part; `unparsed`:
    tags that could be read can no longer be."""

    fields: tuple[str, ...] = ()
    pictures: bool = False
    padding_only: bool = False
    partial: str = ""
    binaries: bool = False
    unparsed: bool = False

    @property
    def sensible(self) -> bool:
        if self.partial or self.unparsed:
            return False
        return bool(self.fields) or self.pictures or self.padding_only


def wrapper_change(before: Wrapper, after: Wrapper) -> Change:
    """Compare two wrappers of one essence."""
    names = tuple(change.name for change in field_changes(before, after))
    gone, new = pictures_only_in(before, after), pictures_only_in(after, before)
    partial = ""
    if any(_differs_in_part(old, young) for old in gone for young in new):
        partial = "a picture"
    frame = _binary_in_part(before.binaries, after.binaries)
    if frame:
        partial = frame
    binaries = sorted(before.binaries) != sorted(after.binaries)
    parsed_same = not names and not gone and not new and not binaries
    return Change(
        fields=names,
        pictures=bool(gone or new),
        padding_only=parsed_same and before.solid is not None and before.solid == after.solid,
        partial=partial,
        binaries=binaries,
        unparsed=not set(after.fields.get(UNPARSED, ())) <= set(before.fields.get(UNPARSED, ())),
    )


def _differs_in_part(before: Picture, after: Picture) -> bool:
    if before.size != after.size:
        return False
    pairs = zip(_split(before.parts), _split(after.parts), strict=False)
    return any(one == other for one, other in pairs)


def _split(parts: bytes) -> list[bytes]:
    return [parts[i : i + _PART] for i in range(0, len(parts), _PART)]


def _binary_in_part(before: tuple[tuple[str, int, bytes], ...], after: tuple[tuple[str, int, bytes], ...]) -> str:
    """The first frame of which the same name and size stand with other bytes: taggers copy such frames
    whole or drop them, so this is what damage looks like."""
    gone = [entry for entry in before if entry not in after]
    new = [entry for entry in after if entry not in before]
    for name, size, _ in gone:
        if any(other == name and length == size for other, length, _ in new):
            return name
    return ""
