"""An audit as a file for others: plain text to read, JSON for programs."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

from musicvault import __version__
from musicvault.domain import wording
from musicvault.domain.paths import display
from musicvault.gui.models.drives import AuditModel
from musicvault.gui.widgets.speed_curve import said
from musicvault.gui.wording import clock, files, size, when
from musicvault.language import tr, trn

BARS = "▁▂▃▄▅▆▇█"


def verdict(audit: AuditModel) -> str:
    """What came of it, in one sentence."""
    if not audit.over:
        return tr("Reading everything once …")
    if audit.message:
        return audit.message
    if audit.unreadable:
        one, many = "{count} file can't be read from this drive.", "{count} files can't be read from this drive."
        return trn(one, many, audit.unreadable)
    if audit.failed:
        return trn("{count} file could not be opened.", "{count} files could not be opened.", audit.failed)
    if not audit.checked:
        return tr("There is no file in this folder.")
    return tr("Every byte of {files} could be read.", files=files(audit.checked))


def speed(audit: AuditModel) -> str:
    """How fast it was read; empty where nothing was."""
    if not audit.checked:
        return ""
    return said(audit.line) if audit.line.known else wording.speed(audit.speed)


def remark(audit: AuditModel) -> str:
    """What its speed tells; empty where nothing is out of line."""
    if not audit.slow_parts:
        return ""
    one, many = "{count} part is far slower than the rest.", "{count} parts are far slower than the rest."
    return trn(one, many, len(audit.slow_parts))


def as_text(audit: AuditModel) -> str:
    """The report for people."""
    took = clock((audit.ended or audit.began) - audit.began)
    lines = [
        tr("MusicVault {version}: audit of {folder}", version=__version__, folder=display(audit.folder)),
        f"{when(audit.began)} · {tr('took {time}', time=took)}" + (f" · {audit.model}" if audit.model else ""),
        "",
        verdict(audit),
        f"{files(audit.checked)} · {size(audit.bytes)}",
    ]
    if audit.line.known:
        lines += ["", bars(audit.line.speeds)]
    if speed(audit):
        lines.append(speed(audit))
    if remark(audit):
        lines.append(remark(audit))
    if audit.troubles:
        lines += ["", *(f"{display(one.path)}: {one.problem}" for one in audit.troubles)]
    return "\n".join(lines) + "\n"


def bars(speeds: tuple[float | None, ...]) -> str:
    """A curve as a row of bars; blanks where nothing is known."""
    top = max((speed for speed in speeds if speed is not None), default=0.0)
    return "".join(
        " " if speed is None or not top else BARS[min(len(BARS) - 1, int(len(BARS) * speed / top))] for speed in speeds
    )


def as_json(audit: AuditModel) -> str:
    """The report for programs: paths as text, and in hexadecimal where they are none."""
    values = {
        "report": "drive audit",
        "version": __version__,
        **_path(audit.folder),
        "began": _at(audit.began),
        "ended": None if audit.ended is None else _at(audit.ended),
        "complete": audit.over and not audit.message,
        "message": audit.message,
        "model": audit.model,
        "checked": audit.checked,
        "bytes": audit.bytes,
        "unreadable": audit.unreadable,
        "failed": audit.failed,
        "basis": "device" if audit.line.by_place else "order",
        "speed": None if audit.speed is None else round(audit.speed),
        "curve": [None if speed is None else round(speed) for speed in audit.line.speeds],
        "slow_parts": list(audit.slow_parts),
        "errors": [{**_path(one.path), "problem": one.problem} for one in audit.troubles],
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def _path(path: bytes) -> dict[str, str]:
    found = {"path": display(path)}
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        found["path_hex"] = os.fsencode(path).hex()
    return found


def _at(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
