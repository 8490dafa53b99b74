"""Settling what a look didn't find right: under the place's lock, read again, judged and written down at once."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from musicvault.catalog import contents, findings, items, packed, passes, replicas, vaults
from musicvault.catalog.findings import StoredFinding
from musicvault.catalog.items import Item
from musicvault.catalog.passes import Proven
from musicvault.catalog.replicas import Replica
from musicvault.domain.events import EventType
from musicvault.domain.paths import split
from musicvault.domain.states import ReplicaState
from musicvault.domain.times import mtime_moved, stat_moved
from musicvault.domain.values import Stat
from musicvault.domain.verdict import Decode, Expectation, Finding, Verdict
from musicvault.engine import judging, leftovers, places, recording, submounts
from musicvault.engine.context import Context
from musicvault.engine.examine import strict_decode
from musicvault.engine.judging import Judged, Look
from musicvault.engine.places import Place
from musicvault.engine.stated import Stated
from musicvault.errors import ItemError
from musicvault.storage.reading import OpenFile
from musicvault.storage.vault.layout import VaultLayout

_SAMPLE = 12
"""So many other files are asked before a drive is said to be gone: of a half-dead one few begin with a bad sector."""
_SELF_PROVING = ("flac", "ogg/")
"""Formats that checksum every byte of their frames or pages. WavPack's checksums leave out its block headers."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a look. `proven`: it is right after all. `needs_scan`: the user changed it since the last scan.
    `vanished`: the whole place is gone, which says nothing about the file. All empty: other content stands there by
    now, or its file system isn't mounted."""

    verdict: Verdict | None = None
    finding: Finding | None = None
    proven: Proven | None = None
    needs_scan: bool = False
    vanished: bool = False


