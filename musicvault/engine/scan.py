"""Scan: what is in a library now, compared with what the catalog expects of it.

Order of work: walk and compare (`looking`: nothing is read yet), read what is new or moved (`reading`), write additions
while that goes on (`additions`), pair what vanished with what appeared (`moves`), then decide on the brake and write
what changed (`changes`).
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from types import MappingProxyType

from musicvault.catalog import findings, items, libraries, troubles, vaults
from musicvault.catalog.libraries import Library
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import display, split
from musicvault.domain.regions import WHOLE, Region
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.engine import changes, looking, reading, sidecar_check
from musicvault.engine import library as libraries_here
from musicvault.engine.additions import Additions
from musicvault.engine.changes import Changes
from musicvault.engine.context import Context
from musicvault.engine.examine import Failure
from musicvault.engine.looking import Survey, ToRead, Unsettled
from musicvault.engine.moves import Moves
from musicvault.engine.reconcile.pending import reconcile_library
from musicvault.engine.recording import Observed
from musicvault.engine.scanning import Scanning
from musicvault.errors import DriveGone, VaultError
from musicvault.language import tr

COUNTED = (
    *("files", "bytes", "unchanged", "added", "moved", "retagged", "updated", "missing", "corrupt", "held"),
    *("unreadable", "unstable", "born_damaged", "failed"),
)
"""What a scan always counts, nought included."""


def scan(
    ctx: Context,
    library_ids: Sequence[int],
    *,
    confirm: bool = False,
    dry_run: bool = False,
    unsettled: Mapping[int, Unsettled] = MappingProxyType({}),
    regions: Mapping[int, Region] = MappingProxyType({}),
    left: dict[int, Region] | None = None,
) -> Job:
    """Scan libraries one after the other. `confirm` lifts the mass-change brake by the user's word; with `dry_run`
    nothing is recorded. A library that isn't there is no reason to stop: DriveGone is raised at the end.

    `unsettled` names by library what is still being written and to be left alone; while something is (counted as
    "unsettled"), nothing is called missing either.

    `regions` names by library the part that is looked at (else the whole, and always the whole where it never was):
    what a watcher heard of. It is judged as a scan of the whole would; `left` gets what has to be looked at again for
    that, the whole library where only that can tell."""
    counts: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
    away: VaultError | None = None
    libraries_here.reconnect(ctx)
    with ctx.locked("scan", libraries=tuple(library_ids)):
        for library_id in library_ids:
            library = libraries.by_id(ctx.catalog, library_id)
            if library is None:
                continue
            try:
                if not libraries_here.online(ctx, library):
                    raise _not_there(library)
                run = Scanning(
                    ctx,
                    library,
                    vaults.traits_of(ctx.catalog, library.volume_id),
                    confirm,
                    dry_run,
                    counts,
                    regions.get(library_id, WHOLE) if library.scanned_at is not None else WHOLE,
                )
                again = yield from _scan_one(run, unsettled.get(library_id, looking.SETTLED))
                if again and left is not None:
                    left[library_id] = again
            except DriveGone as error:
                away = error
                yield ItemDone("failed", b"", library.name, problem=str(error))
    yield Finished("scan", dict(counts), _exit_code(ctx, library_ids, counts))
    if away is not None:
        raise away


def _not_there(library: Library) -> DriveGone:
    return DriveGone(
        tr(
            "The library {name} is not at {folder}: its drive is not connected, or nothing is mounted there. "
            "Nothing was changed. If the folder lies elsewhere now: musicvault library move {word} FOLDER",
            word=shlex.quote(library.name),
            name=library.name,
            folder=display(library.root),
        )
    )


def _exit_code(ctx: Context, library_ids: Sequence[int], counts: Counter[str]) -> int:
    standing = troubles.library_states(ctx.catalog, library_ids)
    if any(standing[state] for state in ReplicaState if state.is_damage) or counts["damage"]:
        return 20
    if standing[ReplicaState.HELD] or counts["braked"] or counts["waiting"]:
        return 22
    return 3 if counts["failed"] else 0


def _scan_one(run: Scanning, unsettled: Unsettled) -> Generator[Notice, None, Region]:
    """Gives what is to be looked at again."""
    ctx, counts = run.ctx, run.counts
    if not run.dry_run:
        reconcile_library(ctx, run.library)
        run.library = libraries_here.settle_volume(ctx, run.library)
        run.traits = vaults.traits_of(ctx.catalog, run.library.volume_id)
    library = run.library
    sidecar_check.forget_cache()
    if run.confirm and not run.dry_run:
        yield from changes.confirm(run)
    yield Started("scan", library.name)
    changed = Changes(run, items.count(ctx.catalog, library.id))
    found = looking.survey(ctx, library, run.traits, unsettled, run.region)
    run.equal_only = bool(found.unsettled) or (unsettled.more and not run.region.is_whole)
    counts.update({"files": found.files, "bytes": found.size, "unchanged": found.unchanged})
    if found.unsettled:
        counts["unsettled"] += found.unsettled
    for path, problem in found.problems:
        counts["failed"] += 1
        yield ItemDone("failed", path, library.name, problem=problem)
    yield Started("scan", library.name, len(found.to_read), sum(file.size for file in found.to_read))
    with closing(Moves(run, found)) as moves:
        additions = Additions(run)
        yield from _read(run, found, additions, moves, changed)
        looking.still_there(library, found)
        yield from _paired(additions, moves, changed)
        left = moves.left | found.left
    yield from changed.settle()
    if not run.dry_run:
        _remember(run, found)
    yield from _standing(run)
    return Region.of(left) if not moves.needs_whole else WHOLE


def _remember(run: Scanning, found: Survey) -> None:
    """What of the library is not protected, and when it was last looked at: by a scan of the whole only."""
    library, left_out = run.library, looking.not_protected(found)
    with run.ctx.catalog.transaction(run.ctx.now()) as transaction:
        libraries.set_submounts(transaction, library.id, found.submounts)
        if run.region.is_whole:
            libraries.set_unprotected(transaction, library.id, left_out)
            libraries.set_scanned(transaction, library.id)
        else:
            libraries.update_unprotected(transaction, library.id, left_out, lambda path: split(path)[0] in run.region)


def _read(run: Scanning, found: Survey, additions: Additions, moves: Moves, changed: Changes) -> Iterator[Notice]:
    done = 0
    with closing(reading.read_all(run.ctx, run.library.root, found.to_read)) as outcomes:
        for files, (file, outcome) in enumerate(outcomes, 1):
            done += file.size
            if isinstance(outcome, Failure):
                expected = file.known is not None and file.known.state is not ReplicaState.FORGOTTEN
                yield from changed.failed(file, outcome) if expected else _unread(run, found, file, outcome)
            elif file.known is not None:
                if not moves.took_a_name(file, outcome.examination):
                    yield from changed.seen(file, outcome.examination)
            elif not moves.waits(file, outcome.examination) and not moves.claim(file, outcome.examination):
                yield from additions.add(file, outcome.examination)
            yield Advanced(files, done, display(file.path))
    yield from additions.flush()


def _paired(additions: Additions, moves: Moves, changed: Changes) -> Iterator[Notice]:
    """Names that were exchanged, then what is gone and what is new."""
    for exchanged in moves.exchanged():
        if isinstance(exchanged, tuple):
            yield from changed.seen(*exchanged)
        else:
            yield exchanged
    for outcome in moves.pair(additions):
        if isinstance(outcome, Observed):
            changed.observed(outcome)
        else:
            yield outcome


def _unread(run: Scanning, found: Survey, file: ToRead, failure: Failure) -> Iterator[Notice]:
    """A new file that can't be read yet: it isn't protected, which `status` will say."""
    if failure.gone:
        return
    if failure.unstable:
        run.counts["unstable"] += 1
        finding = Finding(file.path, run.library.name, Verdict.UNSTABLE, (Evidence("changed-while-read"),))
        yield ItemDone("finding", file.path, run.library.name, finding=finding)
        return
    run.counts["failed"] += 1
    found.problems.append((file.path, failure.cause))
    yield ItemDone("failed", file.path, run.library.name, problem=failure.cause)


def _standing(run: Scanning) -> Iterator[Notice]:
    """Findings of earlier runs that still stand are told again, so that each scan's list is whole."""
    catalog, name = run.ctx.catalog, run.library.name
    for replica in troubles.troubled_in_library(catalog, run.library.id):
        stored = findings.of(catalog, replica.id)
        if stored is None or replica.item_id in run.told:
            continue
        finding = Finding(replica.path, name, stored.verdict, stored.evidence, stored.bad_blocks, known=True)
        yield ItemDone("finding", replica.path, name, finding=finding)
