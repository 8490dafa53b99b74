"""A few hundred cases of the healing campaign (`python -m tests.bench healing` has ten thousand)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corruption.faultfs import faulty_drive
from tests.healing import covered, gathered, repaired
from tests.healing.damage import KINDS
from tests.healing.judge import Tally
from tests.parity_tool import needs_par2


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "read errors"])
def test_what_must_heal_heals_and_the_rest_is_named(tmp_path: Path, kind: str) -> None:
    tally = Tally()
    gathered.run(tally, tmp_path, [kind], range(5000, 5030), None)
    assert tally.failures == []
    assert tally.cases == 30


def test_read_errors_are_read_around(tmp_path: Path) -> None:
    tally = Tally()
    with faulty_drive(tmp_path / "faulty") as faulty:
        gathered.run(tally, tmp_path, ["read errors", "mixed"], range(6000, 6030), faulty)
    assert tally.failures == []
    assert tally.healed["read errors"] > 10


def test_one_repair_heals_what_can_be_healed_and_makes_nothing_worse(tmp_path: Path) -> None:
    tally = Tally()
    kinds = [kind for kind in KINDS if kind != "read errors"]
    repaired.run(tally, tmp_path / "round", [(kinds[n % len(kinds)], 7000 + n) for n in range(40)])
    assert tally.failures == []
    assert tally.healed.total() > 5
    assert tally.lost.total() > 5


@needs_par2
def test_what_no_copy_has_is_filled_in_from_parity_as_far_as_it_reaches(tmp_path: Path) -> None:
    tally = covered.Covered()
    covered.run(tally, tmp_path / "round", range(30))
    assert tally.failures == []
    assert tally.healed.total() > 15
    assert tally.lost.total() > 3
