"""The colours of the window by name, for light and dark. Every text on its ground reaches 4.5:1 (tested)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Tone(StrEnum):
    """What a colour means. It never stands alone: an icon and a word go with it."""

    GOOD = "good"
    SHORT = "short"
    DAMAGED = "damaged"
    AWAY = "away"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class ToneColours:
    """`fill` for bars and blocks, `soft` for grounds, `ink` for text on `soft`, `surface` and `background`,
    `on_fill` for text on `fill`."""

    fill: str
    soft: str
    ink: str
    on_fill: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """One colour scheme."""

    dark: bool
    background: str
    surface: str
    raised: str
    sidebar: str
    text: str
    muted: str
    hairline: str
    border: str
    groove: str
    accent: str
    accent_hover: str
    accent_pressed: str
    on_accent: str
    link: str
    hover: str
    selection: str
    selection_text: str
    selection_muted: str
    focus: str
    tones: dict[Tone, ToneColours]

    def tone(self, tone: Tone) -> ToneColours:
        return self.tones[tone]

    def named(self) -> dict[str, str]:
        """All colours by name, for the style sheet: `text`, …, `good_soft`, `damaged_ink`, …"""
        flat = {name: value for name in self.__slots__ if isinstance(value := getattr(self, name), str)}
        for tone, colours in self.tones.items():
            for part in ("fill", "soft", "ink", "on_fill"):
                flat[f"{tone.value}_{part}"] = getattr(colours, part)
        return flat


LIGHT = Tokens(
    dark=False,
    background="#F6F7F9",
    surface="#FFFFFF",
    raised="#FFFFFF",
    sidebar="#EEF0F4",
    text="#1B2130",
    muted="#5C667A",
    hairline="#E3E6EB",
    border="#D3D8E0",
    groove="#E6E9EF",
    accent="#3B5BDB",
    accent_hover="#3350C6",
    accent_pressed="#2B45AF",
    on_accent="#FFFFFF",
    link="#3452CC",
    hover="#F0F2F6",
    selection="#E3E9FF",
    selection_text="#2A45B8",
    selection_muted="#566078",
    focus="#5B7BFF",
    tones={
        Tone.GOOD: ToneColours("#2B8A3E", "#D3F2DB", "#1F6F31", "#FFFFFF"),
        Tone.SHORT: ToneColours("#B35C00", "#FFE8CC", "#8F4A00", "#FFFFFF"),
        Tone.DAMAGED: ToneColours("#C2255C", "#FFE0EC", "#AD1E50", "#FFFFFF"),
        Tone.AWAY: ToneColours("#7A8699", "#E6E9EF", "#525D70", "#FFFFFF"),
        Tone.INFO: ToneColours("#3B5BDB", "#E3E9FF", "#2A45B8", "#FFFFFF"),
    },
)

DARK = Tokens(
    dark=True,
    background="#13161B",
    surface="#1B1F26",
    raised="#232831",
    sidebar="#171A20",
    text="#E7EAF0",
    muted="#98A2B3",
    hairline="#2A303A",
    border="#363D49",
    groove="#2A303A",
    accent="#748FFC",
    accent_hover="#8AA1FF",
    accent_pressed="#667FE8",
    on_accent="#10131A",
    link="#91A7FF",
    hover="#222731",
    selection="#26305A",
    selection_text="#B5C3FF",
    selection_muted="#AEB8CC",
    focus="#91A7FF",
    tones={
        Tone.GOOD: ToneColours("#51B868", "#1C3A25", "#74E088", "#0D1A11"),
        Tone.SHORT: ToneColours("#FFA94D", "#45300F", "#FFB566", "#241703"),
        Tone.DAMAGED: ToneColours("#F0749D", "#4A1A2E", "#FF9DBD", "#2A0A17"),
        Tone.AWAY: ToneColours("#8B97AA", "#2A303A", "#A9B4C5", "#12151A"),
        Tone.INFO: ToneColours("#748FFC", "#26305A", "#B5C3FF", "#10131A"),
    },
)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#RRGGBB` colours (WCAG 2.2, 1.4.3), 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=1024)
def mixed(ink: str, ground: str, share: float) -> str:
    """`share` (0 to 1) of `ink` laid over `ground`, as an opaque colour."""
    pairs = zip(_channels(ink), _channels(ground), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02X}" for a, b in pairs)


@lru_cache(maxsize=1024)
def readable(ground: str, *inks: str) -> str:
    """The ink with the best contrast on `ground`."""
    return max(inks, key=lambda ink: contrast(ink, ground))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    parts = [value / 255 for value in _channels(colour)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
