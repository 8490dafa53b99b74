"""A vault's own files: its lists and the catalog's snapshot, held against what they were written as.

They are no items, so nothing about them is kept in the catalog: each scrub looks, and each repair writes them anew.
"""

from __future__ import annotations

import os

from musicvault.domain.paths import RelPath
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.engine.places import Place
from musicvault.errors import ItemError, VaultError
from musicvault.storage.reading import read_file
from musicvault.storage.vault import bag, manifest, tagfiles
from musicvault.storage.vault.layout import VaultLayout, is_aside
from musicvault.storage.vault.manifest import Entry

_SNAPSHOT: RelPath = b"musicvault/catalog.sqlite3"


def damaged(place: Place) -> list[Finding]:
    """Findings about a vault's own files, read from the device, under its lock. `path` is below `MusicVault`.

    Raises VaultError where the drive doesn't answer.
    """
    layout = VaultLayout(place.root)
    wrong = {*bag.damaged_lists(layout), *_wrong_tag_files(layout), *_wrong_snapshot(layout)}
    fact = Evidence("own-file-damaged")
    return [Finding(path, place.name, Verdict.CORRUPT, (fact,), on_drive=True) for path in sorted(wrong)]


def _wrong_tag_files(layout: VaultLayout) -> list[RelPath]:
    """Of what the tag manifest signs, all but versions and quarantine, which are replicas. While a fold is unfinished
    they are its business."""
    if bag.statements(layout.journal).marks:
        return []
    try:
        signed = [entry for entry in manifest.read_entries(layout.tagmanifest) if not is_aside(entry.path)]
    except VaultError:
        return [tagfiles.TAGMANIFEST]
    return [entry.path for entry in signed if not _is_right(layout, entry)]


def _is_right(layout: VaultLayout, entry: Entry) -> bool:
    try:
        return read_file(layout.guarded(entry.path), from_device=True).digests.sha256 == entry.sha256
    except ItemError:
        return False


def _wrong_snapshot(layout: VaultLayout) -> list[RelPath]:
    if not os.path.lexists(layout.snapshot):
        return []  # a vault that was just made, or a kill while it was being exchanged: the next job writes one
    try:
        stated = read_file(layout.snapshot_digest, keep_small=True).content or b""
        found = read_file(layout.snapshot, digests=False, blocks=False, from_device=True).digests.blake3
    except ItemError:
        return [_SNAPSHOT]
    return [] if stated.split(b" ")[0] == found.hex().encode("ascii") else [_SNAPSHOT]
