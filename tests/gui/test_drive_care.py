"""Looking after drives from the window, and parting with them, judged by the catalog and the disks."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from musicvault.catalog import drive_health, vaults
from musicvault.catalog.vaults import Vault
from musicvault.domain.health import SmartReport
from musicvault.engine.drives import add_drive, remove_drive
from musicvault.gui.activity.screen import result
from musicvault.gui.desk.drive_cards import connected
from musicvault.gui.drives.panel import RetiredRow
from musicvault.gui.models.actions import Deed
from musicvault.gui.models.drives import Wellness
from musicvault.gui.models.jobs import JobState
from musicvault.gui.models.overview import DriveCard
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Notice
from musicvault.gui.widgets.speed_curve import SpeedCurve
from musicvault.storage import volumes
from tests.corruption.drives import drive
from tests.engine_room import Room
from tests.gui.conftest import TRACKS, Office, press
from tests.sound import make


def press_named(office: Office, words: str) -> None:
    """The visible button of the drives screen that says so."""
    found = [
        button
        for button in office.window.drives.findChildren(Button)
        if button.isVisible() and button.accessibleName() == words
    ]
    press(office, found[0])


def vault(office: Office, label: str) -> Vault:
    found = vaults.by_label(office.app.catalog, label)
    assert found is not None
    return found


def card(office: Office, label: str) -> DriveCard:
    return next(drive for drive in office.window.drives._drives or () if drive.label == label)


def fail(office: Office, label: str) -> None:
    with office.app.catalog.transaction(office.app.context.now()) as transaction:
        drive_health.set_smart(transaction, vault(office, label).volume_id, SmartReport(protocol="ATA", passed=False))
    office.desk.refresh()
    office.settle()


@pytest.fixture
def protected(office: Office) -> Office:
    make(office.music / "long/1.flac", seed=70, seconds=9.0)  # large enough to tell of speed
    office.protect()
    office.window.show_screen("drives")
    office.settle()
    return office


def test_kind_notes_and_recovery_data_are_kept(protected: Office) -> None:
    screen = protected.window.drives
    screen.edit("First")
    assert screen.editor.media_field.currentData() == vault(protected, "First").media
    screen.editor.media_field.setCurrentIndex(screen.editor.media_field.findData("optical"))
    screen.editor.notes_field.setText("bought 2021")
    screen.editor.parity_field.setValue(7)
    press(protected, screen.editor.save)
    assert protected.ended[-1].state is JobState.DONE, protected.ended[-1].message
    kept = vault(protected, "First")
    assert (kept.media, kept.notes, kept.parity) == ("optical", "bought 2021", 7)
    assert (card(protected, "First").notes, card(protected, "First").parity) == ("bought 2021", 7)


def test_health_is_asked_and_what_nobody_knows_is_unknown(protected: Office) -> None:
    assert card(protected, "First").care.state is Wellness.UNKNOWN
    protected.window.drives.open_drive("First")
    press_named(protected, "Check health now")
    stored = drive_health.of_volume(protected.app.catalog, vault(protected, "First").volume_id)
    assert stored is not None
    assert result(protected.ended[-1]).startswith(f"1 {'healthy' if stored.state.value == 'healthy' else 'of unknown'}")
    shown = card(protected, "First").care
    assert (shown.state.value, shown.reason) == (stored.state.value, stored.reason)
    assert shown.state is not Wellness.UNKNOWN or shown.reason


def test_verifying_leaves_a_curve(protected: Office) -> None:
    screen = protected.window.drives
    screen.open_drive("Second")
    press_named(protected, "Verify all")
    (read,) = [
        one
        for one in drive_health.passes(protected.app.catalog, vault(protected, "Second").volume_id)
        if "vault" in one.round
    ]
    newest = card(protected, "Second").care.lines[0]
    assert read.complete
    assert newest.bytes in [one.bytes for one in drive_health.passes(protected.app.catalog, read.volume_id)]
    if newest.known:
        assert [curve for curve in screen.sheet.findChildren(SpeedCurve) if "/s" in curve.accessibleName()]


def test_a_sample_is_restored_from_one_drive_only(protected: Office) -> None:
    protected.window.drives.open_drive("Second")
    press_named(protected, "Try restoring")
    assert protected.ended[-1].state is JobState.DONE, protected.ended[-1].message
    rows = protected.app.catalog.rows("SELECT DISTINCT vault_id FROM event WHERE detail LIKE '%drill%'")
    assert [row[0] for row in rows if row[0]] in ([], [vault(protected, "Second").id])


def test_a_drive_stays_in_service_where_files_would_fall_short(protected: Office) -> None:
    screen = protected.window.drives
    screen.open_drive("Second")
    press_named(protected, "Retire…")
    assert not vault(protected, "Second").retired
    protected.confirm()
    assert not vault(protected, "Second").retired, "three copies are wanted, and only two would be left"
    assert "stays in service" in protected.window.toasts.texts()[-1]


def test_a_drive_is_retired_and_taken_back(protected: Office) -> None:
    protected.act(Deed.RETIRE, "Second", force=True, sure=True)
    assert vault(protected, "Second").retired
    screen = protected.window.drives
    assert [row for row in screen.findChildren(RetiredRow) if row.isVisible()]
    assert protected.copy_of(protected.second, TRACKS[0]).exists()
    press_named(protected, "Use it again")
    assert not vault(protected, "Second").retired


def test_the_systems_own_disk_is_not_ejected(protected: Office) -> None:
    protected.act(Deed.EJECT, "First")
    ended = protected.ended[-1]
    assert ended.state is JobState.FAILED
    assert ended.message in protected.window.toasts.texts()[-1]
    assert protected.copy_of(protected.first, TRACKS[0]).exists()


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A file system of its own; skipped where this account may not mount."""
    place = tmp_path / "stick"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", place], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("nothing can be mounted here")
    return place


