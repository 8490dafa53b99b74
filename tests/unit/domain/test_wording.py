"""Every code of evidence and every enumeration has its words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from musicvault.domain import wording
from musicvault.domain.policy import Shortfall, Standing
from musicvault.domain.schedule import Why
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Evidence, Finding, Verdict

PACKAGE = Path(wording.__file__).resolve().parent.parent


def test_every_word_is_there() -> None:
    for verdict in Verdict:
        assert wording.verdict(verdict)
    for state in ReplicaState:
        assert wording.state(state)
    for standing in Standing:
        assert wording.standing(standing)
    for shortfall in Shortfall:
        assert wording.shortfall(shortfall)


def test_every_evidence_used_in_the_program_has_a_sentence() -> None:
    used = set()
    for source in PACKAGE.rglob("*.py"):
        used |= set(re.findall(r'Evidence\(\s*"([a-z-]+)"', source.read_text()))
    assert used
    assert used <= wording.evidence_codes()


def test_a_finding_reads_as_a_sentence() -> None:
    finding = Finding(b"a.flac", "NAS", Verdict.CORRUPT, (Evidence("bad-blocks", {"bad": 2, "total": 9, "first": 4}),))
    assert wording.finding(finding) == "Damaged: 2 of 9 blocks differ, the first is block 5"


def test_a_foreign_copy_is_told_from_what_no_list_names() -> None:
    elsewhere = Finding(b"a.flac", "NAS", Verdict.FOREIGN, (Evidence("vault-disagrees"),))
    stray = Finding(b"a.flac", "NAS", Verdict.FOREIGN, (Evidence("not-listed"),))
    assert wording.named(elsewhere) == "From another computer"
    assert wording.finding(stray) == "Not accounted for: no manifest lists it"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"bad": 1, "total": 1, "first": 0}, "all of it is one block, and that differs"),
        ({"bad": 1, "total": 9, "first": 4}, "1 of 9 blocks differs, block 5"),
        ({"bad": 9, "total": 9, "first": 0}, "9 of 9 blocks differ, the first is block 1"),
    ],
)
def test_one_block_is_named_by_itself(values: dict[str, object], text: str) -> None:
    assert wording.evidence(Evidence("bad-blocks", values)) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1310, "1.31 kB"),
        (4_000_000_000_000, "4 TB"),
        (999_999, "1 MB"),
        (9_996_000, "10 MB"),
    ],
)
def test_sizes_are_decimal(count: int, text: str) -> None:
    assert wording.size(count) == text


def test_every_reason_to_wait_has_words() -> None:
    assert len({wording.waits(why) for why in Why} - {why.value for why in Why}) == len(Why)
    assert wording.waits("of a newer service") == "of a newer service"
