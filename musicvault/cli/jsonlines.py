"""JSON lines for scripts: one object a line in UTF-8, each with "type", the last one "summary".

The keys are a public contract, written down in `resources/docs/cli.md`; they are added to, never renamed.
"""

from __future__ import annotations

import json

from musicvault.cli.sink import Stream, Values
from musicvault.domain import wording
from musicvault.domain.damage import Lost, clock
from musicvault.domain.notices import ItemDone
from musicvault.domain.paths import display, is_exact, raw_base64
from musicvault.domain.verdict import Finding

SCHEMA = 1
"""Raised when a key changes its meaning."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode
# JSON allows these inside a string, but many readers end a line there.
_LINE_ENDS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def path_values(path: bytes, key: str = "path") -> dict[str, object]:
    """The path for people, and beside it the exact bytes (base64) where the text doesn't say them all."""
    if is_exact(path):
        return {key: display(path)}
    return {key: display(path), f"{key}_raw": raw_base64(path)}


def finding_values(finding: Finding) -> dict[str, object]:
    """The keys of a "finding" line."""
    values: dict[str, object] = {
        **path_values(finding.path),
        "where": finding.where,
        "verdict": finding.verdict.value,
        "evidence": [wording.evidence(fact) for fact in finding.evidence],
        "codes": [fact.code for fact in finding.evidence],
        "bad_blocks": list(finding.bad_blocks),
        "known": finding.known,
    }
    if finding.healed is not None:
        values["healed"] = finding.healed
    if finding.healed is not None or finding.lost:
        values["lost"] = [lost_values(lost) for lost in finding.lost]
    return values


def lost_values(lost: Lost) -> dict[str, object]:
    """One entry of a finding's "lost"."""
    sounds = lost.begins is not None and lost.ends is not None
    return {
        "from": clock(lost.begins) if sounds and lost.begins is not None else None,
        "to": clock(lost.ends, up=True) if sounds and lost.ends is not None else None,
        "bytes": [lost.start, lost.end],
        "blocks": list(lost.blocks),
        "approximate": lost.approximate,
        "readable": lost.readable,
    }


class JsonLines:
    """The sink for `--json`."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def item(self, notice: ItemDone, *, dry_run: bool) -> None:
        if notice.finding is not None:
            self._line("finding", finding_values(notice.finding))
        elif notice.action == "failed":
            self._line("failed", {**path_values(notice.path), "where": notice.where, "problem": notice.problem})
        elif notice.action == "noted":
            self._line("note", {"where": notice.where, "text": notice.reason})
        else:
            values: dict[str, object] = {"action": notice.action, **path_values(notice.path), "where": notice.where}
            values |= {"bytes": notice.bytes, "reason": notice.reason, "dry_run": dry_run}
            self._line("action", values | ({"details": dict(notice.details)} if notice.details else {}))
        self._stream.flush()

    def record(self, kind: str, values: Values, text: str) -> None:
        self._line(kind, values)

    def summary(self, values: Values, text: str) -> None:
        self._line("summary", {"schema": SCHEMA, **values})
        self._stream.flush()

    def _line(self, kind: str, values: Values) -> None:
        self._stream.write(line({"type": kind, **values}) + "\n")


def line(values: Values) -> str:
    """One object as one line; tags may hold anything, lone surrogates included."""
    text = _encode(values)
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            return json.dumps(values)
        return text.translate(_LINE_ENDS)
    return text
