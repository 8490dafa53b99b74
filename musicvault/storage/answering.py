"""Mounts that may never answer: a share whose server is gone, a FUSE file system whose program hangs.

Whoever touches one waits for ever, and can't be stopped. So one thread asks, with a time limit, and as long as it waits
nobody else touches that mount.
"""

from __future__ import annotations

import os
import threading

from musicvault.storage import filesystems, mounts
from musicvault.storage.mounts import Mount

ANSWER_S = 3.0
"""How long a mount is waited for; later, as long as the first question stands, not at all."""

_asking: dict[tuple[bytes, int], threading.Thread] = {}
_guard = threading.Lock()


def may_hang(fs_type: str) -> bool:
    """Whether another machine or a program answers for this type. FUSE drivers for disks are "fuseblk"."""
    return filesystems.is_network(fs_type) or fs_type == "fuse" or fs_type.startswith("fuse.")


def answers(mount: Mount) -> bool:
    """Whether the mount can be touched; at once for disks of this computer."""
    if not may_hang(mount.fs_type):
        return True
    key = mount.point, mount.device
    with _guard:
        asking = _asking.get(key)
        if asking is not None and asking.is_alive():
            return False
        asking = threading.Thread(target=_touch, args=(mount.point,), daemon=True, name="mount-look")
        _asking[key] = asking
        asking.start()
    asking.join(ANSWER_S)
    return not asking.is_alive()


def within_reach(path: bytes) -> bool:
    """Whether every mount on the way to an absolute path (taken by its name) can be touched."""
    return all(answers(mount) for mount in mounts.table() if mounts.contains(mount.point, path))


def holds(folder: bytes, path: bytes) -> bool:
    """Whether `path` is `folder` or lies below it (both absolute and normal), by name or because a bind mount gives one
    of them a second name; of what doesn't answer the names must do."""
    if mounts.contains(folder, path):
        return True
    if not (within_reach(folder) and within_reach(path)):
        return False
    outer, inner = mounts.place_in_file_system(folder), mounts.place_in_file_system(path)
    return outer[0] == inner[0] != 0 and mounts.contains(outer[1], inner[1])


def _touch(point: bytes) -> None:
    try:
        os.stat(point)
        os.statvfs(point)
    except OSError:
        pass  # that is an answer as well
