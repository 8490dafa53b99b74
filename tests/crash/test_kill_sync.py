"""SIGKILL of a real process after every named step of a sync; then the next run leaves everything right."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from musicvault.catalog import intents, items, libraries, vaults
from musicvault.catalog.database import Catalog
from musicvault.engine import renamed
from musicvault.engine.context import Context
from musicvault.engine.locating import locate_one
from musicvault.engine.reconcile.pending import reconcile_vault
from musicvault.engine.scan import scan
from musicvault.engine.sync import sync
from musicvault.storage import durable
from musicvault.storage.stats import stat_of
from musicvault.storage.vault.layout import VaultLayout
from tests.crash.child import run_child
from tests.crash.rooms import files, fresh, settle, started_again, write
from tests.guarded import is_valid
from tests.structure import check_structure

FILLING = {f"album/{number}.txt": b"track %d" % number for number in range(6)}
"""So that what changes is no mass change."""

BEFORE = {
    "changed.txt": b"first version",
    "one.txt": b"will be called two",
    "two.txt": b"will be called one",
    "old name.txt": b"will be renamed",
    **FILLING,
}
AFTER = {
    "changed.txt": b"second version, longer",
    "one.txt": b"will be called one",
    "two.txt": b"will be called two",
    "new/name.txt": b"will be renamed",
    "added.txt": b"is new" * 1000,
    **FILLING,
}

STEPS = [
    ("intended", 1),  # of the renames
    ("journal flushed", 1),
    ("journaled", 1),
    ("placed", 1),
    ("placed", 2),
    ("placed", 3),
    ("placed", 4),
    ("synced", 1),
    ("committed", 1),
    ("intended", 2),  # of the copies
    ("staged", 1),
    ("staged", 2),
    ("flushed", 1),
    ("proven", 1),
    ("proven", 2),
    ("journal flushed", 2),
    ("journaled", 2),
    ("placed", 5),
    ("placed", 6),
    ("placed", 7),
    ("synced", 4),
    ("committed", 2),
    ("fold: written", 1),
    ("journal flushed", 3),
    ("fold: marked", 1),
    ("fold: placed manifest-sha256.txt", 1),
    ("fold: placed bagit.txt", 1),
    ("fold: placed musicvault/volume.json", 1),
    ("fold: placed tagmanifest-sha256.txt", 1),
    ("fold: synced", 1),
    ("fold: readme", 1),
    ("fold: emptied", 1),
    ("snapshot: written", 1),
    ("snapshot: stepped aside", 1),
    ("snapshot: placed", 1),
]


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A room whose library was protected and then changed in every way."""
    room = tmp_path_factory.mktemp("sync") / "room"
    write(room / "Music", BEFORE, 1_000_000_000)
    (room / "drive").mkdir()
    done = run_child(room, "protect", "never")
    assert done.returncode == 0, done.stderr
    music = room / "Music"
    swap(room, music / "one.txt", music / "two.txt")
    (music / "new").mkdir()
    (music / "old name.txt").rename(music / "new" / "name.txt")
    write(music, {"changed.txt": AFTER["changed.txt"], "added.txt": AFTER["added.txt"]}, 1_100_000_000)
    return room


def swap(room: Path, one: Path, two: Path) -> None:
    """Exchange the names of two files, and tell the catalog, as a rename of both by MusicVault itself would."""
    aside = one.with_name("aside.txt")
    catalog = Catalog.open(room / "catalog.sqlite3")
    for source, target in ((one, aside), (two, one), (aside, two)):
        source.rename(target)
        with catalog.transaction(time.time()) as transaction:
            item = items.by_path(catalog, 1, b"", os.fsencode(source.name))
            assert item is not None
            items.move(transaction, item, os.fsencode(target.name), stat_of(os.fsencode(target)))
    catalog.close()


@pytest.fixture
def room(protected: Path) -> Path:
    return fresh(protected)


def test_the_steps_are_all_there(room: Path) -> None:
    done = run_child(room, "sync", "")
    assert done.returncode == 0, done.stderr
    seen = Counter(done.stdout.split("\n")[:-1])
    assert {step for step, _ in STEPS} - set(seen) == set()
    assert [(step, seen[step]) for step, count in STEPS if count > seen[step]] == []
    check(room, Catalog.open(room / "catalog.sqlite3"))


