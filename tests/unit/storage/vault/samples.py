"""A vault as the engine would use it, for the tests of its format."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from blake3 import blake3

from musicvault.storage.vault.bag import Contents, fold
from musicvault.storage.vault.identity import Identity
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.vault.records import Operation, Record

NOW = 1_790_000_000


@dataclass
class Vault:
    """A vault as the engine would use it: journal lines first, then the files."""

    layout: VaultLayout
    generation: int = 2

    def put(self, path: bytes, content: bytes, operation: Operation = Operation.PUT, original: bytes = b"") -> Record:
        record = record_of(path, content, operation=operation, generation=self.generation, original=original)
        with Journal(self.layout.journal) as journal:
            journal.append(record)
        Path(os.fsdecode(self.layout.ensure_parent(path))).write_bytes(content)
        return record

    def move(self, operation: Operation, source: bytes, path: bytes) -> Record:
        content = self.file(source).read_bytes()
        record = record_of(path, content, operation=operation, generation=self.generation, source=source)
        with Journal(self.layout.journal) as journal:
            journal.append(record)
        os.rename(self.layout.path(source), self.layout.ensure_parent(path))
        return record

    def remove(self, path: bytes) -> None:
        with Journal(self.layout.journal) as journal:
            journal.append(Record(Operation.REMOVE, path, NOW, self.generation))
        self.file(path).unlink()

    def fold(self, identity: Identity | None = None, contents: Contents | None = None) -> Identity:
        with Journal(self.layout.journal) as journal:
            after = fold(
                self.layout, journal, now=NOW, generation=self.generation, identity=identity, contents=contents
            )
        self.generation = after.generation + 1
        return after

    def file(self, path: bytes) -> Path:
        return Path(os.fsdecode(self.layout.path(path)))


def record_of(
    path: bytes,
    content: bytes,
    *,
    operation: Operation = Operation.PUT,
    generation: int = 2,
    source: bytes = b"",
    original: bytes = b"",
) -> Record:
    return Record(
        operation,
        path,
        NOW,
        generation,
        source=source,
        blake3=blake3(content).digest(),
        sha256=sha256(content).digest(),
        size=len(content),
        mtime_ns=NOW * 10**9 + 123,
        original=original,
    )
