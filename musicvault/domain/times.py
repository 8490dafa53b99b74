"""When a time stamp says "changed": different after the file system's own grain and clock habits are taken off.

rclone#2552, relan/exfat#38: FAT and exFAT keep times in steps of 2 seconds and in local time, so a
daylight-saving switch or a journey shifts them all by whole hours without any change.
"""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.domain.values import Stat

HOUR_NS = 3600 * 10**9
WIDEST_SHIFT_H = 26  # from UTC-12 to UTC+14


@dataclass(frozen=True, slots=True)
class Traits:
    """What a volume's file system can be believed about, found by a probe."""

    ctime_works: bool = True
    grain_ns: int = 1
    local_time: bool = False
    stable_inodes: bool = True
    case_insensitive: bool = False


CAREFUL = Traits(ctime_works=False, grain_ns=2 * 10**9, local_time=True, stable_inodes=False)
"""For a volume that could not be probed."""


def mtime_moved(before: Stat, after: Stat, traits: Traits) -> bool:
    """Whether the modification time is different: never merely later or earlier."""
    return _differs(before.mtime_ns, after.mtime_ns, traits)


def ctime_moved(before: Stat, after: Stat, traits: Traits) -> bool:
    """Whether the change time is different, on volumes where a probe showed that it means something."""
    return traits.ctime_works and _differs(before.ctime_ns, after.ctime_ns, traits)


def stat_moved(before: Stat, after: Stat, traits: Traits) -> bool:
    """Whether a scan must read the file again."""
    return (
        before.size != after.size
        or mtime_moved(before, after, traits)
        or ctime_moved(before, after, traits)
        or (traits.stable_inodes and before.inode != after.inode)
    )


def _differs(before_ns: int, after_ns: int, traits: Traits) -> bool:
    distance = abs(before_ns - after_ns)
    if distance < traits.grain_ns:
        return False
    if not traits.local_time:
        return True
    hours = round(distance / HOUR_NS)
    whole_hours = 1 <= hours <= WIDEST_SHIFT_H and abs(distance - hours * HOUR_NS) < traits.grain_ns
    return not whole_hours
