"""Children crash, hang and babble; the parent gets one clear word and goes on."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from musicvault.audio import children
from tests.sound import make


def test_a_tool_that_hangs_is_ended() -> None:
    with pytest.raises(children.ChildFailed, match="longer than"):
        children.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2)


def test_a_tool_that_isn_t_there() -> None:
    with pytest.raises(children.ChildFailed, match="No such file"):
        children.run(["/no/such/tool"], timeout=1)


def test_a_tool_tells_how_it_ended() -> None:
    crash = children.run([sys.executable, "-c", "import os; os.abort()"], timeout=10)
    assert crash.code == -signal.SIGABRT
    done = children.run([sys.executable, "-c", "print('out'); raise SystemExit('words')"], timeout=10)
    assert (done.code, done.output, done.errors) == (1, b"out\n", "words\n")


def test_a_worker_answers_again_and_again(tmp_path: Path) -> None:
    path = os.fsencode(make(tmp_path / "a.wav", seconds=0.5))
    worker = children.worker()
    for _ in range(3):
        assert worker.ask({"do": "describe"}, path, 20)["codec"] == "pcm_s16le"
    assert children.worker() is worker
    assert "problem" in worker.ask({"do": "describe"}, os.fsencode(tmp_path / "nothing"), 20)
    assert worker.ask({"do": "describe"}, path, 20)["sample_rate"] == 44100


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = bytes(tmp_path) + b"/\xff\n.wav"
    os.rename(make(tmp_path / "a.wav", seconds=0.5), path)
    assert children.worker().ask({"do": "describe"}, path, 20)["codec"] == "pcm_s16le"


def test_a_playlist_opens_nothing_else(tmp_path: Path) -> None:
    make(tmp_path / "a.wav", seconds=0.5)
    for text in ("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.wav\n", "ffconcat version 1.0\nfile a.wav\n"):
        (tmp_path / "list.mp3").write_text(text)
        answer = children.worker().ask({"do": "describe"}, os.fsencode(tmp_path / "list.mp3"), 20)
        assert not answer.get("codec"), answer


def test_a_worker_that_was_killed_is_replaced(tmp_path: Path) -> None:
    path = os.fsencode(make(tmp_path / "a.wav", seconds=0.5))
    worker = children.worker()
    worker._process.kill()
    worker._process.wait()
    with pytest.raises(children.ChildFailed):
        worker.ask({"do": "describe"}, path, 20)
    other = children.worker()
    assert other is not worker
    assert other.ask({"do": "describe"}, path, 20)["channels"] == 2


def test_a_worker_that_hangs_is_ended(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp3"
    os.mkfifo(pipe)  # opening it for reading waits for a writer that never comes
    worker = children.worker()
    with pytest.raises(children.ChildFailed, match="longer than"):
        worker.ask({"do": "describe"}, os.fsencode(pipe), 0.3)
    assert not worker.alive
