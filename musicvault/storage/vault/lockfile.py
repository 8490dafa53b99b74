"""One writer per vault: a lock file that names its holder, and a lock of the operating system on it.

On one machine the system's lock decides, and dies with its process. Other machines see the file on a network share:
they respect it until its heartbeat is old. Reading never needs the lock.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import uuid
import weakref
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from blake3 import blake3

from musicvault.errors import Locked
from musicvault.language import tr
from musicvault.storage.flushing import flush, sync_folder
from musicvault.storage.vault import moments, own
from musicvault.storage.vault.faults import explained

STALE_AFTER = 600
"""Seconds without a heartbeat after which another machine's lock no longer counts; well above the beat and the usual
difference between two clocks."""
BEAT_EVERY = 60
_LARGEST = 4096
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a vault. `machine` and `boot` are digests or ids that change with the computer and its restarts;
    `started` (the process) and `heartbeat` in seconds since the epoch; `token` tells one taking from another."""

    host: str
    machine: str
    boot: str
    pid: int
    started: float
    heartbeat: int
    token: str


def this_process(now: int) -> Holder:
    """The running process as a holder."""
    own = psutil.Process()
    return Holder(socket.gethostname(), _machine(), _boot(), own.pid, own.create_time(), now, uuid.uuid4().hex)


def is_stale(holder: Holder, here: Holder, now: int, runs: Callable[[int, float], bool]) -> bool:
    """Whether the holder is surely gone: its process died or its machine restarted, or, on another machine, it has
    been silent for longer than `STALE_AFTER`. `runs(pid, started)` looks for a process of this machine."""
    if holder.machine == here.machine:
        return holder.boot != here.boot or not runs(holder.pid, holder.started)
    return now - holder.heartbeat > STALE_AFTER


class VaultLock:
    """The right to write to one vault; a context manager.

    `clock` gives seconds since the epoch. While held, a daemon thread renews the heartbeat each minute unless
    `beating` is False; then `beat` is the caller's to call.
    """

    def __init__(self, path: bytes, clock: Callable[[], float], *, beating: bool = True) -> None:
        self._path = path
        self._clock = clock
        self._beating = beating
        self._handle = -1
        self._holder: Holder | None = None
        self._mutex = threading.Lock()
        self._stop = threading.Event()

    def acquire(self) -> None:
        """Take the lock. Raises `Locked` naming the other process, `DriveUnwritable` on a read-only drive."""
        with explained(self._path):
            for _ in range(_ATTEMPTS):
                handle = self._open()
                if handle is not None:
                    break
            else:
                raise Locked(tr("Other processes keep taking the lock of this vault. Try again."))
            try:
                mine = this_process(int(self._clock()))
                self._refuse_living(handle, mine)
                _write(handle, mine)
                sync_folder(self._path.rpartition(b"/")[0])
            except BaseException:
                os.close(handle)
                raise
        self._handle, self._holder = handle, mine
        _held.add(self)
        if self._beating:
            self._stop.clear()
            threading.Thread(target=self._beat_on, name="vault heartbeat", daemon=True).start()

    def beat(self) -> None:
        """Say that the holder lives. Raises `Locked` where the lock was taken over meanwhile (a machine that slept)."""
        with self._mutex:
            if self._holder is None:
                return
            with explained(self._path):
                self._confirm(self._holder)
                self._holder = replace(self._holder, heartbeat=int(self._clock()))
                _write(self._handle, self._holder)

    def release(self) -> None:
        """Give the lock back; the file goes. Harmless when not held."""
        self._stop.set()
        with self._mutex:
            if self._holder is None:
                return
            holder, self._holder = self._holder, None
            _held.discard(self)
            try:
                self._confirm(holder)
                os.unlink(self._path)
            except (OSError, Locked):
                pass  # the drive is gone, or another took over: nothing of ours is left to give back
            finally:
                os.close(self._handle)

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _open(self) -> int | None:
        """A handle on the file with the system's lock; None where the file changed hands in between."""
        flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            handle = os.open(self._path, flags | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            own.check(self._path)
            try:
                handle = os.open(self._path, flags)
            except FileNotFoundError:
                return None
        if not try_system_lock(handle):
            other = _read(handle)
            os.close(handle)
            raise Locked(_message(other))
        if not _is_at(handle, self._path):
            os.close(handle)
            return None
        return handle

    def _refuse_living(self, handle: int, mine: Holder) -> None:
        other = _read(handle)
        if other is None:
            # An empty file is ours, just made, or was left by a kill: its maker would hold the system's lock.
            # Anything else unreadable may be another machine's, so it gets the time of a heartbeat.
            age = mine.heartbeat - os.fstat(handle).st_mtime
            if os.fstat(handle).st_size and age <= STALE_AFTER:
                raise Locked(_message(None))
        elif not _was_ours(other, mine) and not is_stale(other, mine, mine.heartbeat, _runs):
            raise Locked(_message(other))

    def _confirm(self, holder: Holder) -> None:
        with own.opened(self._path) as file:
            there = _parse(file.read(_LARGEST))
        if there is None or there.token != holder.token:
            raise Locked(_message(there))

    @property
    def token(self) -> str:
        """Of the taking that is held now; empty when none is."""
        return self._holder.token if self._holder is not None else ""

    def let_go_in_child(self) -> None:
        """After a fork the child must not keep the system's lock alive beyond its parent."""
        os.close(self._handle)
        self._holder = None

    def _beat_on(self) -> None:
        while not self._stop.wait(BEAT_EVERY):
            try:
                self.beat()
            except Exception:
                return


_held: weakref.WeakSet[VaultLock] = weakref.WeakSet()


def _was_ours(other: Holder, mine: Holder) -> bool:
    """Whether this very process left it: the drive was pulled out while it held the lock."""
    held = {lock.token for lock in _held}
    return (other.machine, other.boot, other.pid) == (mine.machine, mine.boot, mine.pid) and other.token not in held


def _after_fork() -> None:
    for lock in list(_held):
        lock.let_go_in_child()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def try_system_lock(handle: int) -> bool:
    """Lock an open file or folder for this process without waiting; False where another process has it.

    True as well where the file system knows no such locks: then the file's content decides alone.
    """
    if sys.platform == "win32":
        import msvcrt

        try:
            os.lseek(handle, _LARGEST, os.SEEK_SET)  # beyond the content, which others must be able to read
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _is_at(handle: int, path: bytes) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except FileNotFoundError:
        return False


def _write(handle: int, holder: Holder) -> None:
    data = json.dumps(asdict(holder) | {"at": moments.to_text(holder.heartbeat)}).encode("utf-8") + b"\n"
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, data)
    os.ftruncate(handle, len(data))
    flush(handle)


