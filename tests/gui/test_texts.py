"""Text from files stays on its line and in its panel; the overview doesn't ask for what is being done."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from musicvault.gui.desk.overview_model import under_way
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.jobs import JobRow
from musicvault.gui.models.overview import OverviewModel
from musicvault.gui.widgets.text import ElidedLabel, breakable, label, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\r\tand more", "two lines  and more"),
        ("夜想曲 第1番", "夜想曲 第1番"),
        ("song\u202egpj.mp3", "songgpj.mp3"),
        ("a\u2028b\x85c\x00d", "a b c d"),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_long_words_may_break_and_short_ones_are_left_alone(qapp: QApplication) -> None:
    path = "musicvault/quarantine/20261123T021255Z-06d616f2dfcab071-01.flac"
    assert breakable("A short sentence, as it is.") == "A short sentence, as it is."
    assert breakable(path).replace("\u200b", "") == path
    assert max(map(len, breakable("x" * 90).split("\u200b"))) <= 13
    assert label(path, wrap=True).minimumSizeHint().width() < 260
    assert ElidedLabel("a\nb").text() == "a b"


def test_what_is_being_done_is_not_asked_for() -> None:
    copy = OverviewModel("2 files need another copy.", "Copy now.", primary=Action(Deed.SYNC, "Copy now"), total=2)
    assert under_way(copy, []) is copy
    assert under_way(copy, [JobRow(1, "Watch", stage="sync", background=True)]) is copy
    assert under_way(copy, [JobRow(1, "Verify", stage="scrub")]) is copy
    shown = under_way(copy, [JobRow(1, "Copy", stage="sync")])
    assert (shown.sentence, shown.primary) == (copy.sentence, None)
    empty = OverviewModel("Show MusicVault where your music is.", primary=Action(Deed.ADD_LIBRARY, "Add"))
    assert under_way(empty, [JobRow(1, "Protect")]).primary is None
    assert "Getting to know" in under_way(empty, [JobRow(1, "Protect", stage="scan")]).sentence
