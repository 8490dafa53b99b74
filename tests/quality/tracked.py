"""The files that the project consists of, with or without git."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", ".deps", "__pycache__", "build", "dist"}


@cache
def tracked() -> tuple[Path, ...]:
    """Every file under version control; without git or a repository, every file that isn't made by tools."""
    try:
        answer = subprocess.run(["git", "-C", PROJECT, "ls-files", "-z"], capture_output=True, check=True, text=True)
        names = [name for name in answer.stdout.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = [path.relative_to(PROJECT).as_posix() for path in PROJECT.rglob("*") if path.is_file()]
    return tuple(
        PROJECT / name
        for name in names
        if not any(part in NOT_OURS or part.endswith(("_cache", ".egg-info")) for part in Path(name).parts)
        and (PROJECT / name).is_file()
    )


def text_of(path: Path) -> str | None:
    """The file as text, None when it is none."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None
