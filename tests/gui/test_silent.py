"""A drive that doesn't answer looks like none that was unplugged, and holds up nothing in the window."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel

from musicvault.gui.drives.panel import DrivePanel
from musicvault.gui.models.overview import OverviewModel
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.drive_card import status_icon
from musicvault.storage import answering
from tests.gui.conftest import Office
from tests.hung import hung_at, needs_fuse, opened
from tests.sound import make


def shown(office: Office) -> OverviewModel:
    model = office.window.overview.model
    assert model is not None
    return model


@needs_fuse
def test_a_drive_that_hangs_says_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "ANSWER_S", 0.05)
    office.protect()
    make(office.music / "b" / "new.flac", seed=70, seconds=0.3)
    with opened() as device, hung_at(office.second, device):
        office.desk.refresh()
        office.settle()
        card = next(one for one in shown(office).drives if one.label == "Second")
        assert (card.status, card.tone, card.online) == ("Doesn't answer", Tone.SHORT, False)
        assert status_icon(card) != "away"
        office.window.show_screen("drives")
        panel = next(one for one in office.window.drives.findChildren(DrivePanel) if one.model.label == "Second")
        said = [one.text().replace("\u200b", "") for one in panel.findChildren(QLabel)]
        assert f"The drive Second doesn't answer: what is mounted at {office.second} hangs." in said
        todo = [one.text for one in shown(office).todo]
        assert card.warnings[0] in todo
        assert not any(text.startswith("Plug in Second") for text in (*todo, card.todo))
    office.desk.refresh()
    office.settle()
    assert all(one.online for one in shown(office).drives)


@needs_fuse
def test_so_does_a_music_folder(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "ANSWER_S", 0.05)
    office.protect()
    with opened() as device, hung_at(office.music, device):
        office.desk.refresh()
        office.settle()
        card = next(one for one in shown(office).drives if one.is_library)
        assert (card.status, card.note) == ("Doesn't answer", "What is mounted there hangs. Nothing counts as lost.")