@pytest.mark.parametrize(("step", "count"), STEPS, ids=[f"{step}-{count}" for step, count in STEPS])
def test_killed_there_nothing_is_half_and_the_next_run_is_clean(room: Path, step: str, count: int) -> None:
    done = run_child(room, "sync", step, count)
    assert done.returncode == -signal.SIGKILL, done.stderr
    whole = set(BEFORE.values()) | set(AFTER.values())
    root = room / "drive" / "MusicVault"
    for path in (root / "data").rglob("*"):
        assert path.is_dir() or path.read_bytes() in whole, path
    assert surviving(root) >= set(BEFORE.values()), "the last good copies"
    ctx, vault = started_again(room)
    settle(ctx, vault)
    assert is_valid(vault), "after reconcile alone"
    reconcile_vault(ctx, locate_one(ctx, vault))
    for library in libraries.every(ctx.catalog):
        list(scan(ctx, [library.id]))
    list(sync(ctx))
    check(room, ctx.catalog)


LOST_LINES = [
    *(("placed", 3), ("journaled", 2), ("placed", 5), ("placed", 6), ("placed", 7)),
    ("fold: placed manifest-sha256.txt", 1),
]


@pytest.mark.parametrize(("step", "count"), LOST_LINES, ids=[f"{step}-{count}" for step, count in LOST_LINES])
def test_killed_there_and_the_journal_lost_what_stands_on_the_drive_speaks(room: Path, step: str, count: int) -> None:
    """As after a crash and a bad sector: all lines are damaged, and nothing may be lost by that."""
    assert run_child(room, "sync", step, count).returncode == -signal.SIGKILL
    root = room / "drive" / "MusicVault"
    journal = root / "musicvault" / "journal"
    journal.write_bytes(bytes(journal.stat().st_size) + b"\n")
    ctx, vault = started_again(room)
    settle(ctx, vault)
    assert is_valid(vault), "after reconcile alone"
    assert surviving(root) >= set(BEFORE.values())
    for library in libraries.every(ctx.catalog):
        list(scan(ctx, [library.id]))
    list(sync(ctx))
    check(room, ctx.catalog)


def another_name(target: Path, source: Path) -> None:
    os.link(target, source)


def another_number(target: Path, source: Path) -> None:
    """As file systems in user space show it that number names, not files."""
    shutil.copy2(target, source)


@pytest.mark.parametrize("second", [another_name, another_number])
@pytest.mark.parametrize("moves", [3, 6])  # the second of a ring, an old version that steps aside
def test_a_move_that_was_cut_between_link_and_unlink_is_finished(
    room: Path, moves: int, second: Callable[[Path, Path], None]
) -> None:
    root = room / "drive" / "MusicVault"
    were = {path.stat().st_ino: path for path in files(root / "data")}
    done = run_child(room, "sync", "placed", moves)
    assert done.returncode == -signal.SIGKILL, done.stderr
    moved = max(files(root), key=lambda path: (path.stat().st_ino in were, path.stat().st_ctime_ns))
    source = were[moved.stat().st_ino]
    second(moved, source)
    catalog = Catalog.open(room / "catalog.sqlite3")
    list(sync(Context(catalog, time.time)))
    check(room, catalog)


def test_copies_that_were_spoken_of_and_are_lost_are_taken_back(room: Path) -> None:
    assert run_child(room, "sync", "journaled", 2).returncode == -signal.SIGKILL
    root = room / "drive" / "MusicVault"
    for partial in files(root / "musicvault" / "incoming"):
        partial.unlink()
    ctx, vault = started_again(room)
    settle(ctx, vault)
    assert is_valid(vault), "what isn't there isn't listed, and what is there is"
    list(sync(ctx))
    check(room, ctx.catalog)


