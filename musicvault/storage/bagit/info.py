"""What a bag says about itself besides its manifests: `bag-info.txt` and `fetch.txt`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from musicvault.domain.paths import RelPath, display, is_safe
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.errors import ItemError
from musicvault.language import tr
from musicvault.storage.bagit.claims import Claims
from musicvault.storage.bagit.declaration import Declaration
from musicvault.storage.bagit.manifests import MOST_PROBLEMS, stored
from musicvault.storage.bagit.outcomes import Outcome, Remark
from musicvault.storage.bagit.textlines import NotTextError, lines
from musicvault.storage.stats import may_be_there

FETCH = b"fetch.txt"
UNREAD = "read-error"
"""The evidence on a list that is there and can't be read."""
_OXUM = re.compile(r"([0-9]{1,30})\.([0-9]{1,18})\Z")
_FETCH_LINE = re.compile(r"\s*(\S+)\s+([0-9]+|-)\s+(.+)\Z", re.DOTALL)


def check(root: bytes, declared: Declaration, where: str, files: int, size: int, claims: Claims) -> Iterator[Outcome]:
    """Compare `Payload-Oxum` with the payload that is there, and note in `claims` where missing files could be had."""
    yield from _fetch(root, declared, where, claims)
    yield from _info(root, declared, where, f"{size}.{files}")


def _fetch(root: bytes, declared: Declaration, where: str, claims: Claims) -> Iterator[Outcome]:
    problems = 0
    for number, text in _lines(root, FETCH, declared.encoding):
        if isinstance(text, Evidence):
            yield Finding(FETCH, where, Verdict.CORRUPT, (text,))
            return
        if not text.strip():
            continue
        fact = _fetched(text, number, declared, claims)
        if fact is not None:
            problems += 1
            yield Finding(FETCH, where, Verdict.CORRUPT, (fact,))
            if problems >= MOST_PROBLEMS:
                return


def _fetched(text: str, number: int, declared: Declaration, claims: Claims) -> Evidence | None:
    """Note one line of `fetch.txt`; what is wrong with it. Nothing is ever fetched."""
    match = _FETCH_LINE.match(text)
    if match is None or not _is_url(match[1]):
        return Evidence("line-malformed", {"line": number})
    path = stored(match[3], declared)
    if not is_safe(path):
        return Evidence("path-outside", {"list": "fetch.txt", "line": number})
    claims.source(path, match[1])
    return None


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.scheme == "file"))


def _info(root: bytes, declared: Declaration, where: str, seen: str) -> Iterator[Outcome]:
    name = declared.info_name
    label = "payload-oxum"
    stated: list[str] = []
    for number, text in _lines(root, name, declared.encoding):
        if isinstance(text, Evidence):
            yield Finding(name, where, Verdict.CORRUPT, (text,))
            return
        if not text.strip() or text[0] in " \t":
            continue  # blank, or the rest of a long value
        key, colon, value = text.partition(":")
        if not colon:
            yield Finding(name, where, Verdict.CORRUPT, (Evidence("line-malformed", {"line": number}),))
        elif key.strip().lower() == label:
            stated.append(value.strip())
    if len(stated) > 1:
        yield Remark(name, tr("It states Payload-Oxum more than once; the first one counts."))
    if stated and (_OXUM.match(stated[0]) is None or _plain(stated[0]) != seen):
        values = {"stated": display(stated[0][:60].encode("utf-8", "replace")), "seen": seen}
        yield Finding(name, where, Verdict.CORRUPT, (Evidence("oxum-differs", values),))


def _plain(oxum: str) -> str:
    size, _, files = oxum.partition(".")
    return f"{int(size)}.{int(files)}"


def _lines(root: bytes, name: RelPath, encoding: str) -> Iterator[tuple[int, str | Evidence]]:
    """The lines of a tag file that may be absent; what keeps it from being read in the place of a line."""
    path = os.path.join(root, name)
    if not may_be_there(path):
        return
    try:
        yield from lines(path, encoding)
    except NotTextError as error:
        code = "line-malformed" if error.endless else "wrong-encoding"
        yield error.line, Evidence(code, {"line": error.line, "encoding": encoding})
    except ItemError as error:
        yield 0, Evidence(UNREAD, {"cause": error.cause})
