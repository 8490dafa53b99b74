"""The par2 program by itself, as somebody would use it who has nothing of ours. Tests skip without it."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

from musicvault.storage.parity import program

needs_par2 = pytest.mark.skipif(program.executable() is None, reason="no par2 program is installed")


def bare(verb: str, bag: Path, file: Path) -> int:
    """What format.md documents, run in the bag: `par2 verify -B "$(pwd -P)" FILE`. Gives the exit code."""
    bag, file = bag.resolve(), file.resolve()
    command = [program.require(), verb, "-q", "-q", f"-B{bag}", os.fspath(file.relative_to(bag))]
    return subprocess.run(command, cwd=bag, stdout=subprocess.DEVNULL, check=False).returncode


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


def cut(path: Path, size: int) -> None:
    """The end is missing; times stay."""
    before = path.stat()
    os.truncate(path, size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def damage(path: Path, start: int, length: int = 4096) -> None:
    """Other bytes there; size and times stay."""
    before = path.stat()
    with open(path, "r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * length)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
