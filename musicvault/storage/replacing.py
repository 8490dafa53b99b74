"""Putting another content in the place of a library file: its old bytes kept, its attributes kept, its name never
empty.

kept aside (durable) ─► attributes onto the new file ─► flush ─► renamed over the old ─► other hard links ─► synced

Before the rename the old file stands under its name, after it the new one; the old bytes are durable under `aside`
before that. Where two hard links of one file are both names in a library, both show the new content afterwards.
"""

from __future__ import annotations

import errno
import os
import stat as modes
from collections.abc import Sequence
from contextlib import suppress

from musicvault.domain.paths import display
from musicvault.domain.values import Stat
from musicvault.errors import ItemError, reason_of
from musicvault.language import tr
from musicvault.storage import attributes, durable, reading, renames, stats
from musicvault.storage.attributes import Attributes

_NO_LINK = frozenset(
    {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}
)


def replace_library_file(
    partial: bytes,
    target: bytes,
    aside: bytes | None,
    *,
    links: Sequence[bytes] = (),
    mtime_ns: int | None = None,
    expected_blake3: bytes | None = None,
    expected: Stat | None = None,
) -> tuple[str, ...]:
    """Put the proven file `partial` (same file system) in the place of `target`, keeping the old bytes at `aside`.

    The new file gets mode, owner, ACL and extended attributes of the old one, and its mtime or `mtime_ns`. `links`
    are all other known names of the old file; each gets the new content too. `aside` may lie on another volume
    (then it is a proven copy), None where the old bytes are kept already. `expected_blake3`: what the old file must
    hold, else it has changed meanwhile and ItemError("write") is raised; `expected` is the same without reading it
    again: what the file system said when it was read. Returns the names of attributes that
    couldn't be kept.

    Raises ItemError("write") and changes nothing when the file is a link, is gone, has names that `links` doesn't
    know, or may not be changed (immutable, no permission); FileExistsError when `aside` is taken; NoSpace and other
    VaultErrors.
    """
    old = _look(target, links)
    if expected is not None and stats.as_stat(old) != expected:
        raise ItemError(display(target), "write", tr("it changed meanwhile"))
    if expected_blake3 is not None and reading.read_file(target, digests=False).digests.blake3 != expected_blake3:
        raise ItemError(display(target), "write", tr("it changed meanwhile"))
    try:
        kept = attributes.read(target)
    except OSError as error:
        raise ItemError(display(target), "write", reason_of(error)) from error
    lost = give_back(partial, _with_time(kept, mtime_ns))
    if aside is not None:
        _keep(target, aside)
    try:
        _exchange(partial, target, old)
    except BaseException:
        if aside is not None:
            _undo(aside, target, old)
        raise
    durable.done("replaced")
    for link in links:
        _point(link, target)
    durable.sync_folders([target, *links])
    return lost


def give_back(path: bytes, wanted: Attributes) -> tuple[str, ...]:
    """Give a rebuilt file, not yet placed, what is recorded of the lost one, durable. Returns what couldn't be
    given. Raises VaultError where the device fails."""
    try:
        lost = attributes.apply(path, wanted)
    except OSError as error:
        raise durable.translated(error, path) from error
    durable.flush([path])
    return lost


def _with_time(kept: Attributes, mtime_ns: int | None) -> Attributes:
    if mtime_ns is None:
        return kept
    return Attributes(kept.mode, kept.owner, kept.group, mtime_ns, kept.extended)


def _look(target: bytes, links: Sequence[bytes]) -> os.stat_result:
    try:
        found = os.lstat(target)
    except OSError as error:
        raise ItemError(display(target), "write", reason_of(error)) from error
    if not modes.S_ISREG(found.st_mode):
        raise ItemError(display(target), "write", tr("not a regular file"))
    known = 1 + sum(_same_file(found, link) for link in links)
    if found.st_nlink > known:
        raise ItemError(
            display(target),
            "write",
            tr(
                "it has {count} more names (hard links) elsewhere, which would keep the old content",
                count=found.st_nlink - known,
            ),
        )
    return found


def _same_file(found: os.stat_result, link: bytes) -> bool:
    try:
        other = os.lstat(link)
    except OSError as error:
        raise ItemError(display(link), "write", reason_of(error)) from error
    if (other.st_dev, other.st_ino) != (found.st_dev, found.st_ino):
        raise ItemError(display(link), "write", tr("it is no longer another name of the same file"))
    return True


def _keep(target: bytes, aside: bytes) -> None:
    """Make the old bytes durable at `aside`: another name for them where that can be, else a proven copy."""
    durable.make_folders(os.path.dirname(aside))
    try:
        renames.link(target, aside)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise durable.translated(error, aside) from error
        _copy(target, aside)
    else:
        durable.flush([aside])
    durable.sync_folder(os.path.dirname(aside))
    durable.done("set-aside")


def _copy(source: bytes, target: bytes) -> None:
    partial = durable.partial_beside(target)
    try:
        found = durable.stage(source, partial, digests=False)
        durable.flush([partial])
        durable.read_back(partial, found.digests.blake3)
        durable.place(partial, target)
    except BaseException:
        durable.remove(partial)
        raise


def _exchange(partial: bytes, target: bytes, old: os.stat_result) -> None:
    try:
        if renames.exchange(partial, target):
            # In one step, so that an edit made up to this moment is seen and not lost.
            if not _is(partial, old):
                renames.exchange(partial, target)
                raise ItemError(display(target), "write", tr("it changed meanwhile"))
            durable.done("exchanged")
            os.unlink(partial)  # an error is told: whoever asked clears up what a crash here would leave as well
            return
        if not _is(target, old):
            raise ItemError(display(target), "write", tr("it changed meanwhile"))
        os.replace(partial, target)
    except OSError as error:
        if isinstance(error, PermissionError):  # this file or folder only: immutable, or another owner's
            raise ItemError(display(target), "write", reason_of(error)) from error
        raise durable.translated(error, target) from error


def _is(path: bytes, old: os.stat_result) -> bool:
    # The change time isn't compared: it moves with the link that keeps the old bytes.
    try:
        now = os.lstat(path)
    except FileNotFoundError:
        return False
    return (now.st_ino, now.st_size, now.st_mtime_ns) == (old.st_ino, old.st_size, old.st_mtime_ns)


def _undo(aside: bytes, target: bytes, old: os.stat_result) -> None:
    """Nothing was replaced: the second name or copy that was made a moment ago goes again."""
    with suppress(OSError):
        if _is(target, old):
            os.unlink(aside)


def _point(link: bytes, target: bytes) -> None:
    """Make `link` another name of the new file, in one step."""
    beside = durable.partial_beside(link)
    try:
        renames.link(target, beside)
        os.replace(beside, link)
    except OSError as error:
        durable.remove(beside)
        raise ItemError(display(link), "write", reason_of(error)) from error
