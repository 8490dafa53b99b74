"""Names that the file system of a folder can't hold get their safe form; all others stay."""

from __future__ import annotations

import os
from pathlib import Path

from musicvault.storage.fitting import fitting
from tests.corruption.drives import drive

ODD = b"Al:bum/What?.flac"


def test_names_that_can_be_held_stay(tmp_path: Path) -> None:
    assert fitting(os.fsencode(tmp_path), ODD) == ODD
    assert os.listdir(tmp_path) == []


def test_a_name_too_long_for_the_file_system_is_shortened(tmp_path: Path) -> None:
    long = b"album/" + "ü".encode() * 150 + b".flac"
    fitted = fitting(os.fsencode(tmp_path), long)
    assert fitted.startswith("album/üüü".encode())
    assert fitted.endswith(b".flac")
    assert len(fitted.split(b"/")[1]) <= 255


def test_exfat_refuses_some_characters(tmp_path: Path) -> None:
    with drive("exfat", tmp_path / "stick") as stick:
        assert fitting(os.fsencode(stick.point), ODD) == b"Al=3Abum/What=3F.flac"
        assert fitting(os.fsencode(stick.point), b"Album/100 %.flac") == b"Album/100 %.flac"
        assert os.listdir(stick.point) == []
