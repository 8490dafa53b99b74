"""Unit and autostart entry are valid, start this very program, and go away again."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from musicvault.runtime import integrating, notifying


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemd that takes everything, and notes it."""
    tools, said = tmp_path / "bin", tmp_path / "said"
    tools.mkdir()
    (tools / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {said}\n')
    (tools / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    return said


@pytest.fixture
def without_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))


def test_a_unit_comes_and_goes(systemctl: Path, tmp_path: Path) -> None:
    done = integrating.install(tmp_path / 'odd "name" 100% $HOME.sqlite3')
    (unit,) = done.files
    text = unit.read_text()
    assert '\\"name\\" 100%% $$HOME.sqlite3"' in text
    assert "ExecStart=musicvault" not in text
    assert integrating.installed() == "systemd"
    assert f"enable --now {integrating.UNIT}" in systemctl.read_text()
    assert integrating.uninstall().files == (unit,)
    assert not unit.exists()
    assert f"disable --now {integrating.UNIT}" in systemctl.read_text()
    assert integrating.installed() == ""


@pytest.mark.usefixtures("systemctl")
def test_the_unit_is_valid() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    (unit,) = integrating.install().files
    checked = subprocess.run(["systemd-analyze", "--user", "verify", unit], capture_output=True, text=True, check=False)
    if "initialize manager" in checked.stderr:
        pytest.skip("systemd-analyze can't work here")
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.usefixtures("without_systemd")
def test_without_systemd_the_desktop_starts_it(tmp_path: Path) -> None:
    done = integrating.install(tmp_path / "a b$c.sqlite3")
    (entry,) = done.files
    assert done.how == integrating.installed() == "autostart"
    assert f'"watch" "--catalog" "{tmp_path}/a b\\\\$c.sqlite3"' in entry.read_text()
    assert integrating.uninstall().files == (entry,)
    assert integrating.uninstall().files == ()


def test_a_notification_is_handed_to_the_desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools, said = tmp_path / "bin", tmp_path / "said"
    tools.mkdir()
    (tools / "notify-send").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {said}\n')
    (tools / "notify-send").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    assert notifying.show("MusicVault needs you", "--help isn't an option here, nor is <b> & markup")
    shown = ["--", "MusicVault needs you", "--help isn't an option here, nor is &lt;b&gt; &amp; markup"]
    assert said.read_text().splitlines()[-3:] == shown


def test_without_a_session_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert not notifying.show("a", "b")
