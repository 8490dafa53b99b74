"""The vocabulary of the audit log: PREMIS 3 event types and outcomes (Library of Congress, preservation events)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class EventType(StrEnum):
    """Terms of the PREMIS `eventType` vocabulary, and of policy changes beside it."""

    INGESTION = "ingestion"
    FIXITY_CHECK = "fixity check"
    VALIDATION = "validation"  # a decoder tried the sound
    REPLICATION = "replication"
    METADATA_MODIFICATION = "metadata modification"
    FILENAME_CHANGE = "filename change"
    MODIFICATION = "modification"
    QUARANTINE = "quarantine"
    RECOVERY = "recovery"
    DELETION = "deletion"
    DECISION = "decision"  # accept, reject, forget, confirm: the user's word
    CONFIGURATION = "configuration"  # libraries, drives, policy


class Outcome(StrEnum):
    """PREMIS `eventOutcome`."""

    SUCCESS = "success"
    FAIL = "fail"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Event:
    """One audit record before it gets its number. `detail` must be JSON-able; `path` is below the library's root."""

    type: EventType
    outcome: Outcome = Outcome.SUCCESS
    item_id: int | None = None
    library_id: int | None = None
    vault_id: str | None = None
    path: bytes | None = None
    detail: Mapping[str, object] = field(default_factory=dict)
    batch: str | None = None
