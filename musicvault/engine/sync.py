"""Sync: bring every item that is what it should be to every vault, the least protected first.

Renames come before copies: they take no room, and free the names that copies want.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from musicvault.catalog import items, vaults
from musicvault.catalog.vaults import Vault
from musicvault.domain import wording
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import display
from musicvault.domain.planner import Need, Plan, Step, plan
from musicvault.engine import copying, drives, needs, places, renaming, retention, snapshots, unexpected
from musicvault.engine.context import Context
from musicvault.engine.drives import Presence
from musicvault.engine.naming import Naming
from musicvault.engine.opened import OpenVault
from musicvault.engine.opening import open_for_writing
from musicvault.engine.places import Reach
from musicvault.engine.placing import Wanted
from musicvault.errors import DriveUnwritable, NoSpace, UsageError, VaultError
from musicvault.language import tr
from musicvault.storage import volumes
from musicvault.storage.vault import bag
from musicvault.storage.vault.layout import VaultLayout

JOB = "sync"
_COUNTS = (
    *("copied", "replaced", "renamed", "expired", "already", "failed", "kept_back"),
    *("bytes", "left_out", "short_bytes"),
)


def sync(ctx: Context, vault_ids: Sequence[str] | None = None, *, dry_run: bool = False) -> Job:
    """Bring these vaults (None: all that are there) up to date with what the catalog knows of the libraries.

    Counts: copied, replaced, renamed, expired, already, failed, kept_back, bytes, left_out, short_bytes. A drive that
    was asked for and isn't there is DriveGone, raised after the others are done; NoSpace likewise. Where none was asked
    for, those that are away are noted; DriveGone only when none is there. Writes nothing with `dry_run`.
    """
    yield from Sync(ctx, vault_ids, dry_run).run()


class Sync:
    """One run over several vaults. `counts` grow as it goes."""

    def __init__(self, ctx: Context, vault_ids: Sequence[str] | None, dry_run: bool) -> None:
        self._ctx = ctx
        self._dry_run = dry_run
        self._asked = vault_ids is not None
        self._chosen = _chosen(ctx, vault_ids)
        self._trouble: list[VaultError] = []
        self._findings = 0
        self._plan = Plan((), (), {})
        self._presences: dict[str, Presence] = {}
        self._reach = Reach({}, {}, {})
        self.counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))

    def run(self) -> Job:
        yield Started(JOB)
        yield from self._prepare()
        for presence in self._presences.values():
            if self._dry_run:
                yield from self._foretell(presence)
            else:
                yield from self._bring_up_to_date(presence)
        yield Finished(JOB, dict(self.counts), self._exit_code())
        if self._trouble:
            raise self._trouble[0]

    def _exit_code(self) -> int:
        if self._trouble:
            return self._trouble[0].exit_code
        if self._findings:
            return 20
        return 3 if self.counts["failed"] else 0

    # -- planning

    def _prepare(self) -> Iterator[Notice]:
        """Find the drives, see what they lack, and say what won't fit before the first byte is written."""
        yield from self._find()
        self._reach = places.reachable(self._ctx)
        wanted: list[Need] = []
        for vault_id in self._presences:
            found = needs.of_vault(self._ctx, vault_id, self._reach)
            wanted += found.needs
            self.counts["already"] += found.already
            self.counts["kept_back"] += found.held
        free = {vault_id: self._room(presence, wanted) for vault_id, presence in self._presences.items()}
        volume_of = {vault_id: presence.volume.id for vault_id, presence in self._presences.items() if presence.volume}
        self._plan = plan(wanted, free, volume_of)
        self.counts["already"] -= sum(need.step is Step.RENAME for need in wanted)
        yield from self._say_what_is_short()

    def _find(self) -> Iterator[Notice]:
        """Which of the drives can be written. One that was asked for must be there, or at least one of all."""
        found = [drives.locate_one(self._ctx, vault) for vault in self._chosen]
        self._presences = {presence.vault.id: presence for presence in found if presence.writable}
        any_there = any(presence.root is not None for presence in found)
        for presence in found:
            if presence.writable:
                continue
            if presence.root is None and any_there and not self._asked:
                text = tr("{reason} It will be brought up to date when it is back.", reason=presence.reason)
                yield ItemDone("noted", b"", presence.vault.label, reason=text)
                continue
            gone = presence.root is None
            self._trouble.append(drives.not_there(presence) if gone else DriveUnwritable(presence.reason))
            yield ItemDone("failed", b"", presence.vault.label, problem=presence.reason)

    def _room(self, presence: Presence, wanted: Sequence[Need]) -> int:
        """Bytes for copies: what is free less what journal, manifests and snapshot will take."""
        assert presence.root is not None
        layout = VaultLayout(presence.root)
        entries = sum(need.vault_id == presence.vault.id for need in wanted)
        reserve = bag.room_to_fold(layout, entries) + snapshots.room(self._ctx) if entries else 0
        return volumes.space(presence.root)[0] - reserve

    def _say_what_is_short(self) -> Iterator[Notice]:
        self.counts["left_out"] = len(self._plan.left_out)
        self.counts["short_bytes"] = sum(self._plan.short_bytes.values())
        for vault_id, lacking in self._plan.short_bytes.items():
            vault = self._presences[vault_id].vault
            left_out = sum(need.vault_id == vault_id for need in self._plan.left_out)
            error = _no_space(vault, left_out, lacking)
            self._trouble.append(error)
            yield ItemDone("noted", b"", vault.label, lacking, reason=str(error), details={"files": left_out})

    def _foretell(self, presence: Presence) -> Iterator[Notice]:
        actions = self._actions(presence.vault)
        yield Started(JOB, presence.vault.label, len(actions), needs.total_bytes(actions))
        for need in actions:
            self.counts[_DONE[need.step]] += 1
            size = 0 if need.step is Step.RENAME else need.size
            self.counts["bytes"] += size
            yield ItemDone(_DONE[need.step], need.path, presence.vault.label, size, need.reason.value)

    def _actions(self, vault: Vault) -> list[Need]:
        return [need for need in self._plan.actions if need.vault_id == vault.id]

    # -- doing

    def _bring_up_to_date(self, presence: Presence) -> Iterator[Notice]:
        actions = self._actions(presence.vault)
        yield Started(JOB, presence.vault.label, len(actions), needs.total_bytes(actions))
        try:
            with (
                self._ctx.locked(JOB, vaults=(presence.vault.id,)),
                open_for_writing(self._ctx, presence) as vault,
            ):
                renames = [need for need in actions if need.step is Step.RENAME]
                yield from self._rename(vault, renames)
                yield from self._copy(vault, [need for need in actions if need.step is not Step.RENAME], len(renames))
                yield from self._expire(vault)
        except VaultError as error:
            self._trouble.append(error)
            yield ItemDone("failed", b"", presence.vault.label, problem=str(error))

    def _rename(self, vault: OpenVault, actions: Sequence[Need]) -> Iterator[Notice]:
        for done in renaming.rename(vault, [need.item_id for need in actions]):
            self.counts["renamed"] += 1
            yield ItemDone("renamed", done.path, vault.label, reason="renamed-in-library")

    def _expire(self, vault: OpenVault) -> Iterator[Notice]:
        for gone in retention.expire(vault):
            self.counts["expired"] += 1
            path = items.get(self._ctx.catalog, gone.item_id).path
            yield ItemDone("removed", path, vault.label, gone.stat.size, reason="kept-long-enough")

    def _copy(self, vault: OpenVault, actions: Sequence[Need], files: int) -> Iterator[Notice]:
        size = 0
        for outcome in copying.put(vault, self._wanted(vault, actions)):
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
                yield from self._not_copied(vault, outcome)

    def _wanted(self, vault: OpenVault, actions: Sequence[Need]) -> Iterator[Wanted]:
        naming = Naming(self._ctx.catalog, vault.id)
        for need in actions:
            found = needs.wanted(self._ctx, self._reach, need, naming)
            if found is not None:
                yield found
            else:
                self.counts["kept_back"] += 1  # its last good copy went out of reach meanwhile

    def _not_copied(self, vault: OpenVault, outcome: copying.Refused | copying.Failed) -> Iterator[Notice]:
        item = outcome.wanted.item
        if isinstance(outcome, copying.Refused):
            found = unexpected.judge(self._ctx, self._reach, outcome.wanted, outcome.reading)
            if found.finding is not None:
                self._findings += found.finding.verdict.is_damage
                self.counts["kept_back"] += 1
                yield ItemDone("finding", item.path, found.finding.where, finding=found.finding)
                return
            problem = tr("it is not what it was when it was last scanned: scan first")
        else:
            problem = str(outcome.error)
            self._look_after(outcome.wanted)
        self.counts["failed"] += 1
        yield ItemDone("failed", item.path, vault.label, problem=problem)

    def _look_after(self, wanted: Wanted) -> None:
        """A source that fails may have gone whole: then nothing more is expected of it, and the job says so once."""
        source = wanted.source.replica
        place = self._reach.place(source.vault_id, wanted.item.library_id) if source is not None else None
        if place is None or place.is_there(self._ctx):
            return
        self._trouble.append(places.gone(place))
        self._reach = places.reachable(self._ctx)


_DONE = {Step.COPY: "copied", Step.REPLACE: "replaced", Step.RENAME: "renamed"}


def _chosen(ctx: Context, vault_ids: Sequence[str] | None) -> list[Vault]:
    every = vaults.every(ctx.catalog)
    if vault_ids is None:
        return every
    found = [vault for vault in every if vault.id in vault_ids]
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
        )
    )
