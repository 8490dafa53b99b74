"""Volumes (storage known by its own identity) and the vaults on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from musicvault.catalog.database import Catalog, Row, Transaction
from musicvault.domain.events import Event, EventType
from musicvault.domain.paths import display
from musicvault.domain.times import CAREFUL, Traits

_COLUMNS = (
    "id, volume_id, label, site, folder, below, generation, created_at, seen_at, snapshot_at, media, notes, retired_at,"
    " parity"
)


@dataclass(frozen=True, slots=True)
class Vault:
    """`folder` is where `MusicVault` was last seen (absolute); `below` the same below its mount point. `media` is one
    of `domain.media.Media`, '' where it isn't known. A drive that was retired (`retired_at`) gets no copies and its
    copies count for nothing, but they still serve to heal and to restore. `parity` is how much recovery
    data is kept of each album, in percent; 0 for none."""

    id: str
    volume_id: str
    label: str
    site: str
    folder: bytes
    below: bytes
    generation: int
    created_at: float
    seen_at: float
    snapshot_at: float | None
    media: str = ""
    notes: str = ""
    retired_at: float | None = None
    parity: int = 0

    @property
    def retired(self) -> bool:
        return self.retired_at is not None


def _vault(row: Row) -> Vault:
    return Vault(*row)


def every(catalog: Catalog) -> list[Vault]:
    """All vaults, in the order in which they were added."""
    sql = f"SELECT {_COLUMNS} FROM vault WHERE removed_at IS NULL ORDER BY created_at, label"
    return [_vault(row) for row in catalog.rows(sql)]


def labels(catalog: Catalog, *, removed: bool = False) -> dict[str, str]:
    """What drives are called, by their vaults' ids; with `removed` also those that are used no more."""
    chosen = "" if removed else " WHERE removed_at IS NULL"
    return dict(catalog.rows(f"SELECT id, label FROM vault{chosen} ORDER BY created_at, label"))


def by_id(catalog: Catalog, vault_id: str) -> Vault | None:
    row = catalog.row(f"SELECT {_COLUMNS} FROM vault WHERE id = ? AND removed_at IS NULL", (vault_id,))
    return None if row is None else _vault(row)


def by_label(catalog: Catalog, label: str) -> Vault | None:
    """By label, case folded, or by the start of its id (8 characters or more)."""
    for vault in every(catalog):
        if vault.label.casefold() == label.casefold() or (len(label) >= 8 and vault.id.startswith(label)):
            return vault
    return None


def by_folder(catalog: Catalog, folder: bytes) -> Vault | None:
    """The vault that was last seen in this folder."""
    row = catalog.row(f"SELECT {_COLUMNS} FROM vault WHERE folder = ? AND removed_at IS NULL", (folder,))
    return None if row is None else _vault(row)


def free_label(catalog: Catalog, wanted: str) -> str:
    """The label itself, or with a number where another vault has it."""
    taken = {row[0].casefold() for row in catalog.rows("SELECT label FROM vault")}
    label, number = wanted, 1
    while label.casefold() in taken:
        number += 1
        label = f"{wanted} {number}"
    return label


def add(transaction: Transaction, vault: Vault) -> None:
    """Record a vault whose folder already stands on the drive."""
    transaction.execute(
        "INSERT INTO vault(id, volume_id, label, site, folder, below, generation, created_at, seen_at, media)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET volume_id = excluded.volume_id,"
        " label = excluded.label, site = excluded.site, folder = excluded.folder, below = excluded.below,"
        " generation = excluded.generation, seen_at = excluded.seen_at,"
        " retired_at = CASE WHEN removed_at IS NULL THEN retired_at END, removed_at = NULL",
        (
            vault.id,
            vault.volume_id,
            vault.label,
            vault.site,
            vault.folder,
            vault.below,
            vault.generation,
            vault.created_at,
            vault.seen_at,
            vault.media,
        ),
    )
    transaction.event(
        Event(
            EventType.CONFIGURATION,
            vault_id=vault.id,
            detail={"added": "drive", "label": vault.label, "site": vault.site, "folder": display(vault.folder)},
        )
    )
    touch_items(transaction, vault.id)


def remove(transaction: Transaction, vault: Vault) -> None:
    """Stop using a drive. Everything on it stays; its copies no longer count."""
    transaction.execute(
        "UPDATE vault SET removed_at = ?, label = label || ' (' || substr(id, 1, 8) || ')' WHERE id = ?",
        (transaction.now, vault.id),
    )
    transaction.event(
        Event(EventType.CONFIGURATION, vault_id=vault.id, detail={"removed": "drive", "label": vault.label})
    )
    touch_items(transaction, vault.id)


def relabel(transaction: Transaction, vault: Vault, label: str, site: str) -> None:
    transaction.execute("UPDATE vault SET label = ?, site = ? WHERE id = ?", (label, site, vault.id))
    transaction.event(
        Event(EventType.CONFIGURATION, vault_id=vault.id, detail={"label": label, "site": site, "was": vault.label})
    )


