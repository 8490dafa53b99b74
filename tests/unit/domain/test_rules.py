"""The smaller rules: pairing, brake, proof, times, paths, planner."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicvault.domain import paths
from musicvault.domain.brake import brake_is_on
from musicvault.domain.needs import Need, Reason, Step
from musicvault.domain.pairing import Candidate, ambiguous, pair
from musicvault.domain.planner import plan
from musicvault.domain.proof import Grade, Proof, VerifiedCopy, prove_safe
from musicvault.domain.times import Traits, mtime_moved, stat_moved
from musicvault.domain.values import Stat

# -- pairing


def candidate(key: int, path: str, digest: str = "", essence: str = "", track: str = "") -> Candidate:
    return Candidate(
        key, path.encode(), digest.encode() or path.encode(), ("flac", essence.encode()) if essence else None, track
    )


def test_same_bytes_elsewhere_is_a_move() -> None:
    (match,) = pair([candidate(1, "a/x.flac", "d")], [candidate(9, "b/y.flac", "d")])
    assert (match.gone, match.found, match.retagged) == (1, 9, False)


def test_same_sound_elsewhere_is_a_move_with_a_retag() -> None:
    (match,) = pair([candidate(1, "a/x.flac", "d", "e")], [candidate(9, "b/y.flac", "f", "e")])
    assert match.retagged


def test_bytes_come_before_sound() -> None:
    gone = [candidate(1, "a.flac", "d", "e")]
    found = [candidate(8, "b.flac", "other", "e"), candidate(9, "c.flac", "d", "e")]
    (match,) = pair(gone, found)
    assert match.found == 9


def test_twins_pair_by_folder_then_track() -> None:
    gone = [candidate(1, "one/a.flac", "1", "e", "1"), candidate(2, "two/a.flac", "2", "e", "2")]
    found = [candidate(8, "two/b.flac", "8", "e", "7"), candidate(9, "new/b.flac", "9", "e", "1")]
    assert {(match.gone, match.found) for match in pair(gone, found)} == {(2, 8), (1, 9)}


def test_what_stays_ambiguous_is_not_paired() -> None:
    gone = [candidate(1, "a.flac", "1", "e"), candidate(2, "b.flac", "2", "e")]
    found = [candidate(8, "x/c.flac", "8", "e"), candidate(9, "y/d.flac", "9", "e")]
    pairs = pair(gone, found)
    assert pairs == ()
    assert ambiguous(gone, found, pairs) == {1, 2}


# -- brake


@pytest.mark.parametrize(
    ("changes", "items", "on"),
    [
        (1, 3, False),
        (2, 3, False),
        (2, 4, True),
        (1, 4, False),
        (25, 100, False),
        (26, 100, True),
        (50, 1000, False),
        (51, 1000, True),
        (0, 0, False),
        (0, 4, False),
        (500, 10_000, False),
        (501, 10_000, True),
    ],
)
def test_brake(changes: int, items: int, on: bool) -> None:
    assert brake_is_on(changes, items) is on


# -- proof


def verified(volume: str, at: float = 100.0, digest: bytes = b"d") -> VerifiedCopy:
    return VerifiedCopy(1, volume, digest, at, Grade.DEVICE)


def test_a_proof_needs_other_volumes_and_fresh_reads_of_the_same_bytes() -> None:
    def proof(copies: list[VerifiedCopy]) -> Proof | None:
        return prove_safe(b"d", "here", copies, wanted=1, fresh_after=50)

    assert proof([verified("there")]) is not None
    assert proof([verified("here")]) is None
    assert proof([verified("there", at=49)]) is None
    assert proof([verified("there", digest=b"x")]) is None
    assert prove_safe(b"d", "here", [verified("v"), verified("v")], wanted=2, fresh_after=0) is None
    assert prove_safe(b"d", "here", [], wanted=0, fresh_after=0) is None


def test_nobody_else_makes_a_proof() -> None:
    with pytest.raises(TypeError):
        Proof(b"d", (), object())


# -- times

HOUR = 3600 * 10**9
EXFAT = Traits(ctime_works=False, grain_ns=2 * 10**9, local_time=True, stable_inodes=False)


def stat(mtime: int, ctime: int = 0, inode: int = 1, size: int = 5) -> Stat:
    return Stat(size, mtime, ctime, inode)


def test_fat_times() -> None:
    assert not mtime_moved(stat(10**18), stat(10**18 + 10**9), EXFAT)
    assert not mtime_moved(stat(10**18), stat(10**18 - HOUR), EXFAT)
    assert not mtime_moved(stat(10**18), stat(10**18 + 9 * HOUR), EXFAT)
    assert mtime_moved(stat(10**18), stat(10**18 + HOUR // 2), EXFAT)
    assert mtime_moved(stat(10**18), stat(10**18 + 48 * HOUR), EXFAT)
    assert not stat_moved(stat(1, ctime=5, inode=1), stat(1, ctime=9, inode=2), EXFAT)


def test_earlier_is_moved_as_well() -> None:
    assert mtime_moved(stat(10**18), stat(10**18 - 1), Traits())
    assert stat_moved(stat(1, inode=1), stat(1, inode=2), Traits())


# -- paths


@given(st.binary(min_size=1, max_size=40))
def test_display_is_printable_and_exactness_is_honest(raw: bytes) -> None:
    shown = paths.display(raw)
    assert all(character.isprintable() or character.isspace() for character in shown)
    assert "\n" not in shown
    if paths.is_exact(raw):
        assert shown.encode() == raw


@pytest.mark.parametrize("path", [b"", b"/a", b"a/../b", b"..", b"a//b", b"./a", b"~/a", b"a\0b", b"a/"])
def test_paths_that_leave_their_root_are_refused(path: bytes) -> None:
    assert not paths.is_safe(path)


def test_nfc_and_nfd_fold_together() -> None:
    assert paths.folded("Bjo\u0308rk") == paths.folded("BJ\u00d6RK")


# -- planner


def need(item: int, vault: str, size: int, copies: int, step: Step = Step.COPY) -> Need:
    return Need(item, vault, f"album/{item}".encode(), size, copies, step, Reason.NO_COPY)


def test_least_protected_first_and_what_fits() -> None:
    outcome = plan([need(1, "v", 10, 2), need(2, "v", 10, 1), need(3, "v", 10, 1)], {"v": 25})
    assert [action.item_id for action in outcome.actions] == [2, 3]
    assert [action.item_id for action in outcome.left_out] == [1]
    assert outcome.short_bytes == {"v": 5}


def test_renames_need_no_space() -> None:
    assert plan([need(1, "v", 10, 1, Step.RENAME)], {"v": 0}).left_out == ()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 3)), max_size=20), st.integers(0, 200))
def test_a_plan_never_overfills_and_loses_nothing(sizes: list[tuple[int, int]], free: int) -> None:
    needs = [need(number, "v", size, copies) for number, (size, copies) in enumerate(sizes)]
    outcome = plan(needs, {"v": free})
    assert sum(action.size for action in outcome.actions) <= free
    assert sorted(a.item_id for a in (*outcome.actions, *outcome.left_out)) == list(range(len(needs)))
