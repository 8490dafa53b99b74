"""Adoption: an existing backup on the drive (rsync's, a file manager's) becomes part of its vault without being copied.

A file that has an item's name and size is read from the device; where its digest is the item's, it moves into the vault
under the item's name there. What is lacking then is looked for by content, under whatever name (a library sorted anew,
accents spelled by another system). Everything else in the folder stays as it is. The journal line comes first and
nothing is overwritten, so the bytes are under one name or the other at any moment.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from musicvault.catalog import intents, items, lacking, libraries, replicas, standing
from musicvault.catalog.lacking import Lack
from musicvault.catalog.vaults import Vault
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import RelPath, display, join, split
from musicvault.domain.states import ReplicaState
from musicvault.engine import copying, locating, placed, placing
from musicvault.engine.context import Context
from musicvault.engine.naming import Naming
from musicvault.engine.opened import OpenVault
from musicvault.engine.opening import open_for_writing
from musicvault.engine.placing import Move, Source, Wanted
from musicvault.engine.reconcile.copies import settle
from musicvault.errors import ItemError, UsageError, VaultError
from musicvault.language import tr
from musicvault.storage import durable
from musicvault.storage.mounts import contains
from musicvault.storage.reading import Reading, read_file
from musicvault.storage.vault import layout
from musicvault.storage.vault.faults import is_folder
from musicvault.storage.vault.layout import incoming_path
from musicvault.storage.walk import Entry, walk

JOB = "adopt"


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the backup that may be an item: `links` names it has, `device` its file system."""

    path: RelPath
    lack: Lack
    links: int
    device: int


def adopt(ctx: Context, vault: Vault, folder: bytes) -> Job:
    """Take over what a backup folder has of the items that the vault lacks.

    Counts: adopted (moved), copied (from another file system, or where the file has other names), different, failed,
    bytes. Raises UsageError for a folder that isn't there or that holds a library, and the errors of sync.
    """
    root = os.path.realpath(folder)
    _check_folder(ctx, root)
    run = _Adoption(ctx, root)
    yield Started(JOB, vault.label)
    trouble: VaultError | None = None
    with ctx.locked(JOB, vaults=(vault.id,)):
        try:
            with open_for_writing(ctx, locating.locate_one(ctx, vault)) as opened:
                yield from run.work(opened)
        except VaultError as error:
            trouble = error
            yield ItemDone("failed", b"", vault.label, problem=str(error))
    code = trouble.exit_code if trouble is not None else 3 if run.counts["failed"] else 0
    yield Finished(JOB, dict(run.counts), code)
    if trouble is not None:
        raise trouble


def _check_folder(ctx: Context, root: bytes) -> None:
    if not is_folder(root):
        raise UsageError(tr("{folder} is not a folder.", folder=display(root)))
    if layout.enclosing_vault(root) is not None:
        raise UsageError(tr("{folder} lies inside a vault: there is nothing to adopt.", folder=display(root)))
    for library in libraries.placed(ctx.catalog):
        if contains(root, library.root) or contains(library.root, root):
            raise UsageError(
                tr(
                    "{folder} holds the library {name}, or lies in it: files would be moved out of your music. Give "
                    "the folder of the backup.",
                    folder=display(root),
                    name=library.name,
                )
            )


