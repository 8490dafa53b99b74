"""Items that a scan meets for the first time: written while reading goes on, so that a killed scan keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from musicvault.catalog import findings
from musicvault.catalog.adding import New, add_all
from musicvault.domain.events import Event, EventType
from musicvault.domain.notices import ItemDone, Notice
from musicvault.domain.paths import split
from musicvault.domain.values import Examination
from musicvault.domain.verdict import Finding
from musicvault.engine import sidecar_check
from musicvault.engine.looking import ToRead
from musicvault.engine.scanning import BATCH, Read, Scanning


class Additions:
    """Collects new items and writes them in batches, each with its event in one transaction."""

    def __init__(self, run: Scanning) -> None:
        self._run = run
        self._waiting: list[Read] = []

    def add(self, file: ToRead, seen: Examination) -> Iterator[Notice]:
        self._waiting.append((file, seen))
        if len(self._waiting) >= BATCH:
            yield from self.flush()

    def flush(self) -> Iterator[Notice]:
        """Write what is waiting, and tell it."""
        batch, self._waiting = sorted(self._waiting, key=_path), []
        if not batch:
            return
        run = self._run
        born = {file.path: sidecar_check.born_damage(run.library, file.path, seen) for file, seen in batch}
        if not run.dry_run:
            self._write(batch, born)
        for file, seen in batch:
            run.counts["added"] += 1
            yield ItemDone("added", file.path, run.library.name, seen.digests.size)
            finding = born[file.path]
            if finding is not None:
                run.counts["born_damaged"] += 1
                yield ItemDone("finding", file.path, run.library.name, finding=finding)

    def _write(self, batch: Sequence[Read], born: dict[bytes, Finding | None]) -> None:
        ctx, library_id = self._run.ctx, self._run.library.id
        with ctx.catalog.transaction(ctx.now()) as transaction:
            added = add_all(
                transaction,
                library_id,
                [New(*split(file.path), seen, born[file.path] is not None) for file, seen in batch],
            )
            for (file, _), (_, replica_id) in zip(batch, added, strict=True):
                finding = born[file.path]
                if finding is not None:
                    findings.keep(transaction, replica_id, finding)
            transaction.event(ingestion(library_id, batch))


def _path(read: Read) -> bytes:
    """Threads give files in any order; people and tests are told them by path."""
    return read[0].path


def ingestion(library_id: int, batch: Sequence[Read]) -> Event:
    """One event for all that was taken in together; a single item is named."""
    if len(batch) == 1:
        return Event(EventType.INGESTION, library_id=library_id, path=batch[0][0].path)
    size = sum(seen.digests.size for _, seen in batch)
    folder = split(batch[0][0].path)[0]
    return Event(EventType.INGESTION, library_id=library_id, path=folder, detail={"items": len(batch), "bytes": size})
