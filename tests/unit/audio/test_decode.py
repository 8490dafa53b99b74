"""A decode check finds damaged sound, names its tool, and says so where it can't know."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.audio import decode
from musicvault.errors import ItemError
from tests.sound import make

ON_PATH = ["", "/usr/bin:/bin"]


@pytest.mark.parametrize("tools", ON_PATH, ids=["PyAV only", "with tools"])
@pytest.mark.parametrize("name", ["a.flac", "a.wv", "a.mp3", "a.opus", "a.m4a", "a.wav", "a.aiff"])
def test_whole_files_are_clean(name: str, tools: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", tools)
    found = decode.check(os.fsencode(make(tmp_path / name)))
    assert found.outcome == "clean", found
    assert found.tool
    assert found.version


@pytest.mark.parametrize("tools", ON_PATH, ids=["PyAV only", "with tools"])
@pytest.mark.parametrize("name", ["a.flac", "a.wv", "a.opus"])
def test_a_flipped_bit_is_noticed(name: str, tools: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", tools)
    file = make(tmp_path / name)
    data = bytearray(file.read_bytes())
    data[len(data) * 2 // 3] ^= 0x10
    file.write_bytes(data)
    assert decode.check(os.fsencode(file)).outcome == "broken"


@pytest.mark.parametrize("name", ["a.flac", "a.wv", "a.m4a", "a.wav", "a.aiff"])
def test_a_cut_file_is_noticed(name: str, tmp_path: Path) -> None:
    file = make(tmp_path / name)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 2 // 3])
    found = decode.check(os.fsencode(file))
    assert found.outcome == "broken", found
    assert found.detail


def test_a_flac_whose_md5_is_unset_is_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make(tmp_path / "a.flac")
    data = bytearray(file.read_bytes())
    data[26:42] = bytes(16)
    file.write_bytes(data)
    for tools in ON_PATH:
        monkeypatch.setenv("PATH", tools)
        assert decode.check(os.fsencode(file)).outcome == "clean"


def test_a_flac_whose_md5_is_wrong_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make(tmp_path / "a.flac")
    data = bytearray(file.read_bytes())
    data[30] ^= 1
    file.write_bytes(data)
    for tools in ON_PATH:
        monkeypatch.setenv("PATH", tools)
        assert decode.check(os.fsencode(file)).outcome == "broken"


def test_what_no_decoder_knows(tmp_path: Path) -> None:
    (tmp_path / "a.ofr").write_bytes(b"OFR " + bytes(99))
    (tmp_path / "a.xyz").write_bytes(b"what is this")
    for name in ("a.ofr", "a.xyz"):
        assert decode.check(os.fsencode(tmp_path / name)).outcome == "unknown"


def test_a_decoder_out_of_time_knows_nothing(tmp_path: Path) -> None:
    found = decode.check(os.fsencode(make(tmp_path / "a.mp3")), timeout=0.0)
    assert found.outcome == "unknown"
    assert "longer" in found.detail


def test_a_file_that_can_t_be_read_is_an_item_error(tmp_path: Path) -> None:
    with pytest.raises(ItemError) as error:
        decode.check(os.fsencode(tmp_path / "nothing.flac"))
    assert error.value.operation == "decode"
