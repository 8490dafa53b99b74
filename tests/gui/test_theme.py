"""The theme: enough contrast everywhere, one choice of scheme, icons in any colour."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from musicvault.gui import theme as current
from musicvault.gui.theme import Mode, Theme, icons
from musicvault.gui.theme.files import ICONS, STYLES
from musicvault.gui.theme.tokens import DARK, LIGHT, Tokens, Tone, contrast, mixed, readable

SCHEMES = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])


@SCHEMES
@pytest.mark.parametrize("ground", ["background", "surface", "sidebar", "raised", "hover"])
@pytest.mark.parametrize("ink", ["text", "muted", "link"])
def test_text_is_readable_on_every_ground(tokens: Tokens, ground: str, ink: str) -> None:
    assert contrast(getattr(tokens, ink), getattr(tokens, ground)) >= 4.5


@SCHEMES
def test_text_is_readable_on_selections_and_buttons(tokens: Tokens) -> None:
    assert contrast(tokens.text, tokens.selection) >= 4.5
    assert contrast(tokens.selection_text, tokens.selection) >= 4.5
    assert contrast(tokens.selection_muted, tokens.selection) >= 4.5
    for ground in (tokens.accent, tokens.accent_hover, tokens.accent_pressed):
        assert contrast(tokens.on_accent, ground) >= 4.5
    assert contrast(tokens.muted, tokens.groove) >= 4.5 or tokens.dark


@SCHEMES
@pytest.mark.parametrize("tone", list(Tone))
def test_each_tone_is_readable(tokens: Tokens, tone: Tone) -> None:
    colours = tokens.tone(tone)
    assert contrast(colours.ink, colours.soft) >= 4.5
    for ground in (tokens.surface, tokens.background):
        assert contrast(colours.ink, ground) >= 4.5
    assert contrast(colours.fill, tokens.surface) >= 3  # graphics, WCAG 1.4.11


@SCHEMES
@pytest.mark.parametrize("share", [0.4, 0.5, 0.6, 0.7, 0.85])
def test_the_matrix_is_readable_at_every_depth(tokens: Tokens, share: float) -> None:
    for tone in (Tone.GOOD, Tone.AWAY):
        ground = mixed(tokens.tone(tone).fill, tokens.surface, share)
        assert contrast(readable(ground, "#FFFFFF", "#000000"), ground) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_the_choice_dresses_the_application(qapp: QApplication, theme: Theme, qtbot: object) -> None:
    changes: list[bool] = []
    theme.changed.connect(lambda: changes.append(True))
    theme.choose(Mode.DARK)
    assert current.active() is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == DARK.background
    assert DARK.surface in qapp.styleSheet()
    theme.choose(Mode.LIGHT)
    assert current.active() is LIGHT
    assert len(changes) == 2


@pytest.mark.parametrize("mode", [Mode.LIGHT, Mode.DARK])
@pytest.mark.parametrize("enabled", [True, False])
def test_what_a_field_asks_for_is_readable(theme: Theme, qtbot: QtBot, mode: Mode, enabled: bool) -> None:
    """Placeholders as they are painted; Qt's own are half transparent."""
    theme.choose(mode)
    field = QLineEdit()
    qtbot.addWidget(field)
    field.setPlaceholderText("IIIIIIII")
    field.setEnabled(enabled)
    field.resize(160, 36)
    field.show()
    picture = field.grab(field.rect().adjusted(8, 8, -8, -8)).toImage()
    seen = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert max(contrast(colour.upper(), current.active().surface) for colour in seen) >= 4.5


def test_the_style_sheet_names_no_colour_of_its_own() -> None:
    text = (STYLES / "window.qss").read_text("utf-8")
    assert not re.findall(r"#[0-9A-Fa-f]{6}\b", text)


@pytest.mark.parametrize("path", sorted(ICONS.glob("*.svg")), ids=lambda path: path.stem)
def test_each_icon_draws_something_in_the_colour_asked_for(qapp: QApplication, path: object) -> None:
    name = path.stem  # type: ignore[attr-defined]
    image = icons.pixmap(name, "#FF0000", 20, 2.0).toImage()
    assert (image.width(), image.devicePixelRatio()) == (40, 2.0)
    drawn = [image.pixelColor(x, y) for x in range(40) for y in range(40) if image.pixelColor(x, y).alpha() > 200]
    assert len(drawn) > 20 if name != "more" else drawn
    if name != "musicvault":
        assert all(colour.red() > 200 and colour.blue() < 60 for colour in drawn)
