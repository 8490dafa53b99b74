"""PAR2 files are hostile input: what rot left of them is read, what was made to hurt is refused, and nothing else is
touched."""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicvault.domain import parity as rules
from musicvault.errors import Cancelled, ItemError
from musicvault.storage.parity import packets, program
from tests.parity_tool import needs_par2, noise

MAIN, FILE = b"PAR 2.0\0Main\0\0\0\0", b"PAR 2.0\0FileDesc"
SLICES, RECOVERY = b"PAR 2.0\0IFSC\0\0\0\0", b"PAR 2.0\0RecvSlic"


def packet(set_id: bytes, kind: bytes, body: bytes) -> bytes:
    rest = set_id + kind + body
    digest = hashlib.md5(rest, usedforsecurity=False).digest()
    return b"PAR2\0PKT" + struct.pack("<Q", 32 + len(rest)) + digest + rest


def crafted(name: bytes, content: bytes = b"x" * 4096, each: int = 4096, *, claims: int | None = None) -> bytes:
    """A set as a program would write it, about a file of any name; every digest in it is right."""
    size = len(content) if claims is None else claims
    md5, start = (hashlib.md5(part, usedforsecurity=False).digest() for part in (content, content[:16384]))
    ident = hashlib.md5(start + struct.pack("<Q", size) + name, usedforsecurity=False).digest()
    main = struct.pack("<QI", each, 1) + ident
    set_id = hashlib.md5(main, usedforsecurity=False).digest()
    padded = name + bytes(-len(name) % 4)
    return b"".join(
        packet(set_id, kind, body)
        for kind, body in (
            (MAIN, main),
            (FILE, ident + md5 + start + struct.pack("<Q", size) + padded),
            (SLICES, ident + md5 + bytes(4)),
            (RECOVERY, struct.pack("<I", 0) + content[:each].ljust(each, b"\0")),
        )
    )


def write(folder: Path, data: bytes) -> bytes:
    path = folder / "set.in"
    path.write_bytes(data)
    return os.fsencode(path)


@pytest.mark.parametrize(
    "name",
    [
        b"../victim",
        b"/etc/victim",
        b"data/music/../../victim",
        b"data/music/other.flac",
        b"..\\victim",
        b"C:\\victim",
    ],
)
def test_a_set_about_another_file_is_refused(tmp_path: Path, name: bytes) -> None:
    path = write(tmp_path, crafted(name))
    with pytest.raises(ItemError, match="none of its set"):
        packets.copy_clean(path, os.fsencode(tmp_path / "clean"), {b"data/music/a.flac": 4096}, 4096)
    assert not (tmp_path / "clean").exists()


def test_another_size_or_slice_size_is_refused(tmp_path: Path) -> None:
    target = os.fsencode(tmp_path / "clean")
    path = write(tmp_path, crafted(b"data/a", claims=1 << 40))
    with pytest.raises(ItemError, match="none of its set"):
        packets.copy_clean(path, target, {b"data/a": 4096}, 4096)
    path = write(tmp_path, crafted(b"data/a"))
    with pytest.raises(ItemError, match="slices"):
        packets.copy_clean(path, target, {b"data/a": 4096}, 8192)


def test_packets_of_another_set_and_of_other_kinds_stay_behind(tmp_path: Path) -> None:
    right = crafted(b"data/a")
    set_id = right[32:48]
    unicode_name = packet(set_id, b"PAR 2.0\0UniFileN", bytes(16) + "../ü".encode("utf-16-le"))
    packed = packet(set_id, b"PAR 2.0\0FileSlic", bytes(64))
    path = write(tmp_path, b"rubbish" + right + unicode_name + crafted(b"../victim") + packed)
    found = packets.copy_clean(path, os.fsencode(tmp_path / "clean"), {b"data/a": 4096}, 4096)
    assert found.recovery == 1
    clean = (tmp_path / "clean").read_bytes()
    assert clean == right
    assert b"victim" not in clean


@needs_par2
def test_the_program_repairs_from_what_was_copied_out(tmp_path: Path) -> None:
    content = noise(1, 100_000)
    (tmp_path / "bag/data").mkdir(parents=True)
    (tmp_path / "bag/data/a").write_bytes(content)
    made = os.fsencode(tmp_path / "made.par2")
    program.create(os.fsencode(tmp_path / "bag"), made, [b"data/a"], size=100_000, each=4096, recovery=3)
    assert set(os.listdir(tmp_path)) == {"bag", "made.par2"}
    scratch = tmp_path / "scratch"
    (scratch / "data").mkdir(parents=True)
    (scratch / "data/a").write_bytes(content[:8192] + bytes(8192) + content[16384:])
    packets.copy_clean(made, os.path.join(os.fsencode(scratch), program.SET_NAME), {b"data/a": 100_000}, 4096)
    assert program.repair(os.fsencode(scratch), size=100_000, only_look=True)
    assert (scratch / "data/a").read_bytes() != content
    assert program.repair(os.fsencode(scratch), size=100_000)
    assert (scratch / "data/a").read_bytes() == content


