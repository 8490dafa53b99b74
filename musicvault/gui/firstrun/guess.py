"""Where a person's music probably is, and what a drive of an earlier computer holds. Both read only."""

from __future__ import annotations

import os
import time
from collections import Counter
from contextlib import suppress

import platformdirs

from musicvault.audio.formats import kind_of
from musicvault.domain.values import Kind
from musicvault.engine.rebuild.sources import open_sources
from musicvault.engine.verify import vault_at
from musicvault.errors import UsageError, VaultError
from musicvault.gui.models.places import FolderGuess, VaultGuess
from musicvault.language import tr
from musicvault.storage.vault.manifest import read_entries

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
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_file(follow_symlinks=False) and kind_of(entry.name) is Kind.TRACK:
                    formats[os.path.splitext(entry.name)[1][1:].upper().decode("ascii", "replace")] += 1
                    size += entry.stat(follow_symlinks=False).st_size
    return FolderGuess(folder, sum(formats.values()), size, tuple(formats.most_common(4)))


def look_at_drive(folder: bytes) -> VaultGuess:
    """What kind of vault lies in a folder, and how many files its lists name. Runs on a worker thread."""
    try:
        source = open_sources([folder], int(time.time()))[0]
    except (UsageError, VaultError) as error:
        return VaultGuess(folder, problem=_nothing_there(folder) or str(error))
    try:
        files = sum(1 for _ in read_entries(source.layout.manifest))
    except (VaultError, OSError):
        files = None  # a damaged list: the rebuild reads the files themselves
    return VaultGuess(folder, source.label, files)


def _nothing_there(folder: bytes) -> str:
    """That a folder holds no copies, in the words of somebody who never heard of vaults; empty where it has some."""
    if not os.path.isdir(folder) or vault_at(folder) is not None:
        return ""
    return tr("MusicVault has copied nothing to this place. Choose the drive itself, or the folder “MusicVault” on it.")
