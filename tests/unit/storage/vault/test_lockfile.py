"""One writer: a living process keeps others out and is named; a dead one never does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from musicvault.errors import DriveUnwritable, Locked
from musicvault.storage.vault import lockfile
from musicvault.storage.vault.lockfile import STALE_AFTER, Holder, VaultLock, is_stale, this_process
from tests.unit.storage.vault.samples import NOW

CHILD = """
import os, sys, time
from musicvault.storage.vault.lockfile import VaultLock
with VaultLock(os.fsencode(sys.argv[1]), time.time):
    print("held", flush=True)
    sys.stdin.read()
"""


def lock_at(path: Path, now: float = NOW) -> VaultLock:
    return VaultLock(os.fsencode(path), lambda: now, beating=False)


def start(path: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def stop(child: subprocess.Popen[str]) -> None:
    child.communicate()


def test_taken_and_given_back(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with lock_at(path):
        assert json.loads(path.read_text())["pid"] == os.getpid()
        with pytest.raises(Locked, match=str(os.getpid())), lock_at(path):
            pass
    assert not path.exists()
    with lock_at(path):
        pass


def test_one_that_is_given_back_while_it_is_asked_for_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    path.write_text("")  # another process has it open, and is about to remove it
    lock_it = lockfile.try_system_lock

    def removed_first(handle: int) -> bool:
        monkeypatch.setattr(lockfile, "try_system_lock", lock_it)
        path.unlink()
        return lock_it(handle)

    monkeypatch.setattr(lockfile, "try_system_lock", removed_first)
    with lock_at(path) as lock:
        assert json.loads(path.read_text())["token"] == lock.token, "what is locked is what stands there"


def test_another_process_is_named_and_its_death_frees(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    child = start(path)
    with pytest.raises(Locked, match=rf"process {child.pid} on "):
        lock_at(path, NOW + 10**6).acquire()
    child.send_signal(signal.SIGKILL)
    stop(child)
    assert path.exists()
    with lock_at(path):
        assert json.loads(path.read_text())["pid"] == os.getpid()


def test_a_machine_without_an_id_or_a_network_card_is_still_one_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then Python makes up a number of a card, another in each process (here: at each call)."""
    monkeypatch.setattr(lockfile, "_MACHINE_IDS", ())
    made_up = iter((0x0123456789AB, 0x0B0123456789))
    monkeypatch.setattr(uuid, "getnode", lambda: next(made_up))
    assert this_process(NOW).machine == this_process(NOW).machine


def test_a_normal_end_frees(tmp_path: Path) -> None:
    child = start(tmp_path / "lock")
    stop(child)
    assert not (tmp_path / "lock").exists()


HERE = Holder("desk", "m1", "b1", 100, 50.0, NOW, "t")


@pytest.mark.parametrize(
    ("change", "alive", "stale"),
    [
        ({}, True, False),
        ({}, False, True),
        ({"heartbeat": NOW - 10**6}, True, False),  # paused, yet alive on this machine
        ({"boot": "b2"}, True, True),
        ({"machine": "m2"}, False, False),
        ({"machine": "m2", "heartbeat": NOW - STALE_AFTER}, True, False),
        ({"machine": "m2", "heartbeat": NOW - STALE_AFTER - 1}, True, True),
        ({"machine": "m2", "heartbeat": NOW + 500}, True, False),
        ({"machine": "m2", "host": "desk", "boot": "b1"}, False, False),
    ],
)
def test_who_is_gone(change: dict[str, object], alive: bool, stale: bool) -> None:
    other = replace(HERE, **change)  # type: ignore[arg-type]
    assert is_stale(other, HERE, NOW, lambda _pid, _started: alive) is stale


@pytest.mark.parametrize("age", [0, STALE_AFTER + 1])
def test_another_machine_is_respected_until_it_is_silent(age: int, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text(json.dumps(asdict(replace(HERE, heartbeat=NOW - age))))
    if age:
        with lock_at(path):
            pass
    else:
        with pytest.raises(Locked, match="process 100 on desk"):
            lock_at(path).acquire()


def test_garbage_is_respected_for_as_long_as_a_heartbeat(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_bytes(b"\xff" * 100)
    os.utime(path, (NOW, NOW))
    with pytest.raises(Locked):
        lock_at(path, NOW + 5).acquire()
    with lock_at(path, NOW + STALE_AFTER + 5):
        pass


def test_an_empty_leftover_is_taken(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    with lock_at(tmp_path / "lock"):
        pass


def test_the_heartbeat_is_renewed_and_a_theft_noticed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    now = [float(NOW)]
    with VaultLock(os.fsencode(path), lambda: now[0], beating=False) as lock:
        now[0] += 60
        lock.beat()
        assert json.loads(path.read_text())["heartbeat"] == NOW + 60
        thief = replace(this_process(NOW), host="other", token="thief")
        path.write_text(json.dumps(asdict(thief)))
        with pytest.raises(Locked, match="on other"):
            lock.beat()
    assert json.loads(path.read_text())["token"] == "thief"


def test_a_fork_does_not_keep_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    script = f"""
import os, time
from musicvault.storage.vault.lockfile import VaultLock
lock = VaultLock({os.fsencode(path)!r}, time.time, beating=False)
lock.acquire()
read, write = os.pipe()
if os.fork() == 0:
    os.write(write, b"x")
    os.read(0, 1)   # lives for as long as the test holds its standard input
    os._exit(0)
os.read(read, 1)    # the child runs
os._exit(9)         # dies without giving the lock back
"""
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
    try:
        assert child.wait() == 9
        with lock_at(path):
            pass
    finally:
        child.communicate()


def test_where_the_file_system_knows_no_locks_the_file_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lock"
    monkeypatch.setattr(lockfile, "try_system_lock", lambda _handle: True)
    with lock_at(path), pytest.raises(Locked):
        lock_at(path).acquire()


def test_no_folder_and_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(DriveUnwritable):
        lock_at(tmp_path / "lock").acquire()
