"""A user can forget the program for a year, and at every step the sentence on the Overview is true."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.simulation import oracle
from tests.simulation.running import live

SEED = 2
KINDS = (
    "No music seen yet.",
    "N files have no second copy.",
    "N files need another copy. What is missing can be copied now.",
    "N files need another copy.",
    "N files need another copy: plug in Office.",
    "N files need another copy: plug in Music.",
    "N files? (is|are) damaged or unreadable.",
    "N file is gone, and no copy of it is known.",
    "Very much changed at once in Music.",
    "N changed files? waits? for you.",
    "N files? (is|are) gone from (its|their) places?; copies of (it|them) are kept.",
    "Music was last looked at N days ago.",
    "N files need a fresh proof.",
    "Your N files have the copies they need.",
    "All N files are safe.",
)
"""What is said in this year, among other things."""


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="needs mounts")
def test_the_sentence_is_true_all_year(tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    lived = live(SEED, memory if os.access(memory, os.W_OK) else tmp_path)
    if lived.skipped:
        pytest.skip(lived.skipped)
    assert not lived.falsehood, lived.falsehood[-6000:]
    assert lived.found["rounds"] > 200
    assert [one for one in ("pulls", "kills", "pairs", "fulls") if not lived.found[one]] == []
    said = list(lived.found["sentences"])
    assert [kind for kind in KINDS if not any(re.fullmatch(kind, one) for one in said)] == []


def test_the_oracle_knows_nothing_of_the_program_and_is_short() -> None:
    lines = Path(oracle.__file__).read_text("utf-8").splitlines()
    assert not any("musicvault" in line for line in lines)
    assert len(lines) <= 100
