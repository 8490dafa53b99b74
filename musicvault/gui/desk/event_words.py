"""Events of the log in plain words, for the window."""

from __future__ import annotations

from collections.abc import Mapping

from musicvault.catalog.history import Record
from musicvault.domain import wording
from musicvault.domain.events import EventType, Outcome
from musicvault.domain.verdict import Evidence, Verdict
from musicvault.gui.models.library import HistoryRow
from musicvault.gui.theme.tokens import Tone
from musicvault.language import tr

_EVENTS = {
    EventType.INGESTION: "Met for the first time",
    EventType.FIXITY_CHECK: "Checked",
    EventType.VALIDATION: "Tried by a decoder",
    EventType.REPLICATION: "Copied",
    EventType.METADATA_MODIFICATION: "Tags edited",
    EventType.FILENAME_CHANGE: "Moved or renamed",
    EventType.MODIFICATION: "New version",
    EventType.QUARANTINE: "Moved to quarantine",
    EventType.RECOVERY: "Rebuilt",
    EventType.DELETION: "Removed",
    EventType.DECISION: "Your decision",
    EventType.CONFIGURATION: "Settings changed",
}
_OUTCOMES = {Outcome.SUCCESS: Tone.GOOD, Outcome.FAIL: Tone.DAMAGED, Outcome.WARNING: Tone.SHORT}


def history_row(record: Record) -> HistoryRow:
    """One event of a file's timeline."""
    return HistoryRow(record.at, title(record), told(record.detail), tone(record), record.id)


def title(record: Record) -> str:
    """What happened, in a word or two."""
    kind = next((one for one in EventType if one.value == record.type), None)
    return tr(_EVENTS[kind]) if kind is not None else record.type


def tone(record: Record) -> Tone:
    """The colour of its outcome."""
    return next((found for one, found in _OUTCOMES.items() if one.value == record.outcome), Tone.AWAY)


def told(values: Mapping[str, object], where: str = "") -> str:
    """An event's detail in a line: evidence as sentences, changed fields by name, plain words as they are; without
    `where` it happened, which is said beside it."""
    parts: list[str] = []
    for name, value in values.items():
        if name == "evidence" and isinstance(value, list):
            parts += [said for fact in value if (said := _evidence(fact))]
        elif name == "fields" and isinstance(value, dict):
            parts.append(", ".join(str(field) for field in value))
        elif name == "verdict" and value in {one.value for one in Verdict}:
            parts.insert(0, wording.verdict(Verdict(value)))
        elif name == "decision" and value in _DECISIONS:
            parts.append(tr(_DECISIONS[str(value)]))
        elif name in ("decision", "source", "label", "drive", "from", "to") and isinstance(value, str):
            parts.append(value)
    parts = [part for part in parts if part != where] if parts else _counts(values)
    return " · ".join(parts)[:400]


_DECISIONS = {
    "accept": "accepted",
    "reject": "put back",
    "forget": "let go",
    "adopt": "adopted",
    "refuse": "refused",
    "undo accept": "acceptance taken back",
    "undo forget": "expected again",
    "undo adopt": "adoption taken back",
    "undo refuse": "refusal taken back",
}

_BRIEF = 60
"""Characters; what is longer is told with the event itself."""


def _counts(values: Mapping[str, object]) -> list[str]:
    """What an event counted or was set to, where it says nothing in words."""
    plain = {name: value for name, value in values.items() if value and isinstance(value, int | str)}
    brief = [(name, value) for name, value in plain.items() if value is not True and len(str(value)) <= _BRIEF]
    return [f"{counted(name)} {value}" for name, value in brief[:6]]


def counted(name: str) -> str:
    """What an event counted or was told, by its key."""
    return _COUNTED.get(name, name).replace("_", " ")


_COUNTED = {"corrupt": "damaged", "foreign": "from another computer"}
"""Counts of verdicts in plain words."""


def _evidence(fact: object) -> str:
    if isinstance(fact, (list, tuple)) and len(fact) == 2 and isinstance(fact[1], dict):
        if fact[0] in wording.evidence_codes():
            return wording.evidence(Evidence(str(fact[0]), fact[1]))
        return str(fact[0])
    return fact if isinstance(fact, str) else ""
