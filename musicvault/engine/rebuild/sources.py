"""The vaults that a rebuild reads from, and the best snapshot among them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from musicvault.catalog.received import Head, Received
from musicvault.domain.notices import Checkpoint
from musicvault.domain.paths import display
from musicvault.engine.steady import insistently
from musicvault.engine.verify import vault_or_refuse
from musicvault.errors import BagRefused, DriveRefused, ItemError, SnapshotUnusable, VaultError
from musicvault.language import tr
from musicvault.storage import durable, volumes
from musicvault.storage.reading import read_file
from musicvault.storage.scratch import scratch_folder
from musicvault.storage.vault import identity as identities
from musicvault.storage.vault import snapshots
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.identity import Identity
from musicvault.storage.vault.journal import read_lines
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.volumes import Volume

SCRATCH = b".musicvault-rebuild-"
"""How the names of the private folders beside the catalog begin."""


@dataclass(frozen=True, slots=True)
class Source:
    """One vault. `generation` counts what its journal has begun as well; `named` says whether the vault could tell who
    it is (else `identity` was made up), `times` how often it was given."""

    layout: VaultLayout
    identity: Identity
    generation: int
    volume: Volume
    named: bool = True
    times: int = 1

    @property
    def id(self) -> str:
        return self.identity.id

    @property
    def label(self) -> str:
        return self.identity.label

    @property
    def writable(self) -> bool:
        return not self.volume.read_only and os.access(self.layout.root, os.W_OK | os.X_OK)


def open_sources(folders: Sequence[bytes], now: int) -> list[Source]:
    """The vaults in these folders (or these folders themselves), each once.

    Raises UsageError, BagRefused for a folder without a vault, DriveRefused for a newer format and for two vaults that
    claim to be one.
    """
    found: list[Source] = []
    for folder in folders:
        source = _open(os.path.realpath(folder), now)
        same = next((n for n, one in enumerate(found) if _is_same(one, source)), None)
        if same is None:
            found.append(source)
        else:
            found[same] = replace(found[same], times=found[same].times + 1)
    by_id: dict[str, Source] = {}
    for source in found:
        other = by_id.setdefault(source.id, source)
        if other is not source:
            raise DriveRefused(
                tr(
                    "{one} and {other} both say that they are the vault {label}: one is a copy of the other. Give the "
                    "one that you trust more.",
                    one=display(other.layout.root),
                    other=display(source.layout.root),
                    label=source.label,
                )
            )
    return found


def _is_same(one: Source, other: Source) -> bool:
    """Whether two are one folder, perhaps under two names (a bind mount)."""
    if one.layout.root == other.layout.root:
        return True
    with explained(other.layout.root):
        return one.id == other.id and os.path.samefile(one.layout.root, other.layout.root)


def _open(folder: bytes, now: int) -> Source:
    layout = vault_or_refuse(folder)
    layout.guarded(b"musicvault/journal")
    volume = volumes.volume_of(layout.root)
    begun = [line.statement.generation for line in read_lines(layout.journal) if line.statement is not None]
    try:
        who = identities.read_identity(layout)
    except (DriveRefused, BagRefused):
        raise
    except VaultError as error:
        if isinstance(error.__cause__, OSError):
            raise  # it didn't answer: that is no vault without a name
        label = display(os.path.basename(os.path.dirname(layout.root))) or tr("Drive")
        made = Identity(identities.new_vault_id(), identities.clean_label(label), "", now)
        return Source(layout, made, max([1, *begun]), volume, named=False)
    return Source(layout, who, max([who.generation, *begun]), volume)


def check_answers(source: Source) -> None:
    """Raises DriveGone where the drive isn't there any more: that something couldn't be read is no word on it (M2)."""
    root = source.layout.root
    with explained(root):
        try:
            os.listdir(root)
        except OSError:  # one error isn't
            os.listdir(root)


@dataclass(slots=True)
class Snapshots:
    """What the sources' snapshots are worth: the best one, the ends of all their chains, and why others are none."""

    best: Received | None = None
    heads: list[tuple[Source, str, Head]] = field(default_factory=list)
    unusable: list[tuple[Source, str]] = field(default_factory=list)


@contextmanager
def opened_snapshots(sources: Sequence[Source], beside: Path, checkpoint: Checkpoint) -> Iterator[Snapshots]:
    """Copy each source's newest sound snapshot to a private file `beside` the catalog and open it there. The best is
    that with the newest event. Raises NoSpace, DriveGone."""
    with ExitStack() as stack:
        with explained(os.fsencode(beside)):
            folder = stack.enter_context(scratch_folder(os.fsencode(beside), SCRATCH))
        found = Snapshots()
        for number, source in enumerate(sources):
            snapshot = _newest(source, Path(os.fsdecode(folder)) / f"{number}.sqlite3", found, checkpoint)
            if snapshot is None:
                continue
            stack.callback(snapshot.close)
            head = snapshot.head()
            if head is not None:
                found.heads.append((source, snapshot.catalog_id, head))
            if found.best is None or snapshot.written_at > found.best.written_at:
                found.best = snapshot
        durable.done("copied")
        yield found


def _newest(source: Source, target: Path, found: Snapshots, checkpoint: Checkpoint) -> Received | None:
    known = snapshots.recorded_digests(source.layout)
    for path in snapshots.present(source.layout):
        try:
            if insistently(partial(_copied, path, target, checkpoint)) not in known:
                raise SnapshotUnusable(tr("it is not what was written there"))
            return Received(str(target))
        except SnapshotUnusable as error:
            found.unusable.append((source, str(error)))
        except ItemError as error:
            found.unusable.append((source, error.cause))
    return None


def _copied(path: bytes, target: Path, checkpoint: Checkpoint) -> bytes:
    """Copy a snapshot off its drive; gives its BLAKE3 digest. Raises ItemError, and the VaultError of the catalog's own
    disk."""
    with explained(os.fsencode(target)), target.open("wb") as file:

        def keep(chunk: memoryview) -> None:
            with explained(os.fsencode(target)):
                file.write(chunk)

        return read_file(path, keep, digests=False, blocks=False, checkpoint=checkpoint).digests.blake3
