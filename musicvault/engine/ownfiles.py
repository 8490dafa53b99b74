"""A vault's own files: its lists and the catalog's snapshot, held against what they were written as.

They are no items, so nothing about them is kept in the catalog: each scrub looks, and each repair writes them anew.
"""

from __future__ import annotations

import os

from musicvault.domain.paths import RelPath
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.engine.places import Place
from musicvault.errors import ItemError, VaultError
from musicvault.storage.bagit import tree
from musicvault.storage.bagit.tree import Sort
from musicvault.storage.reading import read_file
from musicvault.storage.vault import bag, manifest, snapshots, tagfiles
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.layout import VaultLayout, is_aside
from musicvault.storage.vault.listcheck import JOURNAL
from musicvault.storage.vault.manifest import Entry


def damaged(place: Place) -> list[Finding]:
    """Findings about a vault's own files, read from the device, under its lock. `path` is below `MusicVault`.

    Raises VaultError where the drive doesn't answer.
    """
    layout = VaultLayout(place.root)
    wrong = {*bag.damaged_lists(layout), *_wrong_tag_files(layout), *_wrong_snapshots(layout), *_no_files(layout)}
    if wrong:  # of files that can't be read it takes a drive that answers to call them damaged
        with explained(layout.root):
            os.listdir(layout.root)
    fact = Evidence("own-file-damaged")
    return [Finding(path, place.name, Verdict.CORRUPT, (fact,), on_drive=True) for path in sorted(wrong)]


def _wrong_tag_files(layout: VaultLayout) -> list[RelPath]:
    """What the tag manifest signs, and whether it signs all of it. The bytes of versions and quarantine are replicas,
    and others' business; while a fold is unfinished all of it is the fold's."""
    if bag.statements(layout.journal).marks:
        return []
    try:
        signed = {entry.path: entry for entry in manifest.read_entries(layout.tagmanifest)}
    except VaultError:
        return [tagfiles.TAGMANIFEST]
    own = [entry for entry in signed.values() if not is_aside(entry.path)]
    wrong = [entry.path for entry in own if not _is_right(layout, entry)]
    try:
        records = bag.kept_statements(layout.kept).aside.values()
    except VaultError:
        return wrong  # a bad sector: `damaged_lists` tells of it
    kept = {record.path: record.sha256 for record in records if record is not None}
    stated = {path: entry.sha256 for path, entry in signed.items() if is_aside(path)}
    if stated != {path: digest for path, digest in kept.items() if digest}:
        wrong.append(tagfiles.TAGMANIFEST)
    return wrong


def _is_right(layout: VaultLayout, entry: Entry) -> bool:
    """Read twice before it is called wrong."""
    return any(_reads_right(layout, entry) for _ in range(2))


def _reads_right(layout: VaultLayout, entry: Entry) -> bool:
    try:
        return read_file(layout.guarded(entry.path), from_device=True).digests.sha256 == entry.sha256
    except ItemError:
        return False


def _no_files(layout: VaultLayout) -> list[RelPath]:
    """Where a link or a folder keeps the vault from being written; who put it there has to take it away."""
    looked_at = ((path, tree.look(layout.root, path)) for path in (JOURNAL, b"musicvault/lock"))
    return [path for path, seen in looked_at if seen is not None and seen.sort in (Sort.LINK, Sort.OTHER)]


def _wrong_snapshots(layout: VaultLayout) -> list[RelPath]:
    """None may be there: of a vault that was just made, or after a kill while they were being exchanged."""
    known = snapshots.recorded_digests(layout)
    there = [path for path in (layout.snapshot, layout.previous_snapshot) if os.path.lexists(path)]
    return [path[len(layout.root) + 1 :] for path in there if not snapshots.counts(path, known)]
