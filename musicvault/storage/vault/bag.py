"""Folding: the journal's statements go into the manifests, so that the bag verifies with anyone's tools.

Order (format.md walks a crash between every two steps): all new tag files lie proven in `incoming/` → a fold mark in
the journal names their digests → each takes its name, the tag manifest last → folders synced → the README of
an empty vault leaves → the journal is emptied. Until that last step every statement is still in the journal, and
folding again gives the same result.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain

from musicvault.domain.paths import RelPath, display
from musicvault.errors import VaultError
from musicvault.language import tr
from musicvault.storage import names
from musicvault.storage.flushing import sync_folder
from musicvault.storage.vault import tagfiles
from musicvault.storage.vault.faults import explained, explanation, unless_bad
from musicvault.storage.vault.heads import LogHead
from musicvault.storage.vault.identity import Identity, read_identity, says_who_it_is
from musicvault.storage.vault.journal import Journal, read_lines
from musicvault.storage.vault.layout import INCOMING, README_PATH, VaultLayout, is_payload
from musicvault.storage.vault.manifest import (
    Entry,
    merged,
    read_entries,
    sorted_entries,
    survey,
    to_line,
)
from musicvault.storage.vault.own import check_no_folder
from musicvault.storage.vault.records import FoldMark, Operation, Record
from musicvault.storage.vault.records import to_line as record_line
from musicvault.storage.vault.writing import Aside, chunked, done, place, sha256_of, write_aside

_BYTES_PER_ENTRY = 1024


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a vault should list, as the catalog knows it: `entries` sorted by path, `kept` the records of versions
    and quarantine, and of payload that `hides_its_name`. Given to `fold`, it takes the place of a
    damaged manifest, kept list or journal."""

    entries: Iterable[Entry]
    kept: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Statements:
    """What journal lines say, the newest of each: digests by payload path (None: nothing there any more), records by
    path aside, and the records of payload that `hides_its_name` (None: it doesn't)."""

    payload: dict[RelPath, bytes | None]
    aside: dict[RelPath, Record | None]
    renamed: dict[RelPath, Record | None]
    marks: tuple[FoldMark, ...]
    damaged: tuple[int, ...]

    @property
    def nothing(self) -> bool:
        return not (self.payload or self.aside or self.marks or self.damaged)


def kept_statements(path: bytes) -> Statements:
    """The same of a kept list. There, where a file came from is history: the manifest says what stands there now."""
    return statements(path, moves=False)


def statements(path: bytes, *, moves: bool = True) -> Statements:
    """The newest statement about each path in a journal. Raises `VaultError` for read errors."""
    found = Statements({}, {}, {}, (), ())
    marks: list[FoldMark] = []
    damaged: list[int] = []
    for line in read_lines(path):
        if isinstance(line.statement, Record):
            _apply(line.statement, found, moves)
        elif isinstance(line.statement, FoldMark):
            marks.append(line.statement)
        elif not line.half:
            damaged.append(line.number)
    return replace(found, marks=tuple(marks), damaged=tuple(damaged))


def _apply(record: Record, to: Statements, moves: bool) -> None:
    for path in filter(None, (record.source if moves else b"", record.path)):
        gone = path == record.source or record.operation is Operation.REMOVE
        if is_payload(path):
            to.payload[path] = None if gone else record.sha256
            to.renamed[path] = None if gone or not hides_its_name(record) else record
        else:
            to.aside[path] = None if gone else record


def hides_its_name(record: Record) -> bool:
    """Whether the name in the library can't be told from the stored path (it was too long and is shortened), so that
    the record must be kept for as long as the copy."""
    relative = record.path.split(b"/", 2)[2:]
    return bool(record.original and relative) and names.original(relative[0]) != record.original


