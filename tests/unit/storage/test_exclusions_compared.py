"""What other exclusions would change is what two walks, one with each list, don't both see."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from musicvault.domain.paths import join
from musicvault.storage.exclusions_compared import turned
from musicvault.storage.walk import walk

FILES = ("a.flac", "a.tmp", "b/a.flac", "b/c/d.flac", "b/c/e.wav", "Incoming/x.flac", "Incoming/b/y.flac")


@pytest.fixture
def root(tmp_path: Path) -> bytes:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return os.fsencode(tmp_path)


def seen(root: bytes, exclusions: Sequence[str]) -> set[bytes]:
    return {join(folder.path, entry.name) for folder in walk(root, exclusions) for entry in folder.files}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), ()),
        ((), ("Incoming",)),
        (("Incoming",), ()),
        (("*.wav",), ("b",)),
        (("b",), ("c",)),
        (("b/c",), ("Incoming", "b/c")),
        (("Incoming", "*.flac"), ("*.wav", "Incoming")),
        (("B",), ("b/**",)),
        (("/a.flac",), ("a.flac",)),
    ],
)
def test_it_is_what_the_walks_don_t_both_see(root: bytes, before: Sequence[str], after: Sequence[str]) -> None:
    old, new = seen(root, before), seen(root, after)
    found = list(turned(root, before, after))
    assert {one.path for one in found if one.leaves} == old - new
    assert {one.path for one in found if not one.leaves} == new - old
    assert len(found) == len(old ^ new)
