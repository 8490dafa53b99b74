"""Reading what `smartctl --json` printed. Keys by smartmontools 7.0 to 7.5; the drives' answers are hostile input.

A raw value has up to 48 bits that makers pack as they like ("2725 (151 234 0)", "35 (0 19 0 0 0)"): `raw.string` is
smartctl's own decoding of it, whose first number counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from musicvault.domain.health import SmartReport
from musicvault.domain.paths import display
from musicvault.language import tr

COUNTERS = (5, 187, 188, 197, 198, 199)
_ABSURD = 1 << 31
"""A counter above this is packed bits or nonsense, no count."""

_OPEN_FAILED, _USAGE = 2, 1
_NEEDS_TYPE = re.compile(r"unknown usb bridge|specify device type|-d option|unsupported scsi opcode", re.IGNORECASE)
_ASLEEP = re.compile(r"\b(standby|sleep)\b.*mode|\bin (standby|sleep)\b", re.IGNORECASE)
_FORBIDDEN = re.compile(r"permission denied|operation not permitted|error=5\b|access is denied", re.IGNORECASE)


def parse(text: bytes, code: int = 0) -> SmartReport:
    """What the drive says. `code` is how smartctl itself ended, which counts where the text doesn't tell. Never raises:
    whatever can't be understood is a problem in words."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return SmartReport(tr("smartctl gave no answer that can be read."))
    head = _part(document, "smartctl")
    told = _number(head.get("exit_status"))
    status = max(code, 0) if told is None else told
    said = tuple(_messages(head))
    problem, asleep = _problem(document, status, said)
    return _report(document, status, problem, asleep)


def wants_type(text: bytes) -> bool:
    """Whether smartctl asks to be told what kind of bridge stands before the drive, or got nothing through it."""
    return _NEEDS_TYPE.search(text.decode("utf-8", "replace")) is not None


def _problem(document: Mapping[str, Any], status: int, said: tuple[str, ...]) -> tuple[str, bool]:
    """Why the answer is none, empty where it is one; whether the drive sleeps."""
    mode = str(_part(document, "power_mode").get("name", ""))
    told = " ".join(said)
    if status & _OPEN_FAILED and (_ASLEEP.search(told) or _ASLEEP.search(f"{mode} mode")):
        return tr("The drive is asleep, and was not woken."), True
    if _NEEDS_TYPE.search(told):
        return tr("Its USB case doesn't let SMART through."), False
    if status & (_OPEN_FAILED | _USAGE):
        if _FORBIDDEN.search(told):
            return tr("This account may not ask the drive (smartctl needs administrator rights)."), False
        cause = display(told.encode("utf-8", "replace"))[:200]
        return tr("The drive could not be asked: {cause}", cause=cause or f"smartctl {status}"), False
    support = _part(document, "smart_support")
    if support.get("available") is False:
        return tr("The drive has no SMART."), False
    if support.get("enabled") is False:
        return tr("SMART is switched off in the drive."), False
    if not _says_something(document):
        return tr("The drive, or the case that it is in, gave no health data."), False
    return "", False


def _says_something(document: Mapping[str, Any]) -> bool:
    """Some bridges answer every question with zeros: a table without one value that a drive could have is none."""
    if isinstance(_part(document, "smart_status").get("passed"), bool):
        rows = list(_rows(document))
        return not rows or any(_number(row.get("value")) for row in rows)
    log = _part(document, "nvme_smart_health_information_log")
    if _number(log.get("temperature")) or _number(log.get("power_on_hours")):
        return True
    if _number(document.get("scsi_grown_defect_list")) is not None:
        return True
    return any(_number(row.get("value")) for row in _rows(document))


def _report(document: Mapping[str, Any], status: int, problem: str, asleep: bool) -> SmartReport:
    passed = _part(document, "smart_status").get("passed")
    log = _part(document, "nvme_smart_health_information_log")
    temperature = _number(_part(document, "temperature").get("current"))
    return SmartReport(
        problem=problem,
        protocol=_text(_part(document, "device").get("protocol")),
        model=_text(document.get("model_name") or document.get("scsi_model_name")),
        passed=passed if isinstance(passed, bool) else None,
        exit_status=status,
        temperature=temperature if temperature and -40 < temperature < 150 else None,
        hours=_number(_part(document, "power_on_time").get("hours")),
        counters=dict(_counters(document)),
        below_now=tuple(_below_now(document)),
        critical_warning=_number(log.get("critical_warning")) or 0,
        media_errors=_number(log.get("media_errors")),
        percentage_used=_number(log.get("percentage_used")),
        spare=_number(log.get("available_spare")),
        spare_threshold=_number(log.get("available_spare_threshold")),
        grown_defects=_number(document.get("scsi_grown_defect_list")),
        uncorrected=_uncorrected(document),
        asleep=asleep,
    )


def _rows(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    table = _part(document, "ata_smart_attributes").get("table")
    for row in table if isinstance(table, list) else ():
        if isinstance(row, dict):
            yield row


def _counters(document: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    for row in _rows(document):
        number = _number(row.get("id"))
        if number not in COUNTERS:
            continue
        raw = _part(row, "raw")
        leading = re.match(r"\s*(\d{1,15})\b", str(raw.get("string", "")))
        count = int(leading[1]) if leading else _number(raw.get("value"))
        if count is not None and 0 <= count < _ABSURD:
            yield number, count


def _below_now(document: Mapping[str, Any]) -> Iterator[str]:
    """Pre-failure attributes that have failed. Those of old age say only that the drive was used."""
    for row in _rows(document):
        if str(row.get("when_failed", "")).lower() == "now" and _part(row, "flags").get("prefailure") is True:
            yield _text(row.get("name")) or str(row.get("id"))


def _uncorrected(document: Mapping[str, Any]) -> int | None:
    log = _part(document, "scsi_error_counter_log")
    found = [_number(_part(log, key).get("total_uncorrected_errors")) for key in ("read", "verify")]
    known = [count for count in found if count is not None]
    return sum(known) if known else None


def _messages(head: Mapping[str, Any]) -> Iterator[str]:
    messages = head.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict):
            yield str(message.get("string", ""))


def _part(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = of.get(key)
    return found if isinstance(found, dict) else {}


def _number(value: object) -> int | None:
    if isinstance(value, dict):  # 7.4 splits numbers of more than 53 bits into {"n": …, "s": …}
        value = value.get("n")
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value


def _text(value: object) -> str:
    return display(str(value).encode("utf-8", "replace"))[:100] if isinstance(value, str) else ""
