"""What needs the user: every replica that isn't intact, with its evidence in plain words and the recommended action."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from musicvault.catalog import findings, items, libraries, replicas, troubles, vaults
from musicvault.catalog.findings import StoredFinding
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.domain import wording
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Finding, Verdict
from musicvault.engine.context import Context


class Remedy(StrEnum):
    """The recommended action."""

    REPAIR = "repair"
    DECIDE = "decide"  # accept the new version, or put the proven one back
    RESTORE_OR_FORGET = "restore-or-forget"
    CONFIRM = "confirm"
    CHECK_DRIVE = "check-drive"
    ADOPT = "adopt"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One replica that needs attention. `where` is a library name or drive label."""

    item: Item
    replica: Replica
    finding: Finding
    where: str
    sentence: str
    remedy: Remedy


_BY_STATE = {
    ReplicaState.CORRUPT: (Verdict.CORRUPT, Remedy.REPAIR),
    ReplicaState.SUSPECT: (Verdict.SUSPECT, Remedy.REPAIR),
    ReplicaState.UNREADABLE: (Verdict.UNREADABLE, Remedy.CHECK_DRIVE),
    ReplicaState.MISSING: (Verdict.MISSING, Remedy.REPAIR),
    ReplicaState.HELD: (Verdict.HELD, Remedy.DECIDE),
    ReplicaState.FOREIGN: (Verdict.FOREIGN, Remedy.ADOPT),
}


def attention(ctx: Context, limit: int | None = None) -> list[Trouble]:
    """Everything that needs the user, by item; at most `limit` entries."""
    catalog = ctx.catalog
    names = libraries.names(catalog)
    labels = vaults.labels(catalog)
    found: list[Trouble] = []
    for replica in troubles.troubled(catalog):
        if limit is not None and len(found) >= limit:
            break
        item = items.get(catalog, replica.item_id)
        stored = findings.of(catalog, replica.id)
        where = names[item.library_id] if replica.vault_id is None else labels[replica.vault_id]
        found.append(_trouble(item, replica, stored, where))
    return found


def attention_of(ctx: Context, item: Item) -> list[Trouble]:
    """What needs the user of one item, its library file first."""
    catalog = ctx.catalog
    names = libraries.names(catalog)
    labels = vaults.labels(catalog)
    found: list[Trouble] = []
    for replica in replicas.of_item(catalog, item.id):
        if replica.state not in _BY_STATE or replica.role == replicas.QUARANTINE:
            continue
        if replica.vault_id is not None and replica.vault_id not in labels:
            continue
        stored = findings.of(catalog, replica.id)
        where = names[item.library_id] if replica.vault_id is None else labels[replica.vault_id]
        found.append(_trouble(item, replica, stored, where))
    return found


def born_damaged(ctx: Context, limit: int | None = None) -> list[Finding]:
    """What was damaged when it first came: protected as it is, and no alarm, but worth knowing; at most `limit`."""
    catalog = ctx.catalog
    names = libraries.names(catalog)
    found: list[Finding] = []
    for replica_id, stored in findings.of_many(catalog, findings.born_damaged(catalog)[:limit]).items():
        item = items.get(catalog, replicas.get(catalog, replica_id).item_id)
        found.append(Finding(item.path, names[item.library_id], stored.verdict, stored.evidence, known=True))
    return found


def _trouble(item: Item, replica: Replica, stored: StoredFinding | None, where: str) -> Trouble:
    verdict, remedy = _BY_STATE[replica.state]
    if replica.state is ReplicaState.MISSING and replica.vault_id is None:
        remedy = Remedy.RESTORE_OR_FORGET
    if stored is not None:
        verdict = stored.verdict
        if stored.braked:
            remedy = Remedy.CONFIRM
    finding = Finding(
        item.path,
        where,
        verdict,
        stored.evidence if stored else (),
        stored.bad_blocks if stored else (),
        on_drive=replica.vault_id is not None,
        known=True,
        lost=stored.lost if stored else (),
    )
    return Trouble(item, replica, finding, where, wording.finding(finding), remedy)
