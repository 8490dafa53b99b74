"""The crash tables of format.md, walked row by row: a real job dies after the step that the row names, what stands then
is held against the promises, and the next run ends as if nothing had been."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.crash.test_campaign import campaign

PAGE = (PROJECT / "resources" / "docs" / "format.md").read_text("utf-8")

ROWS = {
    "Copy onto a vault": (
        "first copies",
        ["intended", "staged", "proven", "journaled", "placed", "synced", "committed"],
    ),
    "Replacement on a vault": ("replace", ["journaled", "placed", "placed"]),
    "Rename on a vault": ("rename", ["intended", "journaled", "synced"]),
    "Fold": (
        "first copies",
        [
            *("fold: written", "fold: marked", "fold: placed manifest-sha256.txt"),
            *("fold: placed tagmanifest-sha256.txt", "fold: readme", "fold: emptied"),
        ],
    ),
    "Snapshot": ("snapshot", ["snapshot: written", "snapshot: stepped aside", "snapshot: placed", "snapshot: removed"]),
    "Retention and forgetting": ("retention", ["intended", "journaled", "synced"]),
    "A library's own file: tag edit, and adopting a drive's version": (
        "tag",
        ["intended", "proven", "kept", "flushed", "exchanged", "synced"],
    ),
    "A library's own file: repair, and putting a rejected change right": (
        "reject",
        ["intended", "proven", "set-aside", "exchanged", "synced"],
    ),
    "What is given out: restore, an old version, a partial, a bag": ("restore", ["proven", "flushed", "synced"]),
    "Adoption of a backup that is on the drive": ("adopt", ["intended", "journaled", "placed", "synced"]),
    "Adoption and rebuild of a vault": (
        "rebuild",
        ["placed", "journal flushed", "copied", "filled", "claimed", "fold: marked", "snapshot: placed"],
    ),
}
"""For each table the job that takes its steps, and the step that each of its rows names."""

ELSEWHERE = {
    "Parity: a set made, replaced or removed": "test_kill_parity.py",
    "Creation of a vault": "test_kill_drives.py",
    "A journal with a bad sector": "test_bad_journal.py",
}


def tables() -> dict[str, list[str]]:
    """The first cell of each row, by the table's heading."""
    part = PAGE[PAGE.index("## What a crash leaves") : PAGE.index("## Getting everything back")]
    found: dict[str, list[str]] = {}
    for section in part.split("\n### ")[1:]:
        rows = re.findall(r"^\| (.+?) \|", section, re.MULTILINE)
        found[section.split("\n")[0]] = [row for row in rows if row not in ("crash after", "---")]
    return found


def test_every_row_is_walked() -> None:
    found = tables()
    assert set(found) == {*ROWS, *ELSEWHERE}
    assert {name: len(rows) for name, rows in found.items() if name in ROWS} == {
        name: len(steps) for name, (_, steps) in ROWS.items()
    }
    assert [name for name in ELSEWHERE.values() if not (Path(__file__).parent / name).exists()] == []


@pytest.mark.parametrize("table", ROWS)
def test_after_each_row_the_next_run_finishes(tmp_path: Path, table: str) -> None:
    job, steps = ROWS[table]
    counted = [f"{step} {1 + steps[:number].count(step)}" for number, step in enumerate(steps)]
    campaign(tmp_path, "--jobs", job, "--kinds", "steps", "--at", f"^({'|'.join(map(re.escape, counted))})$")
