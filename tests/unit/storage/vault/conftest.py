"""A real vault in a temporary folder, and the tools that others would check it with."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest

from musicvault.storage.vault.create import create_vault
from musicvault.storage.vault.identity import open_vault
from musicvault.storage.vault.layout import VaultLayout
from tests.unit.storage.vault.samples import NOW, Vault


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    create_vault(os.fsencode(tmp_path), "Elements", "home", "catalog-1", now=NOW)
    return Vault(open_vault(os.fsencode(tmp_path), "catalog-1", 1).layout)


@pytest.fixture
def judged() -> Callable[[VaultLayout], list[str]]:
    """What bagit.py and sha256sum say against the vault; an empty list means that both accept it."""

    def judge(layout: VaultLayout) -> list[str]:
        root = os.fsdecode(layout.root)
        objections = []
        try:
            bagit.Bag(root).validate()
        except bagit.BagError as error:
            objections.append(str(error))
        for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
            command = ["sha256sum", "--strict", "-c", manifest]
            run = subprocess.run(command, check=False, cwd=root, capture_output=True, text=True)
            if run.returncode:
                objections.append(run.stdout[-2000:] + run.stderr)
        return objections

    return judge
