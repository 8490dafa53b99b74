"""The physical disk under a block device, from sysfs: what fails together, and what must not be read from two heads
at once."""

from __future__ import annotations

import os
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
        any("/usb" in str(disk) or _flag(disk / "removable") for disk in found),
        _spins(found),
        hardware.of_disks(found),
    )


def _spins(found: list[Path]) -> bool | None:
    # Virtual disks and loop devices claim to spin unless told otherwise, which says nothing about what is below.
    if any(disk.name.startswith(_VIRTUAL) for disk in found):
        return None
    return any(_flag(disk / "queue" / "rotational") for disk in found)


def _whole_disks(block: Path) -> set[Path]:
    if (block / "partition").exists():
        block = block.parent
    below = block / "slaves"  # device-mapper and md name what they stand on
    slaves = list(below.iterdir()) if below.is_dir() else []
    if not slaves:
        return {block}
    return set().union(*(_whole_disks(slave.resolve()) for slave in slaves))


def _flag(file: Path) -> bool:
    try:
        return file.read_text(encoding="ascii").strip() == "1"
    except OSError:
        return False
