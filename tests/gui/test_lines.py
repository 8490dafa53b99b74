"""What the window says about single files of a job."""

from __future__ import annotations

import pytest

from musicvault.cli import phrases
from musicvault.domain.notices import ItemDone
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.gui.activity.lines import action_word, is_bad, sentence
from musicvault.gui.activity.screen import result
from musicvault.gui.desk.event_words import told
from musicvault.gui.models.jobs import JobRow, JobState


def found(*, healed: bool | None) -> ItemDone:
    """A line about a damaged file."""
    finding = Finding(b"a/b.flac", "Elements", Verdict.CORRUPT, (Evidence("silent-change"),), healed=healed)
    return ItemDone("finding", b"a/b.flac", "Elements", finding=finding)


@pytest.mark.parametrize("healed", [None, False])
def test_damage_that_stands_is_bad(healed: bool | None) -> None:
    assert is_bad(found(healed=healed))
    assert sentence(found(healed=healed)) == "Damaged: a/b.flac · Elements"


def test_damage_that_was_repaired_is_told_as_that() -> None:
    assert not is_bad(found(healed=True))
    assert sentence(found(healed=True)) == "repaired: a/b.flac · Elements"


@pytest.mark.parametrize(
    ("action", "reason", "why"),
    [
        ("renamed", "renamed-in-library", "it was renamed in the library"),
        ("accepted", "held", "Changed in a way that no edit explains"),
        ("removed", "kept-long-enough", "it was kept as long as the policy asks"),
        ("repaired", "rebuilt from NAS", "rebuilt from NAS"),
    ],
)
def test_why_is_said_in_words(action: str, reason: str, why: str) -> None:
    assert sentence(ItemDone(action, b"a/b.flac", "Elements", reason=reason)).endswith(f"· Elements · {why}")


def test_what_could_not_be_done_is_bad_and_says_why() -> None:
    done = ItemDone("failed", b"a/b.flac", "Elements", problem="no space")
    assert is_bad(done)
    assert sentence(done) == "could not be done: a/b.flac · Elements · no space"


def test_what_is_noted_is_about_a_place_and_no_file() -> None:
    assert sentence(ItemDone("noted", b"", "Elements", reason="It is full.")) == "Elements: It is full."
    assert sentence(ItemDone("noted", b"", reason="It is full.")) == "It is full."


def test_all_that_the_command_line_has_words_for_the_window_has_too() -> None:
    actions = phrases.actions()
    assert len(actions) > 15
    assert [action for action in actions if action_word(action) == action and action not in _SAME] == []


_SAME = ("accepted", "added", "copied", "replaced", "renamed", "restored", "repaired", "removed", "skipped", "packed")
"""What the code calls as people do."""


def test_an_audit_only_reads_so_nothing_of_it_could_not_be_done() -> None:
    row = JobRow(1, "Audit stick", JobState.DONE, stage="audit", failures=2, started=0.0, ended=0.0)
    assert result(row) == "2 files could not be read · took 0:00"


def test_what_the_user_did_is_said_before_what_followed() -> None:
    row = JobRow(1, "Accept 1 file", JobState.DONE, counts={"copied": 7, "replaced": 3, "accepted": 1, "already": 141})
    assert result(row).startswith("1 accepted · 7 copied · 3 replaced")


def test_an_event_says_each_thing_once_and_in_words() -> None:
    assert told({"drive": "NAS", "source": "Music"}, "NAS") == "Music"
    assert told({"decision": "undo accept"}, "Music") == "acceptance taken back"
