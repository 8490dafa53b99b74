"""The second half of a durable copy: proven copies take their names on a vault, and what stood there steps aside.

`placed.commit` lets the catalog know. Reconcile ends there as well.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from musicvault.catalog import contents, intents, lacking, replicas
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.domain.paths import RelPath, display, split
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Digests, Essence
from musicvault.engine.opened import OpenVault
from musicvault.errors import DriveRefused, ItemError, VaultError, reason_of
from musicvault.language import tr
from musicvault.storage import durable
from musicvault.storage.reading import Reading, read_file
from musicvault.storage.stats import stat_of
from musicvault.storage.vault.faults import is_protected
from musicvault.storage.vault.layout import free_quarantine_path, free_version_path
from musicvault.storage.vault.records import Operation, Record


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bytes come from: an absolute path, the library's name or drive's label, and the replica that lies there
    (None for bytes that aren't one). `staged`: it is a private file in the vault's own `incoming/`, flushed and known
    to hold just this; it becomes the copy itself."""

    path: bytes
    name: str
    replica: Replica | None = None
    staged: Reading | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file to be put on a vault. `old` is the vault's current replica row, if there is one; what lies at its path
    steps aside: to the versions when it is intact and superseded, else to quarantine. `found` is what was just read
    there."""

    item: Item
    slug: str
    target: RelPath
    source: Source
    old: Replica | None = None
    found: Reading | None = None

    @property
    def size(self) -> int:
        return self.item.content.digests.size


@dataclass(frozen=True, slots=True)
class Aside:
    """A file that steps aside from `source` to `path` (stored paths). `digests` of what it holds, None where it
    couldn't be read."""

    role: str
    source: RelPath
    path: RelPath
    digests: Digests | None
    essence: Essence | None = None
    mtime_ns: int = 0


@dataclass(slots=True)
class Move:
    """A proven copy on its way from `waiting` (an absolute path on the vault's volume) to its name. `proof` is the read
    from the device, `source` that of where it came from, where that was another file."""

    wanted: Wanted
    waiting: bytes
    proof: Reading
    source: Reading | None = None
    asides: list[Aside] = field(default_factory=list)


_THIS_NAME_ONLY = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.ENOTDIR})


def check_target(vault: OpenVault, wanted: Wanted) -> None:
    """Make the folders above a target. Raises ItemError where the name is taken by a folder or can't be had there, or
    a folder is protected."""
    holder = lacking.holder(vault.ctx.catalog, vault.id, wanted.target)
    if holder is not None and (wanted.old is None or holder != wanted.old.id):
        raise ItemError(
            display(wanted.item.path),
            "copy",
            tr("the copy of another file still has its name on the drive; sync again"),
        )
    try:
        target = vault.layout.ensure_parent(wanted.target)
    except DriveRefused as error:
        raise ItemError(display(wanted.item.path), "write", str(error)) from error
    except VaultError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in _THIS_NAME_ONLY:
            raise ItemError(display(wanted.item.path), "write", str(error)) from error
        if is_protected(error) and os.access(vault.layout.data, os.W_OK | os.X_OK):
            raise _protected(vault, wanted, error) from error
        raise
    if os.path.isdir(target) and not os.path.islink(target):
        raise ItemError(
            display(wanted.item.path), "write", tr("a folder with this name stands in its place on the drive")
        )


def begin(vault: OpenVault, batch: Sequence[Wanted], waiting: Sequence[RelPath]) -> int:
    """Record what is about to be put on a vault, before the first byte; gives the intent's id. `waiting` names the
    private files, stored paths in `incoming/`."""
    files = [
        {
            "item": one.item.id,
            "content": one.item.content.id,
            "slug": one.slug,
            "partial": partial.decode("ascii"),
            "target": one.target.decode("utf-8"),
            "old": one.old.id if one.old is not None else None,
        }
        for one, partial in zip(batch, waiting, strict=True)
    ]
    ctx, generation = vault.ctx, vault.generation
    with ctx.catalog.transaction(ctx.now()) as transaction:
        intent = intents.begin(
            transaction, "copy", vault_id=vault.id, detail={"generation": generation, "files": files}
        )
    durable.done("intended")
    return intent


def place(vault: OpenVault, moves: Sequence[Move]) -> dict[RelPath, ItemError]:
    """Journal what is about to happen, flushed; then move, and make the names durable. Gives by their targets those
    that could not be moved, because of a file or folder there, and are left as far as they came; for these, and where
    it raises VaultError for all the rest, to reconcile."""
    refused: dict[RelPath, ItemError] = {}
    if not moves:
        return refused
    records: list[Record] = []
    promised: set[RelPath] = set()
    for move in moves:
        records += _stated(vault, move, promised)
    vault.write(records)
    durable.done("journaled")
    touched: list[bytes] = []
    for move in moves:
        wanted = move.wanted
        try:
            touched += _moved(vault, move)
        except FileExistsError as error:  # taken since it was looked at
            refused[wanted.target] = ItemError(display(wanted.item.path), "write", reason_of(error))
        except VaultError as error:
            if not is_protected(error):
                raise
            refused[wanted.target] = _protected(vault, wanted, error)
    durable.sync_folders(touched)
    return refused


