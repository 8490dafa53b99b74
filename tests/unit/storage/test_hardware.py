"""A physical disk is known by what it says of itself, wherever it is plugged in; what says nothing stays unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from musicvault.domain.media import Media, guess
from musicvault.storage import hardware
from musicvault.storage.hardware import NOTHING, Hardware


def disk(root: Path, path: str, **files: str) -> Path:
    """A folder as sysfs shows one: `device__model="x"` makes the file device/model."""
    block = root / "sys" / "devices" / path
    block.mkdir(parents=True)
    for name, text in files.items():
        file = block / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return block


def of(root: Path, *blocks: Path) -> Hardware:
    return hardware.of_disks(blocks, root / "udev")


def test_a_sata_disk_by_its_world_wide_name(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        disk(
            tmp_path,
            "pci0000:00/0000:00:17.0/ata3/host2/target2:0:0/2:0:0:0/block/sda",
            device__model="WDC WD40EFRX-68N",
            device__vendor="ATA",
            device__wwid="naa.50014ee2b5a7c1d4",
            removable="0",
        ),
    )
    assert found == Hardware("wwn:0x50014ee2b5a7c1d4", "WDC WD40EFRX-68N", "", "ata", False)


def test_an_nvme_stick_by_its_serial_number(tmp_path: Path) -> None:
    block = disk(
        tmp_path,
        "pci0000:00/0000:00:1d.0/0000:3d:00.0/nvme/nvme0/nvme0n1",
        device__model="Samsung SSD 970 EVO 500GB",
        device__serial="S466NX0M776250H",
    )
    assert of(tmp_path, block).id == "nvme:Samsung SSD 970 EVO 500GB:S466NX0M776250H"


USB = "pci0000:00/0000:00:14.0/usb2/2-3"


def usb(root: Path, serial: str, number: int = 0) -> Path:
    block = disk(
        root,
        f"{USB}/2-3:1.0/host{4 + number}/target/block/sd{'bc'[number]}",
        device__model="Elements 25A3",
        device__vendor="WD",
    )
    case = root / "sys" / "devices" / USB
    for name, text in {"idVendor": "1058", "idProduct": "25a3", "serial": serial}.items():
        (case / name).write_text(text + "\n")
    return block


def test_a_usb_disk_by_its_case_where_the_disk_says_nothing(tmp_path: Path) -> None:
    found = of(tmp_path, usb(tmp_path, "575837324434"))
    assert found == Hardware(
        "usb:WD Elements 25A3:575837324434", "WD Elements 25A3", "usb:1058:25a3:575837324434", "usb"
    )


def test_two_disks_of_one_case_share_it(tmp_path: Path) -> None:
    first, second = usb(tmp_path, "575837324434"), usb(tmp_path, "575837324434", 1)
    assert of(tmp_path, first).enclosure == of(tmp_path, second).enclosure != ""


@pytest.mark.parametrize("serial", ["0000000000", "0123456789ABCDEF", "DISK001", "FFFFFFFF", "00000000000000000001"])
def test_a_serial_number_that_all_cases_of_a_kind_share_is_none(tmp_path: Path, serial: str) -> None:
    found = of(tmp_path, usb(tmp_path, serial))
    assert (found.id, found.enclosure) == ("", "")


def test_udev_knows_the_disk_behind_a_bridge(tmp_path: Path) -> None:
    block = usb(tmp_path, "000000000000")
    (block / "dev").write_text("8:16\n")
    (tmp_path / "udev").mkdir()
    record = "E:ID_BUS=usb\nE:ID_SERIAL_SHORT=WD-WXG1E26E5ZJY\nE:ID_MODEL_ENC=WDC\\x20WD20NPVZ\\x20\n"
    (tmp_path / "udev" / "b8:16").write_text(record + "E:ID_WWN=0x0000000000000000\n")
    found = of(tmp_path, block)
    assert (found.id, found.model) == ("usb:WDC WD20NPVZ:WD-WXG1E26E5ZJY", "WDC WD20NPVZ")


@pytest.mark.parametrize(("kind", "told"), [("gpt", "gpt:0f2b0e1c-7a52-4a31-8f0e-77d1f0b6a9aa"), ("dos", "")])
def test_partitions_of_a_case_without_a_number_are_one_disk_by_their_table(
    kind: str, told: str, tmp_path: Path
) -> None:
    block = usb(tmp_path, "000000000000")
    (block / "dev").write_text("8:16\n")
    (tmp_path / "udev").mkdir()
    table = f"E:ID_PART_TABLE_TYPE={kind}\nE:ID_PART_TABLE_UUID=0F2B0E1C-7A52-4A31-8F0E-77D1F0B6A9AA\n"
    (tmp_path / "udev" / "b8:16").write_text(table)
    assert of(tmp_path, block).id == told


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"sdb1": "5B1D-8E2A", "sdb2": "", "sdb5": "0f2b0e1c"}, "parts:0f2b0e1c,5b1d-8e2a"),
        ({"sdb1": "5B1D-8E2A"}, ""),  # as well known by itself
        ({}, ""),
    ],
)
def test_partitions_of_an_old_table_are_one_disk_by_all_that_is_on_it(
    parts: dict[str, str], told: str, tmp_path: Path
) -> None:
    block = usb(tmp_path, "000000000000")
    (block / "dev").write_text("8:16\n")
    udev = tmp_path / "udev"
    udev.mkdir()
    # A number that whole batches of sticks may share is no name.
    (udev / "b8:16").write_text("E:ID_PART_TABLE_TYPE=dos\nE:ID_PART_TABLE_UUID=c3072e18\n")
    for number, (name, uuid) in enumerate(parts.items(), 17):
        (block / name).mkdir()
        (block / name / "partition").write_text("1\n")
        (block / name / "dev").write_text(f"8:{number}\n")
        (udev / f"b8:{number}").write_text(f"E:ID_FS_UUID={uuid}\n" if uuid else "E:ID_FS_TYPE=\n")
    (block / "queue").mkdir()
    assert of(tmp_path, block).id == told


def test_a_serial_number_by_scsi(tmp_path: Path) -> None:
    block = disk(
        tmp_path, "pci/host0/target0:0:0/0:0:0:0/block/sdd", device__model="ST1200MM0088", device__vendor="SEAGATE"
    )
    (block / "device" / "vpd_pg80").write_bytes(b"\x00\x80\x00\x08Z4028VRY")
    assert of(tmp_path, block) == Hardware("scsi:SEAGATE ST1200MM0088:Z4028VRY", "SEAGATE ST1200MM0088", "", "scsi")


def test_another_disk_in_the_same_port_is_another(tmp_path: Path) -> None:
    block = disk(tmp_path, "pci/virtio1/block/vda", serial="one", diskseq="9")
    for number, serial in ((9, "one"), (10, "two"), (11, "one")):
        (block / "diskseq").write_text(f"{number}\n")
        (block / "serial").write_text(f"{serial}\n")
        assert of(tmp_path, block).id == f"virtio::{serial}"


def test_a_disk_that_did_not_tell_its_number_is_asked_again(tmp_path: Path) -> None:
    block = disk(tmp_path, "pci/virtio1/block/vda", diskseq="9")
    assert of(tmp_path, block).id == ""
    (block / "serial").write_text("one\n")
    assert of(tmp_path, block).id == "virtio::one"


def test_a_raid_is_all_of_its_disks_or_unknown(tmp_path: Path) -> None:
    known = disk(tmp_path, "ata1/block/sda", device__model="A", device__serial="S1")
    other = disk(tmp_path, "ata2/block/sdb", device__model="A", device__serial="S2")
    silent = disk(tmp_path, "ata3/block/sdc", device__model="B")
    assert of(tmp_path, other, known).id == "ata:A:S1+ata:A:S2"
    assert of(tmp_path, known, silent).id == ""


def test_what_has_no_disk_has_no_id(tmp_path: Path) -> None:
    assert of(tmp_path, disk(tmp_path, "virtual/block/loop0", removable="0")) == NOTHING
    assert of(tmp_path) == NOTHING
    assert of(tmp_path, disk(tmp_path, "pci/virtio1/block/vda")).id == ""


@pytest.mark.parametrize(
    ("name", "bus", "ejectable", "rotational", "media"),
    [
        ("sda", "ata", False, True, Media.HDD),
        ("sda", "ata", False, False, Media.SSD),
        ("nvme0n1", "nvme", False, False, Media.SSD),
        ("sdb", "usb", True, True, Media.FLASH),
        ("sdb", "usb", False, True, Media.HDD),
        ("mmcblk0", "mmc", False, False, Media.FLASH),
        ("sr0", "ata", True, True, Media.OPTICAL),
        ("", "", False, None, Media.UNKNOWN),
    ],
)
def test_the_medium_is_guessed(name: str, bus: str, ejectable: bool, rotational: bool | None, media: Media) -> None:
    assert guess(name=name, bus=bus, ejectable=ejectable, rotational=rotational, network=False) is media
    assert guess(name=name, bus=bus, ejectable=ejectable, rotational=rotational, network=True) is Media.NETWORK
