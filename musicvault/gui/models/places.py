"""Folders, volumes and libraries to choose from; the Settings screen. Frozen values, no Qt, no engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Volume:
    """A mounted volume that a vault could be made on. `shares_library`: it lies on one disk with the music; None where
    there is no music yet to compare it with."""

    path: bytes
    label: str
    free: int
    size: int
    shares_library: bool | None = False
    removable: bool = False
    has_vault: bool = False
    writable: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class FolderGuess:
    """A folder that may hold music, and what a quick look found there (None: still looking)."""

    path: bytes
    files: int | None = None
    bytes: int = 0
    formats: tuple[tuple[str, int], ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class VaultGuess:
    """A vault to start again from, and what a quick look found there (`files` None: not known)."""

    path: bytes
    label: str = ""
    files: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """`placed` is false for a library of a rebuilt catalog, as long as nobody said where its files are now."""

    name: str
    path: bytes
    online: bool = True
    items: int = 0
    exclusions: tuple[str, ...] = ()
    placed: bool = True


@dataclass(frozen=True, slots=True)
class SettingsModel:
    libraries: tuple[LibraryRow, ...] = ()
    fingerprints: bool = True
    catalog: bytes = b""
    version: str = ""
