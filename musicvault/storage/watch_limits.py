"""What stands in the way of watching a folder, in words: silent file systems, used-up watches, absent roots."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

from musicvault.domain.paths import display
from musicvault.errors import reason_of
from musicvault.language import tr
from musicvault.storage import mounts
from musicvault.storage.answering import may_hang

_LIMITS = "/proc/sys/fs/inotify/"
_LEAST = 256
"""No smaller limit is advised: other programs watch, too."""


def sends_events(path: bytes) -> bool:
    """Whether the file system tells of all its changes: network ones don't tell of other machines' changes, and FUSE
    ones other than local disks not of changes behind their back."""
    mount = mounts.of_path(path)
    if mount is None:
        return True
    return not may_hang(mount.fs_type)


def is_exhausted(error: OSError) -> bool:
    """Whether the kernel refused for want of watches (said as "no space left") or of watchers."""
    return error.errno in (errno.ENOSPC, errno.EMFILE)


def describe(root: bytes, error: OSError, roots: Iterable[bytes], rescan_seconds: float) -> str:
    """Why `root` can't be watched; for used-up watches the limit, how many `roots` need, the command to raise it."""
    if not is_exhausted(error):
        return tr(
            "{root} can't be watched ({reason}), so it is looked through every {minutes} minutes.",
            root=display(root),
            reason=reason_of(error),
            minutes=_minutes(rescan_seconds),
        )
    instances = error.errno == errno.EMFILE
    name = "max_user_instances" if instances else "max_user_watches"
    limit = _limit(name)
    needed = sum(1 for each in roots for _ in ([each] if instances else os.walk(each)))
    return tr(
        "This system's limit for watching folders is used up: {limit} ({name}), shared by all your programs, and your "
        "libraries need {needed} of them. {root} is looked through every {minutes} minutes instead. To raise the "
        "limit: sudo sysctl fs.inotify.{name}={enough}",
        limit=limit,
        name=name,
        needed=needed,
        root=display(root),
        minutes=_minutes(rescan_seconds),
        enough=max(1 << (limit + needed).bit_length(), _LEAST),
    )


def describe_silent(root: bytes, rescan_seconds: float) -> str:
    """For a file system that `sends_events` denies."""
    return tr(
        "{root} lies on a file system that doesn't tell of changes, so it is looked through every {minutes} minutes.",
        root=display(root),
        minutes=_minutes(rescan_seconds),
    )


def describe_away(root: bytes) -> str:
    """For a root that isn't mounted, or gone."""
    return tr("{root} isn't there now; watching goes on when it is back.", root=display(root))


def most_watches() -> int:
    """How many folders all programs of a user may watch together; 0 where the system sets no such limit."""
    return _limit("max_user_watches")


def _limit(name: str) -> int:
    try:
        return int(Path(_LIMITS, name).read_text("ascii"))
    except (OSError, ValueError):
        return 0


def _minutes(seconds: float) -> int:
    return max(1, round(seconds / 60))
