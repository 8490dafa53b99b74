"""Keeps `None` alive under PySide6 6.12 on Python 3.11.

Measured: there, every call of an overloaded Qt method without a result (`painter.setPen(…)`, `widget.move(…)`)
gives back one reference to `None` too many (the wheel takes it for immortal, which it is from Python 3.12 on
only, PEP 683); after some thousand calls the interpreter aborts with "deallocating None". 6.11 is well.
"""

from __future__ import annotations

import ctypes
import sys

_PLENTY = 1 << 40
"""At a million calls a second: twelve days of nothing else."""


def make_none_last() -> None:
    """Give `None` more references than a run can lose. Does nothing where `None` is immortal; harmless twice."""
    if sys.version_info >= (3, 12) or sys.implementation.name != "cpython" or hasattr(sys, "getobjects"):
        return
    if sys.getrefcount(None) < _PLENTY // 2:
        # The reference count is the first word of every object (PyObject.ob_refcnt).
        ctypes.c_ssize_t.from_address(id(None)).value += _PLENTY
