"""Whole seconds since the epoch as ISO 8601 text in UTC, and back."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(seconds: int) -> str:
    """`2026-11-23T08:05:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str) -> int:
    """Raises ValueError for anything but the form of `to_text`."""
    if len(text) != 20 or text[10] != "T" or text[19] != "Z":
        raise ValueError("no moment")
    return int(datetime.fromisoformat(text).timestamp())  # a tenth of the time of strptime, and a journal has many
