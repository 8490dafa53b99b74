"""After a fold the vault is a bag that anyone's tools accept; before, during and after, no statement is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from musicvault.errors import NoSpace, VaultError
from musicvault.storage import names
from musicvault.storage.vault import bag, tagfiles
from musicvault.storage.vault.bag import Contents, damaged_lists
from musicvault.storage.vault.identity import read_identity
from musicvault.storage.vault.journal import Journal, replay
from musicvault.storage.vault.layout import VaultLayout, find_vault
from musicvault.storage.vault.manifest import Entry, read_entries
from musicvault.storage.vault.records import Operation
from tests.structure import check_structure
from tests.unit.storage.vault.samples import NOW, Vault, record_of

Judge = Callable[[VaultLayout], list[str]]

ODD_NAMES = [
    "with  two blanks.flac",
    "emoji 🎵.flac",
    "quotes ' \" `.mp3",
    "back\\slash.ogg",
    "\\starts with one.ogg",
    "*star.flac",
    "(brackets) [x] {y}.m4a",
    "a & b; rm -rf $HOME #1.mp3",
    "Motörhead.flac",
    "日本語.opus",
    "~tilde.wav",
    "-dash.wav",
    "x" * 250 + ".mp3",
    "a\u00a0b.mp3",
]

STEPS = [
    "fold: written",
    "journal flushed",
    "fold: marked",
    *(
        f"fold: placed {name}"
        for name in (
            "manifest-sha256.txt",
            "musicvault/kept",
            "bagit.txt",
            "bag-info.txt",
            "musicvault/volume.json",
            "tagmanifest-sha256.txt",
        )
    ),
    "fold: synced",
    "fold: readme",
    "fold: emptied",
]

CHILD = """
import os, signal, sys
from musicvault.storage.vault import writing
from musicvault.storage.vault.bag import fold
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import find_vault
def step(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
layout = find_vault(os.fsencode(sys.argv[1]))
with Journal(layout.journal) as journal:
    writing.on_step = step
    fold(layout, journal, now=1790000000, generation=int(sys.argv[3]))
"""


def listed(vault: Vault) -> dict[bytes, bytes]:
    return {entry.path: entry.sha256 for entry in read_entries(vault.layout.manifest)}


def test_odd_names_verify_with_the_tools_of_the_world(vault: Vault, judged: Judge) -> None:
    for number, name in enumerate(ODD_NAMES):
        vault.put(b"data/music/folder/" + name.encode(), b"content %d" % number)
    vault.fold()
    assert judged(vault.layout) == []
    assert len(listed(vault)) == len(ODD_NAMES)
    vault.file(b"data/music/folder/" + ODD_NAMES[3].encode()).write_bytes(b"rot")
    assert len(judged(vault.layout)) == 2  # and so they would notice


def test_the_readme_leaves_and_comes_back(vault: Vault, judged: Judge) -> None:
    assert vault.file(b"data/README.txt").exists()
    vault.put(b"data/music/a.flac", b"a")
    vault.fold()
    assert not vault.file(b"data/README.txt").exists()
    assert judged(vault.layout) == []
    vault.remove(b"data/music/a.flac")
    vault.fold()
    assert list(listed(vault)) == [b"data/README.txt"]
    assert judged(vault.layout) == []


def test_a_readme_that_someone_changed_is_not_deleted(vault: Vault) -> None:
    vault.file(b"data/README.txt").write_text("my own note")
    vault.put(b"data/music/a.flac", b"a")
    vault.fold()
    assert vault.file(b"data/README.txt").read_text() == "my own note"


def test_a_life_of_changes(vault: Vault, judged: Judge) -> None:
    a, b, c = b"data/music/a.flac", b"data/music/b.flac", b"data/music/c/c.flac"
    old = b"musicvault/versions/ab/abcd-a.flac"
    bad = b"musicvault/quarantine/20261123T080000Z-abcd-b.flac"
    for path in (a, b, c):
        vault.put(path, path)
    vault.fold()
    vault.move(Operation.VERSION, a, old)
    vault.put(a, b"retagged", Operation.REPLACE)
    vault.file(b).write_bytes(b"rotten")
    vault.move(Operation.QUARANTINE, b, bad)
    vault.put(b, b, Operation.REPLACE)
    vault.move(Operation.RENAME, c, b"data/music/d.flac")
    after = vault.fold()
    assert judged(vault.layout) == []
    assert sorted(listed(vault)) == [a, b, b"data/music/d.flac"]
    assert {record.path for record in replay(vault.layout.kept).records} == {old, bad}
    assert after.generation == 3 == read_identity(vault.layout).generation
    vault.remove(old)
    vault.put(b"data/music/e.flac", b"e")
    vault.fold()
    assert judged(vault.layout) == []
    assert [record.path for record in replay(vault.layout.kept).records] == [bad]


def test_names_can_be_exchanged_through_incoming(vault: Vault, judged: Judge) -> None:
    a, b, between = b"data/music/a", b"data/music/b", b"musicvault/incoming/7.partial"
    vault.put(a, b"A")
    vault.put(b, b"B")
    vault.fold()
    vault.move(Operation.RENAME, a, between)
    vault.move(Operation.RENAME, b, a)
    vault.move(Operation.RENAME, between, b)
    vault.fold()
    assert judged(vault.layout) == []
    assert vault.file(a).read_bytes() == b"B"
    assert replay(vault.layout.kept).records == ()


def test_an_open_finding_stays_listed_with_what_should_be_there(vault: Vault, judged: Judge) -> None:
    record = vault.put(b"data/music/a.flac", b"good")
    vault.fold()
    vault.file(b"data/music/a.flac").write_bytes(b"rotten")
    vault.move(Operation.QUARANTINE, b"data/music/a.flac", b"musicvault/quarantine/x-a.flac")
    with Journal(vault.layout.journal) as journal:
        journal.append(replace(record, operation=Operation.EXPECT, generation=vault.generation))
    vault.fold()
    assert listed(vault)[b"data/music/a.flac"] == record.sha256
    assert len(judged(vault.layout)) == 2


def test_names_that_were_shortened_are_kept(vault: Vault, judged: Judge) -> None:
    """Without catalog and snapshot, the vault alone still knows what every file was called."""
    long = b"?" * 255
    shortened = b"data/music/" + names.safe(long).path
    vault.put(b"data/music/a.flac", b"a", original=b"a.flac")
    vault.put(b"data/music/" + names.safe(b"caf\xe9?.mp3").path, b"a", original=b"caf\xe9?.mp3")
    record = vault.put(shortened, b"b", original=long)
    vault.fold()
    assert judged(vault.layout) == []
    assert bag.kept_statements(vault.layout.kept).renamed == {shortened: record}
    assert check_structure(vault.layout).complete
    vault.move(Operation.VERSION, shortened, b"musicvault/versions/00/0-b")
    record = vault.put(shortened, b"c", Operation.REPLACE, original=long)
    for name in (b"b.flac", b"c.flac"):
        vault.fold()
        assert bag.kept_statements(vault.layout.kept).renamed == {shortened: record}, (
            "where a version came from is past"
        )
        vault.put(b"data/music/" + name, b"a", original=name)
    vault.remove(b"musicvault/versions/00/0-b")
    vault.remove(shortened)
    vault.fold()
    assert replay(vault.layout.kept).records == ()
    assert judged(vault.layout) == []


def test_nothing_to_carry_touches_nothing(vault: Vault) -> None:
    before = {path: path.stat().st_mtime_ns for path in vault.file(b"musicvault").parent.rglob("*")}
    assert vault.fold().generation == 1
    assert before == {path: path.stat().st_mtime_ns for path in vault.file(b"musicvault").parent.rglob("*")}


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step_of_a_fold(step: str, vault: Vault, judged: Judge) -> None:
    """Half-way every file still has its newest statement, and folding again ends in a valid bag."""
    vault.put(b"data/music/kept.flac", b"kept")
    vault.put(b"data/music/old.flac", b"old")
    vault.fold()
    vault.move(Operation.VERSION, b"data/music/old.flac", b"musicvault/versions/00/0-old.flac")
    vault.put(b"data/music/old.flac", b"new", Operation.REPLACE)
    run = subprocess.run(
        [sys.executable, "-c", CHILD, os.fsdecode(vault.layout.root), step, "3"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == -signal.SIGKILL, run.stderr
    assert find_vault(vault.layout.root) == vault.layout
    said = {**listed(vault), **bag.statements(vault.layout.journal).payload}
    assert said[b"data/music/old.flac"] == record_of(b"data/x", b"new").sha256
    assert said[b"data/music/kept.flac"] == record_of(b"data/x", b"kept").sha256
    assert damaged_lists(vault.layout) == ()
    vault.generation = 4
    vault.fold()
    assert judged(vault.layout) == []
    assert replay(vault.layout.journal).records == ()
    assert len(replay(vault.layout.kept).records) == 1


def test_a_full_drive_leaves_everything_as_it_was(vault: Vault, judged: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.put(b"data/music/a.flac", b"a")
    before = vault.layout.manifest, Path(os.fsdecode(vault.layout.manifest)).read_bytes()

    def fail(path: bytes, chunks: object) -> None:
        Path(os.fsdecode(path)).write_bytes(b"part")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bag, "write_aside", fail)
    with pytest.raises(NoSpace):
        vault.fold()
    monkeypatch.undo()
    assert Path(os.fsdecode(before[0])).read_bytes() == before[1]
    assert os.listdir(vault.layout.incoming) == []
    vault.fold()
    assert judged(vault.layout) == []


@pytest.mark.parametrize(
    "path", [b"manifest-sha256.txt", b"musicvault/kept", b"musicvault/journal", b"tagmanifest-sha256.txt"]
)
def test_damage_in_the_lists_is_never_signed(path: bytes, vault: Vault, judged: Judge) -> None:
    """One flipped bit, and only what the catalog knows brings the lists back."""
    a, version = vault.put(b"data/music/a.flac", b"a"), b"musicvault/versions/00/0-b.flac"
    vault.put(b"data/music/b.flac", b"b")
    vault.fold()
    moved = vault.move(Operation.VERSION, b"data/music/b.flac", version)
    vault.fold()
    last = vault.put(b"data/music/z.flac", b"z")
    raw = bytearray(vault.file(path).read_bytes())
    raw[raw.index(b"a", 40 if path == b"tagmanifest-sha256.txt" else 12)] ^= 0x01
    if path == b"tagmanifest-sha256.txt":
        raw[raw.index(b"manifest-sha256.txt") - 5] ^= 0x01
    vault.file(path).write_bytes(bytes(raw))
    assert damaged_lists(vault.layout)
    with pytest.raises(VaultError, match="damaged"):
        vault.fold()
    entries = [Entry(record.path, record.sha256) for record in (a, last)]
    vault.fold(contents=Contents(entries, (moved,)))
    assert damaged_lists(vault.layout) == ()
    assert judged(vault.layout) == []


def test_lists_that_cannot_be_read_are_not_called_damaged(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: bytes) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(bag, "sha256_of", fail)
    with pytest.raises(VaultError, match="stopped answering"):
        damaged_lists(vault.layout)


def test_a_bag_that_another_tool_sorted_differently_folds(vault: Vault, judged: Judge) -> None:
    for name in (b"a", b"b", b"c"):
        vault.put(b"data/music/" + name, name)
    vault.fold()
    manifest = vault.file(b"manifest-sha256.txt")
    lines = manifest.read_text().splitlines(keepends=True)
    manifest.write_text("".join(reversed(lines)).replace("  data", " *./data"))
    digests = {path: tagfiles.digest_of(vault.file(path).read_bytes()) for path in LISTED}
    vault.file(b"tagmanifest-sha256.txt").write_bytes(tagfiles.tagmanifest(digests, ()))
    vault.put(b"data/music/aa", b"aa")
    vault.fold()
    assert list(listed(vault)) == [b"data/music/" + name for name in (b"a", b"aa", b"b", b"c")]
    assert judged(vault.layout) == []


LISTED = (tagfiles.BAGIT, tagfiles.BAG_INFO, tagfiles.MANIFEST, tagfiles.KEPT, tagfiles.VOLUME_JSON)


def test_many_lines_stream(vault: Vault) -> None:
    entries = (Entry(b"data/music/%06d.flac" % number, b"\7" * 32) for number in range(20_000))
    vault.fold(contents=Contents(entries))
    vault.put(b"data/music/010000.flac", b"changed")
    vault.put(b"data/music/zz.flac", b"last")
    vault.fold()
    found = list(read_entries(vault.layout.manifest))
    assert len(found) == 20_001
    assert found == sorted(found, key=lambda entry: entry.path)
    assert found[10_000].sha256 == record_of(b"data/x", b"changed").sha256


def test_room_is_asked_for_generously(vault: Vault) -> None:
    before = bag.room_to_fold(vault.layout, 0)
    for number in range(50):
        vault.put(b"data/music/%d" % number + b"x" * 200, b"x")
    size = os.stat(vault.layout.journal).st_size
    vault.fold()
    grown = sum(os.stat(path).st_size for path in (vault.layout.manifest, vault.layout.tagmanifest))
    assert bag.room_to_fold(vault.layout, 50) - before > 2 * grown + size - 2 * 1024 - before // 100


def test_bag_info_is_one_line_each(vault: Vault) -> None:
    text = vault.file(b"bag-info.txt").read_text()
    assert [line.split(":")[0] for line in text.splitlines()] == [
        "Bag-Software-Agent",
        "Bagging-Date",
        "External-Identifier",
        "External-Description",
        "Internal-Sender-Identifier",
        "MusicVault-Volume",
    ]
    assert "Bagging-Date: 2026-09-21" in text
    assert NOW == 1_790_000_000
