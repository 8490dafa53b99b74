"""From text to tree. A hand-written descent over few rules, so that each mistake is met with a sentence of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches

from musicvault.domain.query import fields
from musicvault.domain.query.amounts import NotAnAmount, amount_range
from musicvault.domain.query.errors import QueryError
from musicvault.domain.query.tree import All, AnyOf, Choice, Everything, Lacking, Name, Not, Query, Words
from musicvault.language import tr

LONGEST = 4096
"""Characters of a query."""

DEEPEST = 24
"""Brackets and minus signs within each other."""

MOST_TERMS = 200

ESCAPE = "\\"
ESCAPED = frozenset('\\"():-<>=')
"""What a backslash (or blanks: they too) takes its meaning from; in front of anything else it stands for itself."""

_FIELD = re.compile(r"([A-Za-z][A-Za-z_]*):(?=[^\s\0])")
_EMPTY_FIELD = re.compile(r"([A-Za-z][A-Za-z_]*):(?=[\s\0]|$)")
_OPERATOR = re.compile(r"(or|and)(?=[\s()\"]|$)", re.IGNORECASE)
_BLANKS = re.compile(r"[\s\0]*")


def _nothing(name: str) -> str:
    """No field is refused."""
    return ""


def parse(text: str, refusal: Callable[[str], str] = _nothing) -> Query:
    """The query as a tree. `refusal` says why a field (by its first name) can't be asked for here; empty where it can.
    Raises QueryError, and nothing else."""
    if len(text) > LONGEST:
        raise QueryError(tr("A query can have {most} characters.", most=f"{LONGEST:,}"), text, LONGEST)
    # Bytes of names that are no text arrive as lone surrogates, which no database takes.
    return _Parser("".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in text), refusal).whole()


def escaped(text: str) -> str:
    """A query from when the name of a field without a value was a word, so that it still is one."""
    for _ in range(text.count(":")):
        try:
            parse(text)
        except QueryError as error:
            if text[error.position - 1 : error.position] != ":":
                break
            before, after = text[: error.position - 1], text[error.position :]
            text = f"{before}{ESCAPE}:{after}"
        else:
            break
    return text


class _Parser:
    """Walks along the text once. Methods give None for what says nothing: punctuation between words."""

    def __init__(self, text: str, refusal: Callable[[str], str]) -> None:
        self._text = text
        self._refusal = refusal
        self._at = 0
        self._depth = 0
        self._terms = 0

    def whole(self) -> Query:
        self._skip()
        if self._ended:
            return Everything()
        found = self._any()
        if not self._ended:
            raise self._wrong(tr('This bracket closes nothing. To search for the sign, put it in quotes: ")".'))
        if found is None:
            raise self._wrong(tr("There is no letter or digit to search for. An empty query is every file."), 0)
        return found

    # -- rules, from the loosest to the tightest

    def _any(self) -> Query | None:
        """Terms joined by `or`."""
        parts = [self._all()]
        while (at := self._operator("or")) is not None:
            if parts[-1] is None:
                raise self._wrong(_lonely_or(), at)
            parts.append(self._all())
            if parts[-1] is None:
                raise self._wrong(_lonely_or(), at)
        found = [part for part in parts if part is not None]
        if len(found) < 2:
            return found[0] if found else None
        return AnyOf(tuple(term for part in found for term in (part.terms if isinstance(part, AnyOf) else (part,))))

    def _all(self) -> Query | None:
        """Terms side by side; `and` between them says the same."""
        found: list[Query] = []
        while not self._ended and self._peek() != ")" and not self._stands("or"):
            if found and self._operator("and") is not None:
                continue
            start = self._at
            term = self._term()
            self._skip()
            if term is not None:
                self._count(start)
                found += term.terms if isinstance(term, All) else (term,)
        if len(found) < 2:
            return found[0] if found else None
        return All(tuple(found))

    def _term(self) -> Query | None:
        if self._peek() == "-":
            return self._negated()
        if self._peek() == "(":
            return self._bracket()
        named = _FIELD.match(self._text, self._at)
        if named is not None:
            start, self._at = self._at, named.end()
            return self._field(named[1], start)
        self._refuse_empty_field()
        prefix = self._peek() != '"'
        text = self._quoted() if not prefix else self._bare()
        return Words(text, prefix=prefix) if says_something(text) else None

    def _negated(self) -> Query | None:
        start = self._at
        self._at += 1
        if self._ended or self._peek().isspace() or self._peek() in "\0)":
            return None  # a dash between words
        self._deeper(start)
        term = self._term()
        self._depth -= 1
        if term is None:
            return None
        return term.term if isinstance(term, Not) else Not(term)

    def _bracket(self) -> Query | None:
        start = self._at
        self._at += 1
        self._deeper(start)
        self._skip()
        if not self._ended and self._peek() == ")":
            raise self._wrong(tr("There is nothing between these brackets."), start)
        found = self._any()
        if self._ended:
            raise self._wrong(tr('This bracket is never closed. To search for the sign, put it in quotes: "(".'), start)
        self._at += 1
        self._depth -= 1
        return found

    # -- fields

    def _refuse_empty_field(self) -> None:
        """A field with nothing behind its colon; other words may end with one."""
        found = _EMPTY_FIELD.match(self._text, self._at)
        name = found[1].lower() if found else ""
        if found and (name in fields.ALL or name in fields.OTHER_NAMES):
            raise self._wrong(
                tr(
                    "What should {field} be? Write it right behind the colon. To search for the text itself, put it in "
                    'quotes: "{text}".',
                    field=found[1],
                    text=found[0],
                ),
                found.end(),
            )

    def _field(self, written: str, start: int) -> Query:
        name = written.lower()
        name = fields.OTHER_NAMES.get(name, name)
        if name not in fields.ALL:
            raise self._unknown(written, start)
        if why := self._refusal(name):
            raise self._wrong(why, start)
        value_at = self._at
        if self._peek() == "(":
            raise self._wrong(tr("Name the field before each word: {field}:one or {field}:two.", field=name))
        if name in fields.NUMBERS:
            return self._number(name, value_at)
        whole = name in fields.TEXTS and self._peek() == "="
        self._at += whole
        prefix = self._ended or self._peek() != '"'
        value = self._bare() if prefix else self._quoted()
        if not value.strip() and not prefix and not whole and name not in ("path", "kind", "library"):
            return Lacking(name)
        if not value.strip():
            raise self._wrong(tr("What should {field} be?", field=name), value_at)
        if name in fields.CHOICES:
            return self._choice(name, value, value_at)
        if name in fields.NAMES:
            return Name(name, value)
        if not whole and not says_something(value):
            raise self._wrong(
                tr("There is no letter or digit to search for. What it says exactly: {field}:=…", field=name)
            )
        return Words(value, name, prefix=prefix and not whole, whole=whole)

    def _number(self, name: str, start: int) -> Query:
        quoted = self._peek() == '"'
        text = self._quoted() if quoted else self._bare()
        if quoted and not text.strip():
            return Lacking(name)
        try:
            return amount_range(name, text.strip())
        except NotAnAmount as error:
            message = str(error)
            wrong = self._wrong(message[0].upper() + message[1:] + ".", start + (0 if quoted else error.at))
            raise wrong from error

    def _choice(self, name: str, value: str, start: int) -> Query:
        known = fields.CHOICES[name]
        word = value.strip().casefold()
        if word in known:
            return Choice(name, known[word])
        others = [f"{other}:{word}" for other, values in fields.CHOICES.items() if word in values and other != name]
        if name == "format" and not others and word in ("opus", "vorbis", "alac", "speex", "pcm", "dsd"):
            others = [f"codec:{word}"]
        close = others or [f"{name}:{near}" for near in get_close_matches(word, known, 1)]
        values = ", ".join(dict.fromkeys(known.values()))
        raise self._wrong(
            tr('{field} can\'t be "{value}".', field=name, value=value)
            + (" " + tr("Did you mean {guess}?", guess=close[0]) if close else "")
            + " "
            + tr("It can be: {values}.", values=values),
            start,
        )

    def _unknown(self, written: str, start: int) -> QueryError:
        near = get_close_matches(written.lower(), (*fields.ALL, *fields.OTHER_NAMES), 1)
        rest = re.compile(r"[^\s()\"]*").match(self._text, self._at)
        return self._wrong(
            tr("There is no field {name}.", name=written)
            + (" " + tr("Did you mean {guess}:?", guess=near[0]) if near else "")
            + " "
            + tr("There are: {fields}.", fields=", ".join(fields.ALL))
            + " "
            + tr(
                'To search for the text itself, put it in quotes: "{text}".',
                text=f"{written}:{rest[0] if rest else ''}",
            ),
            start,
        )

    # -- signs

    def _quoted(self) -> str:
        start = self._at
        self._at += 1
        parts: list[str] = []
        while not self._ended:
            one = self._peek()
            self._at += 1
            if one == '"':
                return _clean("".join(parts))
            parts.append(self._after_escape() if one == ESCAPE else one)
        raise self._wrong(tr('This quote is never closed. To search for the sign, write \\".'), start)

    def _bare(self) -> str:
        parts: list[str] = []
        while not self._ended:
            one = self._peek()
            if one.isspace() or one in '\0()"':
                break
            self._at += 1
            parts.append(self._after_escape() if one == ESCAPE else one)
        return _clean("".join(parts))

    def _after_escape(self) -> str:
        if self._ended or not (self._peek() in ESCAPED or self._peek().isspace()):
            return ESCAPE
        self._at += 1
        return self._text[self._at - 1]

    def _stands(self, word: str) -> bool:
        found = _OPERATOR.match(self._text, self._at)
        return found is not None and found[1].lower() == word

    def _operator(self, word: str) -> int | None:
        """Step over the operator if it stands here; gives its position."""
        self._skip()
        if not self._stands(word):
            return None
        start = self._at
        self._at += len(word)
        self._skip()
        return start

    def _skip(self) -> None:
        blanks = _BLANKS.match(self._text, self._at)
        assert blanks is not None
        self._at = blanks.end()

    def _peek(self) -> str:
        return self._text[self._at]

    @property
    def _ended(self) -> bool:
        return self._at >= len(self._text)

    def _deeper(self, start: int) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(tr("Brackets can stand {most} deep.", most=DEEPEST), start)

    def _count(self, start: int) -> None:
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise self._wrong(tr("A query can have {most} terms.", most=MOST_TERMS), start)

    def _wrong(self, message: str, position: int | None = None) -> QueryError:
        return QueryError(message, self._text, self._at if position is None else position)


def says_something(text: str) -> bool:
    """Whether there is a letter or digit in it: all else separates words."""
    return any(one.isalnum() for one in text)


def _clean(text: str) -> str:
    return text.replace("\0", " ")


def _lonely_or() -> str:
    return tr('"or" stands between two things. To search for the word, put it in quotes: "or".')
