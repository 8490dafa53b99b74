"""A small library of real sound, made once, and the program to run on copies of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.program import Program, surroundings
from tests.e2e.warm import Nursery
from tests.sound import make

PIECES = {
    "Nina/Blues/01 One.flac": {"title": "One", "artist": "Nina", "album": "Blues"},
    "Nina/Blues/02 Two.mp3": {"title": "Two", "artist": "Nina", "album": "Blues"},
    "Nina/Blues/03 Three.ogg": {"title": "Three", "artist": "Nina", "album": "Blues"},
    "Björk/Debut/01 Four.m4a": {"title": "Four", "artist": "Björk", "album": "Debut"},
    "Björk/Debut/02 Five.flac": {"title": "Five", "artist": "Björk", "album": "Debut"},
    "Solo/Six.wav": {},
}
COMPANIONS = {"Nina/Blues/cover.jpg": b"\xff\xd8 not quite a picture", "Björk/Debut/notes.txt": "für alle\n".encode()}


@pytest.fixture(scope="session")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pieces")
    for seed, (name, tags) in enumerate(PIECES.items()):
        make(place / name, seconds=0.4, seed=seed, **tags)
    for name, data in COMPANIONS.items():
        (place / name).write_bytes(data)
    return place


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery(surroundings())
    yield nursery
    nursery.close()


@pytest.fixture
def program(tmp_path: Path, pieces: Path, nursery: Nursery) -> Program:
    """With `Music` (8 files), and two folders that play drives, `One` and `Two`."""
    shutil.copytree(pieces, tmp_path / "Music")
    for name in ("One", "Two"):
        (tmp_path / name).mkdir()
    return Program(tmp_path, nursery)


@pytest.fixture
def protected(program: Program) -> Program:
    """The same, protected, under a policy that fits folders of one disk."""
    program.run("policy", "set", "--copies", "3", "--volumes", "1")
    program.run("protect", "Music", "--to", "One", "--to", "Two", "--no-fingerprints")
    return program
