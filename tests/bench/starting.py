"""Getting started: what run.sh adds to a start, and how soon the window shows something."""

from __future__ import annotations

import mmap
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.importing import imported
from tests.bench.measuring import Result, interleaved, run
from tests.bench.program import PROJECT, Program

_COLOURS = 12  # an empty window has one or two


def start(data: Path) -> Iterator[Result]:
    """`run.sh --version` against the same Python started by hand, everything installed."""
    run(["sh", PROJECT / "packaging" / "run.sh", "--version"])
    python = PROJECT / ".venv" / "bin" / "python"
    script, direct = interleaved(
        15,
        lambda: run(["sh", PROJECT / "packaging" / "run.sh", "--version"]).seconds,
        lambda: run([python, "-P", "-m", "musicvault", "--version"]).seconds,
    )
    yield Result("run.sh adds to a start", max(script - direct, 0.0), "s", 0.15)
    yield Result("  --version, whole process", script, "s", 0.35)


def window(data: Path) -> Iterator[Result]:
    """From starting the process to pixels of the window on a virtual screen: with an empty catalog and a large one."""
    if not shutil.which("Xvfb"):
        raise SystemExit("Xvfb is not installed")
    empty, large = Program(data / "window"), imported(data)
    with _screen() as (display, frame):
        first, full = interleaved(
            5, lambda: _first_paint(empty, display, frame), lambda: _first_paint(large, display, frame)
        )
    yield Result("first paint, first start", first, "s", 1.5)
    yield Result("first paint, 100,000 items", full, "s", 1.5)


@contextmanager
def _screen() -> Iterator[tuple[str, Path]]:
    """A virtual screen and the file that its pixels are in (Xvfb's `-fbdir`)."""
    with tempfile.TemporaryDirectory() as folder:
        reading, writing = os.pipe()
        command = [
            "Xvfb",
            "-displayfd",
            str(writing),
            "-screen",
            "0",
            "1400x900x24",
            "-fbdir",
            folder,
            "-nolisten",
            "tcp",
        ]
        server = subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL)
        os.close(writing)
        try:
            with os.fdopen(reading) as pipe:
                display = ":" + pipe.readline().strip()
            yield display, Path(folder) / "Xvfb_screen0"
        finally:
            server.terminate()
            server.wait()


def _first_paint(program: Program, display: str, frame: Path) -> float:
    """Seconds until the screen shows more colours than an empty window would."""
    env = {**program.env, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    with frame.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pixels:
        begun = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "musicvault"], env=env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            while _colours(pixels) < _COLOURS:
                if child.poll() is not None or time.perf_counter() - begun > 30:
                    raise SystemExit("the window did not appear")
                time.sleep(0.01)
            return time.perf_counter() - begun
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(30)
            _wait_for_dark(pixels)


def _wait_for_dark(pixels: mmap.mmap) -> None:
    until = time.perf_counter() + 10
    while _colours(pixels) >= _COLOURS and time.perf_counter() < until:
        time.sleep(0.05)


def _colours(pixels: mmap.mmap) -> int:
    """How many different colours a sample of the screen holds: each 131st pixel of four bytes after the header."""
    words = memoryview(pixels)[4096 : len(pixels) - (len(pixels) - 4096) % 4].cast("I")
    found = len(set(words[::131]))
    words.release()
    return found
