"""Values that may be many and large and are only perhaps needed again, put down on disk meanwhile."""

from __future__ import annotations

import pickle
import tempfile
from typing import Generic, TypeVar

_V = TypeVar("_V")


class Shelf(Generic[_V]):
    """An append-only store in an unnamed temporary file, which vanishes with the process."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `close`)

    def put(self, value: _V) -> int:
        """Keep a value; gives the ticket to get it back with."""
        ticket = self._file.seek(0, 2)
        pickle.dump(value, self._file, pickle.HIGHEST_PROTOCOL)
        return ticket

    def get(self, ticket: int) -> _V:
        self._file.seek(ticket)
        value: _V = pickle.load(self._file)
        return value

    def close(self) -> None:
        self._file.close()
