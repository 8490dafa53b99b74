"""What a sink is, and the plain stream below both of them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Protocol, TextIO

from musicvault.domain.notices import ItemDone

Values = Mapping[str, object]


class Sink(Protocol):
    """Says what happens, in its own way. A sink never raises because its reader is gone."""

    def item(self, notice: ItemDone, *, dry_run: bool) -> None:
        """One item of a running job."""

    def record(self, kind: str, values: Values, text: str) -> None:
        """One answer of a command that looks something up; `text` is the same for people."""

    def summary(self, values: Values, text: str) -> None:
        """The end, once for each process."""


class Stream:
    """Standard output that stays quiet once nobody reads it: the work goes on, and the exit code still tells."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    @property
    def is_terminal(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
        except BrokenPipeError:
            self._close()

    def write_bytes(self, data: bytes) -> None:
        """Write bytes that no encoding may touch."""
        if self._stream is None:
            return
        try:
            self._stream.flush()
            self._stream.buffer.write(data)
        except BrokenPipeError:
            self._close()

    def flush(self) -> None:
        if self._stream is None:
            return
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._close()

    @property
    def closed(self) -> bool:
        """Whether the reader is gone."""
        return self._stream is None

    def _close(self) -> None:
        # The interpreter flushes once more at its end, and would complain: give it somewhere to write to.
        import os

        if self._stream is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
        self._stream = None


def standard_output(*, utf8: bool) -> Stream:
    """This process's standard output. Characters that its encoding lacks are escaped, never an error."""
    stream = sys.stdout
    if stream is not None and hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace", **({"encoding": "utf-8"} if utf8 else {}))
    return Stream(stream)