def describe(transaction: Transaction, vault: Vault, media: str, notes: str) -> None:
    """What kind of drive it is, and the user's own words about it."""
    transaction.execute("UPDATE vault SET media = ?, notes = ? WHERE id = ?", (media, notes, vault.id))
    transaction.event(
        Event(EventType.CONFIGURATION, vault_id=vault.id, detail={"label": vault.label, "media": media, "notes": notes})
    )
    touch_items(transaction, vault.id)


def set_retired(transaction: Transaction, vault: Vault, retired: bool, detail: Mapping[str, object]) -> None:
    """Retire a drive, or take it back into service; the standing of all that it holds follows."""
    transaction.execute(
        "UPDATE vault SET retired_at = ? WHERE id = ?", (transaction.now if retired else None, vault.id)
    )
    did = "retired" if retired else "back in service"
    transaction.event(
        Event(EventType.CONFIGURATION, vault_id=vault.id, detail={did: "drive", "label": vault.label, **detail})
    )
    touch_items(transaction, vault.id)


def set_parity(transaction: Transaction, vault: Vault, percent: int) -> None:
    """How much recovery data each album gets on this drive, in percent; 0 for none."""
    transaction.execute("UPDATE vault SET parity = ? WHERE id = ?", (percent, vault.id))
    detail = {"parity": percent, "was": vault.parity}
    transaction.event(Event(EventType.CONFIGURATION, vault_id=vault.id, detail=detail))


def set_seen(transaction: Transaction, vault_id: str, folder: bytes, below: bytes, volume_id: str) -> None:
    """The vault was met here, perhaps under another mount point than before."""
    old = transaction.execute("SELECT volume_id FROM vault WHERE id = ?", (vault_id,)).fetchone()
    transaction.execute(
        "UPDATE vault SET folder = ?, below = ?, volume_id = ?, seen_at = ? WHERE id = ?",
        (folder, below, volume_id, transaction.now, vault_id),
    )
    if old and old[0] != volume_id:
        touch_items(transaction, vault_id)


def set_generation(transaction: Transaction, vault_id: str, generation: int) -> None:
    transaction.execute("UPDATE vault SET generation = ? WHERE id = ?", (generation, vault_id))


def set_snapshot(transaction: Transaction, vault_id: str) -> None:
    transaction.execute("UPDATE vault SET snapshot_at = ? WHERE id = ?", (transaction.now, vault_id))


def touch_items(transaction: Transaction, vault_id: str) -> None:
    rows = transaction.execute("SELECT item_id FROM replica WHERE vault_id = ? AND role = 'current'", (vault_id,))
    transaction.touch(*(row[0] for row in rows))


# -- volumes


@dataclass(frozen=True, slots=True)
class KnownVolume:
    """What the catalog remembers of a volume: `mount` is where it was last seen. `disk` is the stable id of the
    physical disk, `enclosure` that of the case that holds it, '' where nothing tells; `detached`: it can be unplugged,
    or is another machine's."""

    id: str
    fs_type: str
    fs_uuid: str | None
    label: str
    traits: Traits
    mount: bytes
    seen_at: float
    disk: str = ""
    model: str = ""
    enclosure: str = ""
    detached: bool = False


def volume(catalog: Catalog, volume_id: str) -> KnownVolume | None:
    row = catalog.row(
        "SELECT id, fs_type, fs_uuid, label, traits, mount, seen_at, disk, model, enclosure, detached FROM volume"
        " WHERE id = ?",
        (volume_id,),
    )
    if row is None:
        return None
    traits = Traits(**json.loads(row[4]))
    return KnownVolume(row[0], row[1], row[2], row[3], traits, row[5], row[6], row[7], row[8], row[9], bool(row[10]))


def traits_of(catalog: Catalog, volume_id: str) -> Traits:
    """What the volume's file system can be believed about; the careful default where it isn't known."""
    known = volume(catalog, volume_id)
    return CAREFUL if known is None else known.traits


def save_volume(transaction: Transaction, known: KnownVolume) -> None:
    transaction.execute(
        "INSERT INTO volume(id, fs_type, fs_uuid, label, traits, mount, seen_at, disk, model, enclosure, detached)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(id) DO UPDATE SET fs_type = excluded.fs_type, fs_uuid = excluded.fs_uuid,"
        " label = excluded.label, traits = excluded.traits, mount = excluded.mount, seen_at = excluded.seen_at,"
        " disk = excluded.disk, model = excluded.model, enclosure = excluded.enclosure, detached = excluded.detached",
        (
            known.id,
            known.fs_type,
            known.fs_uuid,
            known.label,
            json.dumps(asdict(known.traits)),
            known.mount,
            known.seen_at,
            known.disk,
            known.model,
            known.enclosure,
            int(known.detached),
        ),
    )
