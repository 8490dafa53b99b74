"""Damage at the first meeting: audio that can't be parsed, or a sidecar (.md5, .sfv, .ffp, .sha256) that disagrees.

Such an item is kept byte-exact, protected like any other, labelled and shown; it is no alarm and changes no exit code.
"""

from __future__ import annotations

import os
from functools import lru_cache

from musicvault.catalog.libraries import Library
from musicvault.domain.paths import display, join, split
from musicvault.domain.values import Examination, Kind
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.storage import sidecars

_LARGEST = 4 << 20


def born_damage(library: Library, path: bytes, seen: Examination) -> Finding | None:
    """A finding for a new item that is damaged as it comes, None where nothing speaks for it."""
    evidence: list[Evidence] = []
    if seen.kind is Kind.TRACK and seen.essence is None:
        evidence.append(Evidence("unparseable", {"problem": seen.problem or "no sound was found in it"}))
    evidence += _contradictions(library.root, path, seen)
    if not evidence:
        return None
    return Finding(path, library.name, Verdict.BORN_DAMAGED, tuple(evidence))


def _contradictions(root: bytes, path: bytes, seen: Examination) -> list[Evidence]:
    """What lists in the file's folder, or in any above it in the library, say otherwise: a list at an album's root
    names the files of its disc folders too."""
    found: list[Evidence] = []
    folder, name = split(path)
    for absolute, between, lines in _lists_for(root, folder):
        for sidecar, line in lines.get(join(between, name), ()):
            if _agrees(absolute, line, seen) is False:
                values = {"sidecar": display(sidecar), "algorithm": line.algorithm.upper()}
                found.append(Evidence("sidecar-disagrees", values))
    return found


def _agrees(absolute: bytes, line: sidecars.SidecarLine, seen: Examination) -> bool | None:
    if line.algorithm == "sha256":
        return line.value == seen.digests.sha256
    return sidecars.check(absolute, line)


_Lines = dict[bytes, list[tuple[bytes, sidecars.SidecarLine]]]


@lru_cache(maxsize=32)
def _lists_for(root: bytes, folder: bytes) -> tuple[tuple[bytes, bytes, _Lines], ...]:
    """The folders whose sidecars may name a file in this one: itself and all above it in the library, without those
    that have none. Each with the way down to `folder`."""
    found: list[tuple[bytes, bytes, _Lines]] = []
    above, between = folder, b""
    while True:
        absolute = os.path.join(root, above)
        if lines := _lines(absolute):
            found.append((absolute, between, lines))
        if not above:
            return tuple(found)
        above, last = split(above)
        between = join(last, between) if between else last


@lru_cache(maxsize=32)
def _lines(absolute: bytes) -> _Lines:
    """What the sidecars in a folder say, by the path below it. Cached: a folder's new items come one after the other,
    and the folders above are asked for each of their folders."""
    stated: dict[bytes, list[tuple[bytes, sidecars.SidecarLine]]] = {}
    for entry in _sidecars_in(absolute):
        try:
            with open(os.path.join(absolute, entry), "rb") as file:
                data = file.read(_LARGEST)
        except OSError:
            continue  # its own turn as a companion will tell
        for line in sidecars.parse(entry, data):
            stated.setdefault(line.name, []).append((entry, line))
    return stated


def _sidecars_in(absolute: bytes) -> list[bytes]:
    try:
        return sorted(name for name in os.listdir(absolute) if sidecars.is_sidecar(name))
    except OSError:
        return []


def forget_cache() -> None:
    """Sidecars may have changed since the last scan."""
    _lists_for.cache_clear()
    _lines.cache_clear()
