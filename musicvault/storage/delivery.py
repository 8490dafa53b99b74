"""Handing something out: a new file or folder that appears under its name whole and proven, or not at all.

Until then it has a name of its own beside its place. That name follows from the target's, so that the next delivery
there clears up what a killed one left.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from blake3 import blake3

from musicvault.domain.paths import display, join, split
from musicvault.domain.values import MIB
from musicvault.errors import Locked, UsageError
from musicvault.language import tr
from musicvault.storage import durable, flushing, renames
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.layout import enclosing_vault
from musicvault.storage.vault.lockfile import try_system_lock

Write = Callable[[bytes], None]
"""Takes bytes, as many and as few at a time as they come."""


class _Output:
    """Gathers small writes, and digests them."""

    def __init__(self, handle: int) -> None:
        self.digest = blake3()
        self._handle = handle
        self._pending = bytearray()

    def write(self, data: bytes) -> None:
        self._pending += data
        if len(self._pending) >= MIB:
            self.flush()

    def flush(self) -> None:
        self.digest.update(self._pending)
        view = memoryview(bytes(self._pending))
        self._pending.clear()
        while view:
            view = view[os.write(self._handle, view) :]


@contextmanager
def new_file(target: bytes, *, replace: bool = False) -> Iterator[Write]:
    """The block writes the file; afterwards it is flushed, read back and gets its name. With `replace` it may take the
    place of a regular file. `target` is absolute.

    Raises UsageError where its folder isn't there, the name is taken or lies in a vault; VaultError kinds.
    """
    _check_place(target)
    taken = os.path.lexists(target)
    if taken and not (replace and os.path.isfile(target) and not os.path.islink(target)):
        raise UsageError(tr("{path} is there already. Give another name, or --replace.", path=display(target)))
    partial = aside_of(target)
    durable.remove(partial)
    try:
        with durable.private(partial) as handle:
            output = _Output(handle)
            yield output.write
            output.flush()
            flushing.flush(handle)
        durable.read_back(partial, output.digest.digest())
        with explained(target):
            if replace:
                os.replace(partial, target)
            else:
                _named(partial, target)
    finally:
        durable.remove(partial)
    durable.sync_folder(split(target)[0])


@dataclass(slots=True)
class NewFolder:
    """A folder that is being filled at `path`. With `abandoned` set it is thrown away at the end of the block."""

    path: bytes
    abandoned: bool = False


@contextmanager
def new_folder(target: bytes) -> Iterator[NewFolder]:
    """The block fills the folder with durable files; afterwards it gets its name. Nothing of it stays when the block
    raises. `target` is absolute.

    Raises UsageError where the folder above isn't there, the name is taken or lies in a vault; Locked where another
    process fills it right now; VaultError kinds.
    """
    _check_place(target)
    if os.path.lexists(target):
        raise UsageError(tr("{path} is there already. Give a name that is free.", path=display(target)))
    folder = NewFolder(aside_of(target))
    with explained(target):
        if os.path.isdir(folder.path) and not os.path.islink(folder.path):
            with _claimed(folder.path):
                shutil.rmtree(folder.path)
        os.mkdir(folder.path)
    try:
        with _claimed(folder.path):
            yield folder
            if not folder.abandoned:
                durable.sync_folder(folder.path)
                with explained(target):
                    _named(folder.path, target)
        if not folder.abandoned:
            durable.sync_folder(split(target)[0])
    finally:
        shutil.rmtree(folder.path, ignore_errors=True)


def aside_of(target: bytes) -> bytes:
    """The name that a delivery has until it is whole."""
    return join(split(target)[0], b".musicvault-" + blake3(target).hexdigest(8).encode("ascii") + durable.PARTIAL)


def _check_place(target: bytes) -> None:
    folder = split(target)[0] or b"/"
    if not os.path.isdir(folder):
        raise UsageError(tr("{folder} is not a folder.", folder=display(folder)))
    vault = enclosing_vault(target)
    if vault is not None:
        raise UsageError(
            tr(
                "{path} lies inside the vault {vault}: nothing else may lie there.",
                path=display(target),
                vault=display(vault),
            )
        )


def _named(aside: bytes, target: bytes) -> None:
    try:
        renames.no_clobber(aside, target)
    except FileExistsError as error:
        raise UsageError(tr("{path} was made by somebody else meanwhile.", path=display(target))) from error


@contextmanager
def _claimed(folder: bytes) -> Iterator[None]:
    """The system's lock on a folder while the block runs. Raises Locked."""
    if not hasattr(os, "O_DIRECTORY"):
        yield
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if not try_system_lock(handle):
            raise Locked(tr("Another process is writing to {folder} right now.", folder=display(folder)))
        yield
    finally:
        os.close(handle)