class Settler:
    """Settles looks at one place."""

    def __init__(self, ctx: Context, place: Place) -> None:
        self._ctx = ctx
        self._place = place
        self._traits = vaults.traits_of(ctx.catalog, place.volume.id)
        self._stated = Stated(VaultLayout(place.root))
        self._closed = submounts.absent(ctx, place.library) if place.library is not None else ()

    def settle(self, look: Look) -> Outcome:
        """Judge a look that doesn't match. Raises Locked where another job works at the place."""
        if self._vanished(look):
            return Outcome(vanished=True)
        if submounts.below_any(look.due.path, self._closed):
            return Outcome()
        if look.reading is not None and self._place.library is not None:
            before, after = look.due.stat, look.reading.stat
            if before.size != after.size or mtime_moved(before, after, self._traits):
                return Outcome(needs_scan=True)  # written to: no second read makes that clearer
        with self._locked():
            try:
                replica = replicas.get(self._ctx.catalog, look.due.replica_id)
            except KeyError:
                return Outcome()
            if replica.content_id != look.due.content_id or replica.path != look.due.path:
                return Outcome()
            item = items.get(self._ctx.catalog, replica.item_id)
            if self._place.on_drive:
                return self._on_drive(look, replica, item)
            return self._in_library(look, replica, item)

    def _locked(self) -> AbstractContextManager[None]:
        return self._place.locked(self._ctx, "scrub")

    def _vanished(self, look: Look) -> bool:
        if look.failure is None:
            return False
        if not self._place.is_there(self._ctx):
            return True
        return places.is_io_error(look.failure) and not self._answers(look.due.replica_id)

    def _answers(self, but: int) -> bool:
        """Whether the device still gives anything: a file that fails is a finding, all of them are a cable."""
        paths = passes.sample(self._ctx.catalog, self._place.key, but, _SAMPLE)
        return not paths or any(_readable(self._place.path(path)) for path in paths)

    def _on_drive(self, look: Look, replica: Replica, item: Item) -> Outcome:
        catalog = self._ctx.catalog
        content = contents.get(catalog, replica.content_id)
        says = self._stated.sha256
        judged = judging.judge_on_drive(
            look, content.digests, lambda: says(replica.path), self._ctx.checkpoint, split(item.path)[1]
        )
        if judged.verdict is Verdict.INTACT:
            return self._right(look, judged)
        if leftovers.found_again(self._ctx, replica, item, judged.examination, judged.grade):
            return Outcome(Verdict.INTACT)
        with catalog.transaction(self._ctx.now()) as transaction:
            finding = judging.record_on_drive(transaction, catalog, replica, item, self._place.name, judged)
        return Outcome(judged.verdict, finding)

    def _in_library(self, look: Look, replica: Replica, item: Item) -> Outcome:
        catalog = self._ctx.catalog
        expected = judging.expectation(catalog, item, contents.get(catalog, replica.content_id), replica.stat)
        judged = judging.judge_in_library(look, expected, self._traits, self._ctx.checkpoint)
        if judged.verdict is Verdict.INTACT:
            return self._right(look, judged)
        stored = findings.of(catalog, replica.id)
        if stored is not None and self._is_known(stored, replica, judged):
            finding = Finding(
                item.path, self._place.name, stored.verdict, stored.evidence, stored.bad_blocks, known=True
            )
            return Outcome(stored.verdict, finding)
        if judged.verdict is Verdict.MISSING or self._edited(expected.stat, judged):
            return Outcome(needs_scan=True)
        if self._was_misread(look, expected, judged):
            return self._correct(item, replica, judged)
        with catalog.transaction(self._ctx.now()) as transaction:
            seen = judged.examination
            content_id = None if seen is None else contents.add(transaction, item.id, seen)
            observed = recording.Observed(
                item.id, judged.verdict, judged.evidence, judged.bad_blocks, judged.stat, content_id
            )
            finding = recording.record(transaction, catalog, item, self._place.name, observed)
        return Outcome(judged.verdict, finding)

    def _was_misread(self, look: Look, expected: Expectation, judged: Judged) -> bool:
        """Whether the one read that the expectation rests on was wrong: nothing wrote to the file since, reads agree on
        other sound, and that sound carries checksums of its own, which are right. Else the more careful verdict
        stands: without a second witness rot looks just like this."""
        seen = judged.examination
        if not (
            expected.provisional and judged.verdict is Verdict.CORRUPT and judged.grade and self._traits.ctime_works
        ):
            return False
        if seen is None or seen.essence is None or not seen.essence.kind.startswith(_SELF_PROVING):
            return False
        after = replace(seen.stat, inode=packed.signed(seen.stat.inode))
        if seen.essence == expected.essence or stat_moved(expected.stat, after, self._traits):
            return False
        return strict_decode(look.path) is Decode.CLEAN

    def _correct(self, item: Item, replica: Replica, judged: Judged) -> Outcome:
        seen, grade, catalog = judged.examination, judged.grade, self._ctx.catalog
        assert seen is not None
        assert grade is not None
        with catalog.transaction(self._ctx.now()) as transaction:
            content_id = items.supersede(transaction, item, seen)
            contents.confirm(transaction, content_id)
            replicas.set_proven(transaction, replica, grade)
            transaction.event(
                item.event(
                    EventType.MODIFICATION,
                    detail={
                        "corrected": "the first reading was wrong",
                        "before": item.content.digests.blake3.hex(),
                        "after": seen.digests.blake3.hex(),
                    },
                )
            )
        return Outcome(Verdict.INTACT)

    def _edited(self, before: Stat, judged: Judged) -> bool:
        """Whether the file system says that someone wrote to it: scans judge that, with the brake in hand. Damage that
        kept size and modification time is told now."""
        if judged.stat is None or judged.verdict is Verdict.UNSTABLE:
            return False
        after = replace(judged.stat, inode=packed.signed(judged.stat.inode))
        if judged.verdict is Verdict.CORRUPT:
            return after.size != before.size or mtime_moved(before, after, self._traits)
        return stat_moved(before, after, self._traits)

    def _is_known(self, stored: StoredFinding, replica: Replica, judged: Judged) -> bool:
        if replica.state is ReplicaState.INTACT:
            return False
        if judged.verdict is Verdict.MISSING:
            return stored.verdict is Verdict.MISSING
        if judged.examination is None or stored.observed_id is None:
            return stored.verdict is judged.verdict and stored.evidence == judged.evidence
        observed = contents.get(self._ctx.catalog, stored.observed_id)
        return observed.digests.blake3 == judged.examination.digests.blake3

    def _right(self, look: Look, judged: Judged) -> Outcome:
        if judged.grade is None or judged.stat is None:
            return Outcome(Verdict.INTACT)
        return Outcome(Verdict.INTACT, proven=Proven(look.due, judged.stat, judged.grade))


def _readable(path: bytes) -> bool:
    try:
        with OpenFile(path) as file:
            file.read_at(0, 1)
    except ItemError:
        return False
    return True
