"""MusicVault keeps proven copies of people's own music, and tells the truth about them."""

__version__ = "0.1.0"