def _moved(vault: OpenVault, move: Move) -> Iterator[bytes]:
    """Let a copy take its name; yields each name that was touched, once it was."""
    for aside in move.asides:
        source, path = vault.layout.guarded(aside.source), vault.layout.ensure_parent(aside.path)
        durable.place(source, path)
        yield from (path, source)
    target = vault.layout.guarded(move.wanted.target)
    durable.place(move.waiting, target)
    yield from (target, move.waiting)


def _protected(vault: OpenVault, wanted: Wanted, error: VaultError) -> ItemError:
    """What is told of a copy that can't be written because it, or its folder, is protected (`faults.is_protected`)."""
    cause = error.__cause__
    reason = reason_of(cause) if isinstance(cause, OSError) else str(error)
    text = tr(
        "something protects {path} or its folder ({reason})",
        path=display(vault.layout.path(wanted.target)),
        reason=reason,
    )
    return ItemError(display(wanted.item.path), "write", text)


def _stated(vault: OpenVault, move: Move, promised: set[RelPath]) -> list[Record]:
    """The journal lines of one move, oldest first; fills in what steps aside. `promised` are the names that the batch
    will give to files that step aside: two may well be called the same (`cover.jpg`)."""
    wanted = move.wanted
    lines: list[Record] = []
    old = wanted.old
    if old is not None and vault.layout.has(old.path):
        move.asides.append(_old_aside(vault, old, promised, wanted.found))
        promised.add(move.asides[-1].path)
    elif old is not None and old.path != wanted.target:
        lines.append(_record(vault, Operation.REMOVE, old.path))
    if vault.layout.has(wanted.target) and not any(aside.source == wanted.target for aside in move.asides):
        move.asides.append(_quarantined(vault, wanted.target, promised))
        promised.add(move.asides[-1].path)
    lines += [aside_record(vault, wanted, aside) for aside in move.asides]
    replaces = any(aside.source == wanted.target for aside in move.asides)
    lines.append(put_record(vault, wanted, move.proof.stat.mtime_ns, replaces=replaces))
    return lines


def _old_aside(vault: OpenVault, old: Replica, promised: set[RelPath], found: Reading | None) -> Aside:
    if old.state is not ReplicaState.INTACT or old.current:
        return _quarantined(vault, old.path, promised, found)
    content = contents.get(vault.ctx.catalog, old.content_id)
    if not _holds(vault, old, content.digests):
        return _quarantined(vault, old.path, promised)
    path = free_version_path(vault.layout, content.digests.blake3, split(old.path)[1], promised)
    return Aside(replicas.VERSION, old.path, path, content.digests, content.essence, content.mtime_ns)


def _holds(vault: OpenVault, old: Replica, digests: Digests) -> bool:
    """Whether a copy that steps aside is what the catalog takes it for: bytes are never kept under another's digest.
    Read only where size or time aren't as recorded."""
    absolute = vault.layout.guarded(old.path)
    try:
        seen = stat_of(absolute)
        if (seen.size, seen.mtime_ns) == (old.stat.size, old.stat.mtime_ns):
            return True
        return seen.size == digests.size and read_file(absolute, digests=False).digests.blake3 == digests.blake3
    except (ItemError, OSError):
        return True  # nothing speaks against it


def _quarantined(vault: OpenVault, stored: RelPath, promised: set[RelPath], known: Reading | None = None) -> Aside:
    """Bytes that are not what they should be, or that nobody knows: read once, to be known by their digest."""
    absolute = vault.layout.guarded(stored)
    found: Reading | None
    try:
        found = known if known is not None and stat_of(absolute) == known.stat else read_file(absolute)
    except (ItemError, OSError):
        found = None
    digests = found.digests if found is not None else None
    blake3 = digests.blake3 if digests else b""
    path = free_quarantine_path(vault.layout, vault.ctx.now(), blake3, split(stored)[1], promised)
    return Aside(replicas.QUARANTINE, stored, path, digests, None, found.stat.mtime_ns if found is not None else 0)


def _record(vault: OpenVault, operation: Operation, path: RelPath) -> Record:
    return Record(operation, path, int(vault.ctx.now()), vault.generation)


def aside_record(vault: OpenVault, wanted: Wanted, aside: Aside) -> Record:
    """The journal line of what steps aside."""
    return Record(
        Operation.VERSION if aside.role == replicas.VERSION else Operation.QUARANTINE,
        aside.path,
        int(vault.ctx.now()),
        vault.generation,
        source=aside.source,
        blake3=aside.digests.blake3 if aside.digests else b"",
        sha256=aside.digests.sha256 if aside.digests else b"",
        size=aside.digests.size if aside.digests else 0,
        mtime_ns=aside.mtime_ns,
        essence=aside.essence,
        library=wanted.slug,
        original=wanted.item.path,
    )


def put_record(vault: OpenVault, wanted: Wanted, mtime_ns: int, *, replaces: bool) -> Record:
    """The journal line of a copy that takes its name."""
    digests = wanted.item.content.digests
    return Record(
        Operation.REPLACE if replaces else Operation.PUT,
        wanted.target,
        int(vault.ctx.now()),
        vault.generation,
        blake3=digests.blake3,
        sha256=digests.sha256,
        size=digests.size,
        mtime_ns=mtime_ns,
        essence=wanted.item.content.essence,
        library=wanted.slug,
        original=wanted.item.path,
    )
