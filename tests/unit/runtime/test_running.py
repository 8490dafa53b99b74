"""Running the service's jobs: what stops one is remembered, and nothing of what it had open."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from musicvault.domain.notices import Job
from musicvault.errors import DriveGone
from musicvault.runtime.running import Running


def test_what_a_stopped_job_had_open_is_closed(tmp_path: Path) -> None:
    """A drive that was pulled can't be unmounted while a file on it is open."""
    opened: list[weakref.ref[IO[bytes]]] = []
    (tmp_path / "manifest").write_bytes(b"one\ntwo\n")

    def lines() -> Iterator[bytes]:
        with (tmp_path / "manifest").open("rb") as file:
            opened.append(weakref.ref(file))
            yield from file

    def job() -> Job:
        entries = lines()
        try:
            for _ in entries:
                raise OSError("pulled")
        except OSError as error:
            raise DriveGone("The drive stopped answering.") from error
        yield from ()

    running = Running(lambda _job, _subject: None)
    for _ in range(2):
        list(running.run("sync", "Drive", job()))
        list(running.guarded("prove", job))
    assert running.problems == ("The drive stopped answering.",)
    assert [file() for file in opened] == [None] * 4