class _Adoption:
    def __init__(self, ctx: Context, root: bytes) -> None:
        self._ctx = ctx
        self._root = root
        self._different: dict[bytes, bytes] = {}
        self._unmoved: list[Wanted] = []
        """Digests (BLAKE3) of files (absolute paths) that weren't the item whose name they have."""
        self.counts: Counter[str] = Counter(dict.fromkeys(("adopted", "copied", "different", "failed", "bytes"), 0))

    def work(self, vault: OpenVault) -> Iterator[Notice]:
        standing.catch_up(self._ctx.catalog, self._ctx.now())  # the drive may be new, and nothing lacking there yet
        yield from self._take(vault, self._by_name(self._lacks(vault)))
        if left := self._lacks(vault):
            yield from self._take(vault, self._by_content(left))
        self.counts["different"] = len(self._different)

    def _take(self, vault: OpenVault, found: Sequence[Found]) -> Iterator[Notice]:
        yield Started(JOB, vault.label, len(found), sum(one.lack.size for one in found))
        naming = Naming(self._ctx.catalog, vault.id)
        device = os.stat(vault.layout.root).st_dev
        # A file with other names (rsync --link-dest) could be changed through them: such ones are copied.
        to_move = [one for one in found if one.device == device and one.links == 1]
        to_copy = [one for one in found if one.device != device or one.links > 1]
        wanted = [self._wanted(vault, naming, one) for one in to_move]
        size = 0
        for batch in copying.batches(wanted):
            for one in self._moved(vault, batch):
                size += one.size
                yield Advanced(self.counts["adopted"], size, display(one.item.path))
                yield ItemDone("adopted", one.item.path, vault.label, one.size)
        yield from self._copied(vault, [*self._unmoved, *(self._wanted(vault, naming, one) for one in to_copy)])

    # -- finding

    def _lacks(self, vault: OpenVault) -> list[Lack]:
        found = lacking.lacks(self._ctx.catalog, vault.id)
        return [lack for lack in found if lack.replica_id is None or lack.state is ReplicaState.MISSING]

    def _files(self, sizes: Collection[int]) -> Iterator[tuple[RelPath, Entry]]:
        """The files of the backup that have one of these sizes."""
        for folder in walk(self._root):
            self._ctx.checkpoint()
            for file in folder.files:
                if file.size in sizes:
                    yield join(folder.path, file.name), file

    def _by_name(self, lacks: Sequence[Lack]) -> list[Found]:
        """Files that have the name and size of an item that the vault lacks, each for the item whose path ends most
        alike."""
        named: dict[tuple[bytes, int], list[Lack]] = defaultdict(list)
        for lack in lacks:
            named[split(lack.path)[1], lack.size].append(lack)
        return _best(
            Found(path, lack, file.links, file.device)
            for path, file in self._files({lack.size for lack in lacks})
            for lack in named.get((file.name, file.size), ())
        )

    def _by_content(self, lacks: Sequence[Lack]) -> list[Found]:
        """Files that hold what an item holds that the vault lacks. Reads each that has such an item's size."""
        holding: dict[bytes, list[Lack]] = defaultdict(list)
        for lack in lacks:
            holding[items.get(self._ctx.catalog, lack.item_id).content.digests.blake3].append(lack)
        found: list[Found] = []
        for path, file in self._files({lack.size for lack in lacks if lack.size}):
            digest = self._different.get(join(self._root, path)) or self._digest(path)
            found += [Found(path, lack, file.links, file.device) for lack in holding.get(digest, ())]
        return _best(found)

    def _digest(self, path: RelPath) -> bytes:
        """Of a file of the backup; empty where it can't be read: it may be nobody's."""
        try:
            reading = read_file(
                join(self._root, path), digests=False, blocks=False, from_device=True, checkpoint=self._ctx.checkpoint
            )
        except ItemError:
            return b""
        return reading.digests.blake3

    def _wanted(self, vault: OpenVault, naming: Naming, found: Found) -> Wanted:
        catalog = self._ctx.catalog
        item = items.get(catalog, found.lack.item_id)
        library = libraries.by_id(catalog, item.library_id)
        assert library is not None
        old = replicas.in_vault(catalog, vault.id, item.id)
        target = naming.target(library.slug, item.path, old.path if old is not None else None)
        return Wanted(item, library.slug, target, Source(join(self._root, found.path), display(self._root)), old)

    # -- moving

    def _moved(self, vault: OpenVault, batch: Sequence[Wanted]) -> list[Wanted]:
        """Move a batch: the crash table is that of a copy whose private file lies in the backup. What something
        protects there is copied afterwards."""
        moves = [move for one in batch if (move := self._proven(vault, one)) is not None]
        if not moves:
            return []
        token = secrets.token_hex(6)
        names = [incoming_path(f"{token}-{number}") for number in range(len(moves))]
        intent = placing.begin(vault, [move.wanted for move in moves], names)
        refused = placing.place(vault, moves)
        self._unmoved += [move.wanted for move in moves if move.wanted.target in refused]
        moves = [move for move in moves if move.wanted.target not in refused]
        for move in moves:
            durable.keep_mtime(vault.layout.path(move.wanted.target), move.wanted.item.content.mtime_ns)
        if refused:  # as after a crash
            settle(vault, intents.get(self._ctx.catalog, intent))
        else:
            placed.commit(vault, moves, intent)
        vault.changed(len(moves))
        self.counts["adopted"] += len(moves)
        self.counts["bytes"] += sum(move.wanted.size for move in moves)
        return [move.wanted for move in moves]

    def _proven(self, vault: OpenVault, one: Wanted) -> Move | None:
        try:
            placing.check_target(vault, one)
            reading: Reading = read_file(
                one.source.path, digests=False, blocks=False, from_device=True, checkpoint=self._ctx.checkpoint
            )
        except ItemError:
            self.counts["failed"] += 1
            return None
        if reading.digests.blake3 != one.item.content.digests.blake3:
            self._different[one.source.path] = reading.digests.blake3
            return None
        self._different.pop(one.source.path, None)
        return Move(one, one.source.path, reading)

    def _copied(self, vault: OpenVault, wanted: Sequence[Wanted]) -> Iterator[Notice]:
        for outcome in copying.put(vault, wanted):
            one = outcome.wanted
            if isinstance(outcome, copying.Put):
                self.counts["copied"] += 1
                self.counts["bytes"] += one.size
                yield ItemDone("copied", one.item.path, vault.label, one.size)
                self._different.pop(one.source.path, None)
            elif isinstance(outcome, copying.Refused):
                self._different[one.source.path] = outcome.reading.digests.blake3
            elif isinstance(outcome, copying.Failed):
                self.counts["failed"] += 1
                yield ItemDone("failed", one.item.path, vault.label, problem=str(outcome.error))


def _best(offers: Iterable[Found]) -> list[Found]:
    """Each file for one item, and each item once: those first whose paths end most alike."""
    taken: set[RelPath] = set()
    given: set[int] = set()
    chosen: list[Found] = []
    for offer in sorted(offers, key=lambda one: -_alike(one.path, one.lack.path)):
        if offer.path not in taken and offer.lack.item_id not in given:
            taken.add(offer.path)
            given.add(offer.lack.item_id)
            chosen.append(offer)
    return sorted(chosen, key=lambda offer: offer.lack.path)


def _alike(path: RelPath, item: RelPath) -> int:
    """How many names the two paths share at their ends."""
    shared = 0
    for one, other in zip(reversed(path.split(b"/")), reversed(item.split(b"/")), strict=False):
        if one != other:
            break
        shared += 1
    return shared
