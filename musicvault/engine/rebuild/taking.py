"""Taking a vault's accounts into the catalog: every path that it states or holds becomes a replica of some item.

What the catalog knows already as the vault states it costs one query. What it doesn't is read once from the medium,
which proves it, and described as a scan would have done.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

from musicvault.catalog import findings, placing_back, replicas
from musicvault.catalog.placing_back import Known
from musicvault.catalog.vaults import Vault
from musicvault.domain.notices import Advanced, ItemDone, Notice, Started
from musicvault.domain.paths import RelPath, display, is_safe, split
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Examination, Stat
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.engine.context import Context
from musicvault.engine.examine import examine
from musicvault.engine.rebuild.entering import Entering
from musicvault.engine.rebuild.finds import Damaged, Find, Taken, Whose
from musicvault.engine.rebuild.sources import Source
from musicvault.engine.steady import insistently
from musicvault.errors import ItemError
from musicvault.storage import names
from musicvault.storage.bagit import tree
from musicvault.storage.bagit.outcomes import Remark, Surveyed
from musicvault.storage.bagit.spill import Spill
from musicvault.storage.bagit.tree import Seen, Sort
from musicvault.storage.reading import read_file
from musicvault.storage.stats import stat_of
from musicvault.storage.vault import tagfiles
from musicvault.storage.vault.accounts import Account, Accounts
from musicvault.storage.vault.journal import read_lines
from musicvault.storage.vault.layout import INCOMING, README_PATH, VERSIONS, is_incoming, is_payload, slug_of
from musicvault.storage.vault.records import Record

JOB = "rebuild"
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z", re.ASCII)


class Taking:
    """The work on one vault, whose row stands in the catalog already."""

    def __init__(self, ctx: Context, source: Source, vault: Vault, taken: Taken) -> None:
        self._ctx = ctx
        self._catalog = ctx.catalog
        self._source = source
        self._layout = source.layout
        self._vault = vault
        self._taken = taken
        self._entering = Entering(ctx, source.layout.root, vault.id, taken)
        self._records = _named_records(source)
        self._folded_at = _mtime(source.layout.manifest)
        self._sizes = 0
        self._incoming: dict[bytes, Seen] | None = None
        self._given: set[RelPath] = set()

    def run(self) -> Iterator[Notice]:
        """Take all of it. Raises what the catalog raises, and Cancelled between files."""
        with Spill() as spill:
            accounts = Accounts(self._layout, self._vault.label, spill, self._ctx.checkpoint)
            yield from _told(accounts.read(), self._vault.label)
            for one in accounts.walk():
                if isinstance(one, Surveyed):
                    yield Started(JOB, self._vault.label, one.files, one.bytes)
                else:
                    yield from _told([one], self._vault.label)
            for number, account in enumerate(accounts.each(), 1):
                yield from self._one(account, accounts)
                self._entering.flush_batch()
                self._sizes += account.seen.size if account.seen else 0
                yield Advanced(number, self._sizes, display(account.path))
            self._entering.flush()
            if tagfiles.MANIFEST not in accounts.lists.doubtful:
                self._entering.drop_unconfirmed()

    # -- one path

    def _one(self, account: Account, accounts: Accounts) -> Iterator[Notice]:
        path = account.path
        if path == README_PATH or is_incoming(path):
            return
        newest = account.statements[-1] if account.statements else None
        doubtful = tagfiles.MANIFEST in accounts.lists.doubtful
        there = account.seen is not None and account.seen.sort is Sort.FILE
        if newest is None and (not there or (not doubtful and is_payload(path))):
            self._taken.counts["unlisted"] += 1
            yield self._told(path, Verdict.FOREIGN, Evidence("not-listed"))
            return
        known = placing_back.known(self._catalog, self._vault.id, path)
        if (
            known is not None
            and newest is not None
            and not newest.gone
            and known.sha256 == newest.sha256
            and not (known.missing and there)  # found again: work that was interrupted brought it home
        ):
            self._entering.confirm(known.replica_id)
            if not there and not accounts.is_closed(path):
                yield from self._absent(path, known)
            self._taken.counts["copies" if is_payload(path) else "versions"] += 1
        elif there:
            yield from self._learn(account)
        elif newest is not None and not accounts.is_closed(path):
            yield from self._nothing_there(account, accounts, known)

    def _nothing_there(self, account: Account, accounts: Accounts, known: Known | None) -> Iterator[Notice]:
        arriving = self._arriving() if accounts.leftovers else {}
        on_its_way = next(
            (arriving[one.sha256] for one in reversed(account.statements) if one.sha256 in arriving), None
        )
        if on_its_way is not None and on_its_way.path not in self._given:
            self._given.add(on_its_way.path)
            yield from self._learn(replace(account, seen=on_its_way))
        elif account.statements[-1].gone:
            return
        elif known is not None:
            self._entering.confirm(known.replica_id)
            yield from self._absent(account.path, known)
        elif not accounts.never_arrived(account):
            self._taken.counts["missing"] += 1
            self._gone(account)
            yield self._told(account.path, Verdict.MISSING, Evidence("not-there"))

    def _gone(self, account: Account) -> None:
        """Perhaps nobody has it: then it is lost, which the catalog must know."""
        whose, newest = self._whose(account.path), account.statements[-1]
        if whose is None or not is_payload(account.path) or not newest.sha256:
            return
        record = self._records.get(account.path)
        size, mtime = (record.size, record.mtime_ns) if record is not None else (0, 0)
        find = Find(account.path, replicas.CURRENT, whose, Stat(size, mtime, 0, 0), self._time(account))
        self._taken.damaged.append(Damaged(self._vault, find, newest.sha256, display(newest.list), gone=True))

    def _arriving(self) -> Mapping[bytes, Seen]:
        """By SHA-256, the files that were on their way to their names, where nobody may finish that work now."""
        if self._incoming is None:
            self._incoming = {}
            for seen in tree.walk(self._layout.root, INCOMING, self._ctx.checkpoint):
                if seen.sort is not Sort.FILE:
                    continue
                with suppress(ItemError):
                    place = self._layout.path(seen.path)
                    reading = insistently(partial(read_file, place, checkpoint=self._ctx.checkpoint))
                    self._incoming[reading.digests.sha256] = seen
        return self._incoming

    def _absent(self, path: RelPath, known: Known) -> Iterator[Notice]:
        replica = replicas.get(self._catalog, known.replica_id)
        if replica.state is ReplicaState.MISSING:
            return
        self._taken.counts["missing"] += 1
        finding = Finding(path, self._vault.label, Verdict.MISSING, (Evidence("not-on-drive"),), on_drive=True)
        with self._catalog.transaction(self._ctx.now()) as transaction:
            replicas.set_state(transaction, replica, ReplicaState.MISSING)
            findings.keep(transaction, replica.id, finding)
        yield ItemDone("finding", path, self._vault.label, finding=finding)

    def _learn(self, account: Account) -> Iterator[Notice]:
        """A file that the catalog doesn't know there, or knows otherwise."""
        assert account.seen is not None
        stored = account.seen.path
        whose = self._whose(account.path)
        if whose is None:
            self._taken.counts["unassigned"] += 1
            yield ItemDone("skipped", stored, self._vault.label)
            return
        place = os.path.join(self._layout.root, stored)
        role = _role(account.path)
        stated = [one.sha256 for one in reversed(account.statements) if one.sha256]
        known = placing_back.content_of(self._catalog, whose.slug, whose.path, stated[0]) if stated else None
        stat: Stat | None = None
        try:
            stat = stat_of(place)
            if known is not None and not known.only_stated and known.size == stat.size:
                self._entering.add(Find(stored, role, whose, stat, self._time(account), content_id=known.content_id))
                return
            examined = insistently(
                lambda: examine(place, name=split(whose.path)[1], from_device=True, checkpoint=self._ctx.checkpoint)
            )
        except (ItemError, OSError) as error:
            self._taken.counts["failed"] += 1
            yield ItemDone("failed", stored, self._vault.label, problem=str(error))
            wanted = stated[0] if stated else placing_back.expected(self._catalog, whose.slug, whose.path)
            if wanted and stat is not None and role == replicas.CURRENT:
                self._damaged(Find(stored, role, whose, stat, self._time(account)), account, wanted)
            return
        seen = self._dated(account.path, examined.examination)
        self._taken.counts["read"] += 1
        self._taken.counts["bytes"] += seen.digests.size
        find = Find(
            stored, role, whose, examined.examination.stat, self._time(account), seen, examined.grade,
            stated=bool(stated),
        )  # fmt: skip
        if stated and seen.digests.sha256 not in stated:
            self._damaged(find, account, stated[0])
        else:
            self._entering.add(find)

    def _damaged(self, find: Find, account: Account, sha256: bytes) -> None:
        named = display(account.statements[-1].list) if account.statements else ""
        self._taken.damaged.append(Damaged(self._vault, find, sha256, named))

    def _whose(self, path: RelPath) -> Whose | None:
        """Journal and kept list say it exactly; else the stored path tells, by the rules of `storage.names`. None for
        what can be nobody's."""
        record = self._records.get(path)
        if record is not None and record.original and record.library:
            found = Whose(record.library, record.original)
        elif slug_of(path):
            below = path.split(b"/", 2)[2]
            found = Whose(slug_of(path), names.original(below) or below)
        else:
            return None
        return found if _SLUG.match(found.slug) and is_safe(found.path) else None

    def _dated(self, path: RelPath, seen: Examination) -> Examination:
        """With the modification time of the source, where the drive's file system can't hold it exactly."""
        record = self._records.get(path)
        if record is None or record.blake3 != seen.digests.blake3:
            return seen
        return replace(seen, stat=replace(seen.stat, mtime_ns=record.mtime_ns))

    def _time(self, account: Account) -> float:
        record = self._records.get(account.path)
        newest = account.statements[-1] if account.statements else None
        return float(record.time) if record is not None and newest is not None and newest.journaled else self._folded_at

    def _told(self, path: RelPath, verdict: Verdict, *facts: Evidence) -> ItemDone:
        finding = Finding(path, self._vault.label, verdict, facts, on_drive=True)
        return ItemDone("finding", path, self._vault.label, finding=finding)


def _role(path: RelPath) -> str:
    if is_payload(path):
        return replicas.CURRENT
    return replicas.VERSION if path.startswith(VERSIONS + b"/") else replicas.QUARANTINE


def _named_records(source: Source) -> Mapping[RelPath, Record]:
    """The records that know more than a digest of a path, the newest of each."""
    found: dict[RelPath, Record] = {}
    for file in (source.layout.kept, source.layout.journal):
        for line in read_lines(file):
            record = line.statement
            if not isinstance(record, Record):
                continue
            if record.source and file == source.layout.journal:  # in the kept list that is history
                found.pop(record.source, None)
            found[record.path] = record
    return found


def _told(outcomes: Iterable[object], where: str) -> Iterator[Notice]:
    for one in outcomes:
        if isinstance(one, Finding):
            yield ItemDone("finding", one.path, where, finding=one)
        elif isinstance(one, Remark) and not is_incoming(one.path):
            yield ItemDone("noted", one.path, display(one.path) or where, reason=one.text)


def _mtime(path: bytes) -> float:
    with suppress(OSError):
        return os.stat(path).st_mtime
    return 0.0
