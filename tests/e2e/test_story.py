"""The main job, whole: protect, damage, find exactly that, heal, prove."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.e2e.conftest import COMPANIONS, PIECES
from tests.e2e.program import Program, digests, flip

FILES = len(PIECES) + len(COMPANIONS)


def in_vault(program: Program, drive: str, name: str) -> Path:
    return program.place / drive / "MusicVault" / "data" / "music" / name


def test_protect_flip_scrub_repair_scrub(program: Program) -> None:
    done = program.json("protect", "Music", "--to", "One", "--to", "Two").summary
    assert (done["items"], done["copied"], done["already"], done["failed"]) == (FILES, 2 * FILES, 0, 0)
    assert done["bytes"] == sum(path.stat().st_size for path in program.music.rglob("*") if path.is_file())
    again = program.json("protect", "Music", "--to", "One", "--to", "Two").summary
    assert (again["copied"], again["already"]) == (0, 2 * FILES)
    assert program.json("scrub").findings == set()
    before = digests(program.music)

    flip(program.music / "Nina/Blues/01 One.flac")
    flip(in_vault(program, "One", "Nina/Blues/02 Two.mp3"))
    flip(in_vault(program, "Two", "Björk/Debut/notes.txt"))
    found = program.json("scrub", code=20)
    assert found.findings == {
        ("Music", "Nina/Blues/01 One.flac", "corrupt"),
        ("One", "Nina/Blues/02 Two.mp3", "corrupt"),
        ("Two", "Björk/Debut/notes.txt", "corrupt"),
    }
    assert all(line["evidence"] and isinstance(line["evidence"], list) for line in found.of_type("finding"))
    status = program.json("status").summary
    assert (status["states"]["corrupt"], status["attention"]) == (3, 3)
    assert status["action"] == "repair"

    tried = program.json("repair", "--dry-run", code=None)
    assert tried.summary["dry_run"] is True
    assert digests(program.music) != before
    healed = program.json("repair")
    assert {(line["path"], line["healed"]) for line in healed.of_type("finding")} == {
        ("Nina/Blues/01 One.flac", True),
        ("Nina/Blues/02 Two.mp3", True),
        ("Björk/Debut/notes.txt", True),
    }
    assert digests(program.music) == before
    assert program.json("scrub").findings == set()
    for drive in ("One", "Two"):
        check = ["sha256sum", "--quiet", "-c", "manifest-sha256.txt"]
        subprocess.run(check, cwd=program.place / drive / "MusicVault", check=True)


def test_in_words_for_people(protected: Program) -> None:
    assert f"All {FILES} files are safe." in protected.run("status").out
    flip(protected.music / "Solo/Six.wav")
    told = protected.run("scrub", code=20).out
    assert "Damaged\n    Music · Solo/Six.wav\n" in told
    assert "musicvault repair" in told
    assert "1 file is damaged or unreadable." in protected.run("status").out
    assert "Healed\n    Music · Solo/Six.wav\n" in protected.run("repair").out
    assert "fixity check" in protected.run("history", "Solo/Six.wav").out


def test_a_preview_of_repair_reads_like_no_failure(protected: Program) -> None:
    flip(protected.music / "Solo/Six.wav")
    protected.run("scrub", code=20)
    tried = protected.run("repair", "--dry-run", code=20).out
    assert "it can be rebuilt from the copy on One" in tried
    assert "Nothing was changed. To do it: the same command without --dry-run" in tried
    assert "no good copy" not in tried


def test_no_drive_at_all_is_no_success(protected: Program) -> None:
    (protected.place / "One").rename(protected.place / "drawer")
    assert "One" in protected.run("sync").out
    (protected.place / "Two").rename(protected.place / "bank")
    away = protected.run("sync", code=11)
    assert "Nothing to do" not in away.out
    assert away.err.count("\n") == 1


def test_a_drive_that_is_away_and_comes_back_elsewhere(protected: Program) -> None:
    (protected.place / "Two").rename(protected.place / "gone")
    drives = {drive["label"]: drive["online"] for drive in protected.json("status").summary["drives"]}
    assert drives == {"One": True, "Two": False}
    (protected.place / "Two").mkdir()
    refused = protected.json("protect", "Music", "--to", "Two", code=11)
    assert "Two" in refused.summary["error"]
    assert list((protected.place / "Two").iterdir()) == []
    (protected.place / "Two").rmdir()
    (protected.place / "gone").rename(protected.place / "Two")
    assert protected.json("scrub").findings == set()


def test_restore_gives_everything_back(protected: Program) -> None:
    before = digests(protected.music)
    times = {path: path.stat().st_mtime_ns for path in protected.music.rglob("*") if path.is_file()}
    shutil.rmtree(protected.music)
    protected.run("restore", "--to", "Back")
    back = protected.place / "Back" / "music"
    assert {name.split("/Back/music/")[1]: data for name, data in digests(back).items()} == {
        name.split("/Music/")[1]: data for name, data in before.items()
    }
    for path, time in times.items():
        assert (back / path.relative_to(protected.music)).stat().st_mtime_ns == time


def test_a_deleted_file_comes_back_only_when_asked(protected: Program) -> None:
    (protected.music / "Solo/Six.wav").unlink()
    assert protected.json("scan", "--no-fingerprints").findings == {("Music", "Solo/Six.wav", "missing")}
    protected.run("repair")
    assert not (protected.music / "Solo/Six.wav").exists()
    protected.run("repair", "six")
    assert (protected.music / "Solo/Six.wav").exists()
    (protected.music / "Solo/Six.wav").unlink()
    protected.run("scan", "--no-fingerprints")
    protected.run("forget", "six")
    assert protected.json("scan", "--no-fingerprints").findings == set()
    assert in_vault(protected, "One", "Solo/Six.wav").exists()


def test_tags_are_edited_previewed_and_taken_back(protected: Program) -> None:
    before = digests(protected.music)
    preview = protected.run("tag", "nina", "--set", "genre=Blues")
    assert "--yes" in preview.out
    assert digests(protected.music) == before
    protected.run("tag", "nina", "--set", "genre=Blues", "--yes")
    shown = protected.json("tag", "nina").of_type("tags")
    assert [line["tags"]["genre"] for line in shown] == [["Blues"]] * 3
    assert protected.json("scan", "--no-fingerprints").findings == set()
    assert protected.json("sync").summary["replaced"] == 6
    protected.run("tag", "undo", "--yes")
    assert digests(protected.music) == before
    protected.run("sync")
    assert protected.json("scrub").findings == set()


def test_a_replaced_file_waits_for_its_word(protected: Program, pieces: Path) -> None:
    track = protected.music / "Björk/Debut/02 Five.flac"
    old = track.read_bytes()
    shutil.copyfile(pieces / "Nina/Blues/01 One.flac", track)
    found = protected.json("scan", "--no-fingerprints", code=22)
    assert found.findings == {("Music", "Björk/Debut/02 Five.flac", "replaced")}
    assert found.summary["held"] == 1
    assert protected.json("protect", "Music", "--to", "One", code=22).summary["replaced"] == 0
    protected.run("sync", code=None)
    assert in_vault(protected, "One", "Björk/Debut/02 Five.flac").read_bytes() == old
    protected.run("accept", "five", "--dry-run")
    assert protected.json("reject", "five").summary["rejected"] == 1
    assert track.read_bytes() == old
    shutil.copyfile(pieces / "Nina/Blues/01 One.flac", track)
    protected.run("scan", "--no-fingerprints", code=22)
    protected.run("accept", "five")
    protected.run("sync")
    assert in_vault(protected, "One", "Björk/Debut/02 Five.flac").read_bytes() == track.read_bytes() != old


def test_one_round_of_watching_does_it_all(protected: Program, pieces: Path) -> None:
    shutil.copyfile(pieces / "Solo/Six.wav", protected.music / "Solo/Seven.wav")
    flipped = protected.music / "Solo/Seven.wav"
    os.truncate(flipped, flipped.stat().st_size - 4)
    done = protected.json("watch", "--once").summary
    assert (done["added"], done["copied"]) == (1, 2)
    assert in_vault(protected, "Two", "Solo/Seven.wav").exists()


def test_the_demo_heals_itself_and_leaves_nothing(program: Program) -> None:
    done = program.json("demo")
    assert {key: done.summary[key] for key in ("items", "damaged", "repaired")} == {
        "items": 11,
        "damaged": 4,
        "repaired": 4,
    }
    assert ("Music", "Erik Satie/Gymnopédies/01 Gymnopédie No. 1.m4a", "retagged") in done.findings
    assert not (program.place / "catalog.sqlite3").exists()
    program.run("demo", "--dir", "Stage")
    assert {path.name for path in (program.place / "Stage").iterdir()} >= {"Music", "Drive A", "Drive B"}
    assert "own" in program.run("demo", "--dir", "Stage", code=2).err


def test_a_mass_change_reaches_no_drive_before_it_is_confirmed(protected: Program) -> None:
    copies = digests(protected.place / "One" / "MusicVault" / "data")
    tracks = [path for path in protected.music.rglob("*") if path.is_file() and path.suffix != ".flac"]
    for number, path in enumerate(tracks):
        path.write_bytes(b"Pay for your music. %d" % number)
    found = protected.json("scan", "--no-fingerprints", code=None)
    assert found.code in (20, 22)
    assert len(found.findings) == len(tracks)
    assert protected.json("status").summary["libraries"][0]["brake"] is True
    assert "musicvault scan --confirm" in protected.run("status").out
    protected.run("sync", code=None)
    after = digests(protected.place / "One" / "MusicVault" / "data")
    assert after == copies
    protected.run("reject", "", "--yes", code=None)
    protected.run("repair", code=None)
    assert protected.json("scan", "--no-fingerprints", "--confirm").findings == set()


def test_an_existing_backup_is_taken_over_not_copied(program: Program) -> None:
    backup = program.place / "One" / "backup"
    shutil.copytree(program.music, backup)
    program.run("library", "add", "Music")
    program.run("scan", "--no-fingerprints")
    done = program.json("drive", "add", "One", "--adopt", "One/backup").summary
    assert (done["added"], done["adopted"]) == (1, FILES)
    assert program.json("sync").summary["copied"] == 0
    assert program.json("scrub").findings == set()
    assert not [path for path in backup.rglob("*") if path.is_file()]


def test_the_history_names_drives_and_libraries_that_are_used_no_more(protected: Program) -> None:
    for words in (("drive", "remove", "One"), ("library", "remove", "Music")):
        protected.run(*words)
    lines = protected.json("history").of_type("event")
    assert {"Music", "One", "Two"} <= {str(line["where"]).partition(" (")[0] for line in lines}
    assert None in {line["path"] for line in lines}, "of a whole place"
