"""What is wrong with a query, and where."""

from __future__ import annotations

from musicvault.errors import UsageError


class QueryError(UsageError):
    """The query can't be understood. `position` is the character (from 0) at which that shows; `query` the text as
    it was given."""

    def __init__(self, message: str, query: str, position: int) -> None:
        super().__init__(message)
        self.query = query
        self.position = max(0, min(position, len(query)))

    def marked(self, width: int = 72) -> tuple[str, str]:
        """The query (its part around the mistake where it is longer than `width`) and a line whose caret stands below
        the mistake."""
        start = max(0, min(self.position - width // 2, len(self.query) - width))
        shown = "".join(one if one.isprintable() else " " for one in self.query[start : start + width])
        return shown, " " * (self.position - start) + "^"