def fold(
    layout: VaultLayout,
    journal: Journal,
    *,
    now: int,
    generation: int,
    identity: Identity | None = None,
    contents: Contents | None = None,
    head: LogHead | None = None,
) -> Identity:
    """Carry the journal into the manifests and empty it; gives the identity that the vault has now.

    `now` in seconds; `generation` is the one that the catalog committed before the batch. `identity` replaces who the
    vault is (adoption, a new label); `head` is where the catalog's log of events ends. Does nothing where there is
    nothing to carry. Needs the vault's lock.

    Raises `VaultError` where the vault's own lists are damaged and no `contents` are given, so that damage is never
    signed as right; `NoSpace`, `DriveUnwritable`, `DriveGone` with every statement still in the journal.
    """
    news = statements(layout.journal)
    if news.nothing and identity is None and contents is None:
        return read_identity(layout)
    if contents is None:
        damaged = damaged_lists(layout, but=tagfiles.VOLUME_JSON if identity else b"")
        if damaged:
            raise VaultError(
                tr(
                    "{path} is damaged, so the vault's lists can't be brought up to date from it. Repair the drive: "
                    "the catalog knows what belongs there.",
                    path=display(layout.path(damaged[0])),
                )
            )
        contents = Contents(_carried(layout, news.payload), _carried_kept(layout, news))
    after = replace(identity or read_identity(layout), generation=generation)
    with explained(layout.incoming):
        _exchange(layout, journal, after, now, tagfiles.bag_info(after, now, head), contents)
    return after


def damaged_lists(layout: VaultLayout, but: RelPath = b"") -> tuple[RelPath, ...]:
    """Which of manifest, kept list, volume.json and journal are not what was written last, by the tag manifest or by
    a fold that was begun; a list with a bad sector is none of that. Raises `VaultError` where the drive doesn't answer,
    and for a journal that can't be read."""
    news = statements(layout.journal)
    signed = [*(mark.files for mark in news.marks), _signed_by_tagmanifest(layout)]
    digests = {path: _digest(layout.path(path)) for path in (tagfiles.MANIFEST, tagfiles.KEPT, tagfiles.VOLUME_JSON)}
    if all(digest is None for digest in digests.values()):
        raise explanation(OSError(errno.EIO, os.strerror(errno.EIO)), layout.root)  # that isn't one bad sector
    damaged = [
        path
        for path, digest in digests.items()
        if path != but and (digest is None or digest not in [files.get(path, b"-") for files in signed])
    ]
    if tagfiles.VOLUME_JSON not in (*damaged, but) and not says_who_it_is(layout):
        damaged.append(tagfiles.VOLUME_JSON)  # whoever signed it
    return (*damaged, *((b"musicvault/journal",) if news.damaged else ()))


def manifest_reads(layout: VaultLayout) -> bool:
    """Whether each line of the manifest is one, of a path of its own: whoever signed it, MusicVault writes no others.
    Raises `VaultError` where the drive doesn't answer."""
    try:
        if not survey(layout.manifest).ordered:
            sorted_entries(layout.manifest)
    except VaultError as error:
        if isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, FileNotFoundError):
            raise
        return False
    return True


def _signed_by_tagmanifest(layout: VaultLayout) -> Mapping[RelPath, bytes]:
    if not _digest(layout.tagmanifest):
        return {}
    try:
        return {entry.path: entry.sha256 for entry in read_entries(layout.tagmanifest)}
    except VaultError as error:
        if isinstance(error.__cause__, OSError):
            raise
        return {}  # damaged itself: then a mark has to vouch


def room_to_fold(layout: VaultLayout, entries: int) -> int:
    """Bytes that must stay free so that a journal of `entries` more lines can be written and folded."""
    with explained(layout.root):
        present = sum(os.stat(path).st_size for path in (layout.manifest, layout.kept, layout.tagmanifest))
    return 2 * present + entries * 2 * _BYTES_PER_ENTRY + (1 << 20)


