"""A new vault, made aside and put in place whole: a kill at any moment leaves none or a valid one."""

from __future__ import annotations

import os
import shutil

from musicvault.domain.paths import display
from musicvault.errors import DriveRefused, UsageError
from musicvault.language import tr
from musicvault.storage.flushing import sync_folder
from musicvault.storage.scratch import claimed, remove_leftovers
from musicvault.storage.vault import tagfiles
from musicvault.storage.vault.faults import explained, is_folder
from musicvault.storage.vault.identity import Identity, clean_label, new_vault_id, read_identity
from musicvault.storage.vault.layout import (
    CREATING_PREFIX,
    README_PATH,
    VAULT_FOLDER,
    VaultLayout,
    enclosing_vault,
    find_vault,
)
from musicvault.storage.vault.manifest import Entry, to_line
from musicvault.storage.vault.writing import done, write_aside

_FOLDERS = (
    b"data",
    b"musicvault",
    b"musicvault/versions",
    b"musicvault/quarantine",
    b"musicvault/incoming",
    b"musicvault/parity",
)


def existing_vault(folder: bytes) -> Identity | None:
    """Who the vault in `folder` is; None where there is none. Raises `VaultError` for a broken one."""
    with explained(folder):
        layout = find_vault(folder)
    return read_identity(layout) if layout else None


def create_vault(folder: bytes, label: str, site: str, owner: str, *, now: int) -> Identity:
    """Make `folder/MusicVault`, an empty vault of generation 1 owned by the catalog `owner`.

    `now` in seconds. Raises `UsageError` where `folder` is no folder, `DriveRefused` where a vault (or anything else
    of that name) is there already or `folder` lies in a vault, `NoSpace`, `DriveUnwritable` with nothing left behind.
    """
    if not is_folder(folder):
        raise UsageError(tr("{folder} is not a folder.", folder=display(folder)))
    target = folder.rstrip(b"/") + b"/" + VAULT_FOLDER
    with explained(folder):
        _refuse_occupied(folder, target)
        remove_leftovers(folder, CREATING_PREFIX)
        identity = Identity(new_vault_id(), clean_label(label), owner, now, clean_label(site))
        aside = folder.rstrip(b"/") + b"/" + CREATING_PREFIX + identity.id.encode("ascii")
        os.mkdir(aside)
        try:
            with claimed(aside):
                done("vault: begun")
                _build(VaultLayout(aside), identity, now)
                done("vault: built")
                os.rename(aside, target)
                done("vault: placed")
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        sync_folder(folder)
    done("vault: synced")
    return identity


def _refuse_occupied(folder: bytes, target: bytes) -> None:
    around = enclosing_vault(folder)
    if around is not None:
        raise DriveRefused(
            tr(
                "{folder} lies inside the vault {vault}. Choose a folder outside it.",
                folder=display(folder),
                vault=display(around),
            )
        )
    if find_vault(folder) is not None:
        raise DriveRefused(tr("There is a vault in {folder} already.", folder=display(folder)))
    # An empty folder may go: the rename takes its place, and fails on one that fills up meanwhile.
    if os.path.lexists(target) and (os.path.islink(target) or not os.path.isdir(target) or os.listdir(target)):
        raise DriveRefused(
            tr("{target} is there and is no vault. Move it away or choose another folder.", target=display(target))
        )


def _build(layout: VaultLayout, identity: Identity, now: int) -> None:
    for name in _FOLDERS:
        os.mkdir(layout.root + b"/" + name)
    readme = write_aside(layout.path(README_PATH), (tagfiles.README,))
    files = {
        tagfiles.BAGIT: tagfiles.DECLARATION,
        tagfiles.BAG_INFO: tagfiles.bag_info(identity, now),
        tagfiles.MANIFEST: to_line(Entry(README_PATH, readme.sha256)),
        tagfiles.KEPT: b"",
        tagfiles.VOLUME_JSON: identity.to_bytes(),
    }
    digests = {path: write_aside(layout.path(path), (data,)).sha256 for path, data in files.items()}
    done("vault: files")
    write_aside(layout.tagmanifest, (tagfiles.tagmanifest(digests, ()),))
    write_aside(layout.journal, ())
    for name in (*reversed(_FOLDERS), b""):
        sync_folder(layout.root + (b"/" + name if name else b""))
