"""The corpus and what independent tools (ffmpeg, flac, mediainfo, fpcalc) say about each of its files."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from musicvault.audio import essence
from musicvault.domain.values import Essence
from tests.conftest import CORPUS


@dataclass(frozen=True)
class Row:
    """One line of `expected.tsv`: the columns by their names, and where the file is."""

    path: str
    columns: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.columns[column]

    @property
    def file(self) -> Path:
        return CORPUS / self.path

    @property
    def raw(self) -> bytes:
        return os.fsencode(self.file)

    @property
    def name(self) -> bytes:
        return os.fsencode(self.file.name)


def _lines(table: str) -> list[dict[str, str]]:
    if not CORPUS.is_dir():
        return []
    with (CORPUS / table).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@lru_cache(maxsize=1)
def rows() -> tuple[Row, ...]:
    return tuple(Row(line["path"], line) for line in _lines("expected.tsv"))


@lru_cache(maxsize=1)
def audio() -> tuple[Row, ...]:
    return tuple(row for row in rows() if row["kind"] == "audio")


@lru_cache(maxsize=1)
def fingerprints() -> dict[str, tuple[int, ...]]:
    return {
        line["path"]: tuple(int(item) for item in line["fpcalc_raw_fingerprint"].split(","))
        for line in _lines("fingerprints.tsv")
    }


@lru_cache(maxsize=1)
def groups(relation: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in _lines("groups.tsv"):
        if line["relation"] == relation:
            found.setdefault(line["group"], []).append(line["path"])
    return found


def each(found: tuple[Row, ...]) -> pytest.MarkDecorator:
    """One test for each row, named by its path; a single skipped one where the corpus is absent."""
    if not found:
        return pytest.mark.parametrize(
            "row", [pytest.param(None, marks=pytest.mark.skip("the audio corpus (../shared/corpus) is not here"))]
        )
    return pytest.mark.parametrize("row", found, ids=[row.path for row in found])


def essence_of(data: bytes, name: bytes, chunk: int = 1 << 20) -> Essence | None:
    reader = essence.begin(lambda at, length: data[at : at + length], len(data), name)
    view = memoryview(data)
    for start in range(0, len(data), chunk):
        reader.feed(view[start : start + chunk])
    return reader.finish()


@lru_cache(maxsize=1024)
def essence_at(path: str) -> Essence | None:
    file = CORPUS / path
    return essence_of(file.read_bytes(), os.fsencode(file.name))
