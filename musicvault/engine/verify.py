"""Verify: is a vault, or any BagIt bag, complete and every byte of it right? No catalog is asked or needed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

from musicvault.domain.notices import Advanced, Checkpoint, Finished, ItemDone, Job, Started, never_stops
from musicvault.domain.paths import display, split
from musicvault.domain.verdict import Finding
from musicvault.errors import BagRefused, UsageError
from musicvault.language import tr
from musicvault.storage.bagit.outcomes import Checked, Outcome, Remark, Surveyed
from musicvault.storage.bagit.verify import verify_bag
from musicvault.storage.vault.layout import VAULT_FOLDER, VaultLayout
from musicvault.storage.vault.verify import verify_vault

JOB = "verify"


def verify(folder: bytes, checkpoint: Checkpoint = never_stops) -> Job:
    """Check the vault in `folder` (or `folder` itself being one), else the bag there. Only reads.

    Counts: checked, bytes, damaged, missing, unreadable, unlisted. The exit code is 20 where anything is wrong.
    Raises UsageError for a folder that isn't there, BagRefused for what is no bag, DriveRefused for a newer format.
    """
    if not os.path.isdir(folder):
        raise UsageError(tr("{folder} is not a folder.", folder=display(folder)))
    root = vault_at(folder)
    where = display(split(folder.rstrip(b"/"))[1])
    yield Started(JOB, where)
    outcomes = (
        verify_bag(folder, checkpoint=checkpoint)
        if root is None
        else verify_vault(VaultLayout(root), checkpoint=checkpoint)
    )
    counts: Counter[str] = Counter(
        dict.fromkeys(("checked", "bytes", "damaged", "missing", "unreadable", "unlisted"), 0)
    )
    yield from _noticed(outcomes, where, counts)
    wrong = sum(counts[key] for key in _COUNTED.values())
    yield Finished(JOB, dict(counts) | {"vault": int(root is not None)}, 20 if wrong else 0)


_COUNTED = {
    "corrupt": "damaged",
    "suspect": "damaged",
    "missing": "missing",
    "unreadable": "unreadable",
    "foreign": "unlisted",
}


def _noticed(outcomes: Iterator[Outcome], where: str, counts: Counter[str]) -> Job:
    for one in outcomes:
        if isinstance(one, Finding):
            counts[_COUNTED[one.verdict.value]] += 1
            yield ItemDone("finding", one.path, one.where, finding=one)
        elif isinstance(one, Checked):
            counts["checked"] += 1
            counts["bytes"] += one.size
            yield Advanced(counts["checked"], counts["bytes"], display(one.path))
        elif isinstance(one, Surveyed):
            yield Started(JOB, where, one.files, one.bytes)
        elif isinstance(one, Remark):
            yield ItemDone("noted", one.path, display(one.path) or where, reason=one.text)


def vault_at(folder: bytes) -> bytes | None:
    """The root of the vault that `folder` holds or is, even one that has lost some of its files or its name; None where
    it looks like none."""
    for candidate in (folder, os.path.join(folder, VAULT_FOLDER)):
        own = any(
            os.path.lexists(os.path.join(candidate, name))
            for name in (b"musicvault/volume.json", b"musicvault/kept", b"musicvault/journal")
        )
        bag = any(os.path.lexists(os.path.join(candidate, name)) for name in (b"bagit.txt", b"manifest-sha256.txt"))
        if own and bag:
            # The user may name a vault by a link; on the drive itself a link would lead out of it.
            return os.path.realpath(folder) if candidate == folder else candidate
    return None


def vault_or_refuse(folder: bytes) -> VaultLayout:
    """The vault that `folder` holds or is. Raises UsageError for a folder that isn't there, BagRefused where there is
    no vault in it."""
    if not os.path.isdir(folder):
        raise UsageError(tr("{folder} is not a folder. Is the drive mounted?", folder=display(folder)))
    root = vault_at(folder)
    if root is None:
        raise BagRefused(tr("There is no vault in {folder}. Give the drive's folder.", folder=display(folder)))
    return VaultLayout(root)
