"""What is asked for twice is done once, and what is for later waits."""

from __future__ import annotations

from musicvault.domain.regions import WHOLE, Region
from musicvault.runtime.agenda import Agenda


def test_what_is_due_is_taken_once_for_each_library() -> None:
    agenda = Agenda()
    agenda.add(1, 10.0, Region.of([b"a"]))
    agenda.add(1, 5.0, Region.of([b"b"], [b"c"]))
    agenda.add(2, 10.0)
    agenda.add(1, 11.0, Region.of([b"a"]))
    agenda.add(1, 20.0, Region.of([b"later"]))
    assert not agenda.is_due(4.0)
    assert agenda.is_due(5.0)
    assert agenda.take(10.0) == {1: Region.of([b"a", b"b"], [b"c"]), 2: WHOLE}
    assert agenda.take(19.0) == {}
    assert agenda.take(20.0) == {1: Region.of([b"later"])}


def test_the_whole_covers_all_regions() -> None:
    agenda = Agenda()
    agenda.add(1, 0.0, Region.of([b"a"]))
    agenda.add(1, 0.0)
    assert agenda.take(0.0) == {1: WHOLE}


def test_regions_name_each_folder_once() -> None:
    region = Region.of([b"a", b"a/b", b"c"], [b"a", b"a/x", b"d/e"])
    assert region == Region(frozenset([b"c"]), frozenset([b"a", b"d/e"]))
    assert b"a/b/c" in region
    assert b"c/below" not in region
    assert b"d" not in region
    assert not Region()
    assert (region | WHOLE) == WHOLE
    assert b"anything" in WHOLE
