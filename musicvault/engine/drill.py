"""Restore drill: a random sample of each drive's copies is given back into a scratch folder, tried, and deleted.

A backup is worth what comes back out of it. Each copy is read from its own drive (never from the library), goes through
the same steps as a restore, must have the digest and the tags that the catalog knows, and is decoded. The seed is
recorded, so that the same sample can be drawn again. What doesn't come back right is judged like a scrub judges it.
"""

from __future__ import annotations

import math
import os
import random
import re
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from musicvault.catalog import contents, drills, items, passes, replicas
from musicvault.catalog.drills import DriveResult
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import display, join, split
from musicvault.domain.values import Kind, Wrapper
from musicvault.domain.verdict import Decode, Evidence, Finding, Verdict
from musicvault.engine import giving, judging, places
from musicvault.engine.context import Context
from musicvault.engine.examine import examine, strict_decode
from musicvault.engine.judging import Task
from musicvault.engine.lanes import Reader
from musicvault.engine.places import Place
from musicvault.engine.settling import Outcome, Settler
from musicvault.errors import DriveGone, ItemError, Locked, NoSpace, UsageError, VaultError
from musicvault.language import tr
from musicvault.storage import durable
from musicvault.storage.delivery import aside_of

_SPARE = 16 << 20
_SEEDS = 1 << 32
_LONGEST_EXTENSION = 16
_PREFIX = b"musicvault-drill-"


@dataclass(frozen=True, slots=True)
class Sample:
    """How many copies of each drive: a share of them (0 to 1) or a count."""

    share: float | None = None
    count: int = 0

    def of(self, total: int) -> int:
        """At least one where there is one."""
        return min(total, self.count if self.share is None else math.ceil(total * self.share))

    def __str__(self) -> str:
        if self.share is None:
            return str(self.count)
        return "all" if self.share == 1 else f"{self.share * 100:g}%"


def sample_of(text: str) -> Sample:
    """`2%`, `40` or `all`. Raises UsageError."""
    word = text.strip().casefold()
    if word == "all":
        return Sample(share=1.0)
    match = re.fullmatch(r"(\d+(?:\.\d+)?)%", word)
    if match and 0 < float(match[1]) <= 100:
        return Sample(share=float(match[1]) / 100)
    if re.fullmatch(r"\d{1,9}", word) and int(word) > 0:
        return Sample(count=int(word))
    raise UsageError(tr("{text} is no sample. Give a share like 2%, a number of files, or all.", text=repr(text)))


def new_seed() -> int:
    """A seed that nobody chose."""
    return secrets.randbelow(_SEEDS)


def drill(
    ctx: Context,
    sample: Sample,
    *,
    seed: int | None = None,
    vault_ids: Sequence[str] | None = None,
    scratch: bytes | None = None,
    dry_run: bool = False,
) -> Job:
    """Try a sample of the copies on each drive within reach (or on those named). Nothing but a scratch folder is
    written, and it is removed at any end. With `dry_run` the sample is only drawn and named.

    Raises UsageError for a scratch folder in a library or vault, DriveGone where a drive that was named (or every
    drive) is away, NoSpace.
    """
    reach = places.reachable(ctx)
    wanted = list(reach.names) if vault_ids is None else list(vault_ids)
    chosen = [reach.vaults[name] for name in wanted if isinstance(name, str) and name in reach.vaults]
    away = [DriveGone(reach.away[name]) for name in wanted if isinstance(name, str) and name in reach.away]
    if not chosen:
        raise away[0] if away else UsageError(tr("There is no drive yet. Add one with: musicvault drive add FOLDER"))
    errors: list[VaultError] = [] if vault_ids is None else list(away)
    for error in errors:
        yield ItemDone("failed", b"", problem=str(error))
    run = _Drill(ctx, sample, new_seed() if seed is None else seed)
    drawn = [(place, run.draw(place)) for place in chosen]
    yield Started("drill", "", sum(len(ids) for _, ids in drawn), sum(run.sizes(ids) for _, ids in drawn))
    if dry_run:
        for place, ids in drawn:
            yield from run.foreseen(place, ids)
        yield Finished("drill", dict(run.counts))
        return
    with tempfile.TemporaryDirectory(prefix=_PREFIX.decode(), dir=_scratch(ctx, scratch, run.largest)) as folder:
        for place, ids in drawn:
            try:
                yield from run.work(place, ids, os.fsencode(folder))
            except VaultError as stopped:
                errors.append(stopped)
    yield Finished("drill", dict(run.counts), 20 if run.damage else 3 if run.counts["failed"] else 0)
    if errors:
        raise errors[0]


