"""Amounts in words."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale

import musicvault
from musicvault.gui import wording
from musicvault.gui.desk import driving
from musicvault.gui.desk.previews import NEEDED, question
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.jobs import JobRow, JobState
from musicvault.gui.wording import in_the_window


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1_310_000_000_000, "1.31 TB"),
        (412e9, "412 GB"),
        (9.994e6, "9.99 MB"),
        (9.996e6, "10 MB"),
        (999.6e6, "1 GB"),
    ],
)
def test_sizes_are_decimal(amount: float, text: str) -> None:
    assert wording.size(amount) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (49, "0:49"), (185, "3:05"), (3723, "1:02:03")])
def test_durations(seconds: float, text: str) -> None:
    assert wording.clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "under a minute left"),
        (24 * 60, "24 min left"),
        (3 * 3600 + 600, "3 h 10 min left"),
        (72 * 3600, "3 days left"),
    ],
)
def test_time_left(seconds: float, text: str) -> None:
    assert wording.time_left(seconds) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.0001, "1 %"), (0.5, "50 %"), (0.9999, "99.9 %"), (0.985, "98 %"), (1, "100 %")]
)
def test_a_hundred_percent_means_all(share: float, text: str) -> None:
    assert wording.percent(share) == text


@pytest.mark.parametrize(("days", "text"), [(None, "never"), (0.2, "today"), (12.9, "12 d")])
def test_ages(days: float | None, text: str) -> None:
    assert wording.age(days) == text


def test_progress_says_what_is_known() -> None:
    job = JobRow(1, "x", files=3, bytes=412 * 10**9, bytes_total=655 * 10**9, rate=168e6, left=24 * 60)
    assert wording.progress(job) == "63 % · 412 GB of 655 GB · 168 MB/s · 24 min left"
    assert wording.progress(JobRow(1, "x")) == "starting"
    assert wording.progress(JobRow(1, "x", files=7, files_total=9)) == "78 % · 7 of 9 files"
    assert "paused" in wording.progress(JobRow(1, "x", JobState.PAUSED, files=7, files_total=9))


def test_the_footer_names_the_stage() -> None:
    assert wording.stage_title(JobRow(1, "Protect your music", stage="sync", subject="NAS")) == "Copying to NAS"
    assert wording.stage_title(JobRow(1, "Undo", stage="undo")) == "Undo"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("To take it over for good: musicvault drive add FOLDER --adopt-vault", "Drives, Take over"),
        ("There is no drive yet. Add one with: musicvault drive add FOLDER", "Drives, Add a drive"),
        ("To use it again: musicvault drive retire 'My disk' --undo", "Drives, Use it again"),
        ("or choose less with: musicvault drive parity NAS PERCENT", "Drives, Name, place, notes"),
        ("If the folder lies elsewhere now: musicvault library move Music FOLDER", "Settings, It is on this computer"),
    ],
)
def test_a_command_becomes_a_way_through_the_window(said: str, shown: str) -> None:
    assert in_the_window(said) == f"{said.partition(': ')[0]}: {shown}"
    assert in_the_window("musicvaults are not commands") == "musicvaults are not commands"


_COMMAND = r"musicvault (?:drive|library|scan|sync|repair|policy)\b[^\"\n]*"


def test_every_command_that_the_engine_names_has_its_way() -> None:
    """What a person at the window is told to do can be done there."""
    root = Path(musicvault.__file__).parent
    named = set()
    for part in ("engine", "storage"):
        for place in (root / part).rglob("*.py"):
            named |= set(re.findall(_COMMAND, place.read_text("utf-8")))
    assert {one for one in named if in_the_window(one.replace("{label}", "X").replace("{word}", "X")) == one} == set()


@pytest.mark.parametrize("deed", sorted(NEEDED - driving.PREVIEWED))
def test_a_question_about_one_file_speaks_of_one(deed: Deed) -> None:
    if deed in (Deed.CONFIRM, Deed.REMOVE_DRIVE, Deed.REMOVE_LIBRARY, Deed.SET_EXCLUSIONS):
        return  # they ask about a drive or a folder
    assert " they " not in question(Action(deed), 1)
    assert "1" in question(Action(deed), 1)


@pytest.mark.parametrize(
    ("locale", "shown"), [("C", "2023-11-14 12:13"), ("de_DE", "14.11.23 12:13"), ("en_GB", "14/11/2023 12:13")]
)
def test_a_moment_is_shown_as_the_users_locale_has_it_and_as_iso_8601_without_one(locale: str, shown: str) -> None:
    before = QLocale()
    QLocale.setDefault(QLocale(locale))
    try:
        moment = datetime(2023, 11, 14, 12, 13).timestamp()
        assert wording.when(moment) == shown
        assert wording.day(moment) == shown.split()[0]
    finally:
        QLocale.setDefault(before)
