"""All digests of a file that its bag asks for, in one read from the medium."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Protocol

from blake3 import blake3

from musicvault.domain.notices import Checkpoint
from musicvault.storage.reading import read_file


class _Digest(Protocol):
    def update(self, data: memoryview, /) -> object: ...


class UnknownAlgorithmError(ValueError):
    """No such algorithm here."""


def known(algorithm: str) -> str:
    """The name under which `hashlib` (or blake3) knows an algorithm of a manifest's name: BagIt writes `sha256`, others
    `sha-256` or `sha3-256`. Raises `UnknownAlgorithmError`."""
    for name in (algorithm, algorithm.replace("-", ""), algorithm.replace("-", "_")):
        if name == "blake3":
            return name
        try:
            hashlib.new(name, usedforsecurity=False)
        except ValueError:
            continue
        return name
    raise UnknownAlgorithmError(algorithm)


def digests(
    path: bytes,
    wanted: Iterable[tuple[str, int]],
    checkpoint: Checkpoint,
    on_bytes: Callable[[int], None] | None = None,
) -> dict[tuple[str, int], str]:
    """Read a regular file once; `wanted` holds (algorithm as `known` names it, hexadecimal digits), the digits for the
    algorithms that give as many as one likes. Raises ItemError."""
    made: dict[tuple[str, int], _Digest] = {
        (name, digits): blake3() if name == "blake3" else hashlib.new(name, usedforsecurity=False)
        for name, digits in wanted
    }

    def sink(chunk: memoryview) -> None:
        for digest in made.values():
            digest.update(chunk)

    read_file(path, sink, digests=False, blocks=False, from_device=True, checkpoint=checkpoint, on_bytes=on_bytes)
    return {(name, digits): _hexadecimal(digest, name, digits) for (name, digits), digest in made.items()}


def _hexadecimal(digest: object, name: str, digits: int) -> str:
    if name.startswith("shake"):
        return str(digest.hexdigest(digits // 2))  # type: ignore[attr-defined]
    return str(digest.hexdigest())  # type: ignore[attr-defined]
