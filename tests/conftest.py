"""What every test shares: the corpus where it is present, and an environment of its own."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)  # a busy machine is no failure, nor is bad luck
settings.register_profile("searching", deadline=None, max_examples=2000)  # pytest --hypothesis-profile searching
settings.load_profile("steady")

PROJECT = Path(__file__).resolve().parent.parent
CORPUS = PROJECT.parent / "shared" / "corpus"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: Python's collector of garbage needn't look through it again and again."""
    gc.freeze()


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of 547 real audio files; tests that need it skip where it is absent."""
    if not CORPUS.is_dir():
        pytest.skip("the audio corpus (../shared/corpus) is not here")
    return CORPUS


@pytest.fixture(scope="session")
def _places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where nothing is, one for each test: most need no folder of their own, and making thousands takes its time."""
    below = tmp_path_factory.mktemp("own")
    return (below / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def own_places(_places: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """No test ever touches the catalog or the settings of the person who runs it."""
    own = next(_places)
    monkeypatch.setenv("MUSICVAULT_CATALOG", str(own / "catalog.sqlite3"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(own / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(own / "cache"))
