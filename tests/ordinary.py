"""Root may read and write everything; for a while, it may not: permissions hold for it as for any user."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION = 0x20080522  # <linux/capability.h>
_OVERRIDES = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


class _Head(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable"))


@contextmanager
def ordinary_user() -> Iterator[None]:
    """In this thread, and those that it starts, the permissions of files hold within the block."""
    libc = ctypes.CDLL(None, use_errno=True)
    head, sets = _Head(_VERSION, 0), (_Sets * 2)()

    def call(function: str) -> None:
        if getattr(libc, function)(ctypes.byref(head), sets):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    call("capget")
    before = sets[0].effective
    sets[0].effective = before & ~_OVERRIDES
    call("capset")
    try:
        yield
    finally:
        sets[0].effective = before
        call("capset")