def test_memory_is_offered_as_no_drive(stick: Path, tmp_path: Path) -> None:
    """What lies there is gone with the power."""
    room = Room(tmp_path)
    try:
        assert os.fsencode(stick) in {one.mount_point for one in volumes.mounts()}
        offered = connected(room.ctx)
        assert os.fsencode(stick) not in {one.path for one in offered}
        assert {one.shares_library for one in offered} == {None}  # there is no music yet that it could be apart from
    finally:
        room.catalog.close()
        unmount(stick)


def test_a_drive_in_use_is_not_offered_again(tmp_path: Path) -> None:
    room = Room(tmp_path)
    try:
        with drive("ext4", tmp_path / "disk", 128) as disk:
            point = os.fsencode(disk.point)
            assert point in {one.path for one in connected(room.ctx)}
            vault = add_drive(room.ctx, point, "Disk")
            assert point not in {one.path for one in connected(room.ctx)}
            remove_drive(room.ctx, vault)
            assert next(one.has_vault for one in connected(room.ctx) if one.path == point)
    finally:
        room.catalog.close()


def unmount(place: Path) -> None:
    subprocess.run(["umount", place], capture_output=True, check=False)


def test_a_failing_drive_comes_first_and_is_replaced(office: Office, stick: Path, tmp_path: Path) -> None:
    third = tmp_path / "third"
    third.mkdir()
    try:
        office.protect()
        office.act(Deed.ADD_DRIVE, path=os.fsencode(stick), label="Stick", site="bank")
        office.window.show_screen("drives")
        fail(office, "Stick")
        screen = office.window.drives
        panel = screen.tiles.cards()[0]
        assert panel.accessibleName().startswith("Stick: Failing")
        assert any("Stick is failing" in notice.accessibleName() for notice in screen.findChildren(Notice))
        press_named(office, "Replace…")
        screen.panel.choose(os.fsencode(third), "Third")
        press(office, screen.panel.add)
        assert "Third" not in [one.label for one in vaults.every(office.app.catalog)]  # only previewed yet
        office.confirm()
        assert office.ended[-1].state is JobState.DONE, office.ended[-1].message
        assert vault(office, "Stick").retired
        assert vault(office, "Third").site == "bank"
        for name in TRACKS:
            assert office.copy_of(third, name).read_bytes() == (office.music / name).read_bytes()
            assert office.copy_of(stick, name).exists()
    finally:
        unmount(stick)


def test_a_drive_is_ejected_and_its_card_says_so(office: Office, stick: Path) -> None:
    try:
        office.protect()
        office.act(Deed.ADD_DRIVE, path=os.fsencode(stick), label="Stick")
        office.window.show_screen("drives")
        office.settle()
        assert card(office, "Stick").online
        with (stick / "open.txt").open("w"):
            office.act(Deed.EJECT, "Stick")
            assert os.path.ismount(stick)
            assert [one.state for one in office.ended[-1:]] == [JobState.FAILED]
            assert str(os.getpid()) in office.window.toasts.texts()[-1], "who holds it is named"
        office.act(Deed.EJECT, "Stick")
        assert office.ended[-1].state is JobState.DONE, office.ended[-1].message
        assert not os.path.ismount(stick)
        assert any("safe to unplug" in text for text in office.window.toasts.texts())
        assert not card(office, "Stick").online
    finally:
        unmount(stick)


def test_a_drive_that_is_plugged_in_is_noticed_at_once(office: Office, stick: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    try:
        office.protect()
        office.act(Deed.ADD_DRIVE, path=os.fsencode(stick), label="Stick")
        assert not any("is connected" in text for text in office.window.toasts.texts()), "who added it knows"
        office.desk._look.stop()
        subprocess.run(["mount", "--move", stick, elsewhere], check=False, capture_output=True)
        if not os.path.ismount(elsewhere):
            pytest.skip("mounts can't be moved here")
        office.qtbot.waitUntil(lambda: card(office, "Stick").path.startswith(os.fsencode(elsewhere)), timeout=10_000)
        assert any("Stick is connected" in text for text in office.window.toasts.texts())
    finally:
        unmount(elsewhere)
        unmount(stick)


def test_any_folder_is_audited_and_the_report_kept(office: Office, tmp_path: Path) -> None:
    office.window.show_screen("drives")
    press(office, office.window.drives.audit_any)
    view = office.window.drives.audit
    assert view.isVisible()
    office.desk.auditing.start(os.fsencode(office.music))
    office.settle()
    model = view.model
    assert model is not None
    assert model.over
    amount = sum(1 for path in office.music.rglob("*") if path.is_file())
    assert (model.checked, model.unreadable) == (amount, 0)
    assert model.bytes == sum(path.stat().st_size for path in office.music.rglob("*") if path.is_file())
    assert "could be read" in view.verdict.text()
    office.desk.auditing.export("json", tmp_path / "audit.json")
    office.desk.auditing.export("text", tmp_path / "audit.txt")
    office.settle()
    told = json.loads((tmp_path / "audit.json").read_text())
    assert (told["checked"], told["complete"], told["path"]) == (amount, True, str(office.music))
    assert f"{amount} files" in (tmp_path / "audit.txt").read_text()
    assert not (tmp_path / "audit").exists()
    office.desk.auditing.start(os.fsencode(tmp_path / "nothing"))
    office.settle()
    assert "not a folder" in view.verdict.text()
