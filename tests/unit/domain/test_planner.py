"""The plan: what comes first, what fits, and what it can never do."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from zlib import crc32

from hypothesis import example, given
from hypothesis import strategies as st

from musicvault.domain.needs import Need, Reason, Step
from musicvault.domain.packing import album
from musicvault.domain.paths import split
from musicvault.domain.planner import Plan, plan


def need(path: str, vault: str = "v", size: int = 10, copies: int = 1, priority: int = 0) -> Need:
    return Need(crc32(path.encode()), vault, path.encode(), size, copies, Step.COPY, Reason.NO_COPY, priority, 2)


def paths(outcome: Plan) -> list[str]:
    return [action.path.decode() for action in outcome.actions]


def test_least_protected_then_priority_then_albums_together() -> None:
    needs = [
        need("b/1"),
        need("a/2", copies=2),
        need("a/1"),
        need("c/1", priority=5),
        need("b/2"),
        need("z/1", copies=0),
    ]
    assert paths(plan(needs, {"v": 1000})) == ["z/1", "c/1", "a/1", "b/1", "b/2", "a/2"]


def test_albums_go_whole_for_as_long_as_one_fits() -> None:
    needs = [need("a/1"), need("a/2"), need("a/3"), need("b/1"), need("b/2")]
    assert paths(plan(needs, {"v": 20})) == ["b/1", "b/2"]
    assert paths(plan(needs, {"v": 50})) == ["a/1", "a/2", "a/3", "b/1", "b/2"]
    # Room in which no whole album fits is still used.
    assert paths(plan(needs, {"v": 10})) == ["a/1"]


def test_the_least_protected_are_split_rather_than_left_out() -> None:
    needs = [need("a/1"), need("a/2"), need("b/1", copies=2)]
    assert paths(plan(needs, {"v": 10})) == ["a/1"]


def on_each(drives: str, sizes: dict[str, int]) -> list[Need]:
    items = enumerate(sizes.items())
    return [replace(need(path, vault, size), item_id=number) for number, (path, size) in items for vault in drives]


def test_what_is_missing_of_the_reserve_is_missing_as_well() -> None:
    assert plan([need("a", size=10)], {"v": -5}).short_bytes == {"v": 15}
    assert plan([need("a", size=10)], {"v": 4}).short_bytes == {"v": 6}


def test_small_drives_share_the_files_before_any_gets_a_third_copy() -> None:
    needs = on_each("AB", {f"album {number}/1": 10 for number in range(10)})
    outcome = plan(needs, {"A": 50, "B": 50})
    assert sorted(action.item_id for action in outcome.actions) == list(range(10))
    # What a drive with room for everything gets counts as well.
    outcome = plan(on_each("ABC", {f"album {number}/1": 10 for number in range(10)}), {"A": 1000, "B": 50, "C": 50})
    assert Counter(action.item_id for action in outcome.actions) == Counter(dict.fromkeys(range(10), 2))


def test_each_album_goes_to_the_drive_that_it_fills_best() -> None:
    needs = on_each("AB", {"a/1": 25, "a/2": 25, "b/1": 60, "c/1": 30, "c/2": 20})
    outcome = plan(needs, {"A": 100, "B": 60})
    placed = {action.path.decode(): action.vault_id for action in outcome.actions}
    assert placed == {"a/1": "A", "a/2": "A", "b/1": "B", "c/1": "A", "c/2": "A"}


def test_the_discs_of_a_release_are_one_album() -> None:
    assert album(b"Nina/Box/CD 1/01.flac") == album(b"Nina/Box/Disc 02 - Live/01.flac") == b"Nina/Box"
    assert album(b"Nina/Box/cd1/01.flac") == album(b"Nina/Box/cover.jpg")
    assert album(b"CD 1/01.flac") == b"CD 1"
    assert album(b"Nina/Disco/01.flac") == b"Nina/Disco"
    assert album(b"Nina/Side Effects/01.flac") == b"Nina/Side Effects"
    needs = [need("a/CD1/1"), need("a/CD2/1"), need("b/1", size=15)]
    assert paths(plan(needs, {"v": 15})) == ["b/1"]


def test_vaults_of_one_volume_share_the_least_room_that_any_of_them_sees() -> None:
    needs = [need("a/1", size=20, vault="A"), need("b/1", size=20, vault="B")]
    outcome = plan(needs, {"A": 10, "B": 30}, {"A": "disk", "B": "disk"})
    assert outcome.actions == ()
    assert outcome.short_bytes == {"A": 10, "B": 20}, "what is free counts once"


_ALIKE = st.dictionaries(st.sampled_from([f"{letter}/{n}" for letter in "abcd" for n in range(4)]), st.just(10))


_ALBUMS = dict.fromkeys([*(f"{letter}/{n}" for letter in "abc" for n in range(4)), "d/0"], 10)


@given(_ALIKE, st.lists(st.integers(0, 300), min_size=1, max_size=3))
@example(_ALBUMS, [80, 80, 80])  # the only drive that c and d could still go to was filled with whole albums
def test_no_file_is_two_copies_ahead_of_an_equal_one(sizes: dict[str, int], free: list[int]) -> None:
    drives = "ABC"[: len(free)]
    outcome = plan(on_each(drives, sizes), dict(zip(drives, free, strict=True)))
    got = Counter(action.item_id for action in outcome.actions)
    copies = [got[number] for number in range(len(sizes))]
    assert not copies or max(copies) - min(copies) <= 1
    assert sum(copies) == sum(min(room // 10, len(sizes)) for room in free), "room is left where something fits"


_NEEDS = st.lists(
    st.builds(
        Need,
        st.integers(1, 9),
        st.sampled_from(["v", "w", "x"]),
        st.sampled_from([b"a/1", b"a/2", b"b/1", b"b/2", b"c"]),
        st.integers(0, 50),
        st.integers(0, 3),
        st.sampled_from(Step),
        st.sampled_from(Reason),
        st.integers(-2, 2),
    ),
    max_size=25,
)
_FREE = st.fixed_dictionaries({"v": st.integers(-10, 300), "w": st.integers(0, 100)})


@given(_NEEDS, _FREE)
def test_nothing_is_overfilled_lost_or_done_twice(needs: list[Need], free: dict[str, int]) -> None:
    outcome = plan(needs, free)
    assert Counter(needs) == Counter((*outcome.actions, *outcome.left_out))
    for vault, room in free.items():
        assert sum(one.room for one in outcome.actions if one.vault_id == vault) <= max(0, room)
    # What doesn't fit is always said, with how much room it takes.
    assert {one.vault_id for one in outcome.left_out} == set(outcome.short_bytes)
    assert all(lacking > 0 for lacking in outcome.short_bytes.values())
    assert all(one.step is Step.RENAME for one in outcome.actions if one.vault_id == "x")  # it isn't there


@given(_NEEDS, _FREE)
def test_no_action_removes_anything(needs: list[Need], free: dict[str, int]) -> None:
    """M1: every action adds a file or renames one. A replacement takes room for itself, for the older bytes stay."""
    for action in plan(needs, free).actions:
        assert action.step in (Step.COPY, Step.REPLACE, Step.RENAME)
        assert action.room == (0 if action.step is Step.RENAME else action.size)
    assert {step.value for step in Step} == {"copy", "replace", "rename"}


@given(_NEEDS, _FREE)
def test_once_carried_out_nothing_is_left_but_what_it_names(needs: list[Need], free: dict[str, int]) -> None:
    first = plan(needs, free)
    left = dict(free)
    for action in first.actions:
        if action.vault_id in left:
            left[action.vault_id] -= action.room
    second = plan(first.left_out, left)
    assert second.actions == ()
    assert Counter(second.left_out) == Counter(first.left_out)
    assert second.short_bytes == first.short_bytes


@given(_NEEDS, _FREE)
def test_the_order_of_asking_does_not_matter(needs: list[Need], free: dict[str, int]) -> None:
    def said(outcome: Plan) -> list[tuple[object, ...]]:
        return [(one.good_copies, -one.priority, split(one.path)[0]) for one in outcome.actions]

    assert said(plan(needs, free)) == sorted(said(plan(needs, free)))
    distinct = [replace(one, item_id=number, path=b"%03d" % number) for number, one in enumerate(needs)]
    assert plan(distinct, free) == plan(list(reversed(distinct)), free)