def _read(handle: int) -> Holder | None:
    os.lseek(handle, 0, os.SEEK_SET)
    return _parse(os.read(handle, _LARGEST))


def _parse(raw: bytes) -> Holder | None:
    try:
        fields = json.loads(raw)
        return Holder(
            host=str(fields["host"]),
            machine=str(fields["machine"]),
            boot=str(fields["boot"]),
            pid=int(fields["pid"]),
            started=float(fields["started"]),
            heartbeat=int(fields["heartbeat"]),
            token=str(fields["token"]),
        )
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def _message(holder: Holder | None) -> str:
    if holder is None:
        return tr("Another process is just taking the lock of this vault. Try again in some minutes.")
    return tr(
        "This vault is in use by process {pid} on {host}, last seen {time}. Wait until it is done, or stop it.",
        pid=holder.pid,
        host="".join(filter(str.isprintable, holder.host)),
        time=moments.to_text(min(max(holder.heartbeat, 0), 1 << 34)),
    )


def _runs(pid: int, started: float) -> bool:
    try:
        found: float = psutil.Process(pid).create_time()
        return abs(found - started) < 2.0
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return False
    except psutil.AccessDenied:
        return True


_MACHINE_IDS = ("/etc/machine-id", "/var/lib/dbus/machine-id")


def _machine() -> str:
    """A stable id of this computer that doesn't give its real one away on a drive that travels."""
    for path in _MACHINE_IDS:
        try:
            own = Path(path).read_bytes().strip()
        except OSError:
            continue
        if own:
            return blake3(b"musicvault lock " + own).hexdigest(8)
    node = uuid.getnode()
    if node >> 40 & 1:  # made up, and another in each process (RFC 9562, section 6.10): until it restarts is enough
        return blake3(f"musicvault lock {_boot()} {socket.gethostname()}".encode()).hexdigest(8)
    return blake3(f"musicvault lock {node} {socket.gethostname()}".encode()).hexdigest(8)


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return str(round(psutil.boot_time() / 10))
