"""Settings: small, typed, and never a reason to lose them."""

from __future__ import annotations

from pathlib import Path

import pytest

from musicvault import settings
from musicvault.errors import UsageError
from musicvault.settings import Settings


def test_no_file_means_defaults() -> None:
    assert settings.load() == Settings()


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    place = tmp_path / "below" / "settings.toml"
    wanted = Settings(fingerprints=False, language='d"e', workers=3)
    settings.save(wanted, place)
    assert settings.load(place) == wanted
    assert [path.name for path in place.parent.iterdir()] == ["settings.toml"]


def test_unknown_keys_are_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "settings.toml"
    place.write_text("workers = 5\nfrom_the_future = 1\n")
    assert settings.load(place) == Settings(workers=5)


@pytest.mark.parametrize("text", ["workers = ", 'workers = "many"', "fingerprints = 1", "\udcff"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    place = tmp_path / "settings.toml"
    place.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=r"settings\.toml"):
        settings.load(place)
