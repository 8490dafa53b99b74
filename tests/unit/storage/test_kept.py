"""Kept bytes bring the old file back exactly, whatever changed, and never a wrong one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicvault.errors import ItemError
from musicvault.storage import kept

_BYTES = st.binary(max_size=300)


def keep(folder: Path, old: bytes, new: bytes) -> tuple[bytes, bytes]:
    paths = [folder / "old", folder / "new", folder / "kept"]
    paths[0].write_bytes(old)
    paths[1].write_bytes(new)
    names = [os.fsencode(path) for path in paths]
    paths[2].write_bytes(kept.difference(names[0], names[1], blake3(old).digest(), blake3(new).digest()))
    return names[2], names[1]


def rebuilt(folder: Path, kept_path: bytes, new_path: bytes) -> bytes:
    target = folder / "again"
    with open(target, "wb") as file:
        kept.write_old(kept_path, new_path, file.fileno())
    return target.read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(_BYTES, _BYTES, _BYTES, _BYTES, st.integers(1, 700))
def test_round_trip(tmp_path: Path, front: bytes, old: bytes, new: bytes, back: bytes, repeat: int) -> None:
    before, after = front + old + back * repeat, front + new + back * repeat
    kept_path, new_path = keep(tmp_path, before, after)
    assert rebuilt(tmp_path, kept_path, new_path) == before


def test_a_retag_keeps_little(tmp_path: Path) -> None:
    sound = os.urandom(3_000_000)
    kept_path, new_path = keep(tmp_path, b"ID3" + b"a" * 4000 + sound, b"ID3" + b"b" * 9000 + sound)
    assert os.path.getsize(kept_path) < 5000
    assert kept.head_of(kept_path).size == 3_004_003
    assert rebuilt(tmp_path, kept_path, new_path) == b"ID3" + b"a" * 4000 + sound


def test_all_is_kept_of_what_one_read_does_not_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda handle, size, at: pread(handle, min(size, 1000), at))
    monkeypatch.setattr(kept, "_STEP", 1000)
    kept_path, new_path = keep(tmp_path, bytes(range(250)) * 20, b"another")
    monkeypatch.undo()
    assert rebuilt(tmp_path, kept_path, new_path) == bytes(range(250)) * 20


def test_nothing_wrong_ever_comes_out(tmp_path: Path) -> None:
    kept_path, new_path = keep(tmp_path, b"old" + b"s" * 1000, b"new" + b"s" * 1000)
    Path(os.fsdecode(new_path)).write_bytes(b"new" + b"s" * 500 + b"t" + b"s" * 499)
    with pytest.raises(ItemError, match="can't be rebuilt"):
        rebuilt(tmp_path, kept_path, new_path)


@pytest.mark.parametrize("content", [b"", b"{}\n", b"garbage", b'{"prefix": 1}\nxx'])
def test_foreign_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kept"
    path.write_bytes(content)
    with pytest.raises(ItemError):
        kept.head_of(os.fsencode(path))


def test_what_is_old_goes_and_so_does_what_a_killed_process_left(tmp_path: Path) -> None:
    times = {"old.kept": 10, "young.kept": 90, ".half.partial": 40, ".being-written.partial": 60, "other.txt": 1}
    for name, at in times.items():
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (at, at))
    assert kept.expire(os.fsencode(tmp_path), before=lambda _name: 20, abandoned=50) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"young.kept", ".being-written.partial", "other.txt"}
