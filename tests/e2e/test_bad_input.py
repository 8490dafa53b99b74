"""Folders and names as the world has them: a clear word or a whole job, and nothing lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e.program import Program

NAMES = [
    b"new\nline.flac",
    "🎵 emoji 🎶.flac".encode(),
    b"not \xff\xfe utf-8.flac",
    b"l" * 250 + b".flac",
    b"Twin.flac",
    b"twin.flac",
    b"100%25 percent%.flac",
    b"back\\slash.flac",
    b" blanks around .flac ",
    b"-dash.flac",
    b"trailing dot.",
    b"CON.flac",
    "e\u0301 decomposed.flac".encode(),
    "é composed.flac".encode(),
    "\u2028 separator.flac".encode(),
    b"tab\there.flac",
]


def test_odd_names_go_round_whole(program: Program, pieces: Path) -> None:
    sound = (pieces / "Nina/Blues/01 One.flac").read_bytes()
    odd = program.place / "Odd"
    odd.mkdir()
    for number, name in enumerate(NAMES):
        with open(os.path.join(os.fsencode(odd), name), "wb") as file:
            file.write(sound if number % 2 else b"companion %d" % number)
    done = program.json("protect", "Odd", "--to", "One", "--no-fingerprints")
    assert (done.summary["items"], done.summary["copied"], done.summary["failed"]) == (len(NAMES), len(NAMES), 0)
    listed = program.json("search", "").of_type("item")
    assert len(listed) == len(NAMES)
    assert sum("path_raw" in line for line in listed) == 4
    assert program.json("scrub").findings == set()
    program.run("restore", "--to", "Back")
    back = os.path.join(os.fsencode(program.place), b"Back", b"odd")
    assert sorted(os.listdir(back)) == sorted(NAMES)
    for name in NAMES:
        with open(os.path.join(back, name), "rb") as copy, open(os.path.join(os.fsencode(odd), name), "rb") as own:
            assert copy.read() == own.read()
    for words in (["search", ""], ["status"], ["history"], ["tag", "separator"], ["scan"]):
        program.run(*words)


def test_a_folder_whose_own_name_is_odd(program: Program) -> None:
    folder = os.path.join(os.fsencode(program.place), b"Mus\xffic\n")
    os.mkdir(folder)
    with open(os.path.join(folder, b"a.txt"), "wb") as file:
        file.write(b"a")
    program.json("protect", folder, "--to", "One")
    assert program.json("status").summary["libraries"][0]["path_raw"]


def test_an_empty_folder_is_no_error(program: Program) -> None:
    (program.place / "Empty").mkdir()
    done = program.json("protect", "Empty", "--to", "One").summary
    assert (done["items"], done["copied"]) == (0, 0)
    assert program.json("scrub").findings == set()


def test_what_came_damaged_stays_labelled(program: Program) -> None:
    (program.music / "Solo/noise.flac").write_bytes(b"no sound at all " * 300)
    program.run("protect", "Music", "--to", "One", "--no-fingerprints")
    assert program.json("status").summary["born_damaged"] == 1
    assert "Music · Solo/noise.flac: it can't be read as audio" in program.run("status").out
    program.run("library", "remove", "Music")
    assert program.json("status").summary["born_damaged"] == 0


def test_broken_sound_is_kept_as_it_is(program: Program, pieces: Path) -> None:
    whole = (pieces / "Nina/Blues/01 One.flac").read_bytes()
    (program.music / "zero.flac").write_bytes(b"")
    (program.music / "cut.flac").write_bytes(whole[: len(whole) // 2])
    (program.music / "garbage.mp3").write_bytes(bytes(range(256)) * 40)
    done = program.json("protect", "Music", "--to", "One").summary
    assert (done["failed"], done["copied"]) == (0, 11)
    assert program.json("scan").code == 0
    assert program.json("scrub").findings == set()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["library", "add", "One/MusicVault/data"], 2),
        (["library", "add", "One"], 2),
        (["library", "add", "Music/Nina"], 2),
        (["drive", "add", "Music"], 16),
        (["drive", "add", "Music/Nina"], 16),
        (["drive", "add", "One/MusicVault/data"], None),
        (["protect", "Music", "--to", "Music/Nina"], 16),
        (["protect", "One/MusicVault", "--to", "Two"], 2),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_libraries_and_vaults_in_one_another(protected: Program, words: list[str], code: int | None) -> None:
    result = protected.run(*words, code=code)
    assert result.code in (2, 16)
    assert "MusicVault" in result.err or "inside" in result.err or "in one another" in result.err


def test_the_same_drive_twice_is_one_drive(program: Program) -> None:
    program.run("drive", "add", "One", "--label", "A")
    program.run("drive", "add", "One")
    (program.place / "link").symlink_to("One")
    program.run("protect", "Music", "--to", "One", "--to", "link", "--no-fingerprints")
    assert [drive["label"] for drive in program.json("status").summary["drives"]] == ["A"]
    assert program.json("drive", "list").summary["drives"] == 1


def test_the_same_folder_twice_is_one_library(program: Program) -> None:
    program.run("protect", "Music", "Music/../Music", "--to", "One", "--no-fingerprints")
    assert program.json("library", "list").summary["libraries"] == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named(protected: Program) -> None:
    (protected.music / "Solo/Six.wav").chmod(0)
    (finding,) = protected.json("scan", code=20).of_type("finding")
    assert (finding["path"], finding["verdict"]) == ("Solo/Six.wav", "unreadable")
    assert "Permission denied" in finding["evidence"][0]
    (protected.place / "closed").mkdir(mode=0)
    protected.run("library", "add", "closed", code=2)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("Music", "--to", "One", "Two"), 2),
        (("Music", "--to=One", "--dry-run", "Two"), 2),
        (("Music", "--to", "One", "--to", "Two"), 0),
        (("--to", "One", "Music"), 0),
    ],
)
def test_a_drive_is_never_taken_for_music(program: Program, words: tuple[str, ...], code: int) -> None:
    for name in ("Music", "One", "Two"):
        (program.place / name).mkdir(exist_ok=True)
    done = program.json("protect", *words, code=code)
    assert ("Two" in done.summary.get("error", "")) == bool(code)
    assert len(program.json("library", "list").of_type("library")) == (0 if code else 1)


def test_links_sockets_and_pipes_are_left_alone_and_counted(program: Program) -> None:
    os.mkfifo(program.music / "pipe.flac")
    (program.music / "link.flac").symlink_to("Solo/Six.wav")
    (program.music / "folder link").symlink_to("Solo")
    (program.music / ".hidden.flac").write_bytes(b"x")
    (program.music / "half.flac.part").write_bytes(b"x")
    done = program.json("protect", "Music", "--to", "One", "--no-fingerprints").summary
    assert done["items"] == 8
    left_out = program.json("status").summary["unprotected"]
    assert "folder link" in {entry.get("path") for entry in left_out}
