"""Real inotify under a clock of the test's own; what watchdog keeps to itself is noticed and made good."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from musicvault.domain.regions import WHOLE, Region
from musicvault.storage import mounts, watch_limits
from musicvault.storage.watching import HEALTH_S, RESCAN_S, TRUTH_S, Hint, Reason, Watcher

PATIENCE_S = 20.0


class Bench:
    """A watcher, its clock, and what it said."""

    def __init__(self, root: Path, **options: object) -> None:
        self.now = 1000.0
        self.hints: list[Hint] = []
        self.problems: list[str] = []
        self.root = os.fsencode(root)
        self.watcher = Watcher(
            [self.root],
            self.hints.append,
            on_problem=lambda _root, text: self.problems.append(text),
            clock=lambda: self.now,
            **options,  # type: ignore[arg-type]
        )

    def poll(self, seconds: float = 0.0) -> list[Hint]:
        """Let time pass, look, and take what was hinted."""
        self.now += seconds
        self.watcher.poll()
        taken = self.hints[:]
        self.hints.clear()
        return taken

    def wait(self, reason: Reason = Reason.CHANGED) -> Hint:
        """Poll, a settling time apart, until the kernel's events have come through watchdog's threads."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for hint in self.poll(11.0 if reason is Reason.CHANGED else HEALTH_S):
                if hint.reason is reason:
                    return hint
            threading.Event().wait(0.01)
        raise AssertionError(f"no {reason} hint")


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    benches: list[Bench] = []
    (tmp_path / "music" / "album").mkdir(parents=True)

    def start(**options: object) -> Bench:
        bench = Bench(tmp_path / "music", **options)
        benches.append(bench)
        bench.watcher.start()
        return bench

    yield start
    for bench in benches:
        bench.watcher.stop()


@pytest.fixture
def music(tmp_path: Path) -> Path:
    return tmp_path / "music"


def test_a_new_file_is_a_hint_for_its_folder(watch: Callable[..., Bench], music: Path) -> None:
    bench = watch()
    (music / "album" / os.fsdecode(b"caf\xe9.flac")).write_bytes(b"x")
    hint = bench.wait()
    assert hint == Hint(bench.root, Reason.CHANGED, Region.of([b"album"]))
    assert bench.problems == []


def test_a_moved_folder_is_a_hint_for_both_places(watch: Callable[..., Bench], music: Path) -> None:
    (music / "album" / "x.flac").write_bytes(b"x")
    bench = watch()
    (music / "album").rename(music / "renamed")
    hint = bench.wait()
    assert hint.region.folders == {b""}
    assert hint.region.trees == {b"album", b"renamed"}


def test_reading_is_no_change(watch: Callable[..., Bench], music: Path) -> None:
    (music / "album" / "x.flac").write_bytes(b"x")
    bench = watch()
    (music / "album" / "x.flac").read_bytes()
    (music / "last").write_bytes(b"x")
    assert bench.wait().region.folders == {b""}


def test_a_linked_root_keeps_its_name(music: Path, tmp_path: Path) -> None:
    music.mkdir()
    (tmp_path / "link").symlink_to(music)
    bench = Bench(tmp_path / "link")
    bench.watcher.start()
    try:
        (music / "x.flac").write_bytes(b"x")
        assert bench.wait() == Hint(os.fsencode(tmp_path / "link"), Reason.CHANGED, Region.of([b""]))
    finally:
        bench.watcher.stop()


def test_lost_events_make_one_whole_look_once_it_is_quiet(watch: Callable[..., Bench]) -> None:
    bench = watch()
    for _ in range(3):
        logging.getLogger("watchdog.observers.inotify_c").warning(
            "Inotify queue overflowed; filesystem events were lost"
        )
    assert bench.poll() == [Hint(bench.root, Reason.OVERFLOW)]
    assert bench.poll(100) == []
    bench.watcher.stop()
    logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed; filesystem events were lost")
    assert bench.poll() == []


def test_the_truth_is_looked_for_now_and_then(watch: Callable[..., Bench]) -> None:
    bench = watch()
    assert bench.poll(TRUTH_S - 1) == []
    assert [hint.reason for hint in bench.poll(1)] == [Reason.PERIODIC]
    assert bench.poll(TRUTH_S - 1) == []


def test_what_settles_with_a_periodic_look_is_a_hint_of_its_own(watch: Callable[..., Bench], music: Path) -> None:
    bench = watch()
    (music / "album" / "new.flac").write_bytes(b"new")
    deadline = time.monotonic() + PATIENCE_S
    while not bench.watcher.is_waiting(bench.root) and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    threading.Event().wait(0.2)
    assert bench.poll() == []
    assert [hint.reason for hint in bench.poll(TRUTH_S)] == [Reason.PERIODIC, Reason.CHANGED]


def test_a_silent_file_system_is_rescanned_and_said_once(watch: Callable[..., Bench]) -> None:
    bench = watch(has_events=lambda _path: False)
    assert len(bench.problems) == 1
    assert "every 15 minutes" in bench.problems[0]
    for _ in range(3):
        assert bench.poll(RESCAN_S - 1) == []
        (hint,) = bench.poll(1)
        assert (hint.reason, hint.region) == (Reason.PERIODIC, WHOLE)
    assert len(bench.problems) == 1


