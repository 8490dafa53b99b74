"""System calls that change something, as strace tells them, and the words that let it break one of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_GROWING = ("openat", "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "fallocate", "copy_file_range", "mkdir")
CHANGING = (
    *_GROWING,
    *("rename", "renameat", "renameat2", "link", "linkat", "symlink", "unlink", "unlinkat", "rmdir", "truncate"),
    *("utimensat", "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "setxattr", "fsetxattr"),
    "sendfile",
)
_NOTING = ("access", "faccessat", "faccessat2")
READING = ("read", "pread64", "getdents64")
_LINE = re.compile(r"^(\d+)\s+(\w+)\((.*)$")
_WRITING = re.compile(r"O_CREAT|O_TRUNC|O_WRONLY|O_RDWR")


STEP = "/musicvault-step/"
"""Where a traced process looks for nothing, to leave a note in the trace of each step that it has done."""


@dataclass(frozen=True, slots=True)
class Call:
    """The `nth` call of this name in its thread; `text` is what it does, `after` the step that this thread did last."""

    name: str
    nth: int
    text: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls the `nth` call of this name in each thread: KILL, or an error's name."""

    name: str
    nth: int
    what: str

    @property
    def words(self) -> tuple[str, ...]:
        """strace's words for it."""
        what = "signal=KILL" if self.what == "KILL" else f"error={self.what}"
        return "-e", f"trace={self.name}", "-e", f"inject={self.name}:{what}:when={self.nth}"


def changing(log: str, below: Sequence[Path]) -> list[Call]:
    """The calls of a trace that change something below these folders, each (name, number) once."""
    counted: Counter[tuple[str, str]] = Counter()
    found: dict[tuple[str, int], Call] = {}
    prefixes = tuple(str(folder) for folder in below)
    after: dict[str, str] = {}
    for line in log.splitlines():
        if STEP in line:
            after[line.split()[0]] = line.partition(STEP)[2].partition('"')[0]
            continue
        match = _LINE.match(line)
        if match is None:
            continue  # the second half of an interrupted line, an exit, a signal
        thread, name, rest = match.groups()
        if name in _NOTING:
            continue
        counted[thread, name] += 1
        if not any(prefix in rest for prefix in prefixes) or (name == "openat" and not _WRITING.search(rest)):
            continue
        nth = counted[thread, name]
        found.setdefault((name, nth), Call(name, nth, f"{name}({rest}"[:300], after.get(thread, "")))
    return list(found.values())


def reading(log: str, below: Path) -> list[Call]:
    """The calls of a trace that read a file or folder there."""
    return [call for call in changing(log, [below]) if call.name in READING]


def can_meet(call: Call, fault: str) -> bool:
    """Whether a disk can answer this call so."""
    return fault != "ENOSPC" or call.name in _GROWING or call.name.startswith(("rename", "link"))


def watching(names: Sequence[str]) -> tuple[str, ...]:
    """strace's words to note these calls, and the steps."""
    return "-e", "trace=" + ",".join((*names, *_NOTING))


def struck(log: str) -> int:
    """How often strace's fault struck."""
    return log.count("(INJECTED)") + log.count("+++ killed by SIGKILL")
