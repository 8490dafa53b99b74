"""Processes that start quickly: `python -P -m tests.e2e.warm FD` loads the program once and forks for each command.

Loading the program's modules takes longer than most commands do, and the tests run many hundreds. A child is a
process of its own all the same, with its own arguments, folder, environment and standard streams, and ends as the
program ends. What a start is itself about (languages, signals, loading) is tried with fresh interpreters instead.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import pickle
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NoReturn

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("cli", "engine", "runtime", "reports")
LATE = ("musicvault.app", "platformdirs.unix", "sqlite_utils.migrations")
"""What the program itself only loads once it knows what is wanted."""
PATIENCE = 120.0  # seconds; a command that takes longer hangs
MESSAGE = 1 << 20  # bytes; no request is as long


class Nursery:
    """The process that forks; one for each environment's language."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._asking, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.e2e.warm", str(theirs.fileno())],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self._asking.settimeout(PATIENCE)

    def run(
        self,
        words: Sequence[str | bytes | Path],
        folder: Path,
        environment: Mapping[str, str],
        out: IO[bytes],
        err: IO[bytes],
    ) -> int:
        """Run one command to its end; gives its exit code, negative where a signal ended it. Raises TimeoutError."""
        request = pickle.dumps(([os.fsdecode(word) for word in words], os.fspath(folder), dict(environment)))
        socket.send_fds(self._asking, [request], [out.fileno(), err.fileno()])
        return int(self._asking.recv(MESSAGE))

    def close(self) -> None:
        """Let it go; a command that still runs ends by itself."""
        self._asking.close()
        self._process.wait(PATIENCE)


def main(descriptor: int) -> None:
    """Fork for whoever asks until nobody is left to ask."""
    program = importlib.import_module("musicvault.__main__")
    for package in PACKAGES:
        found = importlib.import_module(f"musicvault.{package}")
        for module in pkgutil.walk_packages(found.__path__, f"{found.__name__}."):
            importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)
    importlib.import_module("sqlite_utils.plugins").ensure_plugins_loaded()
    assert len(os.listdir("/proc/self/task")) == 1, "a fork would lose the other threads"
    gc.freeze()
    with socket.socket(fileno=descriptor) as asked:
        while True:
            request, streams, _, _ = socket.recv_fds(asked, MESSAGE, 2)
            if not request:
                return
            child = os.fork()
            if not child:
                break
            for stream in streams:
                os.close(stream)
            _, status = os.waitpid(child, 0)
            asked.send(str(os.waitstatus_to_exitcode(status)).encode())
    sys.argv[1:], folder, environment = pickle.loads(request)
    for number, stream in enumerate(streams, start=1):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _leave(int(program.main()))


def _leave(code: int) -> NoReturn:
    """End as the interpreter does but for taking itself apart, which takes longer than most commands do."""
    threading._shutdown()  # type: ignore[attr-defined]  # wait for threads, as multiprocessing's own children do
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main(int(sys.argv[1]))
