"""Carrying out a sync's plan on one vault: renames, copies, then what was kept long enough leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from musicvault.catalog import items
from musicvault.domain.needs import Chosen
from musicvault.domain.notices import Advanced, ItemDone, Notice
from musicvault.domain.paths import display
from musicvault.domain.verdict import Verdict
from musicvault.engine import copying, needs, places, renaming, retention, unexpected
from musicvault.engine.context import Context
from musicvault.engine.locating import Presence
from musicvault.engine.naming import Naming
from musicvault.engine.opened import OpenVault
from musicvault.engine.opening import open_for_writing
from musicvault.engine.places import Reach
from musicvault.engine.placing import Wanted
from musicvault.errors import Locked, VaultError
from musicvault.language import tr


class Updating:
    """The work on one vault. `counts`, `trouble` and `findings` (damage found in sources) grow as it goes. After `run`,
    when no vault is at work any more, `judge` sees to the sources that were."""

    def __init__(
        self, ctx: Context, reach: Reach, presence: Presence, actions: Chosen, *, lazily: bool = False
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.trouble: list[VaultError] = []
        self.findings = 0
        self._unjudged: list[copying.Refused] = []
        self._ctx = ctx
        self._reach = reach
        self._presence = presence
        self._lazily = lazily
        self._renames, self._copies = actions.renames, actions.copies

    def run(self) -> Iterator[Notice]:
        """Under the vault's locks. `Advanced` counts from this vault's first file."""
        vault = self._presence.vault
        try:
            with (
                self._ctx.locked("sync", vaults=(vault.id,)),
                open_for_writing(self._ctx, self._presence, lazily=self._lazily) as opened,
            ):
                yield from self._rename(opened)
                yield from self._copy(opened)
                yield from self._expire(opened)
        except VaultError as error:
            self.trouble.append(error)
            yield ItemDone("failed", b"", vault.label, problem=str(error))

    def _rename(self, vault: OpenVault) -> Iterator[Notice]:
        for done in renaming.rename(vault, [need.item_id for need in self._renames]):
            if isinstance(done, renaming.Stays):
                self.counts["failed"] += 1
                yield ItemDone("failed", done.item.path, vault.label, problem=done.problem)
                continue
            self.counts["renamed"] += 1
            yield ItemDone("renamed", done.path, vault.label, reason="renamed-in-library")

    def _expire(self, vault: OpenVault) -> Iterator[Notice]:
        for gone in retention.expire(vault):
            if isinstance(gone, VaultError):
                self.counts["failed"] += 1
                yield ItemDone("failed", b"", vault.label, problem=str(gone))
                continue
            self.counts["expired"] += 1
            path = items.get(self._ctx.catalog, gone.item_id).path
            yield ItemDone("removed", path, vault.label, gone.stat.size, reason="kept-long-enough")

    def _copy(self, vault: OpenVault) -> Iterator[Notice]:
        files, size = len(self._renames), 0
        for outcome in copying.put(vault, self._wanted(vault)):
            item = outcome.wanted.item
            if isinstance(outcome, copying.Staged):
                files, size = files + 1, size + outcome.wanted.size
                yield Advanced(files, size, display(item.path))
            elif isinstance(outcome, copying.Put):
                action = "replaced" if outcome.replaced else "copied"
                self.counts[action] += 1
                self.counts["bytes"] += outcome.wanted.size
                yield ItemDone(action, item.path, vault.label, outcome.wanted.size)
            else:
                yield from self._not_copied(outcome)

    def _wanted(self, vault: OpenVault) -> Iterator[Wanted]:
        naming = Naming(self._ctx.catalog, vault.id)
        for need in self._copies:
            found = needs.wanted(self._ctx, self._reach, need, naming)
            if found is not None:
                yield found
            else:
                self.counts["kept_back"] += 1  # its last good copy went out of reach meanwhile

    def _not_copied(self, outcome: copying.Refused | copying.Failed) -> Iterator[Notice]:
        if isinstance(outcome, copying.Failed):
            self._look_after(outcome.wanted)
            yield self._failed(outcome.wanted, str(outcome.error))
            return
        try:
            yield self._judged(outcome)
        except Locked:  # copied to just now, perhaps by a neighbour in this very sync
            self._unjudged.append(outcome)

    def judge(self) -> Iterator[Notice]:
        """Judge what was refused from sources at which another job was at work. A read that found a copy rotten must
        not be forgotten: the next sync would choose it again."""
        for outcome in self._unjudged:
            try:
                yield self._judged(outcome)
            except Locked as error:
                yield self._failed(outcome.wanted, str(error))

    def _judged(self, outcome: copying.Refused) -> Notice:
        item = outcome.wanted.item
        found = unexpected.judge(self._ctx, self._reach, outcome.wanted, outcome.reading)
        if found.finding is not None:
            self.findings += found.finding.verdict.is_damage
            self.counts["kept_back"] += 1
            return ItemDone("finding", item.path, found.finding.where, finding=found.finding)
        if found.verdict is Verdict.INTACT:
            problem = tr("it read differently the first time: check the cable of its drive, and sync again")
        else:
            problem = tr("it is not what it was when it was last scanned: scan first")
        return self._failed(outcome.wanted, problem)

    def _failed(self, wanted: Wanted, problem: str) -> Notice:
        self.counts["failed"] += 1
        return ItemDone("failed", wanted.item.path, self._presence.vault.label, problem=problem)

    def _look_after(self, wanted: Wanted) -> None:
        """A source that fails may have gone whole: then nothing more is expected of it, and the job says so once."""
        source = wanted.source.replica
        place = self._reach.place(source.vault_id, wanted.item.library_id) if source is not None else None
        if place is None or place.is_there(self._ctx):
            return
        self.trouble.append(places.gone(place))
        self._reach = places.reachable(self._ctx)
