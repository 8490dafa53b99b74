"""Keeps `None`, `True` and `False` alive under PySide6 6.12 on Python 3.11.

Measured: there, every call of an overloaded Qt method without a result (`painter.setPen(…)`, `widget.move(…)`) gives
back one reference to `None` too many, and some give back one to a truth value: the wheel takes them for immortal,
which they are from Python 3.12 on (PEP 683). After some thousand calls the interpreter aborts with "deallocating
None". PySide6 6.11 is well.
"""

from __future__ import annotations

import ctypes
import sys

_PLENTY = 1 << 40
"""At a million calls a second: twelve days of nothing else."""


def make_constants_last() -> None:
    """Give the constants more references than a run can lose. Does nothing where they are immortal; harmless twice."""
    if sys.version_info >= (3, 12) or sys.implementation.name != "cpython" or hasattr(sys, "getobjects"):
        return
    for constant in (None, True, False, NotImplemented, ...):
        if sys.getrefcount(constant) < _PLENTY // 2:
            # The reference count is the first word of every object (PyObject.ob_refcnt).
            ctypes.c_ssize_t.from_address(id(constant)).value += _PLENTY
