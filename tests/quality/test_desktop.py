"""The menu entry and its friends are valid, point to this folder, and go away again."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DESKTOP = PROJECT / "packaging" / "desktop"


def integrate(home: Path, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    subprocess.run(
        ["sh", PROJECT / "packaging" / "integrate.sh", *arguments],
        env={**environment, "HOME": str(home), "DBUS_SESSION_BUS_ADDRESS": "", "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )


def files(home: Path) -> dict[str, Path]:
    return {path.name: path for path in home.rglob("*") if path.is_file()}


def test_integration_comes_and_goes(tmp_path: Path) -> None:
    integrate(tmp_path)
    placed = files(tmp_path)
    assert set(placed) == {
        "io.github.musicvault.MusicVault.desktop",
        "io.github.musicvault.MusicVault.svg",
    }
    entry = placed["io.github.musicvault.MusicVault.desktop"].read_text("utf-8")
    assert f'Exec=/bin/sh "{PROJECT}/packaging/run.sh"\n' in entry
    integrate(tmp_path, "--remove")
    assert files(tmp_path) == {}


@pytest.mark.parametrize("entry", sorted(DESKTOP.glob("*.desktop")), ids=lambda path: path.name)
def test_desktop_entries_are_valid(entry: Path) -> None:
    if not shutil.which("desktop-file-validate"):
        pytest.skip("desktop-file-validate (desktop-file-utils) is not installed")
    checked = subprocess.run(["desktop-file-validate", entry], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_metainfo_is_valid() -> None:
    if not shutil.which("appstreamcli"):
        pytest.skip("appstreamcli (appstream) is not installed")
    metainfo = DESKTOP / "io.github.musicvault.MusicVault.metainfo.xml"
    command = ["appstreamcli", "validate", "--no-net", str(metainfo)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
