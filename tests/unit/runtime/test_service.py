"""One round after the other, under clocks that the test sets: a year goes by in seconds."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from musicvault.catalog import locks, remembered, vaults
from musicvault.catalog.database import Catalog
from musicvault.domain.notices import ItemDone, Notice, Started
from musicvault.domain.policy import DAY
from musicvault.domain.regions import Region
from musicvault.domain.schedule import Quiet, Wishes
from musicvault.domain.states import ReplicaState
from musicvault.engine.context import Context
from musicvault.engine.drives import add_drive
from musicvault.engine.looking import SETTLED, Unsettled
from musicvault.engine.scrub import scrub
from musicvault.engine.timekeeping import TrustedClock
from musicvault.errors import Locked
from musicvault.runtime import service, state
from musicvault.runtime.plans import Plans
from musicvault.runtime.proving import Machine
from musicvault.runtime.running import RETRY_S, TROUBLE_S
from musicvault.runtime.service import LOOK_S, Service
from musicvault.runtime.watch import watch
from tests.engine_room import Room, flip

START = 1_800_000_000.0
PLANS = Plans(fingerprints=False)


class Lived:
    """A service, its clocks, and what it showed."""

    def __init__(self, room: Room, plans: Plans = PLANS, machine: Machine | None = None) -> None:
        self.room = room
        self.wall = self.steady = START
        self.shown: list[str] = []
        self.unsettled = SETTLED
        self.plans, self.machine = plans, machine
        self.start()

    def start(self) -> None:
        clock = TrustedClock(self.room.catalog, lambda: self.wall, lambda: self.steady, lambda: "")
        self.service = Service(
            Context(self.room.catalog, clock.now, keep_time=clock.keep),
            self.plans,
            machine=self.machine,
            steady=lambda: self.steady,
            sleep=lambda _seconds: None,
            show=self._show,
            unsettled=lambda _library: self.unsettled,
        )

    def on_drive(self, name: str) -> bool:
        return (self.room.tmp / "Drive/MusicVault/data/music" / name).exists()

    def _show(self, _title: str, text: str) -> bool:
        self.shown.append(text)
        return True

    def round(self) -> list[Notice]:
        return list(self.service.round())

    def pass_by(self, days: float, rounds: int = 1) -> list[Notice]:
        said: list[Notice] = []
        for _ in range(rounds):
            self.wall += days * DAY
            self.steady += days * DAY
            said += self.round()
        return said

    def oldest(self) -> float:
        """The age of the oldest proof in days, by this clock."""
        return float((self.wall - self.room.catalog.value("SELECT min(coalesce(proven_at, 0)) FROM replica")) / DAY)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    made = Room(tmp_path)
    (tmp_path / "Drive").mkdir()
    for number in range(6):
        made.track(f"{number}.flac", number)
    made.add()
    add_drive(made.ctx, os.fsencode(tmp_path / "Drive"))
    with made.catalog.transaction(START) as transaction:
        transaction.execute("UPDATE rule SET volumes = 1, proof_days = 6")
    return made


@pytest.fixture
def lived(room: Room) -> Lived:
    return Lived(room)


def texts(notices: list[Notice]) -> list[str]:
    return [one.reason or one.problem for one in notices if isinstance(one, ItemDone) and not one.path]


def test_the_first_round_protects_and_proves_everything(lived: Lived) -> None:
    lived.round()
    assert lived.room.catalog.value("SELECT count(*) FROM replica WHERE vault_id IS NOT NULL") == 6
    assert lived.oldest() == 0
    assert lived.service.state.waits == "nothing-due"
    assert lived.service.exit_code == 0


def test_no_proof_leaves_its_interval(lived: Lived) -> None:
    lived.round()
    for _ in range(25):
        lived.pass_by(1)
        assert lived.oldest() < 6
    assert lived.oldest() >= 2, "it reads no more than it has to"


def test_damage_is_healed_without_a_word_to_the_person(lived: Lived) -> None:
    lived.round()
    flip(lived.room.tmp / "Drive/MusicVault/data/music/3.flac")
    lived.pass_by(1, 8)
    assert lived.room.catalog.value("SELECT count(*) FROM replica WHERE state <> 'intact'") == 0
    assert lived.shown == []


def test_copies_that_rotted_each_elsewhere_heal_one_another_and_all_are_healed(lived: Lived) -> None:
    second = lived.room.tmp / "Second"
    second.mkdir()
    add_drive(lived.room.ctx, os.fsencode(second))
    lived.round()
    files = [folder / "3.flac" for folder in (lived.room.music, *lived.room.tmp.glob("*/MusicVault/data/music"))]
    right = files[0].read_bytes()
    for number, file in enumerate(files):
        flip(file, len(right) // 2 + 2000 * number)
    with lived.room.catalog.transaction(lived.steady) as transaction:
        # The library's copy is read first; the others seem to be proven still.
        transaction.execute("UPDATE replica SET proven_at = proven_at - 5.6 * 86400 WHERE vault_id IS NULL")
    lived.pass_by(0.1, 3)
    assert [file.read_bytes() == right for file in files] == [True] * 3
    assert lived.room.catalog.value("SELECT count(*) FROM replica WHERE state <> 'intact'") == 0
    assert lived.shown == []


def test_damage_that_stands_is_shown_once_over_a_restart(lived: Lived) -> None:
    lived.round()
    flip(lived.room.tmp / "Drive/MusicVault/data/music/3.flac")
    flip(lived.room.music / "3.flac")
    lived.pass_by(1, 8)
    assert lived.room.state("3.flac") is ReplicaState.CORRUPT
    assert len(lived.shown) in (1, 2)  # the second copy may be found another day
    before = len(lived.shown)
    lived.start()
    lived.pass_by(0.1, 3)
    assert len(lived.shown) == before


def test_what_stands_is_not_said_each_round(lived: Lived) -> None:
    lived.round()
    (lived.room.music / "2.flac").unlink()
    first = lived.pass_by(1)
    assert any(isinstance(one, ItemDone) and one.finding for one in first)
    later = lived.pass_by(1, 3)
    assert not any(isinstance(one, ItemDone) and one.finding for one in later)
    assert len(lived.shown) == 1
    lived.room.track("2.flac", 2)
    lived.pass_by(1)
    (lived.room.music / "2.flac").unlink()
    assert any(isinstance(one, ItemDone) and one.finding for one in lived.pass_by(1))


def test_a_drive_that_is_away_too_long_is_asked_for(lived: Lived) -> None:
    lived.round()
    drive = lived.room.tmp / "Drive"
    drive.rename(lived.room.tmp / "Away")
    lived.pass_by(1, 5)
    assert lived.shown == []
    lived.pass_by(1, 3)
    assert [text.partition(":")[0] for text in lived.shown] == ["Plug in the drive Drive"]
    (lived.room.tmp / "Away").rename(drive)
    lived.pass_by(0.01, 2)
    assert lived.oldest() < 6
    assert remembered.recall_all(lived.room.catalog, "told ") == {}


def test_wishes_are_kept(room: Room) -> None:
    lived = Lived(room, Plans(Wishes(scrub=False), fingerprints=False))
    lived.round()
    assert lived.service.state.waits == "off"
    quiet = Quiet(0, 1439)
    lived.service.follow(Plans(Wishes(quiet=quiet), fingerprints=False))
    lived.pass_by(0.01)
    assert lived.service.state.waits == "quiet-hours"
    assert lived.service.state.next_at == quiet.ends(lived.wall)


def test_the_battery_is_spared(room: Room) -> None:
    plugged: list[bool] = [False]
    lived = Lived(room, machine=Machine(lambda: plugged[0], lambda: False))
    lived.pass_by(3, 3)
    assert lived.service.state.waits == "on-battery"
    assert lived.oldest() == pytest.approx(6)
    plugged[0] = True
    lived.pass_by(0.1)
    assert lived.oldest() == pytest.approx(0)


@pytest.mark.parametrize("years", [-20, 5])
def test_a_clock_that_jumps_makes_no_proof_younger_and_no_storm(lived: Lived, years: int) -> None:
    lived.round()
    lived.pass_by(1, 3)
    read = lived.room.catalog.value("SELECT count(*) FROM event WHERE type = 'fixity check'")
    lived.wall += years * 365 * DAY
    lived.pass_by(1 / 24, 4)
    assert [text.partition(".")[0] for text in lived.shown] == [
        "This computer's clock was set back" if years < 0 else "This computer's clock leapt ahead"
    ]
    newest = lived.room.catalog.value("SELECT max(proven_at) FROM replica")
    assert newest <= lived.steady
    assert lived.room.catalog.value("SELECT count(*) FROM event WHERE type = 'fixity check'") - read <= 2
    lived.wall -= years * 365 * DAY
    lived.pass_by(1 / 24, 2)
    assert remembered.recall_all(lived.room.catalog, "told ") == {}
    assert lived.oldest() < 6


def test_a_restart_under_a_wrong_clock_goes_by_what_was_known(lived: Lived) -> None:
    lived.pass_by(1, 3)
    lived.wall -= 20 * 365 * DAY
    lived.start()
    lived.pass_by(0.01)
    assert lived.service.ctx.now() == pytest.approx(lived.steady, abs=DAY)


def test_summer_time_is_no_jump(lived: Lived) -> None:
    lived.round()
    lived.wall += 3600
    lived.pass_by(0.1)
    assert lived.shown == []


def test_a_service_that_is_started_anew_goes_on(lived: Lived) -> None:
    lived.pass_by(1, 4)
    oldest = lived.oldest()
    lived.start()
    lived.pass_by(0.01)
    assert lived.oldest() <= oldest + 0.02


def test_a_hint_is_looked_at_where_it_points_and_what_it_leaves_again(lived: Lived) -> None:
    lived.round()
    lived.room.track("new/6.flac", 6)
    os.truncate(lived.room.track("7.flac", 7), 100)
    lived.service.hint(1, Region.of([], [b"new"]))
    lived.pass_by(0.001)
    assert lived.on_drive("new/6.flac")
    assert not lived.on_drive("7.flac"), "nobody said that something is there"

    (lived.room.music / "0.flac").rename(lived.room.music / "new/0.flac")
    lived.unsettled = Unsettled(more=True)
    lived.service.hint(1, Region.of([b""]))
    lived.pass_by(0.001)
    assert lived.on_drive("0.flac"), "its other half may be on its way"
    lived.unsettled = SETTLED
    lived.service.hint(1, Region.of([b"new"]))
    lived.pass_by(0.001)
    assert lived.on_drive("new/0.flac")
    lived.pass_by(0.001)
    assert lived.room.state("new/0.flac") is ReplicaState.INTACT
    assert lived.shown == []


def test_a_single_change_is_a_line_and_the_lists_follow_later(lived: Lived) -> None:
    vault = lived.room.tmp / "Drive/MusicVault"
    manifest, journal = vault / "manifest-sha256.txt", vault / "musicvault/journal"

    def add(name: str, number: int) -> None:
        lived.room.track(name, number)
        lived.service.hint(1, Region.of([b""]))
        lived.pass_by(60 / DAY)
        assert lived.on_drive(name)

    lived.round()
    before = manifest.read_bytes()
    add("7.flac", 7)
    add("8.flac", 8)
    assert manifest.read_bytes() == before
    assert len(journal.read_bytes().splitlines()) == 2
    lived.pass_by(900 / DAY)
    assert b"8.flac" in manifest.read_bytes()
    assert not journal.exists() or not journal.read_bytes()
    add("9.flac", 9)
    assert b"9.flac" not in manifest.read_bytes()
    lived.service.end()
    assert b"9.flac" in manifest.read_bytes()
    checked = subprocess.run(["sha256sum", "-c", "--quiet", manifest.name], cwd=vault, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_a_copied_drive_is_written_by_nobody_and_told_of_once(lived: Lived) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    lived.round()
    point = lived.room.tmp / "copy"
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "musicvault-test", point], check=True)
    try:
        below = os.fsdecode(lived.room.catalog.value("SELECT below FROM vault"))
        shutil.copytree(lived.room.tmp / "Drive/MusicVault", point / below)
        lived.room.track("7.flac", 7)
        lived.service.hint(1, Region.of([b""]))
        lived.pass_by(0.01, 2)
        assert not lived.on_drive("7.flac")
        assert [text for text in lived.shown if "Two drives say" in text] == lived.shown
        assert len(lived.shown) == 1
    finally:
        subprocess.run(["umount", "-l", point], check=True)
    lived.pass_by(0.01)
    assert lived.on_drive("7.flac")


def test_two_services_do_not_share_a_catalog(room: Room) -> None:
    with locks.held(room.catalog.path, state.LOCK, "watch"):
        with pytest.raises(Locked, match="watches this catalog already"):
            list(watch(room.ctx, fingerprints=False))
        beside = list(watch(room.ctx, beside=True, fingerprints=False))
    assert "watches this catalog already" in texts(beside)[0]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small tmpfs can't be mounted (needs root)")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_catalog_disk_is_said_once_and_waited_for(small_disk: Path, tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.catalog.close()
    room.catalog = Catalog.open(small_disk / "catalog.sqlite3")
    room.ctx = Context(room.catalog, room.now)
    room.track("0.flac")
    room.add()
    lived = Lived(room)
    lived.round()
    filler = small_disk / "filler"
    with pytest.raises(OSError):
        filler.write_bytes(bytes(8 << 20))
    for number in range(1, 30):
        room.track(f"{number}.flac", number)
    said = lived.pass_by(1, 4)
    full = sum("is full" in text for text in texts(said))
    assert 1 <= full <= 4, "once for each stage of the work, not once for each round"
    filler.unlink()
    lived.pass_by(TROUBLE_S / DAY, 3)
    assert room.catalog.value("SELECT count(*) FROM item") == 30
    assert ["is full" in text for text in lived.shown] == [True], "on the desktop, once"
    assert lived.service.state.problems == ()
    room.catalog.close()


def test_what_had_no_room_is_copied_as_soon_as_there_is_some(small_disk: Path, tmp_path: Path) -> None:
    room = Room(tmp_path)
    for number in range(6):
        (room.music / f"{number}.pdf").write_bytes(os.urandom(600_000))
    room.add()
    add_drive(room.ctx, os.fsencode(small_disk))
    filler = small_disk / "filler"
    filler.write_bytes(bytes(1_200_000))
    lived = Lived(room)

    def copied() -> int:
        return int(room.catalog.value("SELECT count(*) FROM replica WHERE vault_id IS NOT NULL"))

    said = texts(lived.round())
    assert sum("is too full" in text for text in said) == 1, "said once"
    before = copied()
    assert before < 6
    at = room.catalog.value("SELECT max(at) FROM event")
    assert lived.pass_by(LOOK_S / DAY, 10) == [], "while nothing changes, nothing is tried"
    assert room.catalog.value("SELECT max(at) FROM event") == at
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=12m", small_disk], check=True)
    lived.pass_by(LOOK_S / DAY)
    assert copied() == 6
    assert lived.service.state.problems == ()


def vault_lock(lived: Lived) -> AbstractContextManager[None]:
    (vault,) = vaults.every(lived.room.catalog)
    return locks.held(lived.room.catalog.path, f"vault-{vault.id}", "test")


def test_the_lists_follow_at_the_end_although_the_last_sync_met_another_process(lived: Lived) -> None:
    lived.round()
    lived.room.track("7.flac", 7)
    lived.service.hint(1, Region.of([b""]))
    lived.pass_by(60 / DAY)
    assert lived.on_drive("7.flac")
    lived.service.hint(1, Region.of([b""]))
    with vault_lock(lived):
        lived.pass_by(1 / 24)
    lived.service.end()
    assert b"7.flac" in (lived.room.tmp / "Drive/MusicVault/manifest-sha256.txt").read_bytes()


def test_what_is_due_is_not_dropped_where_the_catalog_can_not_be_read(
    lived: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> bool:
        raise Locked("another process is writing")

    lived.round()
    lived.room.track("7.flac", 7)
    lived.service.hint(1, Region.of([b""]))
    with monkeypatch.context() as patched:
        patched.setattr(service, "online", locked)
        lived.pass_by(1 / DAY)
    assert not lived.on_drive("7.flac")
    lived.pass_by(RETRY_S / DAY)
    assert lived.on_drive("7.flac")


def test_damage_is_healed_although_its_drive_was_locked_at_first(lived: Lived) -> None:
    lived.round()
    flip(lived.room.tmp / "Drive/MusicVault/data/music/3.flac")
    assert list(scrub(lived.room.ctx))
    lived.start()
    with vault_lock(lived):
        lived.pass_by(0.01)
    assert lived.room.catalog.value("SELECT count(*) FROM replica WHERE state <> 'intact'") == 1
    lived.pass_by(RETRY_S / DAY)
    assert lived.room.catalog.value("SELECT count(*) FROM replica WHERE state <> 'intact'") == 0


def test_what_stays_unsettled_is_looked_at_ever_more_seldom(lived: Lived) -> None:
    lived.round()
    (lived.room.music / "0.flac").rename(lived.room.music / "away")
    (lived.room.music / "away").unlink()
    lived.unsettled = Unsettled(more=True)  # as where nobody tells of changes
    lived.service.hint(1, Region.of([b""]))
    scans = 0
    for _ in range(120):
        scans += sum(isinstance(one, Started) and one.job == "scan" for one in lived.pass_by(10 / DAY)) > 0
    assert 4 <= scans <= 9, "in twenty minutes"
    lived.unsettled = SETTLED
    lived.pass_by(640 / DAY)
    assert lived.room.state("0.flac") is ReplicaState.MISSING
