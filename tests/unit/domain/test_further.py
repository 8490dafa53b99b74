"""How much space on how many further drives a rule is short of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from musicvault.domain.drives import Drive
from musicvault.domain.further import NOTHING, Further, Lot, beyond, drives_short, reckoned
from musicvault.domain.needs import Needs, Promise, Reason, Step
from musicvault.domain.planner import plan
from musicvault.domain.policy import Rule

LIBRARY = Drive("lib", "Music", disk="own", in_library=True)
A = Drive("a", "A", disk="1")
B = Drive("b", "B", disk="2", site="office", media="ssd", detached=True)
C = Drive("c", "C", disk="1", media="hdd")
DRIVES = {drive.id: drive for drive in (LIBRARY, A, B, C)}


def test_what_is_short_is_counted_in_drives_that_are_apart_from_all_others() -> None:
    for wanted, held, expected in (
        (Rule(), [LIBRARY, A], 0),
        (Rule(), [LIBRARY], 1),
        (Rule(), [], 2),
        (Rule(copies=3, volumes=3), [LIBRARY, A, C], 1),  # A and C are one disk
        (Rule(copies=3, sites=2), [LIBRARY, A], 1),  # one drive elsewhere is a third copy as well
        (Rule(detached=2), [LIBRARY, A, B], 1),
        (Rule(media=("optical", "flash")), [LIBRARY, A], 2),
        (Rule(forbidden=("A",)), [LIBRARY, A], 1),
        (Rule(copies=1, volumes=1), [LIBRARY, A, B], 0),
    ):
        assert drives_short(wanted, held, "home") == expected, wanted


def left_out(rule: Rule, sizes: list[int], room: dict[str, int]) -> dict[str, Further]:
    """What one library's files and the drives of this room come to."""
    needs = Needs()
    for number, size in enumerate(sizes):
        doings = [(drive, Step.COPY, Reason.NO_COPY) for drive in sorted(room)]
        steps = needs.steps(doings, Promise(rule, ("lib", *sorted(room))))
        needs.add_all(number, 1, b"album", b"%d.flac" % number, size, 1, 0, rule.copies, steps)
    return beyond(plan(needs, room).left_out, DRIVES, "home")


def test_what_has_no_room_and_is_needed_is_wanted_of_further_drives() -> None:
    assert left_out(Rule(), [10, 10, 10], {"a": 30}) == {}
    assert left_out(Rule(), [10, 10, 10], {"a": 12}) == {"Everything": Further(1, 20)}
    # The third copy of all is missing whatever the room is: told with the rule. These two lack the second as well.
    assert left_out(Rule(copies=3), [10, 10, 10], {"a": 12}) == {"Everything": Further(2, 20)}


def test_what_has_no_room_and_is_not_needed_takes_no_drive() -> None:
    assert left_out(Rule(), [10, 10, 10], {"a": 30, "b": 0}) == {}
    # But a third copy in the same room is none elsewhere.
    assert left_out(Rule(sites=2), [10, 10, 10], {"a": 30, "b": 10}) == {"Everything": Further(1, 20)}


@given(
    st.lists(st.integers(0, 50), max_size=8),
    st.integers(1, 4),
    st.integers(0, 120),
    st.integers(0, 120),
)
def test_drives_that_are_added_as_told_are_enough(sizes: list[int], copies: int, a: int, b: int) -> None:
    rule = Rule(copies=copies, volumes=copies)
    found = left_out(rule, sizes, {"a": a, "b": b}).get("Everything", Further())
    never = drives_short(rule, [LIBRARY, A, B])
    total = Further(never, never * sum(sizes)) + found if sizes else found
    # An oracle of its own: how many copies each file has once all that fits is made.
    needs = Needs()
    for number, size in enumerate(sizes):
        doings = [(drive, Step.COPY, Reason.NO_COPY) for drive in "ab"]
        needs.add_all(number, 1, b"album", b"%d.flac" % number, size, 1, 0, copies, needs.steps(doings))
    have = [1] * len(sizes)
    for action in plan(needs, {"a": a, "b": b}).actions:
        have[action.item_id] += 1
    lacking = [max(0, copies - count) for count in have]
    assert total.drives == max(lacking, default=0)
    assert total.bytes == sum(size * count for size, count in zip(sizes, lacking, strict=True))


LOTS = st.lists(st.integers(1, 40), max_size=5)
RULES = st.sampled_from((Rule(), Rule(copies=3), Rule(copies=3, sites=2), Rule(detached=1), Rule(copies=4, volumes=3)))


def both(lots: list[int], room: dict[str, int], rule: Rule, volume_of: dict[str, str]) -> tuple[Further, Further]:
    """What it comes to lot by lot, and file by file by the plan (all files of one byte: nothing is left to packing)."""
    to = tuple(sorted(room))
    needs = Needs()
    steps = needs.steps([(drive, Step.COPY, Reason.NO_COPY) for drive in to], Promise(rule, ("lib", *to)))
    for number in range(sum(lots) if to else 0):
        needs.add_all(number, 1, b"%d" % number, b"a", 1, 1, 0, rule.copies, steps)
    planned = sum(beyond(plan(needs, room, volume_of).left_out, DRIVES, "home").values(), NOTHING)
    found = reckoned([Lot(rule, ("lib",), to, size) for size in lots], room, DRIVES, "home", volume_of)
    return found, planned if planned.bytes else NOTHING


@given(LOTS, st.dictionaries(st.sampled_from("abc"), st.integers(0, 60), max_size=2), RULES, st.booleans())
def test_with_two_drives_it_is_what_the_plan_says(
    lots: list[int], room: dict[str, int], rule: Rule, are_one_volume: bool
) -> None:
    found, planned = both(lots, room, rule, dict.fromkeys("ac", "one") if are_one_volume else {})
    assert found == planned


@given(LOTS, st.fixed_dictionaries(dict.fromkeys("abc", st.integers(0, 60))), RULES, st.booleans())
def test_with_more_drives_it_is_that_to_one_lot(
    lots: list[int], room: dict[str, int], rule: Rule, are_one_volume: bool
) -> None:
    found, planned = both(lots, room, rule, dict.fromkeys("ac", "one") if are_one_volume else {})
    assert abs(found.bytes - planned.bytes) <= max(lots, default=0)
    assert abs(found.drives - planned.drives) <= 1


def test_what_is_short_of_all_drives_anyway_is_not_told_again() -> None:
    lots = [Lot(Rule(copies=3), ("lib",), ("a",), 30)]
    assert reckoned(lots, {"a": 30}, DRIVES, "home") == NOTHING
    assert reckoned(lots, {"a": 10}, DRIVES, "home") == Further(2, 20)
