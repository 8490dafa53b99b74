"""Manifest lines as RFC 8493 has them, and merges in which the newest statement wins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicvault.errors import VaultError
from musicvault.storage.vault.manifest import (
    Entry,
    decode_path,
    encode_path,
    merged,
    read_entries,
    sorted_entries,
    survey,
    to_line,
)

DIGEST = b"\xab" * 32
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(str.encode)


@given(TEXT)
def test_encoding_is_reversible_and_leaves_one_line(path: bytes) -> None:
    encoded = encode_path(path)
    assert decode_path(encoded) == path
    assert b"\n" not in encoded
    assert b"\r" not in encoded


def test_only_three_characters_are_encoded() -> None:
    assert encode_path("a\nb\rc%d é\t".encode()) == "a%0Ab%0Dc%25d é\t".encode()
    assert decode_path(b"a%0ab%20%2525") == b"a\nb%20%25"


@pytest.mark.parametrize(
    "line",
    [b"data/a b", b" data/a b", b"\tdata/a b", b" *data/a b", b"  ./data/a b", b"  data/a b\r"],
)
def test_what_other_tools_write_is_read(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "manifest"
    path.write_bytes(b"AB" * 32 + b" " + line + b"\n\n")
    assert list(read_entries(os.fsencode(path))) == [Entry(b"data/a b", DIGEST)]


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"ab" * 31 + b"  data/a",
        b"ab" * 32 + b"  ../a",
        b"ab" * 32 + b"  /etc/passwd",
        b"ab" * 32 + b"  data/%0A/../../a",
        b"ab" * 32 + b"  ~/a",
        b"ab" * 32,
        b"\0" * 100,
    ],
)
def test_a_damaged_or_hostile_line_is_named(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "manifest"
    path.write_bytes(to_line(Entry(b"data/a", DIGEST)) + line + b"\n")
    with pytest.raises(VaultError, match="line 2"):
        list(read_entries(os.fsencode(path)))


def test_paths_are_utf8() -> None:
    with pytest.raises(ValueError):
        to_line(Entry(b"data/\xff", DIGEST))


CHANGES = st.dictionaries(st.binary(min_size=1, max_size=3), st.none() | st.binary(min_size=32, max_size=32))
PRESENT = st.dictionaries(st.binary(min_size=1, max_size=3), st.binary(min_size=32, max_size=32))


@given(PRESENT, CHANGES)
def test_merging_streams_is_merging_dictionaries(
    present: dict[bytes, bytes], changes: dict[bytes, bytes | None]
) -> None:
    entries = [Entry(path, present[path]) for path in sorted(present)]
    expected = {path: digest for path, digest in (present | changes).items() if digest is not None}
    assert [(entry.path, entry.sha256) for entry in merged(entries, changes)] == sorted(expected.items())


def test_order_and_doubles(tmp_path: Path) -> None:
    path = tmp_path / "manifest"
    lines = [to_line(Entry(name, DIGEST)) for name in (b"data/b", b"data/a")]
    path.write_bytes(b"".join(lines))
    assert not survey(os.fsencode(path)).ordered
    assert [entry.path for entry in sorted_entries(os.fsencode(path))] == [b"data/a", b"data/b"]
    path.write_bytes(lines[0] * 2)
    with pytest.raises(VaultError, match="twice"):
        sorted_entries(os.fsencode(path))
