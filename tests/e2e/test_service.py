"""The background service as a process: killed, doubled, asked, and told to end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.program import Program

PATIENCE_S = 90.0


class Services:
    """Services of one program, all ended with the test."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.children: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            self.program.command("watch", "--json"),
            cwd=self.program.place,
            env=self.program.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.children.append(child)
        self.until(lambda: self.state().get("pid") == child.pid or child.poll() is not None)
        return child

    def state(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.program.place / "catalog.sqlite3.service.json").read_text()))
        except (OSError, ValueError):
            return {}

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, self.state()
            time.sleep(0.1)

    def rested(self) -> bool:
        return bool(self.state().get("waits")) and not self.state().get("doing")


@pytest.fixture
def services(protected: Program) -> Iterator[Services]:
    config = protected.place / "config" / "musicvault"
    config.mkdir(parents=True)
    (config / "settings.toml").write_text("fingerprints = false\nmains_only = false\npause_when_busy = false\n")
    protected.environment["XDG_CONFIG_HOME"] = str(config.parent)
    found = Services(protected)
    yield found
    for child in found.children:
        if child.poll() is None:
            child.kill()
        child.communicate()


def test_killed_and_started_again_it_goes_on(services: Services) -> None:
    program = services.program
    first = services.start()
    services.until(services.rested)
    (program.music / "New").mkdir()
    (program.music / "New" / "cover.jpg").write_bytes(b"a picture")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    asked = program.json("watch", "--status").summary
    assert (asked["running"], asked["pid"], asked["rates"], asked["matters"]) == (False, None, [], [])
    second = services.start()
    copies = [program.place / drive / "MusicVault/data/music/New/cover.jpg" for drive in ("One", "Two")]
    services.until(lambda: all(copy.exists() for copy in copies))
    asked = program.json("watch", "--status").summary
    assert (asked["running"], asked["pid"]) == (True, second.pid)
    second.send_signal(signal.SIGTERM)
    assert second.wait(60) == 130
    program.run("verify", "One")
    assert program.run("history", "--verify").code == 0


def test_a_second_one_says_who_runs(services: Services) -> None:
    first = services.start()
    second = services.program.run("watch", code=15)
    assert f"process {first.pid}" in second.err
    services.until(services.rested)
    services.program.run("scan")  # the command line works beside it
    services.program.run("watch", "--once", "--json")
    assert first.poll() is None


def test_settings_are_followed_while_it_runs(services: Services) -> None:
    services.start()
    services.until(lambda: services.state().get("waits") == "nothing-due")
    report = services.program.place / "report.txt"
    services.program.run("watch", "--set", "prove=false", "--set", "report=daily", "--set", f"report_to={report}")
    services.until(lambda: services.state().get("waits") == "off")
    services.until(lambda: services.state().get("report_at", 0) > time.time())
    assert report.exists()
    assert re.search(r"Next report: \d{4}-\d\d-\d\dT", services.program.run("watch", "--status").out)
    refused = services.program.run("watch", "--set", "quiet_hours=late", code=2)
    assert "quiet_hours" in refused.err


def test_without_a_library_it_stays_and_waits_for_one(program: Program) -> None:
    """A service that is installed before anything else isn't started again until the next login."""
    child = Services(program).start()
    child.send_signal(signal.SIGTERM)
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 130, out
    assert b"There is no library yet" in out


def test_installed_for_this_account_only(services: Services, tmp_path: Path) -> None:
    nothing = {"PATH": str(tmp_path / "no tools")}
    done = services.program.run("watch", "--install", "--json", environment=nothing).summary
    assert done["how"] == "autostart"
    (file,) = done["files"]
    assert "catalog.sqlite3" in Path(file).read_text()
    assert services.program.json("watch", "--status").summary["installed"] is True
    services.program.run("watch", "--uninstall", environment=nothing)
    assert not Path(file).exists()


def test_one_thing_at_a_time(program: Program) -> None:
    program.run("watch", "--once", "--status", code=2)
