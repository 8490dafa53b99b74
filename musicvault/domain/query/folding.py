"""Accents and case folded away."""

from __future__ import annotations

import unicodedata

_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
"""Letters whose stroke or ligature Unicode doesn't take apart, in small."""


def folded(text: str) -> str:
    """The text for comparing: "Bjo\\u0308rk", "Björk" and "bjork" are one, so are "Straße" and "STRASSE", full and half
    width. Marks without which a letter is another one (Japanese voicing, vowels of Hindi and Thai) stay. Folding twice
    changes nothing."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(one for one in apart if not _is_accent(one)).translate(_LETTERS)
    return unicodedata.normalize("NFC", plain)


def _is_accent(one: str) -> bool:
    """Marks above, below and through a letter, and the points of Hebrew and Arabic, by their combining class (UAX 44);
    and what only chooses between looks."""
    place = unicodedata.combining(one)
    return place == 1 or 10 <= place <= 36 or place >= 200 or "\ufe00" <= one <= "\ufe0f"
