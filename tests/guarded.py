"""A library protected on drives (plain folders unless the test mounts some): what scrub and repair tests use."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import bagit

from musicvault.catalog import libraries, replicas, vaults
from musicvault.catalog.replicas import Replica
from musicvault.domain.notices import Finished
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Finding, Verdict
from musicvault.engine.drives import add_drive
from musicvault.engine.repair import repair
from musicvault.engine.scrub import scrub
from musicvault.engine.sync import sync
from tests.engine_room import Room


class Guarded(Room):
    """A room with drives. `protect` scans and syncs."""

    def drive(self, name: str, folder: Path | None = None) -> vaults.Vault:
        place = folder or self.tmp / name
        place.mkdir(parents=True, exist_ok=True)
        return add_drive(self.ctx, os.fsencode(place), name)

    def protect(self) -> None:
        if not libraries.every(self.catalog):
            self.add()
        self.scan()
        finished = self.run(sync(self.ctx))
        assert finished.exit_code == 0, self.notices

    def scrub(self, *, drives: list[str] | None = None, library: bool | None = None) -> Finished:
        chosen = None if drives is None else [vault.id for vault in self.vaults() if vault.label in drives]
        numbers = None if library is None else [one.id for one in libraries.every(self.catalog)]
        return self.run(scrub(self.ctx, vault_ids=chosen, library_ids=numbers))

    def repair(self, query: str | None = None, *, missing: bool = False, dry_run: bool = False) -> Finished:
        return self.run(repair(self.ctx, query, missing=missing, dry_run=dry_run))

    def vaults(self) -> list[vaults.Vault]:
        return vaults.every(self.catalog)

    def copy(self, drive: str, name: str) -> Path:
        """Where a drive keeps its copy of a library's file."""
        (vault,) = [one for one in self.vaults() if one.label == drive]
        return Path(os.fsdecode(vault.folder)) / "data" / "music" / name

    def replica(self, drive: str, name: str) -> Replica:
        (vault,) = [one for one in self.vaults() if one.label == drive]
        found = replicas.in_vault(self.catalog, vault.id, self.item(name).id)
        assert found is not None
        return found

    def copy_state(self, drive: str, name: str) -> ReplicaState:
        return self.replica(drive, name).state

    def told(self) -> list[Finding]:
        return [notice.finding for notice in self.done() if notice.finding is not None]

    def facts(self) -> list[str]:
        """The codes of all evidence that the last job told."""
        return [fact.code for finding in self.told() for fact in finding.evidence]

    def verdicts(self) -> set[tuple[str, str, Verdict]]:
        return {(finding.where, os.fsdecode(finding.path), finding.verdict) for finding in self.told()}


def is_valid(vault: vaults.Vault) -> bool:
    """What the world's tools say about the bag: bagit.py and sha256sum."""
    folder = os.fsdecode(vault.folder)
    try:
        bagit.Bag(folder).validate()
    except bagit.BagError:
        return False
    checked = subprocess.run(
        ["sha256sum", "--quiet", "-c", "manifest-sha256.txt"], cwd=folder, capture_output=True, check=False
    )
    return checked.returncode == 0


def on_two_drives(tmp: Path) -> Guarded:
    """Two tracks and their cover, protected on two drives."""
    made = Guarded(tmp)
    for number in (1, 2):
        made.track(f"album/{number}.flac", number, title=("Dawn", "Dusk")[number - 1])
    (made.music / "album" / "cover.jpg").write_bytes(b"\xff\xd8" + bytes(range(256)) * 9)
    made.drive("first")
    made.drive("second")
    made.protect()
    return made


FILLING = 8
"""Files that stay, so that what a test changes is no mass change."""


def fill(room: Guarded) -> None:
    for number in range(FILLING):
        put(room, f"filling/{number}.txt", b"number %d" % number)


def put(room: Guarded, name: str, content: bytes = b"x") -> Path:
    """A companion in the library: jobs treat every item alike, and these are cheap."""
    path = room.music / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
