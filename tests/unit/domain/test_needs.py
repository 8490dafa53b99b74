"""Needs in their order, and how little room they take."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from musicvault.domain.needs import Chosen, Need, Needs, Reason, Step, Tally
from musicvault.domain.paths import split

_NEEDS = st.lists(
    st.builds(
        Need,
        st.integers(1, 5),
        st.sampled_from(["w", "v", "x"]),
        st.sampled_from([b"a/1", b"a/b/1", b"a b/1", b"a/2", b"c"]),
        st.integers(0, 50),
        st.integers(0, 2),
        st.sampled_from(Step),
        st.sampled_from(Reason),
        st.integers(-1, 1),
        st.integers(0, 3),
        st.integers(1, 2),
    ),
    max_size=20,
)


@given(_NEEDS)
def test_needs_come_back_as_they_were_in_their_order(given_needs: list[Need]) -> None:
    needs = Needs(given_needs)
    assert [needs.need(number) for number in range(len(needs))] == given_needs

    def order(need: Need) -> tuple[object, ...]:
        return need.good_copies, -need.priority, split(need.path)[0], need.path, need.vault_id

    chosen = Chosen(needs, needs.ordered())
    assert list(chosen) == sorted(given_needs, key=order)
    assert [list(chosen.renames), list(chosen.copies)] == [
        [need for need in chosen if (need.step is Step.RENAME) is renames] for renames in (True, False)
    ]
    for part in (chosen, chosen[1:]):
        for vault in ("v", "w", "x", "y"):
            mine = [need for need in part if need.vault_id == vault]
            assert list(part.of(vault)) == mine
            assert part.tally().get(vault, Tally(0, 0)) == Tally(len(mine), sum(need.room for need in mine))


def test_items_that_need_the_same_are_added_together_or_one_by_one() -> None:
    items = [(number, b"f%d" % (number // 2), b"n%d" % number, 10 * number, number % 3) for number in range(7)]
    alone, together = Needs(), Needs()
    for needs in (alone, together):
        needs.add(Need(99, "v", b"before", 5, 0, Step.COPY, Reason.NO_COPY))
    doings = [("u", Step.RENAME, Reason.RENAMED), ("v", Step.COPY, Reason.NO_COPY)]
    for item_id, folder, name, size, copies in items:
        alone.add_all(item_id, 2, folder, name, size, copies, 1, 3, alone.steps(doings))
    together.add_alike(items, 2, 1, 3, together.steps(doings))
    for needs in (alone, together):
        needs.add(Need(98, "u", b"behind", 6, 0, Step.COPY, Reason.NO_COPY))
    assert list(map(together.need, range(len(together)))) == list(map(alone.need, range(len(alone))))
    assert (together.tally(), list(together.ordered())) == (alone.tally(), list(alone.ordered()))


def test_four_drives_that_lack_everything_take_little_memory() -> None:
    """4,000,000 steps must leave room within 500 MB for all else."""
    items, drives = 5_000, "abcd"
    tracemalloc.start()
    try:
        needs = Needs()
        steps = needs.steps([(drive, Step.COPY, Reason.NO_COPY) for drive in drives])
        for number in range(items):
            folder = b"Some Artist/Some Longer Album %d" % (number // 12)
            needs.add_all(number, 1, folder, b"%02d Some Longer Title.flac" % (number % 12), 30_000_000, 1, 0, 3, steps)
        ordered = needs.ordered()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(ordered) == items * len(drives)
    assert peak / items < 350, "bytes for each item and all its steps"
