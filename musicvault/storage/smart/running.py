"""One run of `smartctl`, bounded in time and in output: a disk that hangs takes the program with it, for good."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

MOST_BYTES = 4 << 20
"""A real answer has some ten thousand."""
_DYING_S = 1.0


class Answer(NamedTuple):
    """What a program printed, and its exit code (below zero: the signal that ended it)."""

    text: bytes
    code: int


def answer_of(command: Sequence[str], seconds: float) -> Answer | None:
    """What a program answered; None where it can't be run, isn't done in time or prints without end. It is killed then
    with all that it started; one that the kernel doesn't let die is left behind."""
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
        )
    except OSError:
        return None
    said: list[bytes] = []
    reading = threading.Thread(target=_read, args=(child, said), daemon=True, name="smartctl")
    reading.start()
    reading.join(seconds)
    done = not reading.is_alive() and bool(said) and len(said[0]) <= MOST_BYTES
    if done:
        with suppress(subprocess.TimeoutExpired):
            return Answer(said[0], child.wait(_DYING_S))
    _kill(child)
    return None


def _read(child: subprocess.Popen[bytes], said: list[bytes]) -> None:
    assert child.stdout is not None
    with suppress(OSError, ValueError), child.stdout:
        said.append(child.stdout.read(MOST_BYTES + 1))


def _kill(child: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)
        else:  # pragma: no cover
            child.kill()
    with suppress(subprocess.TimeoutExpired):
        child.wait(_DYING_S)