@pytest.mark.parametrize(
    ("fs_type", "expected"),
    [("ext4", True), ("fuseblk", True), ("tmpfs", True)]
    + [(name, False) for name in ("nfs4", "cifs", "smb3", "9p", "fuse", "fuse.sshfs", "fuse.mergerfs")],
)
def test_which_file_systems_tell(fs_type: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    mount = mounts.Mount(b"/", b"x", fs_type, b"/", 1, False)
    monkeypatch.setattr(mounts, "table", lambda: [mount])
    assert watch_limits.sends_events(b"/music") is expected


def test_a_dead_watcher_is_restarted(watch: Callable[..., Bench], music: Path) -> None:
    started: list[BaseObserver] = []

    def make() -> BaseObserver:
        started.append(Observer())
        return started[-1]

    bench = watch(make_observer=make)
    for emitter in started[0].emitters:
        emitter.stop()
        emitter.join()
    assert bench.poll(HEALTH_S) == [Hint(bench.root, Reason.RESTARTED)]
    (music / "album" / "x.flac").write_bytes(b"x")
    assert bench.wait().region.folders == {b"album"}
    assert not started[0].is_alive()
    bench.watcher.stop()
    bench.watcher.stop()
    assert not started[1].is_alive()


def test_an_absent_root_is_waited_for(watch: Callable[..., Bench], music: Path) -> None:
    shutil.rmtree(music)
    bench = watch()
    assert bench.poll(TRUTH_S) == []
    assert len(bench.problems) == 1
    music.mkdir()
    assert bench.wait(Reason.RETURNED).region.is_whole
    (music / "x.flac").write_bytes(b"x")
    assert bench.wait().region.folders == {b""}


def test_a_root_that_goes_and_comes_back(watch: Callable[..., Bench], music: Path, tmp_path: Path) -> None:
    bench = watch()
    music.rename(tmp_path / "unplugged")
    assert bench.poll(HEALTH_S) == []
    assert bench.poll(TRUTH_S) == []
    assert len(bench.problems) == 1
    assert "isn't there" in bench.problems[0]
    (tmp_path / "unplugged").rename(music)
    assert bench.wait(Reason.RETURNED).region.is_whole
    (music / "album" / "x.flac").write_bytes(b"x")
    assert bench.wait().region.folders == {b"album"}


def test_another_folder_in_its_place_is_watched_anew(watch: Callable[..., Bench], music: Path, tmp_path: Path) -> None:
    bench = watch()
    music.rename(tmp_path / "old")
    music.mkdir()
    assert [hint.reason for hint in bench.poll(HEALTH_S)] == [Reason.RETURNED]
    (music / "x.flac").write_bytes(b"x")
    assert bench.wait().region.folders == {b""}


def test_a_root_that_cannot_be_watched_is_rescanned(watch: Callable[..., Bench]) -> None:
    class Broken(Observer):  # type: ignore[misc,valid-type]
        def schedule(self, *_args: object, **_options: object) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    bench = watch(make_observer=Broken)
    assert len(bench.problems) == 1
    assert "EIO" in bench.problems[0]
    assert [hint.reason for hint in bench.poll(RESCAN_S)] == [Reason.PERIODIC]
    assert len(bench.problems) == 1


EXHAUSTED = """
import os, sys
from pathlib import Path
from musicvault.storage.watching import RESCAN_S, Watcher
limit = Path("/proc/sys/user/max_inotify_{0}")
before = limit.read_text()
limit.write_text(sys.argv[2])
now, hints, problems = [0.0], [], []
watcher = Watcher([os.fsencode(sys.argv[1])], hints.append, on_problem=lambda _root, text: problems.append(text),
                  clock=lambda: now[0])
watcher.start()
now[0] += RESCAN_S
watcher.poll()
print(len(problems), problems[0])
assert watcher.limits == tuple(problems)
print([hint.reason.value for hint in hints])
limit.write_text(before)
now[0] += RESCAN_S
watcher.poll()
now[0] += RESCAN_S
watcher.poll()  # watched again: the next whole look is hours away
print(len(problems), len(hints))
assert not watcher.limits
watcher.stop()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")
@pytest.mark.parametrize(("kind", "limit"), [("watches", "4"), ("instances", "0")])
def test_used_up_watches_are_named_with_the_command(kind: str, limit: str, music: Path) -> None:
    """Real limits of a user namespace of its own; below the root watchdog would be silent about it."""
    for number in range(8):
        (music / f"album {number}").mkdir(parents=True)
    command = ["unshare", "--user", "--map-root-user", "--mount-proc", "--pid", "--fork", "--mount"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("no user namespaces here")
    script = EXHAUSTED.replace("{0}", kind)
    run = subprocess.run(
        [*command, sys.executable, "-c", script, music, limit], capture_output=True, text=True, check=False, timeout=60
    )
    assert run.returncode == 0, run.stderr
    first, second, third = run.stdout.splitlines()
    assert first.startswith("1 This system's limit for watching folders is used up")
    assert f"sudo sysctl fs.inotify.max_user_{kind}=" in first
    assert second == "['periodic']"
    assert third == "1 2"
    assert f"need {9 if kind == 'watches' else 1} of them" in first


def test_the_system_refusing_is_put_in_words(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path)
    text = watch_limits.describe(root, OSError(errno.ENOSPC, "x"), [root], 900)
    assert "no space" not in text.lower()
    assert "sysctl fs.inotify.max_user_watches=" in text
