"""Files that end a parser which reads for ever.

Damaged lengths send some parsers round in circles (mutagen's Musepack SV8 does). They all read and seek, so a file that
counts those calls is a bound on the time that any of them takes, in proportion to the file's size.
"""

from __future__ import annotations

import io

_ALWAYS = 50_000
_BYTES_PER_CALL = 64


class EndlessError(ValueError):
    """The parser read so often that it can't be getting anywhere."""

    def __init__(self) -> None:
        super().__init__("its lengths lead in circles")


class _Bounded(io.BufferedIOBase):
    """To be put in front of a class that has the file; `_left` calls are granted."""

    _left: int

    def read(self, size: int | None = -1, /) -> bytes:
        self._spend()
        return super().read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._spend()
        return super().seek(offset, whence)

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise EndlessError


class BoundedBytes(_Bounded, io.BytesIO):
    """The whole content of a small file."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = _ALWAYS + len(data) // _BYTES_PER_CALL


class BoundedFile(_Bounded, io.BufferedReader):
    """A file on a disk, opened for reading; `limit` is its size in bytes."""

    def __init__(self, raw: io.FileIO, limit: int) -> None:
        super().__init__(raw)
        self._left = _ALWAYS + limit // _BYTES_PER_CALL
