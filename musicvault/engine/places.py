"""Which libraries and vaults are within reach right now, and where each replica lies in them."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from musicvault.catalog import libraries, passes
from musicvault.catalog.libraries import Library
from musicvault.domain.paths import display
from musicvault.engine import library as libraries_here
from musicvault.engine import locating
from musicvault.engine.context import Context
from musicvault.engine.locating import Presence
from musicvault.errors import DriveGone, ItemError
from musicvault.language import tr
from musicvault.storage import volumes
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.volumes import Volume


@dataclass(frozen=True, slots=True)
class Place:
    """A library or a vault that is there. `name` is the library's name or the drive's label, `root` its own folder or
    the vault's `MusicVault` folder. Exactly one of `library` and `presence` is set."""

    name: str
    root: bytes
    volume: Volume
    library: Library | None = None
    presence: Presence | None = None

    @property
    def on_drive(self) -> bool:
        return self.presence is not None

    @property
    def key(self) -> passes.Place:
        """The place as the catalog names it."""
        if self.library is not None:
            return passes.Place(self.library.id, None)
        assert self.presence is not None
        return passes.Place(None, self.presence.vault.id)

    def locked(self, ctx: Context, purpose: str) -> AbstractContextManager[None]:
        """The place's own lock. Raises Locked."""
        library_id, vault_id = self.key
        if vault_id is not None:
            return ctx.locked(purpose, vaults=(vault_id,))
        assert library_id is not None
        return ctx.locked(purpose, libraries=(library_id,))

    def path(self, below: bytes) -> bytes:
        """The absolute path of a replica. Raises DriveRefused for one that would leave a vault."""
        return VaultLayout(self.root).path(below) if self.on_drive else self.root + b"/" + below

    def is_there(self, ctx: Context) -> bool:
        """Whether the place is still what it was: an absent drive is no verdict about its files (M2)."""
        if self.library is not None:
            return libraries_here.online(ctx, self.library)
        assert self.presence is not None
        return locating.locate_one(ctx, self.presence.vault).root == self.root


@dataclass(frozen=True, slots=True)
class Reach:
    """All that is there now; `away` says in plain words what isn't, by library id or vault id; `names` has the name or
    label of each, there or not."""

    libraries: Mapping[int, Place]
    vaults: Mapping[str, Place]
    away: Mapping[int | str, str]
    names: Mapping[int | str, str] = field(default_factory=dict)

    def place(self, vault_id: str | None, library_id: int) -> Place | None:
        return self.libraries.get(library_id) if vault_id is None else self.vaults.get(vault_id)


def reachable(ctx: Context) -> Reach:
    """Look for every library and vault that the catalog knows. Writes nothing."""
    away: dict[int | str, str] = {}
    names: dict[int | str, str] = {}
    found_libraries: dict[int, Place] = {}
    for library in libraries.every(ctx.catalog):
        names[library.id] = library.name
        if libraries_here.online(ctx, library):
            found_libraries[library.id] = Place(
                library.name, library.root, volumes.volume_of(library.root), library=library
            )
        else:
            away[library.id] = tr(
                "The library {name} is not at {folder}: its drive is not connected, or nothing is mounted there.",
                name=library.name,
                folder=display(library.root),
            )
    found_vaults: dict[str, Place] = {}
    for presence in locating.locate(ctx):
        names[presence.vault.id] = presence.vault.label
        if presence.root is None or presence.volume is None:
            away[presence.vault.id] = presence.reason
        else:
            found_vaults[presence.vault.id] = Place(
                presence.vault.label, presence.root, presence.volume, presence=presence
            )
    return Reach(found_libraries, found_vaults, away, names)


def by_device(found: Iterable[Place]) -> list[list[Place]]:
    """The places by the device that does the work: the disk where it is known (any that a RAID shares with another
    place), else the volume."""
    groups: list[tuple[set[str], list[Place]]] = []
    for place in found:
        names = set(place.volume.disk.split("+")) - {""} or {place.volume.id}
        members = [place]
        for group in [group for group in groups if group[0] & names]:
            groups.remove(group)
            names |= group[0]
            members = group[1] + members
        groups.append((names, members))
    return [members for _, members in groups]


def gone(place: Place) -> DriveGone:
    """The error of a job whose place vanished under it."""
    return DriveGone(
        tr(
            "{name} vanished from {folder} in the middle of the work. Plug it in again and run this again: it goes on "
            "where it stopped.",
            name=place.name,
            folder=display(place.root),
        )
    )


def is_io_error(error: ItemError) -> bool:
    """Whether the device itself failed, which may mean that all of it is gone."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in (
        errno.EIO,
        errno.ENODEV,
        errno.ENXIO,
        errno.ESTALE,
        errno.ENOTCONN,
        errno.ESHUTDOWN,
    )
