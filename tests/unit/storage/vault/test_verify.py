"""A vault checked with nothing but itself, whole and in every way broken."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from musicvault.domain.verdict import Finding
from musicvault.errors import DriveRefused
from musicvault.storage.bagit.claims import MOST_FORMS
from musicvault.storage.bagit.outcomes import Remark
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.records import Operation
from musicvault.storage.vault.verify import verify_vault
from tests.unit.storage.vault.samples import Vault, record_of

JOURNAL, IDENTITY = b"musicvault/journal", b"musicvault/volume.json"
ONE, TWO, ASIDE = b"data/music/one.flac", b"data/music/two.flac", b"musicvault/versions/aa/aaaa-one.flac"


@pytest.fixture
def filled(vault: Vault) -> Vault:
    vault.put(ONE, b"one")
    vault.put(TWO, b"two")
    vault.put(b"data/music/old.flac", b"old")
    vault.move(Operation.VERSION, b"data/music/old.flac", ASIDE)
    vault.fold()
    return vault


def problems(vault: Vault) -> set[tuple[str, str, str]]:
    return {
        (os.fsdecode(one.path), one.verdict.value, one.evidence[0].code)
        for one in verify_vault(vault.layout)
        if isinstance(one, Finding)
    }


def remarks(vault: Vault) -> list[str]:
    return [one.text for one in verify_vault(vault.layout) if isinstance(one, Remark) and one.path]


def test_a_whole_vault(filled: Vault) -> None:
    assert problems(filled) == set()
    assert remarks(filled) == []


def test_a_replaced_file_and_its_version(filled: Vault) -> None:
    filled.move(Operation.VERSION, ONE, b"musicvault/versions/bb/bbbb-one.flac")
    filled.put(ONE, b"new one", Operation.REPLACE)
    assert problems(filled) == set()
    filled.fold()
    assert problems(filled) == set()


def test_an_empty_vault(vault: Vault) -> None:
    assert problems(vault) == set()


def test_a_vault_with_unfolded_work_is_whole(filled: Vault) -> None:
    filled.put(b"data/music/three.flac", b"three")
    filled.move(Operation.RENAME, TWO, b"data/music/deux.flac")
    filled.remove(ONE)
    assert problems(filled) == set()


def test_interrupted_work_is_no_damage(filled: Vault) -> None:
    arriving = record_of(b"data/music/new.flac", b"new")
    renamed = record_of(b"data/music/deux.flac", b"two", operation=Operation.RENAME, source=TWO)
    replaced = record_of(ONE, b"ONE", operation=Operation.REPLACE)
    with Journal(filled.layout.journal) as journal:
        journal.append_many([arriving, renamed, replaced])
    filled.file(b"musicvault/incoming/x-0.partial").write_bytes(b"new")
    with filled.file(b"musicvault/journal").open("ab") as file:
        file.write(b'{"check":"half a li')
    assert problems(filled) == set()
    assert len(remarks(filled)) == 6


def write(path: bytes, content: bytes) -> Callable[[Vault], object]:
    return lambda vault: vault.file(path).write_bytes(content)


def append(path: bytes, content: bytes) -> Callable[[Vault], None]:
    def harm(vault: Vault) -> None:
        with vault.file(path).open("ab") as file:
            file.write(content)

    return harm


def remove(path: bytes) -> Callable[[Vault], None]:
    return lambda vault: vault.file(path).unlink()


def lose_line(path: bytes, naming: bytes) -> Callable[[Vault], None]:
    def harm(vault: Vault) -> None:
        lines = vault.file(path).read_bytes().splitlines(keepends=True)
        vault.file(path).write_bytes(b"".join(line for line in lines if naming not in line))

    return harm


def signed(path: bytes, content: bytes) -> Callable[[Vault], None]:
    """The tag manifest says that this is right."""

    def harm(vault: Vault) -> None:
        signatures = vault.file(b"tagmanifest-sha256.txt")
        before = sha256(vault.file(path).read_bytes()).hexdigest()
        signatures.write_text(signatures.read_text().replace(before, sha256(content).hexdigest()))
        vault.file(path).write_bytes(content)

    return harm


def link(vault: Vault) -> None:
    vault.file(ONE).unlink()
    vault.file(ONE).symlink_to("/etc/hostname")


def link_above(vault: Vault) -> None:
    folder = vault.file(b"data/music")
    folder.rename(folder.parents[2] / "elsewhere")
    folder.symlink_to(folder.parents[2] / "elsewhere")


def snapshot(vault: Vault) -> None:
    vault.file(b"musicvault/catalog.sqlite3").write_bytes(b"not what was written")
    vault.file(b"musicvault/catalog.sqlite3.blake3").write_bytes(b"0" * 64 + b"  catalog.sqlite3\n")


HARM = {
    "a byte in a copy": (write(ONE, b"0ne"), {(ONE, "corrupt", "digest-differs")}),
    "a copy gone": (remove(ONE), {(ONE, "missing", "not-there")}),
    "a file too many": (write(b"data/music/x", b"x"), {(b"data/music/x", "foreign", "not-listed")}),
    "a byte in a version": (write(ASIDE, b"0ld"), {(ASIDE, "corrupt", "digest-differs")}),
    "a version gone": (remove(ASIDE), {(ASIDE, "missing", "not-there")}),
    "a link for a copy": (link, {(ONE, "corrupt", "no-file")}),
    "a link for a folder": (
        link_above,
        {(ONE, "missing", "not-there"), (TWO, "missing", "not-there"), (b"data/music", "foreign", "not-listed")},
    ),
    "another declaration, though it is signed": (
        signed(b"bagit.txt", b"\xef\xbb\xbfBagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"),
        {(b"bagit.txt", "corrupt", "list-not-signed")},
    ),
    "files that would have to be fetched": (
        write(b"fetch.txt", b"file:///etc/passwd 10 data/music/x\n"),
        {(b"fetch.txt", "foreign", "not-listed")},
    ),
    "the kept list": (append(b"musicvault/kept", b"{}\n"), {(b"musicvault/kept", "corrupt", "list-not-signed")}),
    "a journal line": (
        append(b"musicvault/journal", b"{}\n"),
        {(b"musicvault/journal", "corrupt", "line-not-written")},
    ),
    "volume.json": (
        write(b"musicvault/volume.json", b"{}"),
        {(b"musicvault/volume.json", "corrupt", "list-not-signed")},
    ),
    "bagit.txt": (write(b"bagit.txt", b"BagIt-Version: 9\n"), {(b"bagit.txt", "corrupt", "list-not-signed")}),
    "bagit.txt gone": (remove(b"bagit.txt"), {(b"bagit.txt", "missing", "not-there")}),
    "the tag manifest gone": (
        remove(b"tagmanifest-sha256.txt"),
        {(b"tagmanifest-sha256.txt", "missing", "not-there")},
    ),
    "a line of the tag manifest": (
        lose_line(b"tagmanifest-sha256.txt", ASIDE),
        {(b"tagmanifest-sha256.txt", "corrupt", "digest-differs")},
    ),
    "a line too many in the tag manifest": (
        append(b"tagmanifest-sha256.txt", b"0" * 64 + b"  musicvault/nothing\n"),
        {(b"musicvault/nothing", "missing", "not-there")},
    ),
    "a path that leads out": (
        append(b"manifest-sha256.txt", b"0" * 64 + b"  ../../etc/passwd\n"),
        {(b"../../etc/passwd", "corrupt", "path-outside"), (b"manifest-sha256.txt", "corrupt", "list-not-signed")},
    ),
    "the snapshot": (snapshot, {(b"musicvault/catalog.sqlite3", "corrupt", "snapshot-differs")}),
}


@pytest.mark.parametrize(("harm", "expected"), HARM.values(), ids=HARM.keys())
def test_damage(filled: Vault, harm: Callable[[Vault], None], expected: set[tuple[bytes, str, str]]) -> None:
    harm(filled)
    named = {(os.fsdecode(path), verdict, code) for path, verdict, code in expected}
    assert named <= problems(filled)
    others = problems(filled) - named
    assert not [one for one in others if not one[0].startswith(("manifest", "tagmanifest", "musicvault/kept"))]


def test_with_a_damaged_manifest_mismatches_are_only_doubtful(filled: Vault) -> None:
    manifest = filled.file(b"manifest-sha256.txt")
    lines = manifest.read_bytes().splitlines(keepends=True)
    manifest.write_bytes(b"f" * 64 + lines[0][64:] + lines[1])
    assert (os.fsdecode(ONE), "suspect", "digest-differs") in problems(filled)


def test_a_name_in_more_spellings_than_memory_should_hold(filled: Vault) -> None:
    spelled = ["".join("é" if number >> bit & 1 else "e\u0301" for bit in range(9)) for number in range(MOST_FORMS + 9)]
    append(b"manifest-sha256.txt", "".join(f"{'0' * 64}  data/{name}\n" for name in spelled).encode())(filled)
    found = problems(filled)
    assert ("manifest-sha256.txt", "corrupt", "too-many-spellings") in found
    assert sum(verdict == "missing" for _, verdict, _ in found) == MOST_FORMS


def test_a_newer_format_is_refused(filled: Vault) -> None:
    path = filled.file(b"musicvault/volume.json")
    path.write_bytes(path.read_bytes().replace(b'"format_version": 1', b'"format_version": 7'))
    with pytest.raises(DriveRefused):
        problems(filled)


def test_nothing_is_written(filled: Vault) -> None:
    root = Path(os.fsdecode(filled.layout.root))
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    problems(filled)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
