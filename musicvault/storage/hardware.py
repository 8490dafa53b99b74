"""Who a physical disk is, across computers and ports: from sysfs and what udev wrote down, both readable by anyone.

Its id is the World Wide Name where it has one, else bus, maker's model and serial number, else the identity that its
partition table has (GPT), else the file systems on it: an older table's number is not unique, for sticks leave the
factory with the same. What the system doesn't tell stays empty: memory, most virtual disks and, for now, all disks
outside Linux.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_UDEV = Path("/run/udev/data")
_PAGE = 4096  # bytes: no file of sysfs says more
_VIRTUAL = ("loop", "ram", "zram", "nbd", "dm-", "md")
_MEANINGLESS = re.compile(r"0*|(.)\1*|0123456789\w*|1234567890\w*|.*(DISK|NONE|UNKNOWN).*|(AAAA)?0+1", re.IGNORECASE)
"""Serial numbers that cheap bridges give to every case they are built into. Two disks must not become one by them."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """`id` is stable and the same on every computer, '' where nothing tells. `enclosure` is the same for disks in one
    case (USB, SAS). `bus` is "usb", "ata", "nvme", "scsi", "mmc", "virtio" or ''. `ejectable`: it says that its medium
    can be taken out."""

    id: str = ""
    model: str = ""
    enclosure: str = ""
    bus: str = ""
    ejectable: bool = False


NOTHING = Hardware()


def of_disks(blocks: Iterable[Path], udev: Path = _UDEV) -> Hardware:
    """The hardware of whole disks by their folders in sysfs; several (RAID, LVM) are named together."""
    found = [_of_disk(block, udev) for block in sorted(blocks) if not block.name.startswith(_VIRTUAL)]
    if not found:
        return NOTHING
    if len(found) == 1:
        return found[0]
    ids = [one.id for one in found]
    return Hardware(
        id="+".join(sorted(ids)) if all(ids) else "",
        model=" + ".join(dict.fromkeys(one.model for one in found if one.model)),
        enclosure=found[0].enclosure if len({one.enclosure for one in found}) == 1 else "",
        bus=found[0].bus if len({one.bus for one in found}) == 1 else "",
        ejectable=any(one.ejectable for one in found),
    )


def _of_disk(block: Path, udev: Path) -> Hardware:
    told = _udev(block, udev)
    device = block / "device"
    bus = _bus(block, told)
    usb = _usb_device(block) if bus == "usb" else None
    model = _model(told, device, usb)
    return Hardware(
        id=_own(block, told, device, usb, bus, model) or _table(told) or _partitions(block, udev),
        model=model,
        enclosure=_enclosure(device, usb),
        bus=bus,
        ejectable=text(block, "removable") == "1",
    )


def _own(block: Path, told: Mapping[str, str], device: Path, usb: Path | None, bus: str, model: str) -> str:
    wwn = told.get("ID_WWN_WITH_EXTENSION") or told.get("ID_WWN") or ""
    wwid = text(device, "wwid") or text(block, "wwid")
    if not wwn and wwid.startswith(("naa.", "eui.", "uuid.")):
        wwn = "0x" + wwid[4:] if wwid.startswith("naa.") else wwid
    # A USB bridge may give its own name, or that of the disk in it: only the disk's own is asked for.
    if wwn and re.fullmatch(r"0x0*", wwn) is None:
        return f"wwn:{wwn.lower()}"
    serial = told.get("ID_SERIAL_SHORT") or _serial(block, device)
    if not serial and usb is not None:
        serial = text(usb, "serial")
    if not serial or _MEANINGLESS.fullmatch(serial):
        return ""
    return f"{bus or 'disk'}:{model}:{serial}"


def _table(told: Mapping[str, str]) -> str:
    """Who the disk is by its partition table: two partitions of a case without a number of its own are one disk."""
    return f"gpt:{told.get('ID_PART_TABLE_UUID', '').lower()}" if told.get("ID_PART_TABLE_TYPE") == "gpt" else ""


def _partitions(block: Path, udev: Path) -> str:
    """Who the disk is by what it is parted into. One file system alone is as well known by itself."""
    try:
        parts = [part for part in block.iterdir() if (part / "partition").exists()]
    except OSError:
        return ""
    found = sorted(filter(None, (_udev(part, udev).get("ID_FS_UUID", "").lower() for part in parts)))
    return f"parts:{','.join(found)}" if len(found) > 1 else ""


def _serial(block: Path, device: Path) -> str:
    """Asked once for each time that a disk was attached (`diskseq`, since Linux 5.15): a virtual one is itself asked at
    each look, which takes milliseconds."""
    attached = (block, text(block, "diskseq"))
    if attached not in _serials:
        found = _serial_now(block, device)
        if not found or not attached[1]:
            return found
        _serials[attached] = found
    return _serials[attached]


_serials: dict[tuple[Path, str], str] = {}


def _serial_now(block: Path, device: Path) -> str:
    """Of NVMe, MMC and virtual disks, and of SCSI by page 0x80 of its vital product data (4 bytes of header)."""
    found = text(device, "serial") or text(block, "serial") or text(device, "cid")
    if found:
        return found
    try:
        page = (device / "vpd_pg80").read_bytes()[4:]
    except OSError:
        return ""
    return page.decode("ascii", "replace").strip("\0 ")


def _model(told: Mapping[str, str], device: Path, usb: Path | None) -> str:
    encoded = re.sub(r"\\x([0-9a-f]{2})", lambda code: chr(int(code[1], 16)), told.get("ID_MODEL_ENC", "")).strip()
    model = encoded or text(device, "model") or told.get("ID_MODEL", "").replace("_", " ") or text(device, "name")
    vendor = text(device, "vendor")
    if usb is not None and not model:
        return f"{text(usb, 'manufacturer')} {text(usb, 'product')}".strip()
    known = vendor and vendor != "ATA" and not vendor.startswith("0x") and not model.startswith(vendor)
    return " ".join(f"{vendor if known else ''} {model}".split())[:100]


def _bus(block: Path, told: Mapping[str, str]) -> str:
    path = block.as_posix()
    for name, sign in (("usb", "/usb"), ("nvme", "/nvme"), ("mmc", "/mmc"), ("virtio", "/virtio"), ("ata", "/ata")):
        if sign in path:
            return name
    bus = told.get("ID_BUS", "")
    return bus if bus in ("usb", "ata", "scsi", "ieee1394") else "scsi" if "/host" in path else ""


def _usb_device(block: Path) -> Path | None:
    """The USB device above a disk: the nearest folder that has a maker's number."""
    return next((folder for folder in block.parents if (folder / "idVendor").exists()), None)


