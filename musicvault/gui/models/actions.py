"""What the user may ask for, and the states that colour things. Frozen values, no Qt, no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Deed(StrEnum):
    """What the user may ask for; the desk carries it out."""

    SHOW = "show"
    LEAVE = "leave"
    ADD_LIBRARY = "add library"
    REMOVE_LIBRARY = "remove library"
    ADD_DRIVE = "add drive"
    RELABEL = "relabel"
    REMOVE_DRIVE = "remove drive"
    SCAN = "scan"
    CONFIRM = "confirm"
    SYNC = "sync"
    SCRUB = "scrub"
    CHECK = "check"
    DRILL = "drill"
    REPAIR = "repair"
    RESTORE = "restore"
    ACCEPT = "accept"
    REJECT = "reject"
    FORGET = "forget"
    COMPARE = "compare"
    PLAY = "play"
    REVERT = "revert"
    UNDO_ACCEPT = "undo accept"
    UNDO_FORGET = "undo forget"
    ADOPT = "adopt"
    REFUSE = "refuse"
    UNDO_ADOPT = "undo adopt"
    UNDO_REFUSE = "undo refuse"
    TAKE_OVER = "take over"
    TAG = "tag"
    UNDO = "undo"
    GIVE_VERSION = "give version"
    OPEN_FOLDER = "open folder"
    SET_POLICY = "set policy"
    UNDO_POLICY = "undo policy"
    SET_HOME = "set home"
    ASSUME = "assume"
    REPORT = "report"
    SET_EXCLUSIONS = "set exclusions"
    PROTECT = "protect"
    REBUILD = "rebuild"
    DRIVE_DETAILS = "drive details"
    CHECK_HEALTH = "check health"
    RETIRE = "retire"
    UNRETIRE = "unretire"
    REPLACE = "replace"
    EJECT = "eject"
    KEEP_WATCHING = "keep watching"
    PLACE_LIBRARY = "place library"
    BRING_BACK = "bring back"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `subject` is a library's name, a drive's label, a screen or a path as text;
    `items` are catalog ids, empty means all that the deed covers; `values` carry what the form held."""

    deed: Deed
    label: str = ""
    subject: str = ""
    items: tuple[int, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)


class State(StrEnum):
    """Where an item stands, gravest last."""

    PROTECTED = "protected"
    STALE = "stale"
    SHORT = "short"
    RISK = "risk"
    HELD = "held"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    DAMAGED = "damaged"
    AWAY = "away"
    UNKNOWN = "unknown"
