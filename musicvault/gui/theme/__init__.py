"""How the window looks: *tokens* (named colours, light and dark), one style sheet filled with them, and
line icons tinted by them. `theme.active()` is what every painter asks."""

from __future__ import annotations

from musicvault.gui.theme.theme import Mode, Theme, active

__all__ = ["Mode", "Theme", "active"]
