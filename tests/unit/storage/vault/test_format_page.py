"""The normative page says what the code does."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from musicvault.domain.values import Essence
from musicvault.storage.vault.identity import FORMAT_VERSION
from musicvault.storage.vault.lockfile import this_process
from musicvault.storage.vault.records import Operation, Record, to_line
from tests.unit.storage.vault.samples import NOW, Vault

PAGE = (Path(__file__).resolve().parents[4] / "resources" / "docs" / "format.md").read_text("utf-8")
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def test_every_operation_is_described() -> None:
    described = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert {operation.value for operation in Operation} | {"fold"} <= described


def test_everything_in_a_new_vault_is_described(vault: Vault) -> None:
    root = Path(os.fsdecode(vault.layout.root))
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        assert f"`{name}" in PAGE, name


def test_the_examples_have_the_members_that_are_written(vault: Vault) -> None:
    identity, line = EXAMPLES
    assert list(identity) == list(json.loads(vault.file(b"musicvault/volume.json").read_bytes()))
    assert identity["format_version"] == FORMAT_VERSION
    record = Record(
        Operation.REPLACE,
        b"data/music/Aja/01.flac",
        NOW,
        13,
        blake3=b"\1" * 32,
        sha256=b"\2" * 32,
        size=1,
        mtime_ns=1,
        essence=Essence("flac", b"\3" * 32, 1),
        library="music",
        original=b"Aja/01.flac",
    )
    assert list(line) == list(json.loads(to_line(record)))


def test_the_lock_s_members_are_named() -> None:
    for name in this_process(NOW).__slots__:
        assert f"`{name}`" in PAGE
