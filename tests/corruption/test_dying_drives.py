"""A person with one scratched drive, one half-dead drive and a new laptop gets back every file that physics allows.
`python -m tests.bench dying` lives through many more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.healing.dying import story


@pytest.mark.parametrize(("seed", "snapshots"), [(1, ("missing", "missing")), (2, ("rotten", "unreadable"))])
def test_every_file_that_can_come_back_does(tmp_path: Path, seed: int, snapshots: tuple[str, str]) -> None:
    outcome = story(tmp_path, seed, snapshots)
    assert outcome.failures == []
    assert outcome.back
