"""Sync: bring every item that is what it should be to every vault, the least protected first.

Renames come before copies: they take no room, and free the names that copies want.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from functools import partial

from musicvault.catalog import libraries, troubles, vaults
from musicvault.catalog.vaults import Vault
from musicvault.domain import wording
from musicvault.domain.needs import Chosen, Step
from musicvault.domain.notices import Finished, ItemDone, Job, Notice, Started
from musicvault.domain.planner import plan
from musicvault.domain.states import ReplicaState
from musicvault.engine import braking, locating, needs, places, renaming, set_aside, snapshots
from musicvault.engine.context import Context
from musicvault.engine.locating import Presence
from musicvault.engine.opened import claimed
from musicvault.engine.parity import stage
from musicvault.engine.places import Reach
from musicvault.engine.reconcile.pending import settle
from musicvault.engine.side_by_side import side_by_side
from musicvault.engine.updating import Updating
from musicvault.errors import DriveUnwritable, NoSpace, UsageError, VaultError
from musicvault.language import tr
from musicvault.storage.vault.layout import VaultLayout

JOB = "sync"
_COUNTS = (
    *("copied", "replaced", "renamed", "expired", "already", "failed", "kept_back"),
    *("bytes", "left_out", "short_bytes"),
    *stage.COUNTS,
)


def sync(ctx: Context, vault_ids: Sequence[str] | None = None, *, dry_run: bool = False, lazily: bool = False) -> Job:
    """Bring these vaults (None: all that are there) up to date with what the catalog knows of the libraries.

    Counts: copied, replaced, renamed, expired, already, failed, kept_back, bytes, left_out, short_bytes, parity_made,
    parity_removed, parity_left_out. A drive that was asked for and isn't there is DriveGone, raised after the others
    are done; NoSpace likewise. Where none was asked for, those that are away are noted; DriveGone only when none is
    there. Writes nothing with `dry_run`; with `lazily` the drives' lists are left for a later `fold`, so that
    one small change costs a file and a line.
    """
    yield from Sync(ctx, vault_ids, dry_run, lazily).run()


class Sync:
    """One run over several vaults. `counts` grow as it goes."""

    def __init__(self, ctx: Context, vault_ids: Sequence[str] | None, dry_run: bool, lazily: bool = False) -> None:
        self._ctx = ctx
        self._dry_run = dry_run
        self._lazily = lazily
        self._asked = vault_ids is not None
        self._chosen = _chosen(ctx, vault_ids)
        self._trouble: list[VaultError] = []
        self._findings = 0
        self._plan = plan((), {})
        self._presences: dict[str, Presence] = {}
        self._reach = Reach({}, {}, {})
        self._updates: list[Updating] = []
        self.counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))

    def run(self) -> Job:
        yield Started(JOB)
        yield from self._prepare()
        if self._dry_run:
            for presence in self._presences.values():
                yield from self._foretell(presence)
                yield from self._parity(presence)
        else:
            yield from self._bring_up_to_date()
            for update in self._updates:
                yield from update.judge()
            self._gather()
            for presence in self._presences.values():  # never before all copies are made, on every drive
                yield from self._parity(presence)
            for gone in set_aside.expire(self._ctx):
                self.counts["expired"] += 1
                yield gone
        yield Finished(JOB, dict(self.counts), self._exit_code())
        if self._trouble:
            raise self._trouble[0]

    def _exit_code(self) -> int:
        if self._trouble:
            return self._trouble[0].exit_code
        every = libraries.every(self._ctx.catalog)
        states = troubles.library_states(self._ctx.catalog, [one.id for one in every])
        damage = any(states[state] for state in ReplicaState if state.is_damage)
        if self._findings or (damage and self.counts["kept_back"]):
            return 20
        if states[ReplicaState.HELD] or any(braking.is_on(self._ctx, one) for one in every):
            return 22  # what changed is kept from the drives until the user has decided
        return 3 if self.counts["failed"] else 0

    # -- planning

    def _prepare(self) -> Iterator[Notice]:
        """Find the drives, see what they lack, and say what won't fit before the first byte is written."""
        yield from self._find()
        if not self._dry_run:
            self._settle_interrupted()
        self._reach = places.reachable(self._ctx)
        found = needs.gathered(self._ctx, self._reach, list(self._presences))
        (wanted,) = found.needs
        self.counts["already"] += sum(needs.already(self._ctx, vault_id, found) for vault_id in self._presences)
        self.counts["kept_back"] += sum(found.kept_back.values())
        needed = wanted.tally()
        free = {one.vault.id: snapshots.free_on(self._ctx, one, needed) for one in self._presences.values()}
        volume_of = {vault_id: presence.volume.id for vault_id, presence in self._presences.items() if presence.volume}
        self._plan = plan(wanted, free, volume_of)
        yield from self._say_what_is_short()

    def _find(self) -> Iterator[Notice]:
        """Which of the drives can be written. One that was asked for must be there, or at least one of all."""
        found = [locating.locate_one(self._ctx, vault) for vault in self._chosen]
        self._presences = {presence.vault.id: presence for presence in found if presence.writable}
        any_there = any(presence.root is not None for presence in found)
        for presence in found:
            if presence.writable:
                continue
            if presence.root is None and any_there and not self._asked and not presence.failing:
                text = tr("{reason} It will be brought up to date when it is back.", reason=presence.reason)
                yield ItemDone("noted", b"", presence.vault.label, reason=text)
                continue
            gone = presence.root is None
            self._trouble.append(locating.not_there(presence) if gone else DriveUnwritable(presence.reason))
            yield ItemDone("failed", b"", presence.vault.label, problem=presence.reason)

    def _settle_interrupted(self) -> None:
        """What an interrupted copy left takes room of the drive, and may be a copy by now: before anything is planned.
        What is against it is told when the drive's turn comes."""
        for presence in self._presences.values():
            assert presence.root is not None
            layout = VaultLayout(presence.root)
            with suppress(VaultError, OSError):
                if not os.listdir(layout.incoming):
                    continue
                with self._ctx.locked("sync", vaults=(presence.vault.id,)), claimed(self._ctx, presence) as vault:
                    settle(vault)

    def _say_what_is_short(self) -> Iterator[Notice]:
        self.counts["left_out"] = len(self._plan.left_out)
        self.counts["short_bytes"] = sum(self._plan.short_bytes.values())
        for vault_id, lacking in self._plan.short_bytes.items():
            vault = self._presences[vault_id].vault
            left_out = len(self._plan.left_out.of(vault_id))
            error = _no_space(vault, left_out, lacking)
            self._trouble.append(error)
            yield ItemDone("noted", b"", vault.label, lacking, reason=str(error), details={"files": left_out})

    def _foretell(self, presence: Presence) -> Iterator[Notice]:
        actions = self._actions(presence.vault)
        yield Started(JOB, presence.vault.label, len(actions), actions.room)
        hindered = renaming.foreseen(self._ctx.catalog, presence, actions.renames)
        for need in actions:
            if need.step is Step.RENAME and need.item_id in hindered:
                self.counts["failed"] += 1
                yield ItemDone("failed", need.path, presence.vault.label, problem=hindered[need.item_id].problem)
                continue
            self.counts[_DONE[need.step]] += 1
            size = 0 if need.step is Step.RENAME else need.size
            self.counts["bytes"] += size
            yield ItemDone(_DONE[need.step], need.path, presence.vault.label, size, need.reason.value)

    def _actions(self, vault: Vault) -> Chosen:
        return self._plan.actions.of(vault.id)

    # -- doing

    def _bring_up_to_date(self) -> Iterator[Notice]:
        """Drives that fail apart work side by side; those of one disk one after the other."""
        lanes: dict[str, list[Presence]] = {}
        for presence in self._presences.values():
            lanes.setdefault(_lane(presence), []).append(presence)
        if len(lanes) == 1:
            for presence in self._presences.values():
                actions = self._actions(presence.vault)
                yield Started(JOB, presence.vault.label, len(actions), actions.room)
                yield from self._updated(self._ctx, [presence])
        elif lanes:
            yield Started(JOB, "", len(self._plan.actions), self._plan.actions.room)
            jobs = [partial(self._updated, presences=presences) for presences in lanes.values()]
            yield from side_by_side(self._ctx, jobs)

    def _updated(self, ctx: Context, presences: Sequence[Presence]) -> Generator[Notice, None, None]:
        for presence in presences:
            update = Updating(ctx, self._reach, presence, self._actions(presence.vault), lazily=self._lazily)
            self._updates.append(update)
            yield from update.run()

    def _parity(self, presence: Presence) -> Iterator[Notice]:
        keeping = stage.Keeping(self._ctx, presence, JOB, lazily=self._lazily)
        if self._dry_run:
            yield from keeping.foretell([need.item_id for need in self._actions(presence.vault)])
        else:
            yield from keeping.run()
        self.counts.update(keeping.counts)
        self._trouble += keeping.trouble

    def _gather(self) -> None:
        for update in self._updates:
            self.counts.update(update.counts)
            self._trouble += update.trouble
            self._findings += update.findings
        self._updates.clear()


_DONE = {Step.COPY: "copied", Step.REPLACE: "replaced", Step.RENAME: "renamed"}


def _lane(presence: Presence) -> str:
    """What names the device that does the work: the disk where it is known, else the volume."""
    assert presence.volume is not None
    return presence.volume.disk or presence.volume.id


def _chosen(ctx: Context, vault_ids: Sequence[str] | None) -> list[Vault]:
    every = vaults.every(ctx.catalog)
    if vault_ids is None:
        return [vault for vault in every if not vault.retired]
    found = [vault for vault in every if vault.id in vault_ids]
    for vault in found:
        if vault.retired:
            text = "{label} is retired and gets no copies. To use it again: musicvault drive retire {label} --undo"
            raise UsageError(tr(text, label=vault.label))
    if len(found) != len(set(vault_ids)):
        raise UsageError(tr("That drive isn't known. See the drives with: drive list"))
    return found


def _no_space(vault: Vault, files: int, lacking: int) -> NoSpace:
    return NoSpace(
        tr(
            "{label} is too full: {lacking} more are needed there for {files}. What fits is copied, the least "
            "protected first. Make room or add another drive.",
            label=vault.label,
            lacking=wording.size(lacking),
            files=wording.files(files),
        ),
        lacking=lacking,
    )
