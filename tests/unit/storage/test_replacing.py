"""Another content in a library file's place: old bytes kept, attributes kept, edits by others never lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from blake3 import blake3

from musicvault.errors import ItemError
from musicvault.storage import attributes, durable, renames
from musicvault.storage.attributes import Attributes
from musicvault.storage.replacing import give_back, replace_library_file

OLD_TIME = 1_234_567_890_123_456_789


@pytest.fixture(params=["exchange", "no exchange", "no links"])
def album(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one file and its new content beside it, on file systems of each ability."""
    if request.param != "exchange":
        monkeypatch.setattr(renames, "_flagged", lambda *_: False)
    if request.param == "no links":

        def no_links(*_: object, **__: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", no_links)
    (tmp_path / "a.mp3").write_bytes(b"old")
    (tmp_path / "a.mp3").chmod(0o640)
    os.utime(tmp_path / "a.mp3", ns=(OLD_TIME, OLD_TIME))
    (tmp_path / "n.partial").write_bytes(b"new!")
    return tmp_path


def replace(album: Path, **more: object) -> tuple[str, ...]:
    return replace_library_file(
        os.fsencode(album / "n.partial"),
        os.fsencode(album / "a.mp3"),
        os.fsencode(album / "kept" / "a.mp3"),
        **more,  # type: ignore[arg-type]
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_old_bytes_are_kept_and_the_attributes_too(album: Path) -> None:
    assert replace(album) == ()
    assert (album / "a.mp3").read_bytes() == b"new!"
    assert (album / "kept" / "a.mp3").read_bytes() == b"old"
    found = (album / "a.mp3").stat()
    assert found.st_mode & 0o777 == 0o640
    assert found.st_mtime_ns == OLD_TIME == (album / "kept" / "a.mp3").stat().st_mtime_ns
    assert names(album) == ["a.mp3", "kept"]


def test_a_time_may_be_given(album: Path) -> None:
    replace(album, mtime_ns=10**18)
    assert (album / "a.mp3").stat().st_mtime_ns == 10**18


def test_extended_attributes_are_kept(album: Path) -> None:
    try:
        os.setxattr(album / "a.mp3", b"user.rating", b"5")
    except (OSError, AttributeError):
        pytest.skip("no extended attributes here")
    assert replace(album) == ()
    assert os.getxattr(album / "a.mp3", b"user.rating") == b"5"


def test_an_acl_is_kept(album: Path) -> None:
    # version 2; owner rw, user 4321 r, group r, mask r, other none (linux/posix_acl_xattr.h)
    entries = [(1, 6, -1), (2, 4, 4321), (4, 4, -1), (0x10, 4, -1), (0x20, 0, -1)]
    acl = b"\x02\0\0\0" + b"".join(
        tag.to_bytes(2, "little") + bits.to_bytes(2, "little") + (who & 0xFFFFFFFF).to_bytes(4, "little")
        for tag, bits, who in entries
    )
    try:
        os.setxattr(album / "a.mp3", "system.posix_acl_access", acl)
    except (OSError, AttributeError):
        pytest.skip("no ACLs here")
    assert replace(album) == ()
    assert os.getxattr(album / "a.mp3", "system.posix_acl_access") == acl


def test_what_could_not_be_kept_is_said(album: Path) -> None:
    lost = attributes.apply(os.fsencode(album / "n.partial"), Attributes(mode=0o600, extended={b"unknown.space": b"x"}))
    assert lost == ("unknown.space",)


def test_known_hard_links_follow(album: Path) -> None:
    try:
        os.link(album / "a.mp3", album / "twin.mp3")
    except PermissionError:
        pytest.skip("no hard links, no twins")
    replace(album, links=[os.fsencode(album / "twin.mp3")])
    assert (album / "twin.mp3").read_bytes() == b"new!"
    assert (album / "twin.mp3").stat().st_ino == (album / "a.mp3").stat().st_ino
    assert (album / "kept" / "a.mp3").read_bytes() == b"old"
    assert names(album) == ["a.mp3", "kept", "twin.mp3"]


def test_unknown_hard_links_hold_it(album: Path) -> None:
    try:
        os.link(album / "a.mp3", album / "elsewhere.mp3")
    except PermissionError:
        pytest.skip("no hard links, no twins")
    with pytest.raises(ItemError, match="more name"):
        replace(album)
    with pytest.raises(ItemError, match="no longer"):
        replace(album, links=[os.fsencode(album / "n.partial")])
    assert (album / "a.mp3").read_bytes() == b"old"
    assert names(album) == ["a.mp3", "elsewhere.mp3", "n.partial"]


def test_an_edit_made_meanwhile_is_not_lost(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program saves at the last moment, by a rename of its own."""

    def save(step: str) -> None:
        if step == "set-aside":
            (album / "theirs").write_bytes(b"theirs")
            (album / "theirs").replace(album / "a.mp3")

    monkeypatch.setattr(durable, "on_step", save)
    with pytest.raises(ItemError, match="changed meanwhile"):
        replace(album)
    assert (album / "a.mp3").read_bytes() == b"theirs"
    assert (album / "kept" / "a.mp3").read_bytes() == b"old"
    assert (album / "n.partial").read_bytes() == b"new!"


def test_only_the_expected_content_is_replaced(album: Path) -> None:
    with pytest.raises(ItemError, match="changed meanwhile"):
        replace(album, expected_blake3=blake3(b"something else").digest())
    assert names(album) == ["a.mp3", "n.partial"]
    replace(album, expected_blake3=blake3(b"old").digest())
    assert (album / "a.mp3").read_bytes() == b"new!"


def test_a_link_is_not_replaced(album: Path) -> None:
    (album / "a.mp3").rename(album / "real.mp3")
    (album / "a.mp3").symlink_to("real.mp3")
    with pytest.raises(ItemError, match="not a regular file"):
        replace(album)


def test_what_is_kept_already_is_never_overwritten(album: Path) -> None:
    (album / "kept").mkdir()
    (album / "kept" / "a.mp3").write_bytes(b"older")
    with pytest.raises(FileExistsError):
        replace(album)
    assert (album / "kept" / "a.mp3").read_bytes() == b"older"
    assert (album / "a.mp3").read_bytes() == b"old"


def test_a_failure_leaves_everything_as_it_was(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(renames, "exchange", refuse)
    with pytest.raises(ItemError, match="not permitted"):
        replace(album)
    assert (album / "a.mp3").read_bytes() == b"old"
    assert names(album / "kept") == []


def test_a_rebuilt_file_gets_back_what_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "x.partial").write_bytes(b"rebuilt")
    assert give_back(os.fsencode(tmp_path / "x.partial"), Attributes(mode=0o604, mtime_ns=OLD_TIME)) == ()
    assert (tmp_path / "x.partial").stat().st_mtime_ns == OLD_TIME
    assert (tmp_path / "x.partial").stat().st_mode & 0o777 == 0o604
