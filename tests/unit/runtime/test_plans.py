"""Settings of the service: typed, checked, and changed one at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from musicvault.domain.schedule import Quiet
from musicvault.errors import UsageError
from musicvault.runtime.plans import KEYS, changed, plans_of
from musicvault.settings import Settings, load, save


def test_the_default_is_to_prove_on_mains_and_to_heal() -> None:
    plans = plans_of(Settings())
    assert plans.wishes.scrub
    assert plans.wishes.mains_only
    assert plans.repair
    assert plans.report_every == 0


@pytest.mark.parametrize(
    "words",
    ["quiet_hours=22:00-07:30", "bandwidth=20", "mains_only=no", "report_to=me@example.org", "mail_security=ssl"],
)
def test_a_setting_is_changed_and_kept(words: str) -> None:
    after = changed(Settings(), words)
    assert after != Settings()
    save(after)
    assert load() == after


def test_quiet_hours_and_mail_are_understood() -> None:
    settings = Settings()
    for words in (
        "quiet_hours = 22:00 - 7:30",
        "report_to=me@example.org",
        "mail_server=mail.example.org",
        "report=weekly",
    ):
        settings = changed(settings, words)
    plans = plans_of(settings)
    assert plans.wishes.quiet == Quiet(22 * 60, 7 * 60 + 30)
    assert plans.mail is not None
    assert (plans.mail.host, plans.mail.port, plans.mail.sender) == ("mail.example.org", 587, "me@example.org")


@pytest.mark.parametrize(
    "words",
    [
        *("", "nonsense", "workers=3", "bandwidth=-1", "bandwidth=fast", "mains_only=perhaps", "report=hourly"),
        *("quiet_hours=25:00-26:00", "quiet_hours=10:00-10:00", "quiet_hours=22:61-07:00", "mail_security=rot13"),
        "report=daily",  # where to?
        "report_to=me@",
    ],
)
def test_nonsense_is_refused(words: str) -> None:
    with pytest.raises(UsageError):
        changed(Settings(), words)


def test_a_report_is_wanted_in_the_same_file_whoever_reads_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert changed(Settings(), "report_to=week.html").report_to == str(tmp_path / "week.html")
    assert changed(Settings(), "report_to=~/week.html").report_to == str(Path("~/week.html").expanduser())
    with pytest.raises(UsageError):
        plans_of(replace(Settings(), report="daily", report_to="week.html"))


def test_every_key_is_a_setting() -> None:
    assert all(hasattr(Settings(), key) for key in KEYS)