def _digest(path: bytes) -> bytes | None:
    """SHA-256; empty for a file that isn't there, None for one that can't be read though the drive answers."""
    with explained(path):
        try:
            return unless_bad(path, lambda: sha256_of(path))
        except FileNotFoundError:
            return b""


def _carried(layout: VaultLayout, changes: Mapping[RelPath, bytes | None]) -> Iterator[Entry]:
    ordered = survey(layout.manifest).ordered
    return merged(read_entries(layout.manifest) if ordered else sorted_entries(layout.manifest), changes)


def _carried_kept(layout: VaultLayout, news: Statements) -> tuple[Record, ...]:
    before = kept_statements(layout.kept)
    together = {**before.aside, **before.renamed, **news.aside, **news.renamed}
    return tuple(record for record in together.values() if record is not None)


def _exchange(
    layout: VaultLayout, journal: Journal, identity: Identity, now: int, info: bytes, contents: Contents
) -> None:
    waiting: dict[RelPath, Aside] = {}
    try:
        empty = _write_all(layout, identity, info, contents, waiting)
        done("fold: written")
        journal.append(FoldMark(now, identity.generation, {path: aside.sha256 for path, aside in waiting.items()}))
        done("fold: marked")
        for path, aside in waiting.items():
            place(aside, layout.guarded(path))
            done("fold: placed " + path.decode("ascii"))
        sync_folder(layout.root)
        sync_folder(layout.root + b"/musicvault")
        done("fold: synced")
        if not empty:
            _drop_readme(layout)
        done("fold: readme")
        journal.empty()
        done("fold: emptied")
    finally:
        for aside in waiting.values():
            with suppress(FileNotFoundError):
                os.unlink(aside.path)


def _write_all(
    layout: VaultLayout, identity: Identity, info: bytes, contents: Contents, waiting: dict[RelPath, Aside]
) -> bool:
    """Write every tag file into `incoming/`, the tag manifest last; True where the vault holds no payload."""
    with suppress(FileExistsError):
        os.mkdir(layout.guarded(INCOMING))

    def write(path: RelPath, chunks: Iterable[bytes]) -> None:
        check_no_folder(layout.path(path))
        name = path.rpartition(b"/")[2]
        target = layout.guarded(INCOMING + b"/fold." + name + b".partial")
        waiting[path] = Aside(target, b"", 0)  # so that a failed write is cleaned up as well
        waiting[path] = write_aside(target, chunks)

    entries = (entry for entry in contents.entries if entry.path != README_PATH)
    first = next(entries, None)
    if first is None:
        write_readme(layout)
        first = Entry(README_PATH, tagfiles.digest_of(tagfiles.README))
    kept = sorted(contents.kept, key=lambda record: record.path)
    write(tagfiles.MANIFEST, chunked(to_line(entry) for entry in chain((first,), entries)))
    write(tagfiles.KEPT, chunked(record_line(record) for record in kept))
    write(tagfiles.BAGIT, (tagfiles.DECLARATION,))
    write(tagfiles.BAG_INFO, (info,))
    write(tagfiles.VOLUME_JSON, (identity.to_bytes(),))
    digests = {path: aside.sha256 for path, aside in waiting.items()}
    write(tagfiles.TAGMANIFEST, (tagfiles.tagmanifest(digests, kept),))
    return first.path == README_PATH


def write_readme(layout: VaultLayout) -> None:
    """Put the note into a vault that holds nothing else, so that it is a bag with a payload."""
    target = layout.ensure_parent(README_PATH)
    if _digest(target) != tagfiles.digest_of(tagfiles.README):
        place(write_aside(layout.guarded(INCOMING + b"/README.partial"), (tagfiles.README,)), target)
    sync_folder(layout.data)


def _drop_readme(layout: VaultLayout) -> None:
    target = layout.guarded(README_PATH)
    if _digest(target) == tagfiles.digest_of(tagfiles.README):
        os.unlink(target)
        sync_folder(layout.data)
