"""A seeded sample of the campaign of verdicts (`python -m tests.bench verdicts` is the whole of it)."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.corruption.drives import drive
from tests.verdicts import report
from tests.verdicts.campaign import CTIME, NO_CTIME, Campaign, InImage, Tally, consistent
from tests.verdicts.edits import EDITS
from tests.verdicts.sources import sources

_SEED = 7
_OPERATIONS = 9

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="sources are made with ffmpeg")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sources")


def campaign(corpus: Path, made: Path, rows: int) -> Campaign:
    """Over some of the formats, each time others."""
    every = sources(corpus, made)
    chosen = random.Random(_SEED + rows).sample(sorted(every), rows)
    return Campaign({row: every[row] for row in chosen}, Tally(), _SEED, enough=1)


def check(tally: Tally) -> None:
    assert sum(map(len, tally.outcomes.values())) > 50
    assert list(report.off(tally)) == []
    assert report.few(tally, 1) == []


@needs_ffmpeg
def test_edits_are_no_damage(corpus: Path, made: Path, tmp_path: Path) -> None:
    quick = [operation for operation in EDITS if not operation.name.startswith(("ffmpeg", "eyeD3"))]
    ran = campaign(corpus, made, 24)
    ran.run(tmp_path / "place", random.Random(_SEED).sample(quick, _OPERATIONS))
    check(ran.tally)


@needs_ffmpeg
@pytest.mark.parametrize("variant", [CTIME, NO_CTIME], ids=lambda variant: variant.name)
def test_rot_is_never_accepted(variant: object, corpus: Path, made: Path, tmp_path: Path) -> None:
    ran = campaign(corpus, made, 12 if variant is CTIME else 11)
    ran.rot(tmp_path / "place", variant)  # type: ignore[arg-type]
    check(ran.tally)


@needs_ffmpeg
def test_rot_that_moves_nothing_is_corrupt(corpus: Path, made: Path, tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "disk", 1000) as disk:
        ran = campaign(corpus, made, 13)
        ran.rot(tmp_path / "place", InImage(disk), disk.point / "Music")
    check(ran.tally)


@pytest.mark.parametrize(
    ("said", "expected", "outcome"),
    [
        ("", b"old", "unnoticed"),
        ("", b"new", "accepted in silence"),
        ("corrupt", b"old", "corrupt"),
        ("corrupt", b"new", "corrupt, yet accepted"),
        ("retagged", b"new", "retagged"),
        ("retagged", b"old", "retagged, not recorded"),
    ],
)
def test_the_campaign_looks_at_what_is_expected_afterwards(said: str, expected: bytes, outcome: str) -> None:
    from blake3 import blake3

    assert consistent(said, b"old", b"new", blake3(expected).digest(), own=False) == outcome
