"""Nothing in the project depends on, or tells about, one machine."""

from __future__ import annotations

import re

from tests.quality.tracked import PROJECT, text_of, tracked

# Written in pieces, so that this file doesn't find itself.
_ELSEWHERE = [
    r"(^|[^\w.])/(wo" + r"rk|fa" + r"rm)/",
    "/opt/(py" + "pi|wheels)",
    "/tmp/(m" + "v|v" + "0)/",
    "--(extra-)?index" + "-url",
    "--find" + "-links",
    "files.python" + r"hosted\.org",
    r"pypi\.org/" + "simple",
    r"deb\.debian" + r"\.org",
    "artifact" + "ory",
    r"\b10\.\d+\.\d+\.\d+\b",
]
ELSEWHERE = re.compile("|".join(f"(?:{pattern})" for pattern in _ELSEWHERE), re.MULTILINE)


def test_no_machine_paths_and_no_registries() -> None:
    found = []
    for path in tracked():
        for match in ELSEWHERE.finditer(text_of(path) or ""):
            found.append(f"{path.relative_to(PROJECT)}: {match.group().strip()}")
    assert found == []


def test_nothing_large_by_accident() -> None:
    limit = 2_000_000
    assert [str(path) for path in tracked() if path.stat().st_size > limit] == []
