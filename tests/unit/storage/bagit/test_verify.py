"""Every rule of BagIt that a bag can break, one bag each; bagit.py is asked too."""

from __future__ import annotations

import hashlib
import logging
import os
import unicodedata
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from musicvault.domain.verdict import Finding
from musicvault.errors import BagRefused
from musicvault.storage.bagit.outcomes import Checked, Outcome, Remark, Surveyed
from musicvault.storage.bagit.verify import verify_bag
from tests.unit.storage.bagit.bags import Bag, digest, line

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import bagit

MANIFEST = "manifest-sha256.txt"
logging.getLogger("bagit").setLevel(logging.CRITICAL)


def outcomes(root: Path) -> list[Outcome]:
    return list(verify_bag(os.fsencode(root)))


def problems(root: Path) -> set[tuple[str, str, str]]:
    """(path, verdict, first code of evidence)"""
    return {
        (os.fsdecode(one.path), one.verdict.value, one.evidence[0].code)
        for one in outcomes(root)
        if isinstance(one, Finding)
    }


def accepted_by_bagit(root: Path) -> bool:
    try:
        return bool(bagit.Bag(str(root)).validate())
    except (bagit.BagError, UnicodeError, TypeError, OSError):
        return False


# -- bags that are right


@pytest.mark.parametrize("version", ["0.93", "0.94", "0.95", "0.96", "0.97", "1.0"])
def test_a_sound_bag_of_every_version(tmp_path: Path, version: str) -> None:
    root = Bag(tmp_path / "bag", version).write()
    found = outcomes(root)
    assert problems(root) == set()
    assert Surveyed(2, 6) in found
    assert {one.path for one in found if isinstance(one, Checked)} >= {b"data/one.txt", b"data/sub/two.txt"}
    assert accepted_by_bagit(root)


@pytest.mark.parametrize("algorithm", sorted(hashlib.algorithms_guaranteed - {"shake_128", "shake_256"}))
def test_any_algorithm_of_hashlib(tmp_path: Path, algorithm: str) -> None:
    root = Bag(tmp_path / "bag", algorithms=(algorithm,)).write()
    assert problems(root) == set()
    assert accepted_by_bagit(root)
    (root / "data/one.txt").write_bytes(b"On3")
    assert problems(root) == {("data/one.txt", "corrupt", "digest-differs")}
    assert not accepted_by_bagit(root)


@pytest.mark.parametrize("algorithm", ["shake_128", "shake_256", "sha-256"])
def test_algorithms_that_bagit_py_stumbles_over(tmp_path: Path, algorithm: str) -> None:
    root = Bag(tmp_path / "bag", algorithms=(algorithm,)).write()
    assert problems(root) == set()


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-16BE", "UTF-32", "ISO-8859-1", "utf-8"])
def test_tag_files_in_the_declared_encoding(tmp_path: Path, encoding: str) -> None:
    bag = Bag(tmp_path / "bag", "0.97", encoding, files={"data/Motörhead.txt": b"x"})
    root = bag.write()
    assert problems(root) == set()
    if encoding != "UTF-16":  # bagit.py takes the byte order mark for the first line's
        assert accepted_by_bagit(root)


