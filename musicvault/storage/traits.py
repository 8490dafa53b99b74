"""What a file system can be believed about, found by writing a probe file, or, where nothing may be written, from
its type.

A probe alone isn't enough: Linux keeps a FAT file's change time in memory only, so it looks right until the drive
is plugged in again. What the type is known to forget is taken off what the probe saw.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace

from musicvault.domain.paths import join
from musicvault.domain.times import CAREFUL, Traits
from musicvault.storage import filesystems, mounts

_S = 10**9
_GRAINS = (1, 100, 1_000, 1_000_000, 10_000_000, _S, 2 * _S)  # ext4, NTFS, UDF, SMB, exFAT, HFS+, FAT
_SAMPLES = (981_173_107 * _S + 123_456_789, 1_041_379_200 * _S + 987_654_321)  # seconds odd and even


@dataclass(frozen=True, slots=True)
class _Known:
    """By type. FAT and exFAT store local time in steps of 2 seconds (some drivers 10 ms for some times only:
    rclone#2552, relan/exfat#38), SMB servers answer as they like."""

    ctime: bool
    grain_ns: int = 1
    local_time: bool = False
    inodes: bool = True
    folds_case: bool = False

    def traits(self) -> Traits:
        return Traits(self.ctime, self.grain_ns, self.local_time, self.inodes, self.folds_case)


_POSIX = _Known(ctime=True)
_FAT = _Known(ctime=False, grain_ns=2 * _S, local_time=True, inodes=False, folds_case=True)
_SHARE = _Known(ctime=False, grain_ns=100, inodes=False)
_TYPES = {
    **dict.fromkeys(("ext2", "ext3"), _Known(ctime=True, grain_ns=_S)),
    **dict.fromkeys(("ext4", "xfs", "btrfs", "f2fs", "zfs", "jfs", "bcachefs", "reiserfs"), _POSIX),
    **dict.fromkeys(("tmpfs", "ramfs", "nfs", "nfs4", "ufs", "apfs", "fuse.zfs"), _POSIX),
    "overlay": _Known(ctime=True, inodes=False),
    **dict.fromkeys(("hfs", "hfsplus"), _Known(ctime=True, grain_ns=_S, folds_case=True)),
    **dict.fromkeys(("ntfs", "ntfs3", "ntfs-3g", "NTFS", "ReFS"), _Known(ctime=True, grain_ns=100)),
    **dict.fromkeys(("vfat", "msdos", "fat", "exfat", "FAT32", "exFAT", "FAT"), _FAT),
    **dict.fromkeys(("cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "davfs", "fuse.rclone"), _SHARE),
}


def of_type(fs_type: str) -> Traits:
    """What is known of a type of file system; careful for those that aren't."""
    known = _TYPES.get(fs_type)
    return known.traits() if known else CAREFUL


def probe(folder: bytes, *, write: bool = True) -> Traits:
    """The traits of the file system that holds `folder`. With `write` a small file is made there and removed again;
    where that fails, or without it, the type decides. Never raises."""
    mount = mounts.of_path(folder)
    fs_type = filesystems.named(mount).fs_type if mount else ""
    by_type = of_type(fs_type)
    seen = _try(folder) if write else None
    if seen is None:
        return by_type
    careful = by_type if fs_type in _TYPES else replace(CAREFUL, ctime_works=True, grain_ns=1, local_time=False)
    return Traits(
        ctime_works=seen.ctime_works and careful.ctime_works,
        grain_ns=max(seen.grain_ns, careful.grain_ns),
        local_time=careful.local_time,
        stable_inodes=careful.stable_inodes,
        case_insensitive=seen.case_insensitive,
    )


_PROBE = b".musicvault-probe-"
_LEFT = re.compile(re.escape(_PROBE) + rb"[0-9a-f]{16}")


def _try(folder: bytes) -> Traits | None:
    name = _PROBE + secrets.token_hex(8).encode("ascii")
    path = join(folder, name)
    clear(folder)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:
        return None
    try:
        folds = os.path.lexists(join(folder, name.upper()))
        grain, ctime = _times(path)
        return Traits(ctime_works=ctime, grain_ns=grain, case_insensitive=folds)
    except OSError:
        return None
    finally:
        with suppress(OSError):  # the drive went just now: whoever opens it next clears up
            os.unlink(path)


def clear(folder: bytes) -> None:
    """Remove what a probe left behind that was killed or lost its drive. Never raises."""
    with suppress(OSError):
        for name in os.listdir(folder):
            if _LEFT.fullmatch(name):
                os.unlink(join(folder, name))


def _times(path: bytes) -> tuple[int, bool]:
    """The grain of modification times, and whether the change time is a clock of its own."""
    grain = 1
    ctime = True
    for sample in _SAMPLES:
        os.utime(path, ns=(sample, sample))
        seen = os.stat(path)
        fits = (g for g in _GRAINS if g >= grain and abs(seen.st_mtime_ns - sample) < g and seen.st_mtime_ns % g == 0)
        grain = next(fits, _GRAINS[-1])
        # One that follows the modification time set above is a copy of it, or a creation time.
        ctime = ctime and abs(seen.st_ctime_ns - sample) > 3600 * _S
    return grain, ctime
