"""What a drive is made of, and what the system lets one guess about it."""

from __future__ import annotations

from enum import StrEnum


class Media(StrEnum):
    """Kinds of media, as the policy names them. They age and fail in different ways."""

    HDD = "hdd"
    SSD = "ssd"
    FLASH = "flash"
    OPTICAL = "optical"
    NETWORK = "network"
    UNKNOWN = ""


def guess(*, name: str, bus: str, ejectable: bool, rotational: bool | None, network: bool) -> Media:
    """A guess that the user may correct. `name` is the kernel's ("sda", "mmcblk0"), `bus` "usb", "nvme", "ata" or so.

    A USB stick says of its medium that it can be taken out, and most of them claim to spin; a disk in a USB case says
    neither. A bridge that hides an SSD makes it look like a disk that spins: nothing tells.
    """
    if network:
        return Media.NETWORK
    if name.startswith("sr"):
        return Media.OPTICAL
    if name.startswith("mmcblk") or (bus == "usb" and ejectable):
        return Media.FLASH
    if rotational is None:
        return Media.UNKNOWN
    return Media.HDD if rotational else Media.SSD
