"""Verdicts against the truth: every kind of edit and of rot over every format, judged by the real scan and scrub."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.bench.data import CORPUS
from tests.bench.measuring import Result
from tests.corruption.drives import drive
from tests.verdicts import report
from tests.verdicts.campaign import CTIME, ENOUGH, NO_CTIME, Campaign, InImage, Tally
from tests.verdicts.edits import EDITS
from tests.verdicts.sources import sources

SEED = 20261123


def verdicts(data: Path) -> Iterator[Result]:
    """At least five cases for each format and operation; nothing off the diagonal, no cell empty."""
    tally = Tally()
    campaign = Campaign(sources(CORPUS, data / "verdict sources"), tally, SEED)
    place = data / "verdicts"
    print("edits …", flush=True)
    campaign.run(place, EDITS)
    for variant in (CTIME, NO_CTIME):
        print(f"rot, {variant.name} …", flush=True)
        campaign.rot(place, variant)
    print("rot, silent …", flush=True)
    image = place.with_name("verdict disk")
    shutil.rmtree(image, ignore_errors=True)  # of a run that was stopped
    with drive("ext4", image, 6000) as disk:
        campaign.rot(place, InImage(disk), disk.point / "Music")
    print()
    for lines in (report.rows(tally, ENOUGH), report.not_applicable(tally), report.off(tally), report.matrix(tally)):
        print(*lines, "", sep="\n")
    cases = [outcome for outcomes in tally.outcomes.values() for outcome in outcomes]
    yield Result("cases off the diagonal", sum(not case.right for case in cases), "", 0)
    yield Result("formats × operations without enough cases", len(report.few(tally, ENOUGH)), "", 0)
    yield Result("cases", len(cases), "", 5000, is_rate=True)
