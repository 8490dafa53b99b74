"""Bit error rates by hand, and fingerprints of real sound through each tool."""

from __future__ import annotations

import array
import math
import os
import random
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicvault.audio import fingerprint
from musicvault.domain.values import Fingerprint
from musicvault.errors import ItemError
from tests.likeness import bit_error_rate

ITEMS = st.lists(st.integers(0, 0xFFFFFFFF), min_size=1, max_size=60).map(tuple)


def of(items: tuple[int, ...]) -> Fingerprint:
    return Fingerprint(1.0, items, "test")


@given(ITEMS, ITEMS)
def test_symmetric_and_between_0_and_1(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    rate = bit_error_rate(of(one), of(other))
    assert 0.0 <= rate <= 1.0
    assert rate == bit_error_rate(of(other), of(one))
    assert bit_error_rate(of(one), of(one)) == 0.0


@given(st.lists(st.integers(0, 0xFFFFFFFF), min_size=50, max_size=80).map(tuple), st.integers(0, 10))
def test_a_shift_is_found(items: tuple[int, ...], shift: int) -> None:
    assert bit_error_rate(of(items), of(items[shift:])) == 0.0
    assert bit_error_rate(of(items[: len(items) - shift]), of((1, 2, 3, *items))) == 0.0


@pytest.mark.parametrize(
    ("one", "other", "rate"),
    [
        ((0,) * 10, (0xFFFFFFFF,) * 10, 1.0),
        ((0,) * 10, (1,) * 10, 1 / 32),
        ((), (1, 2), 1.0),
        ((0,) * 100, (0xFFFFFFFF,) * 50 + (0,) * 50, 30 / 80),  # half of it alone would match by chance
    ],
)
def test_rates(one: tuple[int, ...], other: tuple[int, ...], rate: float) -> None:
    assert bit_error_rate(of(one), of(other)) == pytest.approx(rate)


def melody(path: Path, seed: int, loudness: float = 1.0, seconds: int = 6) -> Path:
    """A new chord every quarter of a second, in mono at 11,025 Hz."""
    chance = random.Random(seed)
    rate, samples = 11025, array.array("h")
    for _ in range(4 * seconds):
        chord = [chance.uniform(200, 2000) for _ in range(3)]
        for n in range(rate // 4):
            value = sum(math.sin(2 * math.pi * note * n / rate) for note in chord)
            samples.append(int(9000 * loudness * value))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def test_one_tune_louder_or_through_another_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tune = fingerprint.calculate(os.fsencode(melody(tmp_path / "a.wav", seed=3)))
    softer = fingerprint.calculate(os.fsencode(melody(tmp_path / "b.wav", seed=3, loudness=0.3)))
    other = fingerprint.calculate(os.fsencode(melody(tmp_path / "c.wav", seed=4)))
    assert bit_error_rate(tune, softer) < 0.05
    assert bit_error_rate(tune, other) > 0.2
    assert tune.duration == pytest.approx(6, abs=0.1)
    monkeypatch.setenv("PATH", "")
    again = fingerprint.calculate(os.fsencode(tmp_path / "a.wav"))
    assert again.tool != tune.tool
    assert again.items == tune.items
    assert again.duration == pytest.approx(6, abs=0.1)


def test_no_fingerprint_is_an_item_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "noise.mp3").write_bytes(b"not music" * 99)
    short = melody(tmp_path / "short.wav", seed=1, seconds=1)
    for path in ("/usr/bin:/bin", ""):
        monkeypatch.setenv("PATH", path)
        for file in (tmp_path / "noise.mp3", short, tmp_path / "nothing.mp3"):
            with pytest.raises(ItemError) as error:
                fingerprint.calculate(os.fsencode(file))
            assert error.value.operation == "fingerprint"
            assert error.value.cause
