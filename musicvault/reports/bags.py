"""A bag for an archive: chosen files with their manifest, who sends them, and their audit trail (BagIt 1.0, RFC 8493).

Every payload file goes through the same door as a restore: gathered from verified copies, flushed, read back. Its
digest is the one that the catalog has expected all along, so nothing is digested anew that may have rotted since.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from musicvault import __version__
from musicvault.catalog import items, libraries, search
from musicvault.catalog.items import Item
from musicvault.catalog.search import Found
from musicvault.domain import wording
from musicvault.domain.events import Event, EventType
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import RelPath, display, join, split
from musicvault.engine import giving, places, sources
from musicvault.engine.context import Context
from musicvault.errors import ItemError, UsageError
from musicvault.language import tr
from musicvault.reports import premis
from musicvault.storage import delivery, durable, names
from musicvault.storage.vault.manifest import Entry, to_line

_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_MANIFEST = b"manifest-sha256.txt"
_TAGMANIFEST = b"tagmanifest-sha256.txt"
_TRAIL = b"metadata/premis.xml"
_ROOM_FOR_TAG_FILES = 4096
"""Bytes a file, generously: its line in the manifest, its object and events in the trail."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the bag comes from, for its `bag-info.txt`; what is empty is left out. A contact with an `@` in it is an
    address."""

    organization: str = ""
    contact: str = ""


def bag(ctx: Context, query: str, target: bytes, sender: Sender, *, dry_run: bool = False) -> Job:
    """Make a bag of every item that matches in the new folder `target`. Where one file can't be had whole there is no
    bag: the others are tried all the same, so that all that is missing is said at once.

    Raises UsageError where nothing matches, `target` is taken or lies in a library or vault; NoSpace before the first
    byte; VaultError, after which nothing of the bag is left.
    """
    wanted = list(search.find(ctx.catalog, query, now=ctx.now()))
    if not wanted:
        raise UsageError(tr("No file matches {query}.", query=f'"{query}"'))
    giving.check_apart(ctx, target)
    total = sum(found.size for found in wanted)
    yield Started("bag", display(target), len(wanted), total)
    packing = _Packing(ctx, dry_run)
    if dry_run:
        yield from packing.pack(wanted, b"")
    else:
        giving.check_room(target, total + len(wanted) * _ROOM_FOR_TAG_FILES)
        with delivery.new_folder(target) as folder:
            yield from packing.pack(wanted, folder.path)
            folder.abandoned = bool(packing.counts["failed"])
            if not folder.abandoned:
                packing.close(folder.path, sender)
        if not folder.abandoned:
            packing.record(target)
    if packing.counts["failed"]:
        yield ItemDone("noted", b"", reason=tr("There is no bag: it would not be complete."))
    yield Finished("bag", dict(packing.counts), 3 if packing.counts["failed"] else 0)


@dataclass(slots=True)
class _Packing:
    """The work of one delivery."""

    ctx: Context
    dry_run: bool
    counts: Counter[str] = field(default_factory=lambda: Counter({"packed": 0, "failed": 0, "bytes": 0}))
    _entries: dict[int, Entry] = field(default_factory=dict)
    _taken: dict[str, RelPath] = field(default_factory=dict)

    def pack(self, wanted: Sequence[Found], folder: bytes) -> Iterator[Notice]:
        """The payload, item by item."""
        reach = places.reachable(self.ctx)
        slugs = {library.id: library.slug.encode("ascii") for library in libraries.every(self.ctx.catalog)}
        for number, item in enumerate(items.many(self.ctx.catalog, (found.item_id for found in wanted)), start=1):
            self.ctx.checkpoint()
            where = reach.names.get(item.library_id, "")
            found = sources.candidates(self.ctx, reach, item.content.digests.blake3)
            path = self._named(join(slugs[item.library_id], item.path))
            try:
                if not found:
                    raise ItemError(display(item.path), "read", tr("no copy of it is within reach"))
                used = 0 if self.dry_run else self._write(item, [one.path for one in found], join(folder, path))
            except ItemError as error:
                self.counts["failed"] += 1
                yield ItemDone("failed", item.path, where, problem=str(error))
            else:
                size = item.content.digests.size
                self._entries[item.id] = Entry(path, item.content.digests.sha256)
                self.counts["packed"] += 1
                self.counts["bytes"] += size
                yield ItemDone("packed", item.path, where, size, reason=found[used].where)
            yield Advanced(number, self.counts["bytes"], display(item.path))

    def _write(self, item: Item, copies: Sequence[bytes], target: bytes) -> int:
        durable.make_folders(split(target)[0])
        return giving.write_out(self.ctx, item.path, item.content, copies, target)

    def _named(self, path: RelPath) -> RelPath:
        """Names that every validator reads alike, as in a vault; the trail tells the original ones."""
        safe = names.safe(path, self._taken.get).path
        above, original = safe, path
        while above:
            self._taken.setdefault(names.fold(above), original)
            above, original = split(above)[0], split(original)[0]
        return join(b"data", safe)

    def close(self, folder: bytes, sender: Sender) -> None:
        """The tag files; the tag manifest last."""
        entries = sorted(self._entries.values(), key=lambda entry: entry.path)
        files = {
            b"bagit.txt": _DECLARATION,
            b"bag-info.txt": self._info(sender),
            _MANIFEST: b"".join(to_line(entry) for entry in entries),
        }
        for name, data in files.items():
            durable.write_small(join(folder, name), data)
        digests = {name: hashlib.sha256(data).digest() for name, data in files.items()}
        digests[_TRAIL] = self._trail(join(folder, _TRAIL))
        lines = b"".join(to_line(Entry(name, digests[name])) for name in sorted(digests))
        durable.write_small(join(folder, _TAGMANIFEST), lines)

    def _trail(self, path: bytes) -> bytes:
        durable.make_folders(split(path)[0])
        digest = hashlib.sha256()
        located = {item_id: entry.path for item_id, entry in self._entries.items()}
        with delivery.new_file(path) as write:

            def both(data: bytes) -> None:
                digest.update(data)
                write(data)

            premis.write(self.ctx, list(self._entries), both, located=located)
        return digest.digest()

    def _info(self, sender: Sender) -> bytes:
        """RFC 8493, section 2.2.2; values of one line each."""
        contact = "Contact-Email" if "@" in sender.contact else "Contact-Name"
        count, size = self.counts["packed"], self.counts["bytes"]
        values = {
            "Source-Organization": sender.organization,
            contact: sender.contact,
            "External-Description": tr("{files} of music, delivered by MusicVault", files=wording.files(count)),
            "Bagging-Date": datetime.fromtimestamp(self.ctx.now(), UTC).date().isoformat(),
            "Bag-Software-Agent": f"MusicVault {__version__}",
            "Bag-Size": wording.size(size),
            "Payload-Oxum": f"{size}.{count}",
            "Internal-Sender-Identifier": self.ctx.catalog.catalog_id,
        }
        lines = [f"{label}: {' '.join(value.split())}\n" for label, value in values.items() if value.strip()]
        return "".join(lines).encode("utf-8", "replace")

    def record(self, target: bytes) -> None:
        """One event for the whole delivery."""
        detail = {"delivered to": display(os.path.realpath(target)), "files": self.counts["packed"]}
        with self.ctx.catalog.transaction(self.ctx.now()) as transaction:
            transaction.event(Event(EventType.REPLICATION, detail={**detail, "bytes": self.counts["bytes"]}))
