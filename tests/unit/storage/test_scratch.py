"""Private folders that no kill leaves for good."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.storage.scratch import claimed, scratch_folder

PREFIX = b".musicvault-test-"


def test_it_is_private_and_goes_at_the_end(tmp_path: Path) -> None:
    with scratch_folder(os.fsencode(tmp_path), PREFIX) as folder:
        Path(os.fsdecode(folder), "file").write_bytes(b"work")
        assert os.stat(folder).st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), scratch_folder(os.fsencode(tmp_path), PREFIX):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_another_works_in_stays(tmp_path: Path) -> None:
    left, used, other = (tmp_path / name for name in (".musicvault-test-left", ".musicvault-test-used", "other"))
    for folder in (left, used, other):
        folder.mkdir()
        (folder / "file").write_bytes(b"work")
    with claimed(os.fsencode(used)), scratch_folder(os.fsencode(tmp_path), PREFIX):
        assert not left.exists()
        assert (used / "file").exists()
    assert {path.name for path in tmp_path.iterdir()} == {used.name, other.name}
