"""Copies that another computer wrote, in the window: compared, adopted, refused, judged by the disk."""

from __future__ import annotations

import hashlib

from blake3 import blake3
from PySide6.QtWidgets import QLabel

from musicvault.catalog import vaults
from musicvault.gui.attention.group_card import GroupCard
from musicvault.gui.models.actions import Deed
from musicvault.gui.models.history import EventRow
from musicvault.storage.vault import bag
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.vault.records import Operation, Record
from tests.gui.conftest import Office
from tests.gui.test_attention import card, press
from tests.sound import retag

ONE, TWO = "a/1.flac", "a/2.flac"


def edited_elsewhere(office: Office, *names: str, ahead: int = 0) -> None:
    """Another computer gave these files of the first drive other titles, and its list says so."""
    vault = vaults.by_label(office.app.catalog, "First")
    assert vault is not None
    with Journal(VaultLayout(vault.folder).journal) as journal:
        for name in names:
            path = office.copy_of(office.first, name)
            retag(path, title="From the other computer")
            told = path.read_bytes()
            journal.append(
                Record(
                    Operation.REPLACE,
                    b"data/music/" + name.encode(),
                    1,
                    vault.generation + ahead,
                    blake3=blake3(told).digest(),
                    sha256=hashlib.sha256(told).digest(),
                    size=len(told),
                )
            )
        if ahead:  # as at the end of a job
            bag.fold(VaultLayout(vault.folder), journal, now=1, generation=vault.generation + ahead)
    office.act(Deed.SCRUB, drive="First")


def untick(where: GroupCard, row: int) -> None:
    assert where.findings is not None
    where.findings._toggle(where.findings.findings.index(row))


def history_rows(office: Office) -> list[EventRow]:
    office.window.show_screen("history")
    office.settle()
    return office.window.history.rows.rows


def test_one_is_adopted_and_taken_back_the_other_refused(office: Office) -> None:
    office.protect()
    mine = {name: (office.music / name).read_bytes() for name in (ONE, TWO)}
    edited_elsewhere(office, ONE, TWO)
    theirs = office.copy_of(office.first, ONE).read_bytes()
    foreign = card(office, "foreign")
    assert [button.text() for button, _ in foreign._buttons] == ["Refuse", "Adopt", "Compare"]
    untick(foreign, 1)
    press(office, foreign, "Adopt")
    shown = " ".join(one.text() for one in office.window.attention.preview.findChildren(QLabel))
    assert "title: Title 1 → From the other computer" in shown
    assert (office.music / ONE).read_bytes() == mine[ONE]  # only previewed yet
    office.confirm()
    assert (office.music / ONE).read_bytes() == theirs == office.copy_of(office.second, ONE).read_bytes()
    assert (office.music / TWO).read_bytes() == mine[TWO]
    press(office, card(office, "foreign"), "Refuse")
    office.confirm()
    assert office.copy_of(office.first, TWO).read_bytes() == mine[TWO]
    assert office.window.attention.model.groups == ()
    event = next(row for row in history_rows(office) if row.undo is not None and row.undo.deed is Deed.UNDO_ADOPT)
    assert event.undo is not None
    office.window.do(event.undo)
    office.settle()
    office.confirm()
    assert (office.music / ONE).read_bytes() == mine[ONE]
    office.act(Deed.UNDO_REFUSE)
    office.confirm()
    assert office.copy_of(office.first, TWO).read_bytes() != mine[TWO]
    assert [row.path for row in card(office, "foreign").group.rows] == [TWO.encode()]


def test_both_are_compared_side_by_side_before(office: Office) -> None:
    office.protect()
    edited_elsewhere(office, ONE)
    press(office, card(office, "foreign"), "Compare")
    office.qtbot.waitUntil(lambda: office.desk.comparer.idle() and office.window.comparing.model is not None)
    model = office.window.comparing.model
    assert model is not None
    pair = model.pair
    assert pair is not None
    assert (pair.before.name, pair.after.where) == ("Yours", "on First")
    assert [(row.before, row.after) for row in pair.fields] == [("Title 1", "From the other computer")]
    assert [action.deed for action in pair.actions] == [Deed.ADOPT, Deed.REFUSE]
    theirs = office.copy_of(office.first, ONE).read_bytes()
    office.window.comparing.acted.emit(pair.actions[0])  # it was seen: no further preview
    office.settle()
    assert (office.music / ONE).read_bytes() == theirs


def test_a_drive_that_is_ahead_says_so_and_is_taken_over(office: Office) -> None:
    office.protect()
    edited_elsewhere(office, ONE, ahead=2)
    office.act(Deed.SYNC, "First")
    assert office.window.overview.model is not None
    drive = next(one for one in office.window.overview.model.drives if one.label == "First")
    assert drive.status == "Waits for you"
    assert any("Until you take it over" in one for one in drive.warnings)
    assert drive.actions[0].deed is Deed.TAKE_OVER
    office.window.show_screen("drives")
    office.act(Deed.TAKE_OVER, "First")
    office.confirm()
    office.act(Deed.SYNC, "First")
    assert office.copy_of(office.first, ONE).read_bytes() == (office.music / ONE).read_bytes()
    assert office.window.attention.model.groups == ()
