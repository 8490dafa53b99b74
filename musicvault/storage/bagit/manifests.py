"""Manifests of any algorithm and either kind: finding them, and reading their lines as hostile text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from musicvault.domain.paths import RelPath, is_safe
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.errors import ItemError
from musicvault.storage.bagit.declaration import Declaration
from musicvault.storage.bagit.textlines import NotTextError, lines

_NAME = re.compile(rb"(tag)?manifest-([A-Za-z0-9_-]{1,40})\.txt\Z", re.IGNORECASE)
_LINE = re.compile(r"[ \t]*([0-9A-Fa-f]{8,512})[ \t]+\*?(.+)\Z", re.DOTALL)
_ESCAPE = re.compile(r"%(0[aA]|0[dD]|25)")
_DECODED = {"0A": "\n", "0D": "\r", "25": "%"}
LONGEST_PATH = 16 << 10
"""Characters; no file system here takes more than 4,096 bytes."""
MOST_PROBLEMS = 1000
"""Bad lines of one manifest that are told one by one."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest file in the bag's root; `algorithm` as its name has it, in lower case."""

    name: bytes
    algorithm: str
    is_tag: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: the file that should be at `path` has this digest (lower-case hexadecimal digits)."""

    path: RelPath
    digest: str


def find(root: bytes) -> list[Manifest]:
    """The bag's manifests, payload manifests first. Raises OSError."""
    found = []
    for name in sorted(os.listdir(root)):
        match = _NAME.match(name)
        if match:
            found.append(Manifest(name, match[2].decode("ascii").lower(), match[1] is not None))
    return sorted(found, key=lambda manifest: manifest.is_tag)


def read(root: bytes, manifest: Manifest, declared: Declaration, where: str) -> Iterator[Entry | Finding]:
    """Its entries and what is wrong with it, line by line. A path that leads out of the bag is a finding and nothing
    else: it is never looked at."""
    problems = 0
    try:
        for number, text in lines(os.path.join(root, manifest.name), declared.encoding):
            if not text.strip() or text.startswith("#"):
                continue
            one = _entry(text, number, manifest, declared, where)
            if isinstance(one, Finding):
                problems += 1
                if problems > MOST_PROBLEMS:
                    return
            yield one
    except NotTextError as error:
        code = "line-malformed" if error.endless else "wrong-encoding"
        fact = Evidence(code, {"line": error.line, "encoding": declared.encoding})
        yield Finding(manifest.name, where, Verdict.CORRUPT, (fact,))
    except ItemError as error:
        yield Finding(manifest.name, where, Verdict.UNREADABLE, (Evidence("read-error", {"cause": error.cause}),))


def _entry(text: str, number: int, manifest: Manifest, declared: Declaration, where: str) -> Entry | Finding:
    match = _LINE.match(text)
    if match is None or len(match[2]) > LONGEST_PATH:
        return Finding(manifest.name, where, Verdict.CORRUPT, (Evidence("line-malformed", {"line": number}),))
    path = stored(match[2], declared)
    if not is_safe(path):
        fact = Evidence("path-outside", {"list": manifest.name.decode("ascii"), "line": number})
        return Finding(path, where, Verdict.CORRUPT, (fact,))
    return Entry(path, match[1].lower())


def stored(text: str, declared: Declaration) -> RelPath:
    """A path as a tag file writes it, as the bytes that the file system knows: percent codes decoded (CR and LF; `%`
    from 1.0 on), `./` and doubled slashes taken away. Whether it stays in the bag is the caller's to ask."""

    def decoded(match: re.Match[str]) -> str:
        return match[0] if match[1] == "25" and not declared.strict else _DECODED[match[1].upper()]

    plain = _ESCAPE.sub(decoded, text)
    parts = plain.split("/")
    kept = [part for part in parts[1:] if part not in ("", ".")]
    first = parts[0]
    joined = "/".join(kept if first == "." and kept else [first, *kept])
    return joined.encode("utf-8")
