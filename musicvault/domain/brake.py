"""The mass-change brake: when too much changes in a week, nothing of it reaches a vault until the user confirms.

Ransomware, a wrong mount and a bulk converter gone wild look alike to a scan: many items vanish, change their
sound or stop being audio. Retags and additions don't count.
"""

from __future__ import annotations

from collections.abc import Mapping

from musicvault.domain.verdict import Verdict

WINDOW_S = 7 * 86400
LEAST = 25
SHARE = 0.05
SMALL_LIBRARY = 4

COUNTED = frozenset({Verdict.MISSING, Verdict.CORRUPT, Verdict.REPLACED, Verdict.UPDATED})
"""Verdicts that count: vanished, essence changed or unparseable, companions changed."""


def brake_is_on(changes: int, items: int) -> bool:
    """Whether `changes` counted items of a library of `items` (before the changes) pull the brake."""
    if items >= SMALL_LIBRARY and changes * 2 >= items:
        return True
    return changes > max(LEAST, SHARE * items)


def counted(verdicts: Mapping[Verdict, int]) -> int:
    """How many of the verdicts count."""
    return sum(count for verdict, count in verdicts.items() if verdict in COUNTED)
