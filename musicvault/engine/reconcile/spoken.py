"""What a vault's journal says of interrupted work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from musicvault.engine.opened import OpenVault
from musicvault.storage.vault.journal import read_lines
from musicvault.storage.vault.records import Operation, Record


@dataclass(frozen=True, slots=True)
class Spoken:
    """The records since a generation began, oldest first. `doubtful`: the journal is damaged, so that it may have said
    more."""

    records: tuple[Record, ...]
    doubtful: bool

    @classmethod
    def since(cls, vault: OpenVault, generation: int) -> Self:
        """Raises VaultError where the journal can't be read."""
        records: list[Record] = []
        doubtful = False
        for line in read_lines(vault.layout.journal):
            if isinstance(line.statement, Record) and line.statement.generation >= generation:
                records.append(line.statement)
            doubtful = doubtful or (line.statement is None and not line.half)
        return cls(tuple(records), doubtful)


def taken_back(vault: OpenVault, line: Record) -> Record:
    """The line that says that a move was taken back."""
    return replace(
        line,
        operation=Operation.RENAME,
        path=line.source,
        source=line.path,
        time=int(vault.ctx.now()),
        generation=vault.generation,
    )
