"""Two versions of one file side by side: which fields, which pictures, which seconds of the sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from musicvault.domain.damage import clock
from musicvault.domain.fields import RAW
from musicvault.domain.values import Picture, Wrapper
from musicvault.language import tr, trn

_MOST_NAMED = 5
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the tags; no values where it isn't there."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seconds:
    """A part of the sound, in seconds from its beginning."""

    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between `before` and `after`. `sound` says whether the coded sound does, None where that can't be
    told; `seconds` are the parts of `after` that sound otherwise and `gone` those of `before` that `after` hasn't, None
    where nobody could look. `removed` and `added` are pictures: one of each is an exchange. `blocks` are the MiB blocks
    that differ in place. Sizes in bytes. Without `tags` nobody has read those of one of them."""

    fields: tuple[FieldChange, ...]
    removed: tuple[Picture, ...]
    added: tuple[Picture, ...]
    sound: bool | None
    size_before: int
    size_after: int
    blocks: tuple[int, ...] = ()
    seconds: tuple[Seconds, ...] | None = None
    gone: tuple[Seconds, ...] | None = None
    tags: bool = True


def field_changes(before: Wrapper, after: Wrapper) -> tuple[FieldChange, ...]:
    """The fields that differ, by name."""
    names = sorted(n for n in {*before.fields, *after.fields} if before.fields.get(n) != after.fields.get(n))
    return tuple(FieldChange(name, before.fields.get(name, ()), after.fields.get(name, ())) for name in names)


def pictures_only_in(these: Wrapper, others: Wrapper) -> tuple[Picture, ...]:
    """Pictures of one that the other hasn't."""
    known = {(picture.digest, picture.size) for picture in others.pictures}
    return tuple(picture for picture in these.pictures if (picture.digest, picture.size) not in known)


def in_words(found: Comparison) -> str:
    """ "title: Four → Four Women; a picture exchanged; other sound at 1:31.2–1:33.0"."""
    parts = [_field(change) for change in found.fields[:_MOST_NAMED] if not change.name.startswith(RAW)]
    more = len(found.fields) - len(parts)
    if more > 0:
        parts.append(trn("{count} more field", "{count} more fields", more) if parts else _fields_only(more))
    parts += _pictures(found)
    if not found.tags:
        parts.append(tr("whether their tags differ can't be told"))
    if found.sound:
        parts.append(_sound(found))
    if not parts:
        parts.append(tr("no field, no picture and no sound differs, other bytes do"))
    return "; ".join(parts)


def _fields_only(count: int) -> str:
    return trn("{count} field differs", "{count} fields differ", count)


def _field(change: FieldChange) -> str:
    before, after = _short(change.before), _short(change.after)
    return tr("{field}: {before} → {after}", field=change.name, before=before, after=after)


def _short(values: Sequence[str]) -> str:
    text = " · ".join(values) or "–"
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _pictures(found: Comparison) -> list[str]:
    exchanged = min(len(found.removed), len(found.added))
    removed, added = len(found.removed) - exchanged, len(found.added) - exchanged
    said = [
        (exchanged, trn("{count} picture exchanged", "{count} pictures exchanged", exchanged)),
        (removed, trn("{count} picture removed", "{count} pictures removed", removed)),
        (added, trn("{count} picture added", "{count} pictures added", added)),
    ]
    return [text for count, text in said if count]


def _sound(found: Comparison) -> str:
    if found.seconds is None:
        return tr("other sound")
    if not found.seconds and found.gone:
        return tr("{parts} of the sound are gone", parts=_parts(found.gone))
    return tr("other sound at {parts}", parts=_parts(found.seconds)) if found.seconds else tr("other sound")


def _parts(spans: Sequence[Seconds]) -> str:
    named = [f"{clock(one.begins)}–{clock(one.ends, up=True)}" for one in spans[:_MOST_NAMED]]
    if len(spans) > _MOST_NAMED:
        named.append(trn("{count} more place", "{count} more places", len(spans) - _MOST_NAMED))
    return ", ".join(named)


def values(found: Comparison) -> dict[str, object]:
    """The same as plain values, for scripts and for the log."""
    return {
        "sound": None if found.sound is None else "different" if found.sound else "same",
        "seconds": _span_values(found.seconds),
        "gone": _span_values(found.gone),
        "fields": {change.name: [list(change.before), list(change.after)] for change in found.fields},
        "pictures": {"removed": _picture_values(found.removed), "added": _picture_values(found.added)},
        "bytes": [found.size_before, found.size_after],
        "blocks": list(found.blocks),
    }


def _span_values(spans: Sequence[Seconds] | None) -> list[dict[str, str]] | None:
    if spans is None:
        return None
    return [{"from": clock(one.begins), "to": clock(one.ends, up=True)} for one in spans]


def _picture_values(pictures: Sequence[Picture]) -> list[dict[str, object]]:
    return [{"role": one.role, "mime": one.mime, "bytes": one.size, "digest": one.digest.hex()} for one in pictures]
