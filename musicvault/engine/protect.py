"""The main job, whole: look after these folders, read what is new, and bring it to these drives.

Everything that can be refused is refused before anything is written. Copies come before fingerprints.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence

from musicvault.catalog import libraries, overview
from musicvault.domain.notices import Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import display, join, split
from musicvault.engine import drives, library
from musicvault.engine.context import Context
from musicvault.engine.fingerprints import fingerprint
from musicvault.engine.scan import scan
from musicvault.engine.sync import sync
from musicvault.errors import VaultError
from musicvault.storage.walk import walk

JOB = "protect"
_WORST_FIRST = (20, 22, 3)


def protect(
    ctx: Context,
    sources: Sequence[bytes],
    targets: Sequence[bytes],
    *,
    fingerprints: bool = True,
    dry_run: bool = False,
) -> Job:
    """Add what is new, scan, sync, then fingerprint. Idempotent.

    Counts: items and bytes of these libraries, copied, already, failed, and those of scan and sync. Raises UsageError
    and the VaultErrors of `add_drive` before it writes anything; later ones after Finished.
    """
    library.reconnect(ctx)
    for source in sources:
        root = os.path.realpath(source)
        if libraries.by_root(ctx.catalog, root) is None:
            library.check_addable(ctx, root)
    for target in targets:
        drives.check_drive(ctx, target)
    _check_apart(sources, targets)
    yield Started(JOB)
    run = _Protect(ctx, dry_run)
    yield from run.foretell(sources, targets) if dry_run else run.work(sources, targets, fingerprints)
    yield Finished(JOB, dict(run.counts), run.exit_code())
    if run.trouble:
        raise run.trouble[0]


def _check_apart(sources: Sequence[bytes], targets: Sequence[bytes]) -> None:
    for source in sources:
        for target in targets:
            drives.check_nesting(os.path.realpath(source), os.path.realpath(target))


class _Protect:
    def __init__(self, ctx: Context, dry_run: bool) -> None:
        self._ctx = ctx
        self._dry_run = dry_run
        self._codes: set[int] = set()
        self.trouble: list[VaultError] = []
        self.counts: Counter[str] = Counter(dict.fromkeys(("items", "bytes", "copied", "already", "failed"), 0))

    def exit_code(self) -> int:
        if self.trouble:
            return self.trouble[0].exit_code
        return next((code for code in _WORST_FIRST if code in self._codes), 0)

    def work(self, sources: Sequence[bytes], targets: Sequence[bytes], fingerprints: bool) -> Iterator[Notice]:
        ctx = self._ctx
        added = [library.add_library(ctx, source) for source in sources]
        chosen = [drives.add_drive(ctx, target) for target in targets]
        library_ids = list(dict.fromkeys(one.id for one in added))
        yield from self._part(scan(ctx, library_ids))
        yield from self._part(sync(ctx, list(dict.fromkeys(vault.id for vault in chosen))))
        if fingerprints:
            yield from self._part(fingerprint(ctx, library_ids))
        self._total(library_ids)

    def _total(self, library_ids: Sequence[int]) -> None:
        for library_id in library_ids:
            found = overview.totals(self._ctx.catalog, library_id)
            self.counts["items"] += found.items
            self.counts["bytes"] += found.bytes

    def _part(self, job: Job) -> Iterator[Notice]:
        """One stage: its notices pass through, its summary becomes part of ours."""
        try:
            for notice in job:
                if isinstance(notice, Finished):
                    self._codes.add(notice.exit_code)
                    self.counts.update({key: count for key, count in notice.counts.items() if key not in _OWN})
                else:
                    yield notice
        except VaultError as error:
            self.trouble.append(error)

    def foretell(self, sources: Sequence[bytes], targets: Sequence[bytes]) -> Iterator[Notice]:
        """What would be done: known libraries and drives by their own dry runs, new ones by a look at their names."""
        ctx = self._ctx
        known = [libraries.by_root(ctx.catalog, os.path.realpath(source)) for source in sources]
        chosen = [drives.recorded(ctx, target) for target in targets]
        for source, found in zip(sources, known, strict=True):
            if found is None:
                yield from self._foretell_new(os.path.realpath(source), len(targets))
        ids = [one.id for one in known if one is not None]
        if ids:
            yield from self._part(scan(ctx, ids, dry_run=True))
        self._total(ids)
        there = [vault.id for vault in chosen if vault is not None]
        if there:
            yield from self._part(sync(ctx, there, dry_run=True))
        for library_id in ids:
            self.counts["copied"] += overview.totals(ctx.catalog, library_id).items * chosen.count(None)

    def _foretell_new(self, root: bytes, targets: int) -> Iterator[Notice]:
        name = display(split(root)[1])
        for folder in walk(root):
            self._ctx.checkpoint()
            for file in folder.files:
                self.counts["items"] += 1
                self.counts["bytes"] += file.size
                self.counts["copied"] += targets
                yield ItemDone("added", join(folder.path, file.name), name, file.size)


_OWN = ("items", "bytes")
