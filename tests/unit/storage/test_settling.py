"""A burst is left alone until it is over; both ends of a move are looked at together."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.domain.regions import Region
from musicvault.storage.settling import Heard, Settling

SETTLE, OPEN = 10.0, 600.0


@pytest.fixture
def settling(tmp_path: Path) -> Settling:
    for folder in ("a", "b", "a/sub"):
        (tmp_path / folder).mkdir()
    return Settling(os.fsencode(tmp_path), SETTLE, OPEN, closes=True)


def hear(settling: Settling, now: float, path: bytes, writing: bool | None = None, *, is_folder: bool = False) -> None:
    settling.heard(Heard(path, is_folder, writing), now)
    settling.look()


def folders(*paths: bytes) -> Region:
    return Region(frozenset(paths))


def test_a_change_settles_once_and_is_forgotten(settling: Settling) -> None:
    hear(settling, 0, b"a/x.flac")
    assert not settling.settled(9.9)
    assert settling.settled(10) == folders(b"a")
    assert not settling.settled(1000)


def test_each_event_starts_the_wait_again(settling: Settling) -> None:
    for now in (0, 8, 16):
        hear(settling, now, b"a/x.flac")
        assert not settling.settled(now + 9)
    assert settling.settled(26) == folders(b"a")


def test_a_growing_file_holds_its_folder_though_nothing_is_heard(settling: Settling, tmp_path: Path) -> None:
    file = tmp_path / "a" / "x.flac"
    file.write_bytes(b"1")
    hear(settling, 0, b"a/x.flac")
    file.write_bytes(b"12")
    assert not settling.settled(10)
    assert not settling.settled(19)
    assert settling.settled(20) == folders(b"a")


def test_an_open_file_holds_its_folder_until_it_is_closed(settling: Settling, tmp_path: Path) -> None:
    (tmp_path / "a" / "rip.flac").write_bytes(b"1")
    hear(settling, 0, b"a/rip.flac", writing=True)
    assert not settling.settled(OPEN - 1)  # the drive reads a scratch again and again
    hear(settling, OPEN - 1, b"a/rip.flac", writing=False)
    assert settling.settled(OPEN + 9) == folders(b"a")


def test_an_end_of_writing_that_is_never_heard_holds_only_so_long(settling: Settling, tmp_path: Path) -> None:
    (tmp_path / "a" / "x.flac").write_bytes(b"1")
    hear(settling, 0, b"a/x.flac", writing=True)
    assert settling.settled(OPEN) == folders(b"a")


def test_a_written_file_that_is_gone_holds_nothing(settling: Settling) -> None:
    hear(settling, 0, b"a/x.part", writing=True)
    assert settling.settled(10) == folders(b"a")


def test_systems_that_never_tell_of_closing_wait_for_quiet_only(tmp_path: Path) -> None:
    (tmp_path / "x.flac").write_bytes(b"1")
    settling = Settling(os.fsencode(tmp_path), SETTLE, OPEN, closes=False)
    hear(settling, 0, b"x.flac", writing=True)
    assert settling.settled(10) == folders(b"")


def test_both_ends_of_a_move_settle_together(settling: Settling) -> None:
    hear(settling, 0, b"a/x.flac")
    hear(settling, 8, b"b/x.flac")
    assert not settling.settled(12)
    assert settling.settled(18) == folders(b"a", b"b")


def test_a_quiet_folder_does_not_wait_for_a_whole_day_of_ripping(settling: Settling) -> None:
    hear(settling, 0, b"a/x.flac")
    hear(settling, 3, b"b/y.flac")
    for now in range(5, 45, 5):
        hear(settling, now, b"rip/z.flac")
        assert not settling.settled(now if now < 40 else 39)
    assert settling.settled(41) == folders(b"a", b"b")


def test_folders_are_trees_and_cover_what_lies_below(settling: Settling) -> None:
    hear(settling, 0, b"a", is_folder=True)
    hear(settling, 0, b"a/sub/x.flac")
    hear(settling, 0, b"a/sub", is_folder=True)
    hear(settling, 0, b"b/y.flac")
    assert settling.settled(10) == Region(frozenset({b"", b"b"}), frozenset({b"a"}))


def test_the_root_covers_everything(settling: Settling) -> None:
    hear(settling, 0, b"", is_folder=True)
    hear(settling, 0, b"a/x.flac")
    assert settling.settled(10) == Region(frozenset(), frozenset({b""}))


def test_what_is_gone_can_be_forgotten(settling: Settling) -> None:
    hear(settling, 0, b"a/x.flac")
    settling.clear()
    assert not settling.settled(100)
