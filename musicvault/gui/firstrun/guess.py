"""Where a person's music probably is."""

from __future__ import annotations

import os
import time
from collections import Counter

import platformdirs

from musicvault.audio.formats import kind_of
from musicvault.domain.values import Kind
from musicvault.gui.models.places import FolderGuess

_SECONDS = 4.0


def music_folder() -> bytes:
    """The XDG Music folder, or the system's own idea of it; empty where there is none."""
    folder = os.fsencode(platformdirs.user_music_path())
    return folder if os.path.isdir(folder) else b""


def look(folder: bytes, seconds: float = _SECONDS) -> FolderGuess:
    """Count the audio files below a folder, for at most some seconds. Runs on a worker thread."""
    until = time.monotonic() + seconds
    formats: Counter[str] = Counter()
    size = 0
    waiting = [folder]
    try:
        os.scandir(folder).close()
    except OSError as error:
        return FolderGuess(folder, 0, problem=error.strerror or str(error))
    while waiting and time.monotonic() < until:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False) and kind_of(entry.name) is Kind.TRACK:
                        formats[os.path.splitext(entry.name)[1][1:].upper().decode("ascii", "replace")] += 1
                        size += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return FolderGuess(folder, sum(formats.values()), size, tuple(formats.most_common(4)))
