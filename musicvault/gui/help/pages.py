"""The pages of the manual: the project's own documentation, in the order in which people need it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from musicvault.gui.theme.files import RESOURCES

FOLDER = RESOURCES / "docs"
_FIRST = ("start", "search", "policy", "drives", "service", "reports", "risk", "glossary", "cli", "format")


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its key (the file's stem), its title, its text as Markdown."""

    key: str
    title: str
    text: str


@cache
def pages() -> tuple[Page, ...]:
    """All pages. Those that nobody put into the order come last, by name."""
    found = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    order = [key for key in _FIRST if key in found] + sorted(found.keys() - set(_FIRST))
    return tuple(Page(key, _title(found[key], key), _shown(found[key])) for key in order)


def _shown(text: str) -> str:
    """Qt shows the backslash of a bar that is escaped in a table's cell."""
    return text.replace("\\|", "/")


def _title(text: str, key: str) -> str:
    first = text.partition("\n")[0]
    return first.removeprefix("#").strip() or key
