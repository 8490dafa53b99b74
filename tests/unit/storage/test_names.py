"""Safe names: any tool can hold them, the original can be told from them, no two are the same anywhere."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicvault.domain.paths import RelPath, folded
from musicvault.storage import names

TABLE = [
    (b"01 - Song.flac", b"01 - Song.flac"),
    ("Björk – Jóga ♫🎵.flac".encode(), "Björk – Jóga ♫🎵.flac".encode()),
    (b"...And Justice for All", b"...And Justice for All"),
    (b"=", b"="),
    (b"2+2=5.mp3", b"2+2=5.mp3"),
    (b"a=3A", b"a=3D3A"),
    (b"a=+2", b"a=3D+2"),
    (b"What?.mp3", b"What=3F.mp3"),
    (b'AC:DC "live" <1>|*\\.mp3', b"AC=3ADC =22live=22 =3C1=3E=7C=2A=5C.mp3"),
    (b"100%.mp3", b"100=25.mp3"),
    (b"line\nbreak\x7f", b"line=0Abreak=7F"),
    (b"\xff\xfe.mp3", b"=FF=FE.mp3"),
    (b" lead and trail ", b"=20lead and trail=20"),
    (b"Vol.", b"Vol=2E"),
    ("\u3000wide".encode(), b"=E3=80=80wide"),
    ("a\u2028b".encode(), b"a=E2=80=A8b"),
    ("a\u0085b".encode(), b"a=C2=85b"),
    (b"aux.mp3", b"=61ux.mp3"),
    (b"Con", b"=43on"),
    (b"concert.mp3", b"concert.mp3"),
    (b"COM1.flac", b"=43OM1.flac"),
    (b"What?/Who?.mp3", b"What=3F/Who=3F.mp3"),
]


@pytest.mark.parametrize(("original", "safe"), TABLE)
def test_escapes(original: bytes, safe: bytes) -> None:
    assert names.safe(original) == names.Safe(safe, reversible=True)
    assert names.original(safe) == original


name = st.one_of(
    st.binary(min_size=1, max_size=255),
    st.text(max_size=80).map(lambda text: text.encode("utf-8", "replace")),
    st.text(alphabet='=+~%?:. 0123456789ABCDEFabcdef"', max_size=255).map(str.encode),
).filter(lambda raw: raw not in (b"", b".", b"..") and b"/" not in raw and b"\0" not in raw)
calm = settings(deadline=None, derandomize=True, max_examples=60)
path = st.lists(name, min_size=1, max_size=4).map(b"/".join)


@calm
@given(path)
def test_round_trip(original: bytes) -> None:
    found = names.safe(original)
    assert names.original(found.path) == (original if found.reversible else None)


@calm
@given(path)
def test_every_file_system_and_tool_can_hold_them(original: bytes) -> None:
    for part in names.safe(original).path.split(b"/"):
        text = part.decode("utf-8")
        assert 0 < len(part) <= 255
        assert not re.search(r'[\x00-\x1f\x7f-\x9f<>:"\\|?*%\u2028\u2029]', text)
        assert text == text.strip()
        assert not text.endswith(".")
        assert text.splitlines() == [text]


@calm
@given(name)
def test_a_safe_name_without_escapes_stays(original: bytes) -> None:
    once = names.safe(original)
    if b"=" not in once.path:
        assert names.safe(once.path) == once


@calm
@given(st.lists(path, min_size=2, max_size=6, unique=True))
def test_no_two_originals_share_a_name_on_any_file_system(originals: list[bytes]) -> None:
    taken: dict[str, RelPath] = {}
    files: dict[bytes, bytes] = {}
    for original in originals:
        found = names.safe(original, taken.get).path
        parts, whole = found.split(b"/"), original.split(b"/")
        for depth in range(1, len(parts) + 1):
            key = names.fold(b"/".join(parts[:depth]))
            assert taken.setdefault(key, b"/".join(whole[:depth])) == b"/".join(whole[:depth])
        files[original] = found
    assert len({folded(found.decode("utf-8")) for found in files.values()}) == len(originals)
    for original, found in files.items():
        assert names.safe(original, taken.get).path == found


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        (b"Song.mp3", b"song.mp3", b"song=+2.mp3"),
        ("Ä.mp3".encode(), "A\u0308.mp3".encode(), "A\u0308=+2.mp3".encode()),
        (b"Artist/1.mp3", b"artist/1.mp3", b"artist=+2/1.mp3"),
        (b"Vol. 1", b"vol. 1", b"vol=+2. 1"),
    ],
)
def test_twins_are_told_apart_and_back(first: bytes, second: bytes, apart: bytes) -> None:
    taken: dict[str, RelPath] = {}
    for original in (first, second):
        found = names.safe(original, taken.get).path
        parts, whole = found.split(b"/"), original.split(b"/")
        for depth in range(1, len(parts) + 1):
            taken.setdefault(names.fold(b"/".join(parts[:depth])), b"/".join(whole[:depth]))
    assert found == apart
    assert names.original(found) == second


def test_too_long_names_are_shortened_and_say_so() -> None:
    long = b"?" * 200 + b" live.flac"
    found = names.safe(long)
    assert not found.reversible
    assert re.fullmatch(rb"(=3F)+=~[0-9a-f]{16}\.flac", found.path)
    assert len(found.path) <= 255
    assert names.original(found.path) is None
    assert names.safe(b"?" * 199 + b" live.flac").path != found.path