def test_an_old_name_that_was_taken_meanwhile_stays_whose_it_is(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new version is lost, and as the old one is to go back somebody else writes under its name."""
    assert run_child(room, "sync", "placed", 6).returncode == -signal.SIGKILL
    root = room / "drive" / "MusicVault"
    for partial in files(root / "musicvault" / "incoming"):
        partial.unlink()
    name, place = root / "data" / "music" / "changed.txt", durable.place

    def taken(source: bytes, target: bytes) -> None:
        if target == os.fsencode(name):
            name.write_bytes(b"somebody else's")
        place(source, target)

    monkeypatch.setattr(durable, "place", taken)
    ctx, vault = started_again(room)
    settle(ctx, vault)
    monkeypatch.undo()
    assert name.read_bytes() == b"somebody else's"
    assert BEFORE["changed.txt"] in surviving(root)
    list(sync(ctx))
    check_taken(root, ctx.catalog)


@pytest.mark.parametrize("lost", [False, True], ids=["the new version is there", "it is lost"])
def test_a_name_that_was_taken_before_the_next_run_stays_whose_it_is(room: Path, lost: bool) -> None:
    """The old version has stepped aside; nobody has the name."""
    assert run_child(room, "sync", "placed", 6).returncode == -signal.SIGKILL
    root = room / "drive" / "MusicVault"
    name = root / "data" / "music" / "changed.txt"
    name.write_bytes(b"somebody else's")
    if lost:
        for partial in files(root / "musicvault" / "incoming"):
            partial.unlink()
    ctx, vault = started_again(room)
    settle(ctx, vault)
    assert name.read_bytes() == b"somebody else's"
    list(sync(ctx))
    check_taken(root, ctx.catalog)


def dies(*_: object) -> None:
    raise InterruptedError


@pytest.mark.parametrize(
    ("step", "name", "copy", "lies"),
    [
        (("journaled", 1), "new/name.txt", b"will be renamed", "old name.txt"),
        (("placed", 2), "two.txt", b"will be called one", "one=+2.txt"),
    ],
    ids=["alone", "in a ring"],
)
def test_a_new_name_that_was_taken_before_the_next_run_stays_whose_it_is(
    room: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[str, int], name: str, copy: bytes, lies: str
) -> None:
    """Its copy stays where it was, and one that waits in `incoming/` gets the name of a twin: there nothing may stay.
    It makes no difference that the first to settle it dies before it can tell the catalog."""
    assert run_child(room, "sync", *step).returncode == -signal.SIGKILL
    root = room / "drive" / "MusicVault"
    taken = root / "data" / "music" / name
    taken.parent.mkdir(exist_ok=True)
    taken.write_bytes(b"somebody else's")
    ctx, vault = started_again(room)
    with monkeypatch.context() as patch:
        patch.setattr(renamed, "commit", dies)
        with pytest.raises(InterruptedError):
            reconcile_vault(ctx, locate_one(ctx, vault))
    for _ in range(2):
        settle(ctx, vault)
        assert taken.read_bytes() == b"somebody else's"
        assert (root / "data" / "music" / lies).read_bytes() == copy
        known = ctx.catalog.rows("SELECT 1 FROM replica WHERE path = ?", (os.fsencode(f"data/music/{lies}"),))
        assert len(known) == 1
    list(sync(ctx))
    assert copy in surviving(root)
    taken.unlink()
    list(sync(ctx))
    assert is_valid(vault)
    ctx.catalog.close()


def test_renames_of_which_not_all_lines_were_flushed_are_not_begun(room: Path) -> None:
    assert run_child(room, "sync", "journaled", 1).returncode == -signal.SIGKILL
    root = room / "drive" / "MusicVault"
    journal = root / "musicvault" / "journal"
    first, second, *_ = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(first + second[:40])
    ctx, vault = started_again(room)
    settle(ctx, vault)
    data = root / "data" / "music"
    assert {str(path.relative_to(data)): path.read_bytes() for path in files(data)} == BEFORE
    assert is_valid(vault), "what was flushed is taken back"
    list(sync(ctx))
    check(room, ctx.catalog)


def check_taken(root: Path, catalog: Catalog) -> None:
    """The new version is there, the one before and what was somebody else's are kept, listed and known."""
    assert (root / "data" / "music" / "changed.txt").read_bytes() == AFTER["changed.txt"]
    assert is_valid(vaults.every(catalog)[0])
    kept = [path.read_bytes() for path in files(root / "musicvault" / "versions")]
    known = catalog.rows("SELECT path FROM replica WHERE role = 'version'")
    assert (kept, len(known)) == ([BEFORE["changed.txt"]], 1)
    assert [path.read_bytes() for path in files(root / "musicvault" / "quarantine")] == [b"somebody else's"]
    catalog.close()


def surviving(root: Path) -> set[bytes]:
    return {path.read_bytes() for path in root.rglob("*") if path.is_file()}


def check(room: Path, catalog: Catalog) -> None:
    """The drive holds the library as it is now, the older version aside, and nothing else."""
    root = room / "drive" / "MusicVault"
    data = {str(path.relative_to(root / "data" / "music")): path.read_bytes() for path in files(root / "data")}
    assert data == AFTER
    assert [path.read_bytes() for path in files(root / "musicvault" / "versions")] == [BEFORE["changed.txt"]]
    assert list(files(root / "musicvault" / "quarantine")) == []
    assert list(files(root / "musicvault" / "incoming")) == []
    assert intents.pending(catalog) == []
    (vault,) = vaults.every(catalog)
    assert is_valid(vault)
    assert check_structure(VaultLayout(os.fsencode(root))).complete
    rows = catalog.rows("SELECT path, state, role FROM replica WHERE vault_id IS NOT NULL ORDER BY path")
    stored = [b"data/music/" + os.fsencode(name) for name in AFTER]
    assert [row[0] for row in rows if row[2] == "current"] == sorted(stored)
    assert {row[1] for row in rows} == {"intact"}
    catalog.close()