@needs_par2
def test_a_stop_ends_the_program_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(noise(1, 100_000))

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        program.create(
            os.fsencode(tmp_path), os.fsencode(tmp_path / "x"), [b"a"], size=1, each=4096, recovery=1, checkpoint=stop
        )
    assert os.listdir(tmp_path) == ["a"]


@needs_par2
@pytest.mark.parametrize(
    "name", [b"-rf", b"a*b?.flac", b"a [1].flac", b"$(touch x)`;&|", b"\xc3\xbc \xe2\x80\x99.flac"]
)
def test_no_name_does_any_harm(tmp_path: Path, name: bytes) -> None:
    root = os.fsencode(tmp_path)
    os.mkdir(os.path.join(root, b"data"))
    with open(os.path.join(root, b"data", name), "wb") as file:
        file.write(noise(1, 5000))
    program.create(root, os.path.join(root, b"x"), [b"data/" + name], size=5000, each=4096, recovery=1)
    assert {one.name for one in packets.read(os.path.join(root, b"x")).members.values()} == {b"data/" + name}
    assert set(os.listdir(root)) == {b"data", b"x"}


def test_a_file_made_to_keep_a_reader_busy_is_given_up(tmp_path: Path) -> None:
    """Many heads that each claim all the rest, so that each would be digested to the end."""
    head = b"PAR2\0PKT" + struct.pack("<Q", 1 << 20) + bytes(48)
    path = write(tmp_path, head * 40_000)
    with pytest.raises(ItemError, match="no PAR2 file"):
        packets.read(path)


def test_a_link_in_the_place_of_a_set_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, crafted(b"data/a"))
    (tmp_path / "link").symlink_to(tmp_path / "set.in")
    with pytest.raises(ItemError):
        packets.read(os.fsencode(tmp_path / "link"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 4600), value=st.integers(0, 255), cut=st.integers(0, 4700))
def test_whatever_is_damaged_only_sound_packets_come_out(tmp_path: Path, place: int, value: int, cut: int) -> None:
    whole = crafted(b"data/a")
    data = bytearray(whole)
    data[place % len(data)] = value
    found = packets.read(write(tmp_path, bytes(data[:cut])))
    for offset, length in found.places:
        assert bytes(data[offset : offset + length]) in whole


@needs_par2
def test_a_drive_that_is_reached_through_a_link_will_do(tmp_path: Path) -> None:
    (tmp_path / "real/data").mkdir(parents=True)
    (tmp_path / "real/data/a").write_bytes(noise(1, 5000))
    (tmp_path / "link").symlink_to("real")
    root, target = os.fsencode(tmp_path / "link"), os.fsencode(tmp_path / "x")
    program.create(root, target, [b"data/a"], size=5000, each=4096, recovery=1)
    assert [one.name for one in packets.read(target).members.values()] == [b"data/a"]


def test_a_program_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = tmp_path / "par2"
    stuck.write_text("#!/bin/sh\nexec sleep 600\n")
    stuck.chmod(0o755)
    monkeypatch.setattr(program, "executable", lambda: str(stuck))
    monkeypatch.setattr(program, "_LEAST_S", 0.1)
    with pytest.raises(ItemError, match="too long"):
        program.repair(os.fsencode(tmp_path), size=0)


@needs_par2
@pytest.mark.parametrize(
    ("count", "size", "percent"), [(1, 300, 1), (1, 300, 30), (40, 2500, 5), (300, 700, 10), (12, 90_000, 30)]
)
def test_what_is_reserved_is_enough_and_not_far_off(tmp_path: Path, count: int, size: int, percent: int) -> None:
    names = [b"data/%03d a rather long name of a song (live, 1977).flac" % number for number in range(count)]
    (tmp_path / "data").mkdir()
    for number, name in enumerate(names):
        (tmp_path / os.fsdecode(name)).write_bytes(noise(number, size))
    sizes = [size] * count
    target = os.fsencode(tmp_path / "made")
    program.create(
        os.fsencode(tmp_path),
        target,
        names,
        size=sum(sizes),
        each=rules.slice_size(sizes),
        recovery=rules.recovery_slices(sizes, percent),
    )
    made = os.path.getsize(target)
    assert made <= rules.expected_size(sizes, percent) <= 4 * made
    assert packets.read(target).recovery == rules.recovery_slices(sizes, percent)
