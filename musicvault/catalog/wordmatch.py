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
    pattern = _pattern(phrase, prefix)
    return bool(text) and pattern is not None and pattern.search(folded(text or "")) is not None


@lru_cache(maxsize=256)
def _pattern(phrase: str, prefix: int) -> re.Pattern[str] | None:
    tokens = re.findall(r"[^\W_]+", stored(phrase))
    if not tokens:
        return None
    return re.compile(r"(?<![^\W_])" + r"(?:[^\w\n]|_)+".join(tokens) + ("" if prefix else r"(?![^\W_])"))
