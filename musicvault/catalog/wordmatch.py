"""What the full-text index would say of one given text.

SQLite's FTS5 finds the items of a word, but asking it about one item costs as much as finding all of them: for walking
along an order, the stored words are looked at instead. Its tokenizer takes runs of letters and digits as tokens; a
phrase never spans two columns. It folds the accents of Latin letters only, so what is stored was folded before.
"""

from __future__ import annotations

import re
from functools import lru_cache

from musicvault.domain.query import folded

BETWEEN_COLUMNS = "\n"


def stored(text: str) -> str:
    """A text as the index keeps it."""
    return folded(text).replace(BETWEEN_COLUMNS, " ")


def says(text: str | None, phrase: str, prefix: int) -> bool:
    """Whether the words of `phrase` stand in this order in one of the columns of `text` (parted by line feeds)."""
    wanted = _wanted(phrase, prefix)
    if not text or wanted is None:
        return False
    first, pattern = wanted
    plain = folded(text)
    return first in plain and pattern.search(plain) is not None  # most texts don't have it, and `in` is quicker


@lru_cache(maxsize=256)
def _wanted(phrase: str, prefix: int) -> tuple[str, re.Pattern[str]] | None:
    """The first word, and the pattern of them all; None for a phrase that says nothing."""
    tokens = re.findall(r"[^\W_]+", stored(phrase))
    if not tokens:
        return None
    pattern = r"(?<![^\W_])" + r"(?:[^\w\n]|_)+".join(tokens) + ("" if prefix else r"(?![^\W_])")
    return tokens[0], re.compile(pattern)
