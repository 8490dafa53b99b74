"""Passes over very many rows without the collector of cyclic garbage, which looks through all of them again and again,
and never finds any."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Without it until the end of the block, in the whole process: for blocks that make no cycles themselves."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
