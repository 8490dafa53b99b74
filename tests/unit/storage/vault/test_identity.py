"""Who may write to a vault, and what a broken or hostile volume.json does (nothing but a clear message)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from musicvault.errors import DriveGone, DriveRefused, VaultError
from musicvault.storage.vault.bag import Contents, damaged_lists
from musicvault.storage.vault.identity import Identity, Refusal, clean_label, open_vault, parse_identity
from musicvault.storage.vault.journal import Journal
from tests.unit.storage.vault.samples import NOW, Vault, record_of

GOOD = {
    "format_version": 1,
    "id": "7f3f2a52-9d3c-4c58-9a37-2f8f6a3f0d11",
    "label": "Elements",
    "site": "home",
    "owner": "catalog-1",
    "generation": 7,
    "created": "2026-11-23T08:00:00Z",
}


def test_round_trip() -> None:
    identity = Identity(GOOD["id"], 'Ünïcode "quoted"', "catalog-1", NOW, "bank", 12)  # type: ignore[arg-type]
    assert parse_identity(identity.to_bytes()) == identity
    assert parse_identity(json.dumps(GOOD).encode()).generation == 7


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 300,
        b"[]",
        b"nonsense",
        b"[" * 5000,
        b"\xff\xfe",
        b'{"a":"' + b"x" * 70_000 + b'"}',
        *(
            json.dumps(GOOD | change).encode()
            for change in (
                {"id": "../../etc"},
                {"id": 5},
                {"label": ["x"]},
                {"label": "a\nb"},
                {"label": "x" * 300},
                {"owner": ""},
                {"generation": -1},
                {"generation": 1e9},
                {"generation": True},
                {"generation": 10**30},
                {"created": "yesterday"},
                {"format_version": "1"},
                {"format_version": 0},
            )
        ),
    ],
)
def test_a_broken_identity_is_a_clear_error(raw: bytes, vault: Vault, tmp_path: Path) -> None:
    vault.file(b"musicvault/volume.json").write_bytes(raw)
    state = open_vault(os.fsencode(tmp_path), "catalog-1", 1)
    assert (state.identity.label, state.refusal) == ("Elements", None)  # bag-info.txt says it once more
    vault.file(b"bag-info.txt").write_bytes(b"MusicVault-Volume: " + raw)
    with pytest.raises(VaultError, match=r"volume\.json is damaged"):
        open_vault(os.fsencode(tmp_path), "catalog-1", 1)


def test_a_damaged_identity_is_made_whole_by_a_fold(vault: Vault) -> None:
    before = vault.file(b"musicvault/volume.json").read_bytes()
    vault.file(b"musicvault/volume.json").write_bytes(before.replace(b'"', b"#", 1))
    assert damaged_lists(vault.layout) == (b"musicvault/volume.json",)
    vault.generation = 1
    vault.fold(contents=Contents([]))
    assert vault.file(b"musicvault/volume.json").read_bytes() == before
    assert damaged_lists(vault.layout) == ()


def test_a_newer_format_is_refused(vault: Vault, tmp_path: Path) -> None:
    vault.file(b"musicvault/volume.json").write_text(json.dumps({"format_version": 2}))
    with pytest.raises(DriveRefused, match="newer MusicVault"):
        open_vault(os.fsencode(tmp_path), "catalog-1", 1)


def test_no_vault_is_an_absent_drive(tmp_path: Path) -> None:
    with pytest.raises(DriveGone):
        open_vault(os.fsencode(tmp_path), "catalog-1", 1)


@pytest.mark.parametrize(
    ("catalog", "known", "refusal", "behind"),
    [
        ("catalog-1", 5, None, False),
        ("catalog-1", 6, None, False),  # a batch was committed and never begun
        ("catalog-1", 9, None, True),
        ("catalog-1", 4, Refusal.AHEAD, False),
        ("catalog-1", None, Refusal.UNKNOWN, False),
        ("catalog-2", 5, Refusal.OTHER_OWNER, False),
        ("catalog-2", None, Refusal.OTHER_OWNER, False),
    ],
)
def test_owner_and_generation(
    catalog: str, known: int | None, refusal: Refusal | None, behind: bool, vault: Vault, tmp_path: Path
) -> None:
    vault.put(b"data/music/a.flac", b"a")
    vault.generation = 5
    vault.fold()
    state = open_vault(os.fsencode(tmp_path), catalog, known)
    assert (state.generation, state.refusal, state.behind) == (5, refusal, behind)
    if refusal:
        with pytest.raises(DriveRefused, match=r"Elements.*--adopt-vault"):
            state.require_writable()
    else:
        state.require_writable()


def test_an_unfolded_journal_counts_as_a_generation(vault: Vault, tmp_path: Path) -> None:
    with Journal(vault.layout.journal) as journal:
        journal.append(record_of(b"data/music/a", b"a", generation=2))
    assert open_vault(os.fsencode(tmp_path), "catalog-1", 1).refusal is Refusal.AHEAD
    state = open_vault(os.fsencode(tmp_path), "catalog-1", 2)
    assert state.writable
    assert state.generation == 2


def test_a_linked_inner_folder_is_refused(vault: Vault, tmp_path: Path) -> None:
    os.rename(vault.layout.root + b"/musicvault", os.fsencode(tmp_path / "moved"))
    os.symlink(os.fsencode(tmp_path / "moved"), vault.layout.root + b"/musicvault")
    with pytest.raises(DriveRefused, match="link"):
        open_vault(os.fsencode(tmp_path), "catalog-1", 1)


def test_labels_become_one_printable_line() -> None:
    assert clean_label("My\r\nPayload-Oxum:\t1.1 \u202e x") == "My Payload-Oxum: 1.1 x"
    assert len(clean_label("x" * 500)) == 200


def test_a_new_label_and_owner_go_through_a_fold(vault: Vault, tmp_path: Path) -> None:
    state = open_vault(os.fsencode(tmp_path), "catalog-2", None)
    adopted = Identity(state.identity.id, "Blue", "catalog-2", state.identity.created, "office")
    vault.generation = state.generation + 1
    after = vault.fold(identity=adopted)
    assert open_vault(os.fsencode(tmp_path), "catalog-2", after.generation).identity == after
    assert (after.label, after.owner, after.generation) == ("Blue", "catalog-2", 2)
