"""A mount that never answers: a FUSE file system whose program does nothing. Needs root and /dev/fuse."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_fuse = pytest.mark.skipif(
    os.geteuid() != 0 or not os.path.exists("/dev/fuse"), reason="mounting a hung FUSE file system needs root"
)


@contextmanager
def opened() -> Iterator[int]:
    """Through it the kernel asks the program of the hung file system."""
    handle = os.open("/dev/fuse", os.O_RDWR)
    try:
        yield handle
    finally:
        os.close(handle)  # everybody who waits is told that nobody is there


@contextmanager
def hung_at(point: Path, device: int) -> Iterator[None]:
    """It hangs at this folder, as a network share whose server is gone. Skips the test where that can't be had."""
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"musicvault-test", os.fsencode(point), b"fuse.sshfs", 0, options):
        pytest.skip(f"FUSE can't be mounted here: {os.strerror(ctypes.get_errno())}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-f", "-l", point], check=True)