def _scratch(ctx: Context, asked: bytes | None, needed: int) -> str:
    """A folder with room for the largest file of the sample."""
    if asked is not None:
        folder = os.path.realpath(asked)
        if not os.path.isdir(folder):
            raise UsageError(tr("{folder} is not a folder.", folder=display(folder)))
        giving.check_apart(ctx, join(folder, _PREFIX))
        giving.check_room(folder, needed + _SPARE)
        return os.fsdecode(folder)
    error: Exception | None = None
    for name in (tempfile.gettempdir(), os.fspath(ctx.catalog.path.parent)):
        place = os.path.realpath(os.fsencode(name))
        try:
            giving.check_apart(ctx, join(place, _PREFIX))
            giving.check_room(place, needed + _SPARE)
        except (UsageError, NoSpace) as problem:
            error = problem
        else:
            return os.fsdecode(place)
    raise NoSpace(tr("No scratch folder will do: {cause} Name one with --scratch.", cause=error))


class _Drill:
    """The work of one drill."""

    def __init__(self, ctx: Context, sample: Sample, seed: int) -> None:
        self.counts: Counter[str] = Counter({"sampled": 0, "right": 0, "failed": 0, "bytes": 0})
        self.largest = 0
        self.damage = False
        self._ctx = ctx
        self._sample = sample
        self._seed = seed
        self._run = secrets.token_hex(8)

    def draw(self, place: Place) -> list[int]:
        """The replica ids to try. Each drive has its own draw, so that the others don't change it."""
        vault_id = place.key.vault_id
        assert vault_id is not None
        known = drills.candidates(self._ctx.catalog, vault_id)
        chance = random.Random(f"{self._seed} {vault_id}")
        return sorted(chance.sample(known, self._sample.of(len(known))))

    def sizes(self, replica_ids: Sequence[int]) -> int:
        """Bytes of these replicas; notes the largest."""
        total = 0
        for replica_id in replica_ids:
            size = replicas.get(self._ctx.catalog, replica_id).stat.size
            total += size
            self.largest = max(self.largest, size)
        return total

    def foreseen(self, place: Place, replica_ids: Sequence[int]) -> Iterator[Notice]:
        """Name the copies that `work` would try."""
        for replica_id in replica_ids:
            replica = replicas.get(self._ctx.catalog, replica_id)
            self.counts["sampled"] += 1
            self.counts["bytes"] += replica.stat.size
            item = items.get(self._ctx.catalog, replica.item_id)
            yield ItemDone("tried", item.path, place.name, replica.stat.size)

    def work(self, place: Place, replica_ids: Sequence[int], scratch: bytes) -> Iterator[Notice]:
        """Try the copies of one drive, and record the result, however it ends."""
        settler = Settler(self._ctx, place)
        sampled = right = 0
        complete = False
        try:
            for replica_id in replica_ids:
                self._ctx.checkpoint()
                try:
                    replica = replicas.get(self._ctx.catalog, replica_id)
                except KeyError:
                    continue  # another job put something else in its place
                notices, good = self._try(place, settler, replica, scratch)
                if good is None:
                    continue
                sampled, right = sampled + 1, right + good
                self.counts["sampled"] += 1
                self.counts["right"] += good
                yield from notices
                item = items.get(self._ctx.catalog, replica.item_id)
                yield Advanced(self.counts["sampled"], self.counts["bytes"], display(item.path))
            complete = True
        finally:
            self._record(place, sampled, right, complete=complete)

    def _record(self, place: Place, sampled: int, right: int, *, complete: bool) -> None:
        vault_id = place.key.vault_id
        if vault_id is None or not sampled:
            return
        result = DriveResult(self._run, self._seed, sampled, right)
        with self._ctx.catalog.transaction(self._ctx.now()) as transaction:
            drills.record(transaction, vault_id, result, asked=str(self._sample), complete=complete)

    def _try(
        self, place: Place, settler: Settler, replica: Replica, scratch: bytes
    ) -> tuple[list[Notice], bool | None]:
        """What is to be said of one copy, and whether it came back right; None where another job changed it."""
        item = items.get(self._ctx.catalog, replica.item_id)
        content = contents.get(self._ctx.catalog, replica.content_id)
        given = join(scratch, b"given" + _extension(item.path))
        partial = aside_of(given)
        try:
            staged = durable.stage(place.path(replica.path), partial, from_device=True, checkpoint=self._ctx.checkpoint)
            self.counts["bytes"] += staged.digests.size
            if staged.digests.blake3 != content.digests.blake3:
                return self._settled(place, settler, replica, item, tr("other bytes came back"))
            durable.flush([partial])
            durable.read_back(partial, content.digests.blake3, checkpoint=self._ctx.checkpoint)
            durable.place(partial, given)
            return self._tried(place, replica, item, given)
        except ItemError as error:
            return self._settled(place, settler, replica, item, str(error))
        finally:
            durable.remove(partial)
            if os.path.lexists(given):
                os.unlink(given)

    def _tried(self, place: Place, replica: Replica, item: Item, given: bytes) -> tuple[list[Notice], bool]:
        """The bytes are right; now the tags and the sound."""
        seen = examine(given, name=split(item.path)[1], checkpoint=self._ctx.checkpoint).examination
        known = contents.wrapper(self._ctx.catalog, replica.content_id)
        if known not in (Wrapper(), seen.wrapper):
            self.counts["failed"] += 1
            problem = tr("its tags read differently from what the catalog knows")
            return [ItemDone("failed", item.path, place.name, problem=problem)], False
        if item.kind is not Kind.TRACK or strict_decode(given) is not Decode.BROKEN:
            return [ItemDone("tried", item.path, place.name, seen.digests.size)], True
        # It came back as it was protected; that it was broken by then is worth a word.
        self.counts["undecodable"] += 1
        evidence = (Evidence("decode-broken"),)
        finding = Finding(item.path, place.name, Verdict.BORN_DAMAGED, evidence, on_drive=True, known=item.born_damaged)
        return [ItemDone("finding", item.path, place.name, finding=finding)], True

    def _settled(
        self, place: Place, settler: Settler, replica: Replica, item: Item, problem: str
    ) -> tuple[list[Notice], bool | None]:
        """A copy that didn't come back right is looked at and judged as in a scrub. Raises DriveGone where all of the
        drive is gone."""
        failed = ItemDone("failed", item.path, place.name, problem=problem)
        due = next(iter(passes.load(self._ctx.catalog, [replica.id])), None)
        if due is None or due.content_id != replica.content_id:
            return [], None
        found = judging.look(Task(0, due, place.path(due.path)), Reader(self._ctx.checkpoint, lambda _: None))
        if found.matches:
            self.counts["failed"] += 1
            return [failed], False
        try:
            settled = settler.settle(found)
        except Locked:
            settled = Outcome()  # the job that works there will find it, or the next scrub
        if settled.vanished:
            raise places.gone(place)
        if settled.finding is None:
            self.counts["failed"] += 1
            return [failed], False
        self.damage = True
        return [ItemDone("finding", item.path, place.name, finding=settled.finding)], False


def _extension(path: bytes) -> bytes:
    """What a decoder may want to see, where it is nothing odd."""
    _, dot, extension = split(path)[1].rpartition(b".")
    return dot + extension if extension.isalnum() and len(extension) <= _LONGEST_EXTENSION else b""
