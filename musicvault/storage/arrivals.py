"""Drives that come and go: which vaults are mounted now, and what changed since the last look.

A vault is recognised by the id that it carries, wherever its volume is mounted. On Linux the kernel wakes the one who
polls /proc/self/mountinfo when anything is mounted or unmounted; elsewhere the table is compared now and then. What may
never answer (a dead share) is asked by another process first (`answering`).
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from musicvault.errors import VaultError
from musicvault.storage import answering, mounts
from musicvault.storage.mounts import Mount
from musicvault.storage.vault import identity, layout
from musicvault.storage.vault.layout import VAULT_FOLDER, VaultLayout

TICK_S = 2.0
"""How often the table is compared where nothing tells of changes."""

_MOUNTINFO = "/proc/self/mountinfo"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A vault is there that wasn't at the last look, or stands elsewhere now. `root` is its `MusicVault` folder."""

    vault_id: str
    root: bytes


@dataclass(frozen=True, slots=True)
class Left:
    """A vault is gone; `root` is where it stood."""

    vault_id: str
    root: bytes


@dataclass(frozen=True, slots=True)
class Doubled:
    """Two different folders carry one vault's id: one is a copy of the other, and nobody can tell which is right."""

    vault_id: str
    roots: tuple[bytes, ...]


Change = Arrived | Left | Doubled
NoFolders: tuple[bytes, ...] = ()


class Arrivals:
    """Watches for vaults. A context manager.

    `below` gives the recorded places of vaults below their mount points (`Vault.below`), beside `MusicVault` itself;
    `folders` gives absolute ones (`Vault.folder`), for vaults on the system's own disk. Both are asked at every look.
    """

    def __init__(
        self,
        below: Callable[[], Iterable[bytes]] = lambda: NoFolders,
        folders: Callable[[], Iterable[bytes]] = lambda: NoFolders,
    ) -> None:
        self._below = below
        self._folders = folders
        self._here: dict[str, tuple[bytes, ...]] = {}
        self._table: list[Mount] | None = None
        self._polled = _Polled() if sys.platform == "linux" else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what was polled."""
        if self._polled is not None:
            self._polled.close()

    def look(self) -> tuple[Change, ...]:
        """What changed since the last look; at the first one, every vault that is there has arrived."""
        self._table = mounts.table()
        now = vaults_here(self._below(), self._folders(), self._table)
        changes: list[Change] = []
        for vault_id, roots in self._here.items():
            if vault_id not in now:
                changes.append(Left(vault_id, roots[0]))
        for vault_id, roots in now.items():
            before = self._here.get(vault_id)
            if before == roots:
                continue
            if len(roots) > 1:
                changes.append(Doubled(vault_id, roots))
            else:
                changes.append(Arrived(vault_id, roots[0]))
        self._here = now
        return tuple(changes)

    def wait(self, timeout_s: float) -> tuple[Change, ...]:
        """Wait until drives come or go, at most so long; empty where none did. What was mounted while nobody waited is
        noticed at once."""
        if self._table is None:
            return self.look()
        deadline = time.monotonic() + timeout_s
        while True:
            if mounts.table() != self._table:
                return self.look()
            left = deadline - time.monotonic()
            if left <= 0:
                return ()
            self._sleep(left)

    def _sleep(self, longest_s: float) -> None:
        if self._polled is None or not self._polled.wait(longest_s):
            time.sleep(min(longest_s, TICK_S))


class Mounting:
    """Sleeps that end when anything is mounted or unmounted. A context manager."""

    def __init__(self) -> None:
        self._polled = _Polled() if sys.platform == "linux" else None
        self._table = mounts.table()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._polled is not None:
            self._polled.close()

    def wait(self, longest_s: float) -> bool:
        """Sleep, at most so long; whether the table of mounts changed since the last time. Where nothing tells of
        changes, it is compared afterwards."""
        if self._polled is None or not self._polled.wait(longest_s):
            time.sleep(longest_s)
        before, self._table = self._table, mounts.table()
        return self._table != before


class _Polled:
    """The kernel's own word that the table has changed (proc(5): POLLERR and POLLPRI on /proc/PID/mountinfo)."""

    def __init__(self) -> None:
        self._file: int | None = None
        self._poll = select.poll()
        with suppress(OSError):
            self._file = os.open(_MOUNTINFO, os.O_RDONLY | os.O_CLOEXEC)
            self._poll.register(self._file, select.POLLERR | select.POLLPRI)

    def wait(self, longest_s: float) -> bool:
        """Wait for a change; False where that isn't possible here."""
        if self._file is None:
            return False
        self._poll.poll(longest_s * 1000)
        return True

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def vaults_here(
    below: Iterable[bytes] = NoFolders, folders: Iterable[bytes] = NoFolders, table: Iterable[Mount] | None = None
) -> dict[str, tuple[bytes, ...]]:
    """The `MusicVault` folders that can be reached now, by the vault's id; more than one for a copied vault. One volume
    that is mounted twice counts once."""
    places = dict.fromkeys([VAULT_FOLDER, *below])
    visible = {mount.point: mount for mount in (mounts.table() if table is None else table)}
    roots = [folder for folder in folders if answering.within_reach(folder)]
    roots += [
        os.path.join(mount.point, place) for mount in visible.values() if answering.answers(mount) for place in places
    ]
    found: dict[str, list[bytes]] = {}
    for root, vault_id in _identified(roots):
        known = found.setdefault(vault_id, [])
        if not any(_same(root, other) for other in known):
            known.append(root)
    return {vault_id: tuple(sorted(known)) for vault_id, known in found.items()}


def _identified(roots: Iterable[bytes]) -> list[tuple[bytes, str]]:
    found = []
    for root in dict.fromkeys(roots):
        try:
            if layout.is_vault(root):
                found.append((root, identity.read_identity(VaultLayout(root)).id))
        except (VaultError, OSError):
            continue  # it can't be read, so nobody knows whose it is
    return found


def _same(one: bytes, other: bytes) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
