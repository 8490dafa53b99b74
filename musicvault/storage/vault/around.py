"""Reading a small file of the vault's own around its bad sectors: zeros stand for what the medium doesn't give."""

from __future__ import annotations

import errno
import io
import os
from contextlib import suppress
from typing import Any

from musicvault.storage.vault.faults import unless_bad
from musicvault.storage.vault.own import opened

_SECTOR = 4096
_BESIDE = (b"volume.json", b"../manifest-sha256.txt", b"../tagmanifest-sha256.txt")
"""Files of which one must be readable: else it isn't a sector that is bad, but a drive that has stopped answering."""


class Around(io.RawIOBase):
    """An open file in `musicvault/`. `bad`: some of what was read so far could not be. Raises OSError where the drive
    doesn't answer, and for every other error than EIO."""

    def __init__(self, path: bytes) -> None:
        self._path = path
        self._file = opened(path).detach()  # closed by close
        self.bad = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        try:
            return self._file.readinto(view) or 0
        except OSError as error:
            if error.errno != errno.EIO:
                raise
        handle, at = self._file.fileno(), self._file.tell()
        size = min(len(view), _SECTOR - at % _SECTOR, os.fstat(handle).st_size - at)
        if size <= 0:
            return 0
        data = unless_bad(self._path, lambda: os.pread(handle, size, at))
        if data is None:
            self._check_answers()
            self.bad = True
            data = bytes(size)
        view[: len(data)] = data
        self._file.seek(at + len(data))
        return len(data)

    def _check_answers(self) -> None:
        for name in _BESIDE:
            with suppress(OSError), opened(os.path.join(os.path.dirname(self._path), name)) as file:
                file.read(1)
                return
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def close(self) -> None:
        self._file.close()
        super().close()