def test_line_ends_of_all_kinds(tmp_path: Path) -> None:
    root = Bag(tmp_path / "bag").write(tag_manifest=False)
    manifest = root / "manifest-sha256.txt"
    for end in (b"\r\n", b"\r"):
        manifest.write_bytes(manifest.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", end))
        assert problems(root) == set()


def test_forms_that_other_tools_write(tmp_path: Path) -> None:
    bag = Bag(tmp_path / "bag", "0.97")
    bag.lists["manifest-sha256.txt"] = [
        f"{digest('sha256', b'one').upper()} *./data/one.txt",
        f"{digest('sha256', b'two')}\tdata/sub//two.txt",
        "# a remark",
        "",
    ]
    root = bag.write()
    assert problems(root) == set()
    assert accepted_by_bagit(root)


def test_percent_codes(tmp_path: Path) -> None:
    bag = Bag(tmp_path / "bag", files={"data/a\nb": b"1", "data/100%": b"2", "data/%41": b"3"})
    bag.lists["manifest-sha256.txt"] = [
        line("sha256", b"1", "data/a%0Ab"),
        line("sha256", b"2", "data/100%25"),
        line("sha256", b"3", "data/%41"),
    ]
    assert problems(bag.write()) == set()


def test_a_percent_sign_stands_for_itself_before_1_0(tmp_path: Path) -> None:
    root = Bag(tmp_path / "bag", "0.97", files={"data/100%25.txt": b"1"}).write()
    assert problems(root) == set()
    assert accepted_by_bagit(root)


@pytest.mark.parametrize(("written", "stored"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_in_another_normal_form(
    tmp_path: Path, written: Literal["NFC", "NFD"], stored: Literal["NFC", "NFD"]
) -> None:
    name = "data/Björk.txt"
    bag = Bag(tmp_path / "bag", files={unicodedata.normalize(stored, name): b"x"})
    bag.lists["manifest-sha256.txt"] = [line("sha256", b"x", unicodedata.normalize(written, name))]
    root = bag.write()
    assert problems(root) == set()
    assert accepted_by_bagit(root) == (stored == "NFD")  # it finds the file, and then looks for it by the wrong name


def test_twins_that_differ_in_normal_form_are_two_files(tmp_path: Path) -> None:
    names = [unicodedata.normalize(form, "data/ä") for form in ("NFC", "NFD")]
    root = Bag(tmp_path / "bag", files={names[0]: b"1", names[1]: b"2"}).write()
    assert problems(root) == set()
    (root / names[1]).write_bytes(b"1")
    assert problems(root) == {(names[1], "corrupt", "digest-differs")}


def test_an_identical_line_twice_is_allowed_before_1_0(tmp_path: Path) -> None:
    for version, expected in (("0.97", set()), ("1.0", {("manifest-sha256.txt", "corrupt", "listed-twice")})):
        bag = Bag(tmp_path / version, version)
        bag.add(line("sha256", b"one", "data/one.txt"))
        root = bag.write()
        assert problems(root) == expected
        assert accepted_by_bagit(root) == (not expected)


@pytest.mark.parametrize("name", ["data/elsewhere.txt", "bag-info.txt"])
def test_from_1_0_on_only_what_a_payload_manifest_lists_may_be_fetched(tmp_path: Path, name: str) -> None:
    for version, expected in (("0.97", set()), ("1.0", {("fetch.txt", "corrupt", "fetch-not-listed")})):
        root = Bag(tmp_path / version, version).write()
        (root / "fetch.txt").write_text(f"https://example.org/x 3 {name}\n")
        assert problems(root) == expected


@pytest.mark.parametrize("name", ["bag-info.txt", "fetch.txt"])
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_tag_file_that_is_no_file_is_told_once(tmp_path: Path, name: str, make: Callable[[Path], None]) -> None:
    root = Bag(tmp_path / "bag").write()
    (root / name).write_bytes(b"")
    Bag(tmp_path / "bag").sign()
    (root / name).unlink()
    make(root / name)
    told = [one.path for one in outcomes(root) if isinstance(one, Finding)]
    assert told == [name.encode()]


def test_fetched_files_that_are_here(tmp_path: Path) -> None:
    bag = Bag(tmp_path / "bag")
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag/fetch.txt").write_bytes(b"https://example.org/one 3 data/one.txt\n")
    root = bag.write()
    assert problems(root) == set()
    assert accepted_by_bagit(root)
    (root / "data/one.txt").unlink()
    (finding,) = [one for one in outcomes(root) if isinstance(one, Finding)]
    assert [fact.code for fact in finding.evidence] == ["not-there", "to-be-fetched"]


def test_payload_in_several_manifests_before_1_0(tmp_path: Path) -> None:
    for version in ("0.97", "1.0"):
        bag = Bag(tmp_path / version, version, algorithms=("md5", "sha256"))
        bag.lists["manifest-md5.txt"].pop()
        root = bag.write()
        strict = version == "1.0"
        assert problems(root) == ({("data/sub/two.txt", "foreign", "not-in-manifest")} if strict else set())


def test_from_1_0_on_each_tag_manifest_lists_every_manifest(tmp_path: Path) -> None:
    for version in ("0.97", "1.0"):
        root = Bag(tmp_path / version, version, algorithms=("md5", "sha256")).write()
        (root / "tagmanifest-md5.txt").write_bytes(
            "".join(line("md5", (root / name).read_bytes(), name) + "\n" for name in ("bagit.txt", MANIFEST)).encode()
        )
        told = {("manifest-md5.txt", "foreign", "not-in-tag-manifest")}
        assert problems(root) == (told if version == "1.0" else set())


def test_a_link_that_stays_in_the_bag_is_read(tmp_path: Path) -> None:
    bag = Bag(tmp_path / "bag")
    bag.add(line("sha256", b"one", "data/link.txt"))
    root = bag.write()
    (root / "data/link.txt").symlink_to("one.txt")
    assert problems(root) == set()
    assert accepted_by_bagit(root)


# -- bags that are damaged

OUTSIDE = ["../secret", "data/../../secret", "/etc/hostname", "~/secret", "~root/secret", "data/x/../../../secret"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_paths_that_leave_the_bag(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_bytes(b"s")
    bag = Bag(tmp_path / "bag")
    bag.add(line("sha256", b"s", name))
    root = bag.write()
    assert {(verdict, code) for _, verdict, code in problems(root)} == {("corrupt", "path-outside")}
    assert not accepted_by_bagit(root)


@pytest.mark.parametrize("name", OUTSIDE)
def test_fetched_paths_that_leave_the_bag(tmp_path: Path, name: str) -> None:
    root = Bag(tmp_path / "bag").write()
    (root / "fetch.txt").write_text(f"https://example.org/x - {name}\n")
    assert problems(root) == {("fetch.txt", "corrupt", "path-outside")}
    assert not accepted_by_bagit(root)


def test_links_out_of_the_bag(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"s")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/file").write_bytes(b"f")
    bag = Bag(tmp_path / "bag")
    bag.add(line("sha256", b"s", "data/link"))
    bag.add(line("sha256", b"f", "data/folder/file"))
    root = bag.write()
    (root / "data/link").symlink_to(tmp_path / "secret")
    (root / "data/folder").symlink_to(tmp_path / "folder")
    assert problems(root) == {
        ("data/link", "corrupt", "link-outside"),
        ("data/folder/file", "corrupt", "link-outside"),
        ("data/folder", "foreign", "not-listed"),
    }


def drop(root: Path) -> None:
    (root / "data/one.txt").unlink()


def add(root: Path) -> None:
    (root / "data/new.txt").write_bytes(b"new")


def rot(root: Path) -> None:
    (root / "data/one.txt").write_bytes(b"0ne")


def rot_tag_file(root: Path) -> None:
    (root / "bag-info.txt").write_bytes(b"Contact-Name: other\n")


def drop_tag_file(root: Path) -> None:
    (root / "bag-info.txt").unlink()


def drop_manifest(root: Path) -> None:
    (root / "manifest-sha256.txt").unlink()


def drop_payload(root: Path) -> None:
    for path in (root / "data").rglob("*.txt"):
        path.unlink()
    (root / "data/sub").rmdir()
    (root / "data").rmdir()


def pipe(root: Path) -> None:
    (root / "data/one.txt").unlink()
    os.mkfifo(root / "data/one.txt")


def garbage_line(root: Path) -> None:
    with (root / "manifest-sha256.txt").open("ab") as file:
        file.write(b"what is this\n")


def wrong_encoding(root: Path) -> None:
    with (root / "manifest-sha256.txt").open("ab") as file:
        file.write(b"00ff00ff00ff  data/Bj\xf6rk\n")


def no_line_end(root: Path) -> None:
    (root / "manifest-sha256.txt").write_bytes(b"a" * 200_000)


def unknown_algorithm(root: Path) -> None:
    (root / "manifest-whirl9.txt").write_bytes(b"00ff00ff00ff  data/one.txt\n00ff00ff00ff  data/sub/two.txt\n")


def wrong_oxum(root: Path) -> None:
    (root / "bag-info.txt").write_bytes(b"Payload-Oxum: 7.2\n")


def silly_oxum(root: Path) -> None:
    (root / "bag-info.txt").write_bytes(b"Payload-Oxum: some\n")


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (drop, {("data/one.txt", "missing", "not-there")}),
        (add, {("data/new.txt", "foreign", "not-listed")}),
        (rot, {("data/one.txt", "corrupt", "digest-differs")}),
        (rot_tag_file, {("bag-info.txt", "corrupt", "digest-differs")}),
        (drop_tag_file, {("bag-info.txt", "missing", "not-there")}),
        (pipe, {("data/one.txt", "corrupt", "no-file")}),
        (
            garbage_line,
            {
                ("manifest-sha256.txt", "corrupt", "line-malformed"),
                ("manifest-sha256.txt", "corrupt", "digest-differs"),
            },
        ),
        (
            wrong_encoding,
            {
                ("manifest-sha256.txt", "corrupt", "wrong-encoding"),
                ("manifest-sha256.txt", "corrupt", "digest-differs"),
            },
        ),
    ],
)
def test_damage(tmp_path: Path, harm: Callable[[Path], None], expected: set[tuple[str, str, str]]) -> None:
    bag = Bag(tmp_path / "bag")
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag/bag-info.txt").write_bytes(b"Contact-Name: one\n")
    root = bag.write()
    assert problems(root) == set()
    harm(root)
    assert problems(root) >= expected
    if harm is not wrong_encoding:
        assert problems(root) == expected
    if harm is not pipe:  # bagit.py would wait for the pipe for ever
        assert not accepted_by_bagit(root)


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (drop_manifest, ("bagit.txt", "corrupt", "no-manifest")),
        (drop_payload, ("data", "missing", "no-payload-folder")),
        (no_line_end, ("manifest-sha256.txt", "corrupt", "line-malformed")),
        (unknown_algorithm, ("manifest-whirl9.txt", "unreadable", "algorithm-unknown")),
        (wrong_oxum, ("bag-info.txt", "corrupt", "oxum-differs")),
        (silly_oxum, ("bag-info.txt", "corrupt", "oxum-differs")),
    ],
)
def test_damage_of_the_structure(tmp_path: Path, harm: Callable[[Path], None], expected: tuple[str, str, str]) -> None:
    root = Bag(tmp_path / "bag").write(tag_manifest=False)
    harm(root)
    assert expected in problems(root)


def test_one_path_with_two_digests(tmp_path: Path) -> None:
    for version in ("0.97", "1.0"):
        bag = Bag(tmp_path / version, version)
        bag.add(line("sha256", b"other", "data/one.txt"))
        root = bag.write()
        assert problems(root) == {("manifest-sha256.txt", "corrupt", "listed-differently")}
        assert not accepted_by_bagit(root)


def test_an_unreadable_folder_makes_nothing_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Bag(tmp_path / "bag").write()
    real = os.scandir

    def closed(path: bytes) -> object:
        if path.endswith(b"/sub"):
            raise PermissionError(13, "no")
        return real(path)

    monkeypatch.setattr("musicvault.storage.bagit.tree.os.scandir", closed)
    monkeypatch.setattr("musicvault.storage.bagit.tree.os.lstat", os.lstat)
    assert ("data/sub", "unreadable", "folder-closed") in problems(root)
    assert not [one for one in problems(root) if one[1] == "missing"]


# -- what is no bag, or is refused


@pytest.mark.parametrize(
    "declaration",
    [
        b"BagIt-Version : 1.0\nTag-File-Character-Encoding: UTF-8\n",
        b"BagIt-Version: 1.0\nTag-File-Character-Encoding : UTF-8\n",
        b" BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        b"Tag-File-Character-Encoding: UTF-8\nBagIt-Version: 1.0\n",
        b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\nMore: of it\n",
        b"\xef\xbb\xbfBagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n",
        b"BagIt-Version: 0.97\n",
        b"BagIt-Version: 1.0\nBagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n",
        b"BagIt-Version: .97\nTag-File-Character-Encoding: UTF-8\n",
        b"BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n",
        b"BagIt-Version: 0.92\nTag-File-Character-Encoding: UTF-8\n",
        b"BagIt-Version: 0.98\nTag-File-Character-Encoding: UTF-8\n",
        b"BagIt-Version: 1.0\nTag-File-Character-Encoding: zlib\n",
        b"BagIt-Version: 1.0\nTag-File-Character-Encoding: klingon\n",
        b"BagIt-Version: 1.0\nTag-File-Character-Encoding: unicode_escape\n",
        b"BagIt-Version: 1.0\nTag-File-Character-Encoding: raw-unicode-escape\n",
        b"\xff\xfe",
        b"",
        b"x" * 100_000,
    ],
)
def test_declarations_that_are_refused(tmp_path: Path, declaration: bytes) -> None:
    root = Bag(tmp_path / "bag", declaration=declaration).write()
    with pytest.raises(BagRefused):
        outcomes(root)


def test_blanks_before_the_colon_were_allowed_once(tmp_path: Path) -> None:
    declaration = b"BagIt-Version : 0.97\nTag-File-Character-Encoding : UTF-8\n"
    root = Bag(tmp_path / "bag", "0.97", declaration=declaration).write()
    assert problems(root) == set()
    assert accepted_by_bagit(root)


def test_a_folder_that_is_no_bag(tmp_path: Path) -> None:
    with pytest.raises(BagRefused, match=r"no bagit\.txt"):
        outcomes(tmp_path)


def test_a_declaration_that_is_a_link(tmp_path: Path) -> None:
    root = Bag(tmp_path / "bag").write()
    (root / "bagit.txt").rename(tmp_path / "bagit.txt")
    (root / "bagit.txt").symlink_to(tmp_path / "bagit.txt")
    with pytest.raises(BagRefused):
        outcomes(root)


# -- size


def test_manifests_larger_than_memory_allows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bag through many small sorted runs: as many findings, none of them doubled."""
    monkeypatch.setattr("musicvault.storage.bagit.spill.Spill.__init__.__defaults__", (5_000,), raising=False)
    bag = Bag(tmp_path / "bag")
    for number in range(3000):
        bag.add(line("sha256", b"", f"data/none/{number % 2900:05}"))
    found = problems(bag.write())
    assert len([one for one in found if one[2] == "not-there"]) == 2900
    assert {code for _, _, code in found} == {"not-there", "listed-twice"}


def test_remarks_are_no_findings(tmp_path: Path) -> None:
    bag = Bag(tmp_path / "bag", "0.97")
    bag.add(line("sha256", b"one", "data/one.txt"))
    assert any(isinstance(one, Remark) for one in outcomes(bag.write()))
