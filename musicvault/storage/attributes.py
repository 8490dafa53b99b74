"""What a file has beside its bytes: mode, owner, times, extended attributes (ACLs are such on Linux)."""

from __future__ import annotations

import errno
import os
import stat as modes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from musicvault.domain.paths import display

_ACL = b"system.posix_acl_access"
_FAILING = frozenset({errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.ESHUTDOWN})


@dataclass(frozen=True, slots=True)
class Attributes:
    """As read from one file: permission bits, numeric owner and group, modification time in nanoseconds, extended
    attributes by name. Fields that are None aren't touched by `apply`."""

    mode: int | None = None
    owner: int | None = None
    group: int | None = None
    mtime_ns: int | None = None
    extended: Mapping[bytes, bytes] | None = None


def read(path: bytes) -> Attributes:
    """The attributes of a file, links not followed. Raises OSError."""
    found = os.lstat(path)
    return Attributes(modes.S_IMODE(found.st_mode), found.st_uid, found.st_gid, found.st_mtime_ns, _extended(path))


def _extended(path: bytes) -> dict[bytes, bytes]:
    if not hasattr(os, "listxattr"):
        return {}
    try:
        names = [os.fsencode(name) for name in os.listxattr(path, follow_symlinks=False)]
    except OSError:
        return {}  # this file system has none
    found = {}
    for name in names:
        with suppress(OSError):  # "security." ones may be seen but not read
            found[name] = os.getxattr(path, name, follow_symlinks=False)
    return found


def apply(path: bytes, wanted: Attributes) -> tuple[str, ...]:
    """Give a file these attributes as far as this account and its file system can. Returns the names of those that it
    doesn't have afterwards ("mode", "owner", "times", names of extended attributes). Never raises for them; OSError
    where the device itself fails."""
    if wanted.owner is not None or wanted.group is not None:
        with _where_possible(), suppress(AttributeError):
            os.chown(path, _or_same(wanted.owner), _or_same(wanted.group), follow_symlinks=False)
    if wanted.extended is not None:
        _extend(path, wanted.extended)
    if wanted.mode is not None:
        with _where_possible():  # after the owner: chown clears set-id bits
            os.chmod(path, wanted.mode)
    if wanted.mtime_ns is not None:
        with _where_possible():
            os.utime(path, ns=(wanted.mtime_ns, wanted.mtime_ns))
    return _lost(path, wanted)


@contextmanager
def _where_possible() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FAILING:
            raise


def _extend(path: bytes, wanted: Mapping[bytes, bytes]) -> None:
    if _ACL not in wanted and hasattr(os, "removexattr"):
        with _where_possible():  # one that the new file got from its folder's default
            os.removexattr(path, _ACL, follow_symlinks=False)
    for name, value in wanted.items():
        with _where_possible():
            os.setxattr(path, name, value, follow_symlinks=False)


def _or_same(number: int | None) -> int:
    return -1 if number is None else number


def _lost(path: bytes, wanted: Attributes) -> tuple[str, ...]:
    has = read(path)
    lost = []
    if wanted.mode not in (None, has.mode):
        lost.append("mode")
    if wanted.owner not in (None, has.owner) or wanted.group not in (None, has.group):
        lost.append("owner")
    # A file system with coarse times keeps what it can: the same 2 seconds are the same time.
    if wanted.mtime_ns is not None and abs(wanted.mtime_ns - (has.mtime_ns or 0)) >= 2 * 10**9:
        lost.append("times")
    extended = has.extended or {}
    lost += [display(name) for name, value in (wanted.extended or {}).items() if extended.get(name) != value]
    return tuple(lost)
