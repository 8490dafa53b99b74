"""Where the drawn things of the window lie, and the few icons that a style sheet needs as files."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from musicvault.gui.theme.tokens import Tokens

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
ICONS = RESOURCES / "icons"
STYLES = RESOURCES / "styles"


@cache
def drawing(name: str) -> bytes:
    """The SVG text of an icon; it is stroked in `currentColor`."""
    return (ICONS / f"{name}.svg").read_bytes()


def tinted(name: str, colour: str) -> bytes:
    """The icon's SVG in one colour."""
    return drawing(name).replace(b"currentColor", colour.encode("ascii"))


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="musicvault-theme-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def arrow_files(tokens: Tokens) -> dict[str, str]:
    """Addresses of tinted icons for check boxes and arrows: a style sheet can name only files."""
    wanted = {
        "check_icon": ("check", tokens.on_accent),
        "minus_icon": ("minus", tokens.on_accent),
        "down_icon": ("chevron-down", tokens.muted),
        "up_icon": ("chevron-up", tokens.muted),
    }
    places: dict[str, str] = {}
    for key, (name, colour) in wanted.items():
        place = _folder() / f"{name}-{colour[1:]}.svg"
        if not place.exists():
            place.write_bytes(tinted(name, colour))
        places[key] = place.as_posix()
    return places