def _enclosure(device: Path, usb: Path | None) -> str:
    if usb is not None:
        numbers = f"{text(usb, 'idVendor')}:{text(usb, 'idProduct')}"
        serial = text(usb, "serial")
        return f"usb:{numbers}:{serial}" if serial and not _MEANINGLESS.fullmatch(serial) else ""
    try:
        slots = [link for link in device.iterdir() if link.name.startswith("enclosure_device:")]
    except OSError:
        return ""
    case = text(slots[0].resolve().parent, "id") if slots else ""
    return f"ses:{case}" if case else ""


def _udev(block: Path, udev: Path) -> dict[str, str]:
    try:
        record = (udev / f"b{text(block, 'dev')}").read_text("utf-8", "replace")
    except OSError:
        return {}
    return dict(re.findall(r"^E:(ID_[A-Z_]+)=(.*)$", record, re.MULTILINE))


def text(folder: Path, name: str) -> str:
    """One line of sysfs, '' where there is none; drives write what they like into it."""
    said = line(folder, name).decode("utf-8", "replace").strip()
    return said if said.isprintable() else "".join(filter(str.isprintable, said))


def line(folder: Path, name: str) -> bytes:
    """The same as it stands there. Most of what each look at a drive asks for isn't there, which must cost nothing."""
    try:
        descriptor = os.open(f"{folder}/{name}", os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(descriptor, _PAGE).removesuffix(b"\n")
    except OSError:
        return b""
    finally:
        os.close(descriptor)
