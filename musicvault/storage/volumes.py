"""Volumes: storage known by its own identity, never by the path where it happens to be mounted."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
from dataclasses import dataclass

from musicvault.domain.media import Media, guess
from musicvault.domain.paths import display
from musicvault.errors import DriveGone
from musicvault.language import tr
from musicvault.storage import answering, disks, filesystems, traits
from musicvault.storage import mounts as table
from musicvault.storage.hardware import NOTHING, Hardware
from musicvault.storage.mounts import Mount

probe = traits.probe

_ANSWER_S = 3.0  # a dead network share never answers: a list of drives must not wait for it
_NO_STORAGE = re.compile(r"squashfs|fuse\.(gvfsd-fuse|lxcfs|portal)")
_SYSTEM_POINTS = (b"/proc", b"/sys", b"/dev", b"/run/lock", b"/run/credentials", b"/run/user")


@dataclass(frozen=True, slots=True)
class Volume:
    """A file system that is mounted now. `id` stays the same wherever it is mounted: from its UUID where one can be
    had, else its server and share, else what the system offers ("fsid:", "dev:", which may change with a restart:
    trust the vault's own id then). `relative` is the path below `mount_point` that was asked for. Sizes in bytes, 0
    where the volume didn't answer; `disk` names the physical disk, so equal non-empty ones fail together, and
    `hardware.id` does so on every computer."""

    id: str
    fs_type: str
    fs_uuid: str
    label: str
    device: int
    source: bytes
    mount_point: bytes
    relative: bytes
    free: int
    total: int
    read_only: bool
    network: bool
    disk: str
    removable: bool | None
    rotational: bool | None
    hardware: Hardware = NOTHING

    @property
    def detached(self) -> bool:
        """Whether it can be unplugged, or is another machine's: what befalls this computer needn't befall it."""
        return self.network or bool(self.removable)

    @property
    def media(self) -> Media:
        """What it is made of, as far as the system tells."""
        return guess(
            name=self.disk,
            bus=self.hardware.bus,
            ejectable=self.hardware.ejectable,
            rotational=self.rotational,
            network=self.network,
        )


def volume_of(path: bytes) -> Volume:
    """The volume that holds an existing file or folder, links resolved. Raises DriveGone when there is no such
    path."""
    real = os.path.realpath(path)
    try:
        device = os.stat(real).st_dev
    except OSError as error:
        raise DriveGone(tr("{path} isn't there. Is the drive plugged in and mounted?", path=display(path))) from error
    mount = table.of_path(real) or Mount(b"/", b"", "", b"/", device, False)
    relative = os.path.relpath(real, mount.point)
    return _volume(mount, b"" if relative == b"." else relative, device)


def mounts() -> list[Volume]:
    """Every volume that could hold a vault, as it is mounted now; the last one where several hide each other. Those
    that don't answer within seconds are listed with sizes of 0."""
    visible = {mount.point: mount for mount in table.holding_files() if _is_storage(mount)}
    found = []
    for mount in visible.values():
        try:
            # A network share is not touched here: its stat may hang.
            device = mount.device if filesystems.is_network(mount.fs_type) else os.stat(mount.point).st_dev
        except OSError:
            continue
        found.append(_volume(mount, b"", device))
    return found


def space(path: bytes) -> tuple[int, int]:
    """Bytes that this account may still write, and bytes in all, on the volume of an existing path; zeros where it
    doesn't answer in time."""
    answer: list[tuple[int, int]] = []

    def ask() -> None:
        answer.append(_usage(path))

    asking = threading.Thread(target=ask, daemon=True, name="disk-usage")
    asking.start()
    asking.join(_ANSWER_S)
    return answer[0] if answer else (0, 0)


def _usage(path: bytes) -> tuple[int, int]:
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return 0, 0
    return usage.free, usage.total


def _is_storage(mount: Mount) -> bool:
    if _NO_STORAGE.fullmatch(mount.fs_type) or any(table.contains(point, mount.point) for point in _SYSTEM_POINTS):
        return False
    if filesystems.is_network(mount.fs_type):
        return True
    return answering.answers(mount) and os.path.isdir(mount.point)


def _volume(mount: Mount, relative: bytes, device: int) -> Volume:
    named = filesystems.named(mount)
    network = filesystems.is_network(mount.fs_type)
    disk = disks.UNKNOWN if network else disks.of_device(table.block_device(mount))
    free, total = space(mount.point) if answering.may_hang(mount.fs_type) else _usage(mount.point)
    return Volume(
        id=_identity(mount, named, device),
        fs_type=named.fs_type,
        fs_uuid=named.uuid,
        label=named.label,
        device=device,
        source=mount.source,
        mount_point=mount.point,
        relative=relative,
        free=free,
        total=total,
        read_only=mount.read_only,
        network=network,
        disk=disk.name,
        removable=disk.removable,
        rotational=disk.rotational,
        hardware=disk.hardware,
    )


def _identity(mount: Mount, named: filesystems.Named, device: int) -> str:
    if named.uuid:
        return f"uuid:{named.uuid.lower()}"
    if filesystems.is_network(mount.fs_type):
        return f"net:{named.fs_type}:{display(mount.source)}"
    if sys.platform != "win32":
        # ext4 and others fold their UUID into it; 0 from FUSE. On Windows st_dev is the volume's serial number.
        try:
            fsid = os.statvfs(mount.point).f_fsid
        except OSError:
            fsid = 0
        if fsid:
            return f"fsid:{fsid:x}"
    return f"dev:{device:x}"
