"""Several disks are proven side by side, one disk by one reader; what is more urgent ends all of them."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from musicvault.catalog import locks
from musicvault.domain.notices import Advanced, Finished, Started
from musicvault.domain.schedule import DAY, LOOK_AGAIN_S
from musicvault.engine import places
from musicvault.engine.drives import add_drive
from musicvault.engine.places import Place
from musicvault.engine.sync import sync
from musicvault.errors import Locked
from musicvault.runtime.plans import Plans
from musicvault.runtime.proving import Machine, Proving
from musicvault.storage import volumes
from tests.engine_room import Room

PLANS = Plans(fingerprints=False)


def test_places_of_one_disk_are_one_lane() -> None:
    here = volumes.volume_of(os.fsencode(Path(__file__).parent))

    def place(name: str, disk: str, volume_id: str = "") -> Place:
        return Place(name, b"/" + name.encode(), replace(here, disk=disk, id=volume_id or f"uuid:{name}"))

    found = [
        *(place("library", "sda"), place("usb", "sdb"), place("raid", "sdc+sdd"), place("share", "", "net:nas")),
        *(place("second", "sda"), place("mirror", "sdd+sde"), place("same share", "", "net:nas")),
    ]
    lanes = [sorted(one.name for one in lane) for lane in places.by_device(found)]
    assert sorted(lanes) == [["library", "second"], ["mirror", "raid"], ["same share", "share"], ["usb"]]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A library and two drives, each on a file system of its own."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    made = Room(tmp_path)
    for number in range(4):
        (made.music / f"{number}.txt").write_text(f"Note {number}")
    made.add()
    made.scan()
    points = [tmp_path / name for name in ("one", "two")]
    for point in points:
        point.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "musicvault-test", point], check=True)
    try:
        for point in points:
            add_drive(made.ctx, os.fsencode(point))
        made.run(sync(made.ctx))
        yield made
    finally:
        made.catalog.close()
        for point in points:
            subprocess.run(["umount", "-l", point], check=True)


def proving(room: Room, machine: Machine, **options: object) -> Proving:
    return Proving(room.ctx, machine, room.now, lambda _seconds: None, **options)  # type: ignore[arg-type]


def unproven(room: Room) -> int:
    return int(room.catalog.value("SELECT count(*) FROM replica WHERE proven_at IS NULL"))


def test_disks_are_read_side_by_side(room: Room) -> None:
    meeting, met = threading.Barrier(3, timeout=60), threading.local()

    def on_mains() -> bool:
        if not getattr(met, "yes", False):
            met.yes = True
            meeting.wait()  # broken, if one lane has to wait for another
        return True

    with room.catalog.transaction(room.now()) as transaction:
        transaction.execute("UPDATE replica SET proven_at = NULL")
    notices = list(proving(room, Machine(on_mains, together=True)).round(PLANS))
    assert unproven(room) == 0
    assert sorted(one.subject for one in notices if isinstance(one, Started)) == ["Music", "one", "two"]
    assert [one.counts["checked"] for one in notices if isinstance(one, Finished)] == [4, 4, 4]
    amounts = [one.files for one in notices if isinstance(one, Advanced)]
    assert amounts == sorted(amounts)
    assert amounts[-1] == 12


def test_what_is_more_urgent_ends_all_lanes(room: Room) -> None:
    with room.catalog.transaction(room.now()) as transaction:
        transaction.execute("UPDATE replica SET proven_at = NULL")
    asked, twice = [0], threading.Event()

    def urgent() -> bool:
        asked[0] += 1
        if asked[0] == 2:  # what the first answer meant was passed on by now
            twice.set()
        return True

    found = proving(room, Machine(twice.wait, together=True), interrupted=urgent)
    list(found.round(PLANS))
    assert unproven(room) == 12
    found.interrupted = lambda: False
    found.soon()
    list(found.round(PLANS))
    assert unproven(room) == 0


def test_a_place_that_another_scrub_reads_is_no_reason_to_leave_the_others(room: Room) -> None:
    with room.catalog.transaction(room.now()) as transaction:
        transaction.execute("UPDATE replica SET proven_at = NULL")
    (one,) = [place for place in places.reachable(room.ctx).vaults.values() if place.name == "one"]
    found = proving(room, Machine(together=True))
    with locks.held(room.catalog.path, one.key.lock, "scrub"), suppress(Locked):
        list(found.round(PLANS))
    assert unproven(room) == 4
    assert found.next_at > 0
    found.soon()
    list(found.round(PLANS))
    assert unproven(room) == 0


def test_a_disk_that_is_read_alone_has_the_whole_bandwidth(room: Room) -> None:
    with room.catalog.transaction(room.now()) as transaction:
        transaction.execute("UPDATE replica SET proven_at = ?", (room.now(),))
        first = "SELECT id FROM vault ORDER BY created_at, id LIMIT 1"
        transaction.execute(f"UPDATE replica SET proven_at = NULL WHERE vault_id = ({first})")
    slept: list[float] = []
    found = Proving(room.ctx, Machine(together=True), lambda: sum(slept), slept.append)
    list(found.round(replace(PLANS, bandwidth=3)))
    assert unproven(room) == 0
    assert 5 < sum(slept) < 12  # its third would take more than 20


def test_it_waits_while_others_need_the_computer_and_goes_on_when_it_is_calm(room: Room) -> None:
    room.later(100)
    before = room.now() - 85 * DAY  # wanted by now, and not overdue
    with room.catalog.transaction(room.now()) as transaction:
        transaction.execute("UPDATE replica SET proven_at = ?", (before,))
    busy = threading.Event()
    busy.set()
    found = proving(room, Machine(is_busy=busy.is_set))
    list(found.round(PLANS))
    assert found.waits == "busy"
    assert found.next_at == pytest.approx(room.now() + LOOK_AGAIN_S, abs=60)
    busy.clear()
    list(found.round(PLANS))
    assert room.catalog.value("SELECT count(*) FROM replica WHERE proven_at = ?", (before,)) > 0  # not asked yet
    room.later(LOOK_AGAIN_S / DAY)
    list(found.round(PLANS))
    assert found.waits != "busy"
    assert room.catalog.value("SELECT count(*) FROM replica WHERE proven_at = ?", (before,)) == 0
