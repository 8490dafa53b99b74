"""What the full-text index would say of one given text.

SQLite's FTS5 finds the items of a word, but asking it about one item costs as much as finding all of them: for walking
along an order, the stored words are looked at instead. Its tokenizer (unicode61, remove_diacritics 2) takes runs of
letters and digits as tokens, folded in case and accents; a phrase never spans two columns.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

BETWEEN_COLUMNS = "\n"


def says(text: str | None, phrase: str, prefix: int) -> bool:
    """Whether the words of `phrase` stand in this order in one of the columns of `text` (parted by line feeds)."""
    pattern = _pattern(phrase, prefix)
    return bool(text) and pattern is not None and pattern.search(_plain(text or "")) is not None


@lru_cache(maxsize=256)
def _pattern(phrase: str, prefix: int) -> re.Pattern[str] | None:
    tokens = re.findall(r"[^\W_]+", _plain(phrase.replace(BETWEEN_COLUMNS, " ")))
    if not tokens:
        return None
    return re.compile(r"(?<![^\W_])" + r"(?:[^\w\n]|_)+".join(tokens) + ("" if prefix else r"(?![^\W_])"))


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(one for one in apart if unicodedata.category(one) != "Mn")).lower()
