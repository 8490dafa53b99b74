"""The one query language: search, policy scopes, export, restore and the command line all read it here.

A *query* is text that a person types; `parse` makes a small frozen tree of it, `unparse` text again. A *term* is one
thing that is asked for: *words* found in the texts of an item, a *range* of a number, a *choice* out of a few words, a
*name* of a drive, library, site or codec, or that a field is *lacking*. Terms are joined by `All`, `AnyOf` and `Not`.
What the fields mean in the catalog is known by `catalog.selection` alone. `resources/docs/search.md` is the language as
people read it.
"""

from musicvault.domain.query.errors import QueryError
from musicvault.domain.query.folding import folded
from musicvault.domain.query.parsing import LONGEST, escaped, parse
from musicvault.domain.query.simplifying import simplified
from musicvault.domain.query.tree import (
    All,
    AnyOf,
    Choice,
    Everything,
    Lacking,
    Name,
    Not,
    Nothing,
    Query,
    Range,
    Words,
)
from musicvault.domain.query.unparsing import quoted, unparse

__all__ = (
    "LONGEST",
    "All",
    "AnyOf",
    "Choice",
    "Everything",
    "Lacking",
    "Name",
    "Not",
    "Nothing",
    "Query",
    "QueryError",
    "Range",
    "Words",
    "escaped",
    "folded",
    "parse",
    "quoted",
    "simplified",
    "unparse",
)
