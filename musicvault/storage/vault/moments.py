"""Whole seconds since the epoch as ISO 8601 text in UTC, and back."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(seconds: int) -> str:
    """`2026-11-23T08:05:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str) -> int:
    """Raises ValueError for anything but the form of `to_text`."""
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
