"""The Policy screen at work: what is edited there ends in the catalog, and not before it is saved."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel

from musicvault.catalog import accounts, holders, rules
from musicvault.domain import policies, policy_toml
from musicvault.domain.policy import Rule, Standing
from musicvault.engine.drives import add_drive
from musicvault.engine.status import status
from musicvault.gui.desk import policy_model as of_policy
from musicvault.gui.desk.drive_cards import drive_card
from musicvault.gui.desk.policy_model import policy_model
from musicvault.gui.models.actions import Deed
from musicvault.gui.policy.rule_form import RuleForm
from musicvault.gui.policy.screen import PolicyScreen
from tests.engine_room import Room
from tests.gui.conftest import Office, press


def policy_screen(office: Office) -> PolicyScreen:
    office.protect()
    office.window.show_screen("policy")
    office.settle()
    return office.window.policy


def form_of(screen: PolicyScreen, index: int) -> RuleForm:
    form = screen.cards[index].form
    assert form is not None
    return form


def forecast(office: Office) -> str:
    """What the foot of the screen says, once it knows."""
    bar = office.window.policy.bar
    office.qtbot.waitUntil(lambda: not bar.headline.text().startswith("Working out"), timeout=20_000)
    return f"{bar.headline.text()}\n{bar.details.text()}"


def stored(office: Office) -> list[Rule]:
    return rules.every(office.app.catalog)


def add_masters(office: Office, scope: str = "path:a") -> PolicyScreen:
    """A rule for the folder a, saved."""
    screen = policy_screen(office)
    press(office, screen.add)
    form = form_of(screen, 0)
    form.name.selectAll()
    office.qtbot.keyClicks(form.name, "Masters")
    office.qtbot.keyClicks(form.scope, scope)
    form.scope.close_offers()
    forecast(office)
    press(office, screen.bar.save)
    return screen


def test_the_promise_is_edited_weighed_and_saved(office: Office) -> None:
    screen = policy_screen(office)
    before = stored(office)
    form_of(screen, 0).numbers["copies"].setValue(4)
    said = forecast(office)
    assert "7 files would fall short, 0 do now" in said
    assert "further drive" in said
    assert "Chance to lose anything" in said
    assert screen.cards[0].obstacles() == ["It wants 4 copies, and all drives together make 3: add another drive."]
    form = screen.cards[0].form
    assert form is not None
    for sites, words in ((2, "sites, with"), (1, "site, with")):
        form.numbers["sites"].setValue(sites)
        assert words in [one.text() for one in form.findChildren(QLabel)]
    assert stored(office) == before
    press(office, screen.bar.save)
    assert stored(office)[-1].copies == 4
    assert screen.bar.isHidden()
    counted = accounts.standings(office.app.catalog, office.app.context.now())
    assert sum(found[Standing.SHORT] for found in counted.values()) == 7


def test_every_part_of_a_rule_can_be_set(office: Office) -> None:
    screen = policy_screen(office)
    form = form_of(screen, 0)
    press(office, form.more)
    values: dict[str, Any] = {
        "copies": 4, "volumes": 2, "sites": 2, "detached": 1, "kinds": 2, "proof_days": 30, "unseen_days": 40,
        "version_days": 365, "parity": 10, "priority": 5,
    }  # fmt: skip
    assert set(values) == set(policies.LIMITS)
    for key, value in values.items():
        form.numbers[key].setValue(value)
    press(office, form.media.buttons["hdd"])
    press(office, form.forbidden.buttons["Second"])
    forecast(office)
    press(office, screen.bar.save)
    assert stored(office) == [Rule(**values, media=("hdd",), forbidden=("Second",))]


def test_a_drive_is_not_allowed_and_forbidden_at_once(office: Office) -> None:
    screen = policy_screen(office)
    form = form_of(screen, 0)
    press(office, form.more)
    press(office, form.allowed.buttons["First"])
    press(office, form.forbidden.buttons["First"])
    forecast(office)
    press(office, screen.bar.save)
    assert (stored(office)[0].allowed, stored(office)[0].forbidden) == ((), ("First",))


def test_a_rule_for_some_files_is_added_and_decides(office: Office) -> None:
    screen = add_masters(office)
    assert [(rule.name, rule.scope) for rule in stored(office)] == [("Masters", "path:a"), ("Everything", "")]
    assert rules.changes(office.app.catalog)[0].did == "added"
    effects = [card.effect.text() for card in screen.cards]
    assert effects[0].startswith("3 files")  # two tracks and a cover
    assert effects[1].startswith("4 files")
    found = office.app.catalog.value("SELECT count(*) FROM item JOIN rule u ON u.id = rule_id WHERE u.name = 'Masters'")
    assert found == 3


def test_a_scope_is_completed_and_its_mistakes_are_placed(office: Office) -> None:
    screen = policy_screen(office)
    press(office, screen.add)
    form = form_of(screen, 0)
    office.qtbot.keyClicks(form.scope, "art")
    assert "artist:" in form.scope.offered
    form.scope.setText("cop")
    office.qtbot.keyClicks(form.scope, "i")
    assert form.scope.offered == ()  # a scope can't ask for copies
    for text, said in (("path:a (", "At character 8"), ("copies:<2", "can't choose by copies"), ("", "has no scope")):
        form.scope.setText(text)
        assert said in (form.problem.text() or screen.bar.details.text())
        assert not screen.bar.save.isEnabled()
    assert len(stored(office)) == 1


def test_a_rule_that_matches_nothing_or_cant_be_met_says_so(office: Office) -> None:
    screen = add_masters(office, "genre:zydeco")
    assert screen.cards[0].effect.text() == "No file is under this rule."
    press(office, screen.cards[1].edit)
    form_of(screen, 1).numbers["copies"].setValue(9)
    forecast(office)
    assert "9 copies" in " ".join(screen.cards[1].obstacles())
    form_of(screen, 1).numbers["volumes"].setValue(12)
    assert "12 drives need at least 12 copies" in screen.bar.details.text()
    assert not screen.bar.save.isEnabled()
    press(office, screen.bar.revert)
    assert screen.bar.isHidden()
    assert screen.draft() == tuple(stored(office))


def test_rules_are_moved_and_removed(office: Office) -> None:
    screen = add_masters(office)
    press(office, screen.add)
    office.qtbot.keyClicks(form_of(screen, 1).scope, "path:b")
    forecast(office)
    press(office, screen.bar.save)
    assert not screen.cards[0].up.isEnabled()
    assert screen.cards[2].remove.isHidden()  # the default rule stays
    press(office, screen.cards[1].up)
    forecast(office)
    press(office, screen.bar.save)
    assert [rule.name for rule in stored(office)] == ["New rule", "Masters", "Everything"]
    press(office, screen.cards[1].remove)
    forecast(office)
    press(office, screen.bar.save)
    assert [rule.name for rule in stored(office)] == ["New rule", "Everything"]
    assert [change.did for change in rules.changes(office.app.catalog)][:3] == ["removed", "moved", "added"]


def test_the_last_change_is_taken_back(office: Office) -> None:
    screen = add_masters(office)
    assert "rule was added" in screen.undo.toolTip()
    press(office, screen.undo)
    assert [rule.name for rule in stored(office)] == ["Everything"]
    assert [card.rule().name for card in screen.cards] == ["Everything"]


def test_each_template_fills_the_default_rule(office: Office) -> None:
    screen = add_masters(office)
    for key, rule in policies.TEMPLATES.items():
        card = next(card for card in screen.templates if card.template.key == key)
        press(office, card.button)
        forecast(office)
        assert stored(office)[-1] != rule
        press(office, screen.bar.save)
        assert stored(office)[-1] == rule
        assert stored(office)[0].name == "Masters"
        assert [card.template.key for card in screen.templates if card.button.text() == "In force"] == [key]


def test_the_policy_goes_out_and_comes_in_as_toml(office: Office, tmp_path: Path) -> None:
    screen = add_masters(office)
    out = tmp_path / "policy.toml"
    office.desk.policy.give_policy(os.fsencode(out))
    office.settle()
    assert list(policy_toml.loads(out.read_text("utf-8"))) == stored(office)
    out.write_text(out.read_text("utf-8").replace("Masters", "Treasures"), "utf-8")
    office.desk.policy.take_policy(os.fsencode(out))
    office.settle()
    forecast(office)
    assert stored(office)[0].name == "Masters"  # only shown yet
    press(office, screen.bar.save)
    assert stored(office)[0].name == "Treasures"
    (tmp_path / "bad.toml").write_text("rule = 3", "utf-8")
    office.desk.policy.take_policy(os.fsencode(tmp_path / "bad.toml"))
    office.settle()
    assert any("no rule in it" in text for text in office.window.toasts.texts())
    assert stored(office)[0].name == "Treasures"


def test_where_the_computer_is_is_said_there(office: Office) -> None:
    screen = policy_screen(office)
    office.qtbot.keyClicks(screen.places.home, "home")
    press(office, screen.places.save)
    assert holders.home(office.app.catalog) == "home"
    assert not screen.places.save.isEnabled()


def test_an_edit_stays_when_somebody_else_changes_the_policy(office: Office) -> None:
    screen = policy_screen(office)
    form_of(screen, 0).numbers["proof_days"].setValue(30)
    with office.app.catalog.transaction(office.app.context.now()) as transaction:
        rules.set_default(transaction, Rule(copies=2, volumes=1))
    office.desk.refresh()
    office.settle()
    assert form_of(screen, 0).numbers["proof_days"].value() == 30
    form_of(screen, 0).numbers["proof_days"].setValue(31)
    assert "Somebody else" in forecast(office)
    office.act(Deed.UNDO_POLICY)
    assert stored(office)[0].copies == 3


def test_scrolling_changes_no_number(office: Office) -> None:
    box = form_of(policy_screen(office), 0).numbers["copies"]
    middle = QPointF(box.rect().center())
    down = QPoint(0, -120)
    event = QWheelEvent(
        middle, box.mapToGlobal(middle), down, down, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(box, event)
    assert box.value() == 3
    assert stored(office)[0].copies == 3


def test_drives_of_one_disk_are_named_together(office: Office) -> None:
    office.protect()
    assert policy_model(office.app.context).related == ("First, Second and Music are on one disk: they count as one.",)


@pytest.mark.root
def test_a_preview_says_what_a_drive_has_no_room_for(tmp_path: Path) -> None:
    room = Room(tmp_path)
    (room.music / "booklet.pdf").write_bytes(bytes(3_000_000))
    room.add()
    room.scan()
    disk = tmp_path / "Small"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "musicvault-test", disk], check=True)
    try:
        add_drive(room.ctx, os.fsencode(disk))
        found = of_policy.forecast(room.ctx, [Rule(copies=3)])
        now = status(room.ctx)
        card = drive_card(room.ctx, now.drives[0], now)
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
    (copying,) = found.copying
    assert copying.startswith("3 MB to Small, which lacks room for ")
    assert found.further == ("Everything: 6 MB more on 2 further drives.",)
    assert card.status == "Too full"
    assert card.todo.startswith("1 file to copy (3 MB), ")
    assert card.todo.endswith(" more room is needed")
