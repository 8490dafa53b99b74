"""The physical disk under a block device, from sysfs: what fails together, and what must not be read from two heads
at once."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from musicvault.storage import hardware
from musicvault.storage.hardware import Hardware

_SYS = Path("/sys/dev/block")
_VIRTUAL = ("vd", "xvd", "loop", "nbd", "ram", "zram")


@dataclass(frozen=True, slots=True)
class Disk:
    """`name` is the kernel's ("sda", several joined by "+" for RAID or LVM), empty where nothing is known (network,
    memory, not Linux). `removable` includes USB; `rotational` means that seeks cost. None: unknown."""

    name: str = ""
    removable: bool | None = None
    rotational: bool | None = None
    hardware: Hardware = hardware.NOTHING


UNKNOWN = Disk()


def of_device(device: int) -> Disk:
    """The disk (or disks) that hold the block device of number `device`."""
    try:
        found = sorted(_whole_disks((_SYS / f"{os.major(device)}:{os.minor(device)}").resolve(strict=True)))
    except (OSError, RuntimeError, AttributeError):
        return UNKNOWN
    if not found:
        return UNKNOWN
    return Disk(
        "+".join(disk.name for disk in found),
        any("/usb" in str(disk) or hardware.text(disk, "removable") == "1" for disk in found),
        _spins(found),
        _image(found[0]) if len(found) == 1 and _backing(found[0]) else hardware.of_disks(found),
    )


def _image(loop: Path) -> Hardware:
    """An image is a disk, however many loop devices show parts of it."""
    path = _backing(loop)
    try:
        number = os.stat(path).st_ino
    except OSError:  # deleted, or of another namespace
        number = 0
    return Hardware(f"image:{number}:{os.fsdecode(path)}")


def _spins(found: list[Path]) -> bool | None:
    # Virtual disks and loop devices claim to spin unless told otherwise, which says nothing about what is below.
    if any(disk.name.startswith(_VIRTUAL) for disk in found):
        return None
    return any(hardware.text(disk, "queue/rotational") == "1" for disk in found)


def _whole_disks(block: Path) -> set[Path]:
    if (block / "partition").exists():
        block = block.parent
    below = block / "slaves"  # device-mapper and md name what they stand on
    slaves = list(below.iterdir()) if below.is_dir() else []
    if not slaves:
        return _behind_loop(block)
    return set().union(*(_whole_disks(slave.resolve()) for slave in slaves))


def _behind_loop(block: Path) -> set[Path]:
    """What a loop device shows is a part of another disk, or of an image; the first loop device of an image stands for
    all that show parts of it. Any other disk is itself."""
    image = _backing(block)
    if image.startswith(b"/dev/"):
        with suppress(OSError):
            found = os.stat(image)
            if stat.S_ISBLK(found.st_mode):
                return _whole_disks((_SYS / f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}").resolve())
    if not image:
        return {block}
    return {min((loop for loop in map(block.with_name, _loops()) if _backing(loop) == image), default=block)}


def _loops() -> list[str]:
    """The loop devices that show anything: there may be a hundred that don't."""
    try:
        with open("/proc/partitions", encoding="ascii", errors="replace") as lines:
            names = [line.split()[-1] for line in lines if line.strip()]
    except OSError:
        return []
    return [name for name in names if re.fullmatch(r"loop\d+", name)]


def _backing(block: Path) -> bytes:
    """The file that a loop device shows, empty for any other device."""
    return hardware.line(block, "loop/backing_file")
