"""Does an edit say something that damage can't say by itself, or at least nothing that only damage says?

Where the modification time stands still, a tagger that keeps it and a disk that rots look alike to the file system. A
flipped bit, an emptied sector or a length gone wrong changes a letter, cuts a text off, moves it under another name or
lets it vanish; it hardly ever writes a text that is both new and clean.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

Fields = Mapping[str, tuple[str, ...]]

_SPOILT = frozenset(("Cc", "Cn", "Co", "Cs"))
_PLAIN = frozenset("\t\n\r")
_CODINGS = ("utf-8", "utf-16-le", "utf-16-be", "latin-1")
_MARKS = ("ÿþ", "þÿ", "\ufeff", "\ufffe")
_HEAD = 8
_TEXT = 4
_COMPARED = 400
_MOST_PAIRS = 50_000
_NUMBER = re.compile(r"[0-9]+")


def tells(before: Fields, after: Fields) -> bool:
    """Whether some value is new, clean and no spoilt form of an old one, and no value that changed is spoilt."""
    old = [value for values in before.values() for value in values]
    known = frozenset(old)
    changed = {name: values for name, values in after.items() if before.get(name) != values}
    new = [(name not in before, value) for name, values in changed.items() for value in values if value not in known]
    if len(new) * len(old) > _MOST_PAIRS or not all(_is_clean(value) for _, value in new):
        return False
    if any(_is_recoded("".join(values[:_HEAD]), old) for values in changed.values()):
        return False
    telling = [
        value
        for is_new_name, value in new
        # Numbers are short, and a file may hold several of which only one is shown.
        if any(map(str.isalpha, value))
        and not any(_is_spoilt_form(value, other) or (is_new_name and _holds(value, other)) for other in old)
    ]
    # Where a name is spoilt or cut off, another value of that meaning may come to light.
    hurt = not before.keys() <= after.keys() or any(
        known.intersection(changed[name]) for name in changed if name not in before
    )
    return len(telling) > hurt


def looks_written(before: Fields, after: Fields) -> bool:
    """The weaker question, for where something did write to the file: whether some value is new, however little, and
    none is spoilt. Texts that only vanish, move under another name or are cut off beside others that vanish say
    nothing."""
    old = [value for values in before.values() for value in values]
    known = frozenset(old)
    changed = {name: values for name, values in after.items() if before.get(name) != values}
    new = [(name, value) for name, values in changed.items() for value in values if value not in known]
    if len(new) * len(old) > _MOST_PAIRS or not all(_is_clean(value) for _, value in new):
        return False
    if any(_is_recoded("".join(values[:_HEAD]), old) for values in changed.values()):
        return False
    if any(_is_overwritten(value, other) for _, value in new for other in old):
        return False
    lost = not before.keys() <= after.keys()
    return any(
        not (name not in before and any(_holds(value, other) for other in old))
        and not (lost and any(value in other for other in old))
        for name, value in new
    )


def _is_overwritten(value: str, old: str) -> bool:
    """Whether plain letters in place became others of a foreign script, as bytes of chance do in UTF-16."""
    if len(value) != len(old) or value.isascii():
        return False
    letters = list(zip(value[:_COMPARED], old[:_COMPARED], strict=True))
    kept = sum(new == was for new, was in letters)
    return kept * 4 >= len(letters) and any(
        ord(was) < 0x80 <= ord(new) and new.isalpha() and not unicodedata.name(new, "").startswith("LATIN")
        for new, was in letters
    )


def _holds(value: str, old: str) -> bool:
    """Whether an old text stands in it whole, as where the sign between name and text is spoilt."""
    return len(old) >= _TEXT and old in value


def _is_clean(value: str) -> bool:
    return "\ufffd" not in value and not any(
        unicodedata.category(letter) in _SPOILT and letter not in _PLAIN for letter in value
    )


def _is_spoilt_form(value: str, old: str) -> bool:
    """Whether damage may have made it of `old`: cut off, a letter or a foreign run in place, one bit of a number."""
    if value in old or _is_other_number(value, old):
        return True
    if len(value) != len(old):
        return False
    letters = zip(value[:_COMPARED], old[:_COMPARED], strict=True)
    others = [(new, was) for new, was in letters if new != was]
    return len(others) <= 1 or any(ord(new) > 0x7F > ord(was) for new, was in others)


def _is_other_number(value: str, old: str) -> bool:
    """Whether they differ in numbers only, each by one bit or by being nought now: formats keep many in binary."""
    value, old = value[:_COMPARED], old[:_COMPARED]
    if _NUMBER.sub("#", value) != _NUMBER.sub("#", old):
        return False
    ours, others = _NUMBER.findall(value), _NUMBER.findall(old)
    if len(ours) != len(others):
        return False  # a # of its own
    pairs = zip(ours, others, strict=True)
    return all(new == was or not int(new) or (int(new) ^ int(was)).bit_count() == 1 for new, was in pairs)


def _is_recoded(text: str, old: list[str]) -> bool:
    """Whether it begins as an old text does when its bytes are read in another coding."""
    for mark in _MARKS:
        text = text.removeprefix(mark)
    heads = {form[:_HEAD] for form in _bytes_of(text[:_HEAD])}
    return any(
        len(other) > 1 and other[0] != text[:1] and not heads.isdisjoint(form[:_HEAD] for form in _bytes_of(other))
        for other in old
    )


def _bytes_of(text: str) -> Iterator[bytes]:
    for coding in _CODINGS:
        try:
            yield text.encode(coding).replace(b"\0", b"")
        except UnicodeEncodeError:
            continue
