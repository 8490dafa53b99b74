"""Pairing of items that vanished with files that appeared: a move or rename is no loss.

By digest first, then by essence (Picard and beets rename and retag in one save). Ambiguous matches pair by
folder, then by track number; what stays ambiguous is not paired.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from musicvault.domain.paths import folded, split


@dataclass(frozen=True, slots=True)
class Candidate:
    """A vanished item or an appeared file: `key` is the caller's own, `track` the track field or empty."""

    key: int
    path: bytes
    blake3: bytes
    essence: tuple[str, bytes] | None
    track: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """`gone` moved to `found`; `retagged` when only the essence is the same."""

    gone: int
    found: int
    retagged: bool


def pair(gone: Sequence[Candidate], found: Sequence[Candidate]) -> tuple[Pair, ...]:
    """Pairs, each item and file at most once."""
    pairs: list[Pair] = []
    left, right = list(gone), list(found)
    for retagged in (False, True):
        matched = _match(left, right, retagged)
        pairs += matched
        used_gone = {match.gone for match in matched}
        used_found = {match.found for match in matched}
        left = [candidate for candidate in left if candidate.key not in used_gone]
        right = [candidate for candidate in right if candidate.key not in used_found]
    return tuple(pairs)


def _match(gone: Sequence[Candidate], found: Sequence[Candidate], retagged: bool) -> list[Pair]:
    groups: dict[Hashable, tuple[list[Candidate], list[Candidate]]] = defaultdict(lambda: ([], []))
    for side, candidates in enumerate((gone, found)):
        for candidate in candidates:
            identity: Hashable = candidate.essence if retagged else candidate.blake3
            if identity is not None:
                groups[identity][side].append(candidate)
    pairs: list[Pair] = []
    for left, right in groups.values():
        if left and right:
            pairs += _resolve(left, right, retagged)
    return pairs


def _resolve(left: list[Candidate], right: list[Candidate], retagged: bool) -> list[Pair]:
    if len(left) == 1 and len(right) == 1:
        return [Pair(left[0].key, right[0].key, retagged)]
    pairs: list[Pair] = []
    for clue in (_same_path, _name, _folder, _track):
        by_clue: dict[object, list[Candidate]] = defaultdict(list)
        for candidate in right:
            by_clue[clue(candidate)].append(candidate)
        for candidate in list(left):
            fitting = by_clue.get(clue(candidate), [])
            rivals = [other for other in left if clue(other) == clue(candidate)]
            if clue(candidate) and len(fitting) == 1 and len(rivals) == 1:
                pairs.append(Pair(candidate.key, fitting[0].key, retagged))
                left.remove(candidate)
                right.remove(fitting[0])
    if not retagged:
        # Same bytes: any assignment is right, so take them in order rather than call one missing.
        pairs += [Pair(one.key, other.key, False) for one, other in zip(left, right, strict=False)]
    elif len(left) == 1 and len(right) == 1:
        pairs.append(Pair(left[0].key, right[0].key, True))
    return pairs


def _same_path(candidate: Candidate) -> object:
    return folded(candidate.path.decode("utf-8", "surrogateescape"))


def _name(candidate: Candidate) -> object:
    return split(candidate.path)[1]


def _folder(candidate: Candidate) -> object:
    return split(candidate.path)[0]


def _track(candidate: Candidate) -> object:
    return candidate.track


def ambiguous(gone: Iterable[Candidate], found: Iterable[Candidate], pairs: Iterable[Pair]) -> frozenset[int]:
    """Keys of vanished items that share an essence with unpaired files: held, not missing."""
    paired = {match.gone for match in pairs}
    taken = {match.found for match in pairs}
    free = {candidate.essence for candidate in found if candidate.key not in taken and candidate.essence}
    return frozenset(c.key for c in gone if c.key not in paired and c.essence in free)
