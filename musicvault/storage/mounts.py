"""The table of mounted file systems, as this process sees it: /proc/self/mountinfo on Linux, psutil elsewhere."""

from __future__ import annotations

import os
import re
import stat
import sys
from functools import lru_cache
from typing import NamedTuple

_MOUNTINFO = "/proc/self/mountinfo"
_PSEUDO = frozenset(
    (
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs"),
        *("efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs"),
        *("selinuxfs", "sysfs", "tracefs"),
    )
)
"""The kernel's own views: they hold no files of anybody."""
_ESCAPED = re.compile(rb"\\([0-7]{3})")


class Mount(NamedTuple):
    """One line of the table. `root` is the folder of the file system that is shown at `point` (not `/` for bind
    mounts and btrfs subvolumes); `device` is `st_dev`, 0 where unknown (btrfs gives its files other numbers)."""

    point: bytes
    source: bytes
    fs_type: str
    root: bytes
    device: int
    read_only: bool


def table() -> list[Mount]:
    """Every mount, in the order in which they were made: of two at one point, the later one hides the earlier."""
    if sys.platform != "linux":
        return _portable()
    try:
        with open(_MOUNTINFO, "rb") as lines:
            found = [_parse(line) for line in lines]
    except OSError:
        found = []  # /proc is not mounted
    if all(mount.point != b"/" for mount in found):
        found.insert(0, _unlisted_root(found))
    return found


def holding_files() -> list[Mount]:
    """The same without what holds no files of anybody (`/proc` and its like)."""
    return [mount for mount in table() if mount.fs_type not in _PSEUDO]


def _unlisted_root(listed: list[Mount]) -> Mount:
    """In a chroot `/` is often no mount point of its own; another mount of the same file system tells what it is, but
    not whether it can be written: that is each mount's own."""
    device = os.stat("/").st_dev
    read_only = bool(os.statvfs("/").f_flag & os.ST_RDONLY)
    for mount in listed:
        if mount.device == device:
            return mount._replace(point=b"/", root=b"/", read_only=read_only)
    return Mount(b"/", b"", "", b"/", device, read_only)


@lru_cache(1024)  # the table is asked for often, and most of its lines stay what they are
def _parse(line: bytes) -> Mount:
    # proc(5): 36 35 98:0 /root /point options optional-fields... - type source super-options
    fields, _, rest = line.rstrip(b"\n").partition(b" - ")
    _, _, number, root, point, options = fields.split(b" ")[:6]
    fs_type, source, super_options = (*rest.split(b" "), b"", b"")[:3]
    major, _, minor = number.partition(b":")
    read_only = b"ro" in options.split(b",") or b"ro" in super_options.split(b",")
    device = os.makedev(int(major), int(minor))
    return Mount(_plain(point), _plain(source), fs_type.decode("ascii", "replace"), _plain(root), device, read_only)


def _plain(field: bytes) -> bytes:
    return _ESCAPED.sub(lambda match: bytes([int(match[1], 8)]), field)


def _portable() -> list[Mount]:
    import psutil

    found = []
    for part in psutil.disk_partitions(all=True):
        point = os.fsencode(part.mountpoint)
        try:
            device = os.stat(point).st_dev
        except OSError:
            device = 0
        read_only = "ro" in part.opts.split(",")
        found.append(Mount(point, os.fsencode(part.device), part.fstype, b"/", device, read_only))
    return found


def block_device(mount: Mount) -> int:
    """The number of the block device under a mount, 0 where there is none. Not always `mount.device`: btrfs numbers its
    subvolumes by itself."""
    if not mount.source.startswith(b"/dev/"):
        return 0
    try:
        found = os.stat(mount.source)
    except OSError:
        return 0
    return found.st_rdev if stat.S_ISBLK(found.st_mode) else 0


def by_device(device: int) -> Mount | None:
    """The mount whose `st_dev` is `device`, the one that shows the whole file system if there are several."""
    found = [mount for mount in table() if mount.device == device]
    return next((mount for mount in found if mount.root == b"/"), found[0] if found else None)


def of_path(path: bytes) -> Mount | None:
    """The mount that an existing path lies on. By the longest mount point above it, links resolved."""
    real = os.path.realpath(path)
    best: Mount | None = None
    for mount in table():
        if contains(mount.point, real) and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best


def is_point(path: bytes) -> bool:
    """Whether something is mounted at this very path (resolved already)."""
    return any(mount.point == path for mount in table())


def place_in_file_system(path: bytes) -> tuple[int, bytes]:
    """The device of the file system that an existing path lies on, 0 where unknown, and the path there: the same for
    every name that bind mounts give it."""
    real = os.path.realpath(path)
    mount = of_path(real)
    if mount is None:
        return 0, real
    below = os.path.relpath(real, mount.point)
    return mount.device, os.path.normpath(os.path.join(mount.root, below))


def contains(folder: bytes, path: bytes) -> bool:
    """Whether `path` is `folder` or lies below it (by name; both absolute and normal)."""
    edge = os.fsencode(os.sep)
    return path == folder or path.startswith(folder if folder.endswith(edge) else folder + edge)
