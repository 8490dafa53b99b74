"""What is set aside on the drives: listed, compared, given back; judged by the disk."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from PySide6.QtCore import Qt

from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.kept import KeptFilter
from tests.engine_room import flip
from tests.gui.conftest import Office
from tests.sound import make


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_versions_and_quarantine_are_listed_compared_and_given_back(office: Office) -> None:
    office.protect()
    old = digest(office.music / "a/1.flac")
    row = office.select("1.flac")
    office.act(Deed.TAG, items=(row.id,), edits={"title": ("A new title",)})
    office.act(Deed.SYNC)
    flip(office.copy_of(office.first, "b/3.flac"))
    office.act(Deed.SCRUB)
    office.act(Deed.REPAIR, sure=True)
    kept = office.window.kept
    office.window.show_screen("kept")
    office.settle()
    found = {(one.path, one.quarantined) for one in kept.model.rows}
    assert found == {(b"a/1.flac", False), (b"b/3.flac", True)}
    assert "3 copies take" in kept.model.sentence
    assert dict(kept.model.totals) == {KeptFilter.ALL: 2, KeptFilter.VERSIONS: 1, KeptFilter.QUARANTINE: 1}
    version = next(one for one in kept.model.rows if not one.quarantined)
    assert "on First, Second" in version.words
    assert "kept until" in version.until
    damaged = next(one for one in kept.model.rows if one.quarantined)
    office.qtbot.mouseClick(kept._chips[KeptFilter.VERSIONS], Qt.MouseButton.LeftButton)
    office.settle()
    assert [one.path for one in kept.model.rows] == [b"a/1.flac"]
    kept.list.setCurrentIndex(kept.rows.index(0))
    asked: list[Action] = []
    kept.acted.connect(asked.append)
    office.qtbot.mouseClick(kept.compare, Qt.MouseButton.LeftButton)
    page = office.window.comparing
    office.qtbot.waitUntil(lambda: page.model is not None, timeout=60_000)
    assert page.model is not None
    assert page.model.pair is not None
    assert [field.after for field in page.model.pair.fields] == ["A new title"]
    page.go_back()
    assert office.window.screen_name == "kept"
    office.act(Deed.COMPARE, items=(damaged.item,), version=damaged.version)
    office.qtbot.waitUntil(lambda: page.model is not None, timeout=60_000)
    assert page.model.pair is not None
    assert page.model.pair.fields == ()  # nobody has read the tags of damaged bytes: that is not to have none
    assert "whether their tags differ can't be told" in page.model.pair.headline.lower()
    page.go_back()
    give = Action(Deed.GIVE_VERSION, items=asked[0].items, values={**asked[0].values, "path": os.fsencode(office.tmp)})
    kept.acted.emit(give)
    office.settle()
    assert digest(office.tmp / "music" / "a" / "1.flac") == old


def test_it_teaches_where_nothing_is_set_aside(office: Office) -> None:
    office.protect()
    office.window.show_screen("kept")
    office.settle()
    kept = office.window.kept
    assert kept._pile.currentIndex() == 1
    assert not kept.give.isEnabled()
    make(office.music / "b/3.flac", seed=99, seconds=0.3, title="Other sound")
    office.act(Deed.SCAN)
    item = office.window.attention.model.groups[0].rows[0].item
    office.act(Deed.ACCEPT, items=(item,), sure=True)
    assert [one.path for one in kept.model.rows] == [b"b/3.flac"]  # told after each job while it is shown
