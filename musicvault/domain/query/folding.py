"""Accents and case folded away."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """The text for comparing: "Bjo\\u0308rk", "Björk" and "bjork" are one."""
    apart = unicodedata.normalize("NFD", text)
    plain = "".join(character for character in apart if unicodedata.category(character) != "Mn")
    return unicodedata.normalize("NFC", plain.casefold())
