"""One fault at one system call, without a stop at any other: the child lets the kernel ask us (seccomp's user
notification, Linux 5.5) before each call of that name, and we answer "go on", an error, or a kill.

strace does the same, but stops the process at every call that it makes: there a point costs three times as much.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

from tests.crash.campaign.calls import Fault

_NUMBERS = {
    **{"read": 0, "write": 1, "pread64": 17, "pwrite64": 18, "writev": 20, "sendfile": 40, "fsync": 74},
    **{"fdatasync": 75, "truncate": 76, "ftruncate": 77, "rename": 82, "mkdir": 83, "rmdir": 84, "link": 86},
    **{"unlink": 87, "symlink": 88},
    **{"chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "lchown": 94, "setxattr": 188, "lsetxattr": 189},
    **{"fsetxattr": 190, "removexattr": 197, "getdents64": 217, "openat": 257, "mkdirat": 258, "fchownat": 260},
    **{"unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266, "fchmodat": 268, "utimensat": 280},
    **{"fallocate": 285, "renameat2": 316, "copy_file_range": 326},
}
"""Of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl)."""
_NAMES = {number: name for name, number in _NUMBERS.items()}
_SECCOMP, _SET_FILTER, _NEW_LISTENER = 317, 1, 8
_NO_NEW_PRIVS = 38
_ALLOW, _ASK = 0x7FFF0000, 0x7FC00000
_RECEIVE, _ANSWER = 0xC0502100, 0xC0182101
_GO_ON = 1
_ERRNO = {"EIO": 5, "ENODEV": 19, "ENOSPC": 28}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def _listener(*names: str) -> int:
    """From now on this process and its children ask before each call of these names; who answers reads this file."""
    asking = [(0x15, len(names) - number, 0, _NUMBERS[name]) for number, name in enumerate(names)]
    code = b"".join(
        struct.pack("HBBI", *instruction)
        for instruction in (
            (0x20, 0, 0, 0),  # load the number of the call
            *asking,  # where it is one of these, go to the last line
            (0x06, 0, 0, _ALLOW),
            (0x06, 0, 0, _ASK),
        )
    )
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    found: int = libc.syscall(_SECCOMP, _SET_FILTER, _NEW_LISTENER, ctypes.byref(_Program(len(names) + 3, code)))
    if found < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return found


@cache
def can_inject() -> bool:
    """Whether this machine's kernel lets us."""
    if platform.machine() != "x86_64" or not sys.platform.startswith("linux") or sys.maxsize < 2**32:
        return False
    child = os.fork()
    if not child:
        try:
            _listener("symlink")
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def ask(line: socket.socket, names: Sequence[str]) -> None:
    """In the child: be asked about, and let the parent answer."""
    listener = _listener(*names)
    socket.send_fds(line, [b"x"], [listener])
    os.close(listener)


Decide = Callable[[str, int], str]
"""What befalls the `nth` call of this name in its thread: nothing (empty), KILL, or an error's name."""


def only(fault: Fault) -> Decide:
    """That one fault."""
    return lambda name, nth: fault.what if nth == fault.nth else ""


def answer(line: socket.socket, child: int, decide: Decide) -> int:
    """In the parent, until the child has ended: decide on each call before it happens. Gives how many were broken."""
    _, descriptors, _, _ = socket.recv_fds(line, 1, 1)
    listener, ended = descriptors[0], os.pidfd_open(child)
    try:
        return _answered(listener, ended, decide)
    finally:
        os.close(listener)
        os.close(ended)


def _answered(listener: int, ended: int, decide: Decide) -> int:
    counted: Counter[tuple[int, str]] = Counter()
    struck = 0
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    waiting.register(ended, select.POLLIN)
    while True:
        ready = dict(waiting.poll())
        if not ready.get(listener, 0) & select.POLLIN:
            if ended in ready:
                return struck
            waiting.unregister(listener)  # hung up: only the end is left to wait for
            continue
        asked = bytearray(80)
        try:
            fcntl.ioctl(listener, _RECEIVE, asked)
            number, thread, _, call = struct.unpack_from("QIIi", asked)
            name = _NAMES[call]
            counted[thread, name] += 1
            what = decide(name, counted[thread, name])
            struck += bool(what)
            if what == "KILL":
                os.kill(thread, signal.SIGKILL)
                continue
            error, flags = (-_ERRNO[what], 0) if what else (0, _GO_ON)
            fcntl.ioctl(listener, _ANSWER, struct.pack("QqiI", number, 0, error, flags))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it died meanwhile
