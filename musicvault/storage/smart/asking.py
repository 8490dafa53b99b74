"""Asking a drive how it is, through `smartctl`: without waking it, with a time limit, and past USB bridges.

A bridge that smartctl doesn't know wants to be named (`-d`). Most of them pass ATA commands on in the standard way
(`sat`); a few need their maker's own, and cases for NVMe sticks theirs. They are tried in turn, once each.
"""

from __future__ import annotations

import os
import shutil
import sys
import time

from musicvault.domain.health import SmartReport
from musicvault.language import tr
from musicvault.storage.smart import answers
from musicvault.storage.smart.running import Answer, answer_of
from musicvault.storage.volumes import Volume

BRIDGES = ("sat", "sat,12", "sntjmicron", "sntrealtek", "sntasmedia", "usbjmicron", "usbsunplus", "usbcypress")
ANSWER_S = 20.0
LONGEST_S = 60.0
"""For all questions to one device together."""
_ELSEWHERE = ("/usr/sbin", "/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "C:\\Program Files\\smartmontools\\bin")
"""Where it is installed and an ordinary account's PATH doesn't reach."""


def ask(volume: Volume) -> SmartReport:
    """What the disk under a volume says about itself. Never raises: why nothing could be asked is `problem`."""
    if volume.network:
        return SmartReport(tr("It is on another machine, which keeps its health to itself."))
    devices = devices_of(volume)
    if not devices:
        return SmartReport(tr("There is no physical disk to ask below this volume."))
    program = program_path()
    if program is None:
        return SmartReport(tr("smartctl isn't installed (package smartmontools)."))
    reports = [_ask(program, device) for device in devices]
    return max(reports, key=_gravity)


def program_path() -> str | None:
    """Where smartctl is, None where it isn't installed."""
    return shutil.which("smartctl") or shutil.which("smartctl", path=os.pathsep.join(_ELSEWHERE))


def devices_of(volume: Volume) -> tuple[str, ...]:
    """The whole disks that smartctl should be asked about; several for RAID and LVM."""
    if volume.disk:
        names = volume.disk.split("+")
        return tuple(f"/dev/{name}" for name in names if not name.startswith(("loop", "ram", "zram", "nbd")))
    if sys.platform == "win32":
        return (os.fsdecode(volume.mount_point[:2]),)  # smartctl takes "E:"
    source = os.fsdecode(volume.source)
    if sys.platform == "darwin" and source.startswith("/dev/disk"):
        return ("/dev/disk" + source[len("/dev/disk") :].partition("s")[0],)
    return ()


def _gravity(report: SmartReport) -> tuple[bool, bool]:
    """Of several disks the worst one speaks; one that can't be asked before one that is well."""
    return report.passed is False or bool(report.below_now), bool(report.problem)


def _ask(program: str, device: str) -> SmartReport:
    until = time.monotonic() + LONGEST_S
    answer = _run(program, device, None, until)
    if answer is None:
        return SmartReport(tr("The drive didn't answer in time."))
    report = answers.parse(*answer)
    if not report.problem or report.asleep or not answers.wants_type(answer.text):
        return report
    for bridge in BRIDGES:
        through = _run(program, device, bridge, until)
        if through is None:
            break
        found = answers.parse(*through)
        if not found.problem or found.asleep:
            return found
    return report


def _run(program: str, device: str, bridge: str | None, until: float) -> Answer | None:
    kind = [] if bridge is None else ["-d", bridge]
    seconds = min(ANSWER_S, until - time.monotonic())
    return answer_of([program, "--json", "-n", "standby", "-a", *kind, device], seconds) if seconds > 0 else None
