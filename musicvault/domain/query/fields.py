"""The fields that a query can name, what kind of value each takes, and their other names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from musicvault.domain.policy import Standing
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Kind

TEXTS = (
    "title",
    "artist",
    "album",
    "albumartist",
    "genre",
    "composer",
    "performer",
    "conductor",
    "label",
    "comment",
    "path",
)
"""Fields that hold words."""

NAMES = ("drive", "library", "site", "codec")
"""Fields that hold one name out of an open list."""

_SECOND, _MINUTE, _HOUR, _DAY = 1.0, 60.0, 3600.0, 86400.0
_TIMES = {"s": _SECOND, "m": _MINUTE, "h": _HOUR, "d": _DAY, "w": 7 * _DAY, "y": 365 * _DAY}
_SIZES = {"": 1.0, "b": 1.0}
for _power, _letter in enumerate("kmgt", 1):
    _SIZES |= {f"{_letter}b": 1000.0**_power, _letter: 1000.0**_power, f"{_letter}ib": 1024.0**_power}


class Form(Enum):
    """How a number is written beside plain digits."""

    PLAIN = "plain"
    CLOCK = "clock"  # 3:30
    DATE = "date"  # 2024-05-01; else an age


@dataclass(frozen=True, slots=True)
class Number:
    """How the values of a numeric field are written: units (folded) with what they are worth in the stored unit. `step`
    is how wide one value is, 0 where it is exact: `length:3m` is anything of 3 minutes."""

    units: Mapping[str, float] = field(default_factory=lambda: {"": 1.0})
    form: Form = Form.PLAIN
    step: bool = False
    highest: float = 1e15


NUMBERS: Mapping[str, Number] = {
    "year": Number(highest=9999),
    "rating": Number(highest=5),
    "plays": Number(),
    "copies": Number(),
    "length": Number({**_TIMES, "": _SECOND}, Form.CLOCK, step=True),
    "size": Number(_SIZES, step=True),
    "added": Number({**_TIMES, "": _DAY}, Form.DATE, step=True),
    "proof": Number({**_TIMES, "": _DAY}, Form.DATE, step=True),
    "bits": Number({"": 1.0, "bit": 1.0}),
    "samplerate": Number({"": 1.0, "hz": 1.0, "k": 1000.0, "khz": 1000.0}),
    "channels": Number(),
    "bitrate": Number({"": 1000.0, "k": 1000.0, "kbps": 1000.0, "kbit": 1000.0}, step=True),
}
"""Stored units: seconds, bytes, Hz, bits a second, stars; ages in seconds."""

YES, NO = "yes", "no"

FORMATS = {
    "flac": (),
    "mpeg": ("mp3", "mp2"),
    "ogg": ("oga",),
    "mp4": ("m4a", "m4b"),
    "wave": ("wav", "rf64"),
    "aiff": ("aif",),
    "avi": (),
    "wavpack": ("wv",),
    "tta": (),
    "ape": ("monkeys",),
    "musepack": ("mpc",),
    "optimfrog": ("ofr",),
    "tak": (),
    "aac": ("adts",),
    "ac3": (),
    "dts": (),
    "dsf": (),
    "dsdiff": ("dff",),
    "caf": (),
    "asf": ("wma",),
    "matroska": ("mka", "mkv", "webm"),
}
"""Containers and what people call them. FLAC inside of Ogg is `format:ogg codec:flac`."""

CHOICES: Mapping[str, Mapping[str, str]] = {
    "format": {word: name for name, others in FORMATS.items() for word in (name, *others)},
    "kind": {kind.value: kind.value for kind in Kind},
    "lossless": {"yes": YES, "true": YES, "1": YES, "no": NO, "false": NO, "0": NO},
    "state": {state.value: state.value for state in ReplicaState},
    "standing": {standing.value: standing.value for standing in Standing},
}
"""Fields with few values: every accepted word, and the value that it stands for."""

OTHER_NAMES = {
    "aa": "albumartist",
    "album_artist": "albumartist",
    "bitdepth": "bits",
    "container": "format",
    "date": "year",
    "duration": "length",
    "filesize": "size",
    "playcount": "plays",
    "publisher": "label",
    "sample_rate": "samplerate",
    "vault": "drive",
    "verified": "proof",
}

ALL = (*TEXTS, *NUMBERS, *CHOICES, *NAMES)
