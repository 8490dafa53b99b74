"""What a mounted file system is called: its own UUID, its label, its true type.

In this order, stopping where something is found: the kernel's ioctls (any user, any open folder, since Linux 6.9
for the UUID), what udev wrote down (any user), `blkid -p` (root only). FUSE drivers for disks are all of type
"fuseblk": exFAT and NTFS are told apart by udev and blkid.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from musicvault.storage import mounts
from musicvault.storage.mounts import Mount

_FS_IOC_GETFSUUID = 0x80111500  # <linux/fs.h> _IOR(0x15, 0, struct fsuuid2)
_FS_IOC_GETFSLABEL = 0x81009431  # <linux/fs.h> _IOR(0x94, 49, char[256])
_UDEV = "/run/udev/data"
_BLKID_S = 5.0

MEMORY = frozenset({"tmpfs", "ramfs"})
"""What lies there is gone when the power is."""
NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "davfs", "glusterfs", "ncpfs"})
NETWORK_FUSE = ("fuse.sshfs", "fuse.rclone", "fuse.curlftpfs", "fuse.s3fs", "fuse.glusterfs", "fuse.ceph")


@dataclass(frozen=True, slots=True)
class Named:
    """The names of a file system; what isn't known is empty. `fs_type` is the true one ("exfat", not "fuseblk")."""

    uuid: str = ""
    label: str = ""
    fs_type: str = ""


def is_network(fs_type: str) -> bool:
    """Whether another machine answers for this type."""
    return fs_type in NETWORK or fs_type.startswith(NETWORK_FUSE)


def named(mount: Mount) -> Named:
    """What is known about the file system of a mount. Never fails: unknown is empty."""
    if is_network(mount.fs_type) or sys.platform != "linux":
        return Named(fs_type=mount.fs_type)
    identifier, label = _by_ioctl(mount.point)
    fs_type = mount.fs_type
    block = mounts.block_device(mount)
    if block and (identifier is None or fs_type == "fuseblk"):
        tags = _by_udev(block) or _by_blkid(mount.source)
        identifier = identifier or tags.get("UUID", "")
        label = label or tags.get("LABEL", "")
        if fs_type == "fuseblk":
            fs_type = tags.get("TYPE", fs_type)
    return Named(identifier or "", label, fs_type)


def _by_ioctl(point: bytes) -> tuple[str | None, str]:
    """UUID and label; '' for a UUID of zeros, which is none, None where the kernel doesn't say."""
    import fcntl

    try:
        fd = os.open(point, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None, ""
    identifier, label = None, ""
    try:
        raw = bytearray(17)
        try:
            fcntl.ioctl(fd, _FS_IOC_GETFSUUID, raw)
            if raw[0] == 16:
                identifier = str(uuid.UUID(bytes=bytes(raw[1:]))) if any(raw[1:]) else ""
        except OSError:
            pass  # an older kernel, or a file system without one
        name = bytearray(256)
        try:
            fcntl.ioctl(fd, _FS_IOC_GETFSLABEL, name)
            label = bytes(name).split(b"\0", 1)[0].decode("utf-8", "replace")
        except OSError:
            pass
    finally:
        os.close(fd)
    return identifier, label


def _by_udev(device: int) -> Mapping[str, str]:
    try:
        with open(f"{_UDEV}/b{os.major(device)}:{os.minor(device)}", encoding="utf-8", errors="replace") as lines:
            found = dict(re.findall(r"^E:ID_FS_(UUID|LABEL_ENC|TYPE)=(.*)$", lines.read(), re.MULTILINE))
    except OSError:
        return {}
    if "LABEL_ENC" in found:
        found["LABEL"] = re.sub(
            rb"\\x([0-9a-f]{2})", lambda code: bytes([int(code[1], 16)]), found["LABEL_ENC"].encode("utf-8")
        ).decode("utf-8", "replace")
    return found


def _by_blkid(source: bytes) -> Mapping[str, str]:
    command = [b"blkid", b"-p", b"-o", b"export", b"--", source]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_BLKID_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return {}  # not installed, or the disk doesn't answer
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    # "export" escapes blanks for the shell.
    return {key: re.sub(r"\\(.)", r"\1", value) for key, _, value in (line.partition("=") for line in lines)}
