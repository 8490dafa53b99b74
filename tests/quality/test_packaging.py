"""The two commands: what they install is pinned and complete, and starting adds nothing of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGING = PROJECT / "packaging"
SCRIPTS = sorted(PACKAGING.glob("*.sh"))
PIN = re.compile(r"[a-z0-9-]+==[0-9][0-9a-z.]*")


def canonical(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()


def test_pins_are_names_and_versions_only() -> None:
    lines = (PACKAGING / "constraints.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if not PIN.fullmatch(line)] == []
    assert lines == sorted(lines, key=lambda line: line.split("==")[0])


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {canonical(line) for line in project["dependencies"]}
    for extra in project["optional-dependencies"].values():
        wanted |= {canonical(line) for line in extra}
    pinned = {line.split("==")[0] for line in (PACKAGING / "constraints.txt").read_text("utf-8").splitlines()}
    assert wanted - pinned == set()


def test_debian_packages_have_a_known_group() -> None:
    lines = [line for line in (PACKAGING / "debian.txt").read_text("utf-8").splitlines() if line[0] != "#"]
    pairs = [tuple(line.split(" ")) for line in lines]
    assert {group for group, _ in pairs} == {"python", "window", "sound", "test"}
    assert len({package for _, package in pairs}) == len(pairs)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_plain_sh(script: Path) -> None:
    subprocess.run(["sh", "-n", script], check=True)
    if shutil.which("shellcheck"):
        checked = subprocess.run(
            ["shellcheck", "-x", "-P", PROJECT, script], capture_output=True, text=True, check=False
        )
        assert checked.stdout == ""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the scripts with a Python that only says how it was called, ready to run."""
    root = tmp_path / "the project's folder"
    shutil.copytree(PACKAGING, root / "packaging")
    shutil.copy(PROJECT / "pyproject.toml", root)
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$PWD" "$@"\ncat\nexit 21\n')
    python.chmod(0o755)
    wanted = [root / "pyproject.toml", root / "packaging/constraints.txt", root / "packaging/debian.txt"]
    (root / ".venv" / "ready-run").write_bytes(b"".join(path.read_bytes() for path in wanted))
    return root


def run(
    root: Path, *arguments: str, cwd: Path, env: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", root / "packaging" / "run.sh", *arguments],
        cwd=cwd,
        env=dict(env),
        input="from a pipe",
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_ready_program_just_starts(project: Path, tmp_path: Path) -> None:
    """Arguments, working directory, standard input and exit code pass through untouched."""
    result = run(project, "status", "", "two words", "*", "--json", cwd=tmp_path)
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        str(tmp_path), "-P", "-m", "musicvault", "status", "", "two words", "*", "--json", "from a pipe"
    ]  # fmt: skip
    assert result.returncode == 21


@pytest.mark.parametrize("changed", ["pyproject.toml", "packaging/constraints.txt", ".venv/ready-run"])
def test_an_update_or_a_broken_stamp_installs_again(project: Path, tmp_path: Path, changed: str) -> None:
    (project / "packaging" / "install.sh").write_text('echo "installing for $1" >&2\n')
    with (project / changed).open("a") as file:
        file.write("\n")
    assert run(project, cwd=tmp_path).stderr == "installing for run\n"


def test_an_old_python_is_refused_in_one_sentence(project: Path, tmp_path: Path) -> None:
    (project / ".venv" / "ready-run").unlink()
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "cat", "cmp", "mkdir", "id", "flock", "tr", "rm"):
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    old = tools / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.9.2" || exit 1\n')
    old.chmod(0o755)
    if Path("/usr/bin/python3").exists():  # looked at as a last resort, by its full path
        script = project / "packaging" / "install.sh"
        script.write_text(script.read_text("utf-8").replace(" /usr/bin/python3;", ";"))
    result = run(project, "status", cwd=tmp_path, env={"PATH": str(tools)})
    assert result.stdout == ""
    assert "needs Python 3.11 or later" in result.stderr
    assert "Python 3.9.2" in result.stderr
    assert result.returncode == 1


def test_the_program_starts_without_its_window(tmp_path: Path) -> None:
    """Where Qt or its libraries are missing, the command line works all the same."""
    blocked = "import sys; sys.modules['PySide6'] = None; sys.argv = ['musicvault', '--help']; "
    result = subprocess.run(
        [sys.executable, "-c", blocked + "from musicvault.__main__ import main; main()"],
        cwd=PROJECT,
        env={**os.environ, "MUSICVAULT_CATALOG": str(tmp_path / "catalog")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "protect" in result.stdout
