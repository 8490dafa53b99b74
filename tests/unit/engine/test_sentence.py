"""The one sentence is true in every combination of what may be the case."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from musicvault.catalog.libraries import Library
from musicvault.catalog.overview import Place
from musicvault.catalog.vaults import Vault
from musicvault.domain.policy import DAY, Rule, Standing
from musicvault.engine.locating import Presence
from musicvault.engine.sentence import SCAN_DAYS, Act, Facts, Sentence, Tone, say
from musicvault.engine.status import DriveStatus, LibraryStatus
from musicvault.engine.waiting import Waiting

NOW = 400 * DAY


def library(name: str, online: bool, scanned_days: float | None, brake: bool) -> LibraryStatus:
    scanned = None if scanned_days is None else NOW - scanned_days * DAY
    return LibraryStatus(
        Library(1, name, name, b"/music", "disk", (), 0.0, scanned, 0.0), online, 10, brake, 9 if brake else 0
    )


def drive(
    label: str,
    online: bool,
    writable: bool,
    needed: int,
    shares: bool,
    retired: float | None = None,
    overdue: int = 0,
) -> DriveStatus:
    vault = Vault(label, "disk-" + label, label, "", b"/mnt", b"", 0, 0.0, 0.0, None, retired_at=retired)
    presence = Presence(vault, b"/mnt" if online else None, None, online, online and writable)
    todo = Waiting(label, label, online, overdue, needed, needed, needed)
    # What lies on it says nothing of what it lacks: older versions and what was let go lie there, too.
    return DriveStatus(presence, Place(99, 1, 99, None), 0, None, None, ("Music",) if shares else (), waiting=todo)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    few = st.sampled_from([0, 0, 0, 1, 2, 7])
    standings = {which: draw(few) for which in Standing}
    items = sum(standings.values())
    missing = draw(st.integers(0, items))
    libraries = [
        library(f"Library {number}", draw(st.booleans()), draw(st.sampled_from([None, 1.0, 29.0, 31.0])), brake)
        for number in range(draw(st.integers(0, 2)))
        for brake in [draw(st.sampled_from([False, False, True]))]
    ]
    drives = [
        drive(f"Drive {number}", draw(st.booleans()), draw(st.booleans()), draw(st.integers(0, items)), False)
        for number in range(draw(st.integers(0, 2)))
    ]
    return Facts(
        items,
        standings,
        rebuildable=draw(st.integers(0, standings[Standing.DAMAGED])),
        held=draw(st.integers(0, standings[Standing.HELD])),
        missing=missing,
        lost=draw(st.integers(0, min(missing, standings[Standing.AT_RISK]))),
        unread=draw(few),
        libraries=libraries,
        drives=drives,
        rule=Rule(),
        now=NOW,
    )


@given(facts())
def test_nothing_is_called_good_that_is_not(given_facts: Facts) -> None:
    said = say(given_facts)
    troubled = sum(count for which, count in given_facts.standings.items() if which is not Standing.PROTECTED)
    unseen = [
        one
        for one in given_facts.libraries
        if one.library.scanned_at is None or NOW - one.library.scanned_at > SCAN_DAYS * DAY
    ]
    if said.tone is Tone.GOOD:
        assert given_facts.items > 0
        assert not troubled
        assert (given_facts.missing, given_facts.lost, given_facts.unread, unseen) == (0, 0, 0, [])
        assert not any(one.brake for one in given_facts.libraries)
        assert given_facts.drives
    if "safe" in said.text:
        assert said.tone is Tone.GOOD
        assert all(one.online for one in given_facts.libraries)
        assert not given_facts.away
    assert said.text.endswith(".")


@given(facts())
def test_what_it_asks_for_can_be_done(given_facts: Facts) -> None:
    said = say(given_facts)
    if said.act is Act.REPAIR:
        assert given_facts.rebuildable
    if said.act is Act.SYNC:
        assert any(
            one.presence.writable
            and one.waiting is not None
            and one.waiting.needed
            and one.presence.vault.label in said.detail
            for one in given_facts.online
        )
    if said.act is Act.ADD_LIBRARY:
        assert not given_facts.libraries
    if said.act is Act.SCAN:
        assert any(one.online for one in given_facts.libraries)
    if said.act is Act.DECIDE:
        assert (
            given_facts.standings[Standing.DAMAGED]
            or given_facts.standings[Standing.HELD]
            or given_facts.missing
            or any(one.brake for one in given_facts.libraries)
        )


@given(facts())
def test_who_is_asked_to_be_plugged_in_is_away_and_counts_are_right(given_facts: Facts) -> None:
    said = say(given_facts)
    wanted = re.search(r"[Pp]lug in (Drive \d)", said.text + said.detail)
    if wanted:
        assert wanted[1] in {one.presence.vault.label for one in given_facts.away}
    told = re.search(r"(\d+) files? ha(?:s|ve) the copies", said.detail)
    if told:
        assert int(told[1]) <= given_facts.standings[Standing.PROTECTED]
    damaged = re.search(r"(\d+) files? (?:is|are) damaged", said.text)
    assert (int(damaged[1]) if damaged else 0) == (
        given_facts.standings[Standing.DAMAGED] if given_facts.libraries else 0
    )


def simple(**changes: object) -> Sentence:
    values: dict[str, object] = {
        "items": 12480,
        "standings": {which: 12480 if which is Standing.PROTECTED else 0 for which in Standing},
        "rebuildable": 0,
        "held": 0,
        "missing": 0,
        "lost": 0,
        "unread": 0,
        "libraries": [library("Music", True, 1.0, False)],
        "drives": [drive("Elements", True, True, 0, False)],
        "rule": Rule(),
        "now": NOW,
    }
    return say(Facts(**(values | changes)))  # type: ignore[arg-type]


def test_some_sentences() -> None:
    assert simple().text == "All 12,480 files are safe."
    apart = simple(drives=[drive("Elements", False, False, 0, False)])
    assert apart.text == "Your 12,480 files have the copies they need."
    assert "Not connected now: Elements." in apart.detail
    assert simple(missing=2).text == "2 files are gone from their places; copies of them are kept."
    assert simple(libraries=[library("Music", True, 40.0, False)]).text == "Music was last looked at 40 days ago."
    retired = drive("Old", False, False, 0, False, retired=NOW)
    assert simple(drives=[drive("Elements", True, True, 0, False), retired]).text == "All 12,480 files are safe."
    assert "has no second copy" in simple(items=1, drives=[retired]).text
    short = {which: 49 if which is Standing.SHORT else 0 for which in Standing}
    away = simple(standings=short, drives=[drive("Elements", False, False, 49, False)])
    assert away.text == "49 files need another copy: plug in Elements."
    stale = {which: 49 if which is Standing.STALE else 0 for which in Standing}
    owed = [drive("Elements", True, True, 0, False), drive("Office", False, False, 0, False, overdue=49)]
    assert simple(standings=stale, drives=owed).detail == "Plug in Office."
    assert simple(standings=stale, drives=owed[:1]).act is Act.SCRUB
    full = drive("Elements", True, True, 0, False)
    gone = simple(standings=short, drives=[full], missing=49, missing_short=49)
    assert gone.text == "49 files are gone from their places; copies of them are kept."
    shared = simple(standings=short, drives=[drive("Elements", True, True, 0, True)])
    assert "same disk as Music" in shared.detail
