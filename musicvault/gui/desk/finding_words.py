"""Each kind of finding in words: title, explanation, tone and icon."""

from __future__ import annotations

from musicvault.gui.theme.tokens import Tone
from musicvault.language import tr, trn


def words(kind: str, amount: int) -> tuple[str, str, Tone, str]:
    """Title, explanation with the advice, tone, icon. KeyError for a kind that there isn't."""
    title, explanation = _SAID[kind](amount)
    return title, explanation, *_LOOKS[kind]


_LOOKS = {
    "damaged": (Tone.DAMAGED, "broken"),
    "lost": (Tone.DAMAGED, "broken"),
    "gone": (Tone.DAMAGED, "broken"),
    "unreadable": (Tone.DAMAGED, "drives"),
    "replaced": (Tone.SHORT, "note"),
    "held": (Tone.SHORT, "held"),
    "ambiguous": (Tone.SHORT, "unknown"),
    "missing": (Tone.SHORT, "unknown"),
    "foreign": (Tone.SHORT, "computer"),
    "parity": (Tone.SHORT, "verify"),
    "born": (Tone.AWAY, "disc"),
}


def _damaged(amount: int) -> tuple[str, str]:
    return (
        trn("{count} file is damaged", "{count} files are damaged", amount),
        trn(
            "Repair rebuilds it block by block from good copies, compares every byte and keeps the damaged one aside.",
            "Repair rebuilds each one block by block from good copies, compares every byte and keeps the damaged one "
            "aside.",
            amount,
        ),
    )


def _lost(amount: int) -> tuple[str, str]:
    return (
        trn("{count} file can't be made whole now", "{count} files can't be made whole now", amount),
        tr(
            "No copy within reach has what is marked as lost. Plug in the drives that are away and try again, or put "
            "another rip in its place. What there is stays as it is."
        ),
    )


def _gone(amount: int) -> tuple[str, str]:
    return (
        trn("{count} copy is no longer on its drive", "{count} copies are no longer on their drives", amount),
        tr("Something other than MusicVault removed it. Repair copies it there again."),
    )


def _unreadable(amount: int) -> tuple[str, str]:
    return (
        trn("{count} file can't be read", "{count} files can't be read", amount),
        tr(
            "The drive reports errors. Try another cable and connector, then read again. If the errors come back, the "
            "drive is failing: repair writes the file anew from a good copy, and the drive should be replaced soon."
        ),
    )


def _replaced(amount: int) -> tuple[str, str]:
    return (
        trn("{count} file has other sound than before", "{count} files have other sound than before", amount),
        tr(
            "Another rip, or an edit? Compare the two and accept the new one. If it wasn't you, put the proven one "
            "back. Nothing of it reaches a drive before you decide."
        ),
    )


def _held(amount: int) -> tuple[str, str]:
    return (
        trn("{count} changed file waits for you", "{count} changed files wait for you", amount),
        tr(
            "It changed in a way that no edit of tags explains. Compare, then accept it as it is or put the proven one "
            "back. Nothing of it reaches a drive before you decide."
        ),
    )


def _ambiguous(amount: int) -> tuple[str, str]:
    return (
        trn("{count} file was moved, it isn't clear where", "{count} files were moved, it isn't clear where", amount),
        tr("Several new files have the same sound. Let it go if one of them is it, or put it back where it was."),
    )


def _missing(amount: int) -> tuple[str, str]:
    return (
        trn("{count} file is gone from your library", "{count} files are gone from your library", amount),
        trn(
            "Its copies are kept. Restore it, or let it go if you deleted it yourself.",
            "Their copies are kept. Restore them, or let them go if you deleted them yourself.",
            amount,
        ),
    )


def _foreign(amount: int) -> tuple[str, str]:
    return (
        trn("{count} copy comes from another computer", "{count} copies come from another computer", amount),
        tr(
            "The drive's own list names other bytes than this catalog: another computer wrote them, or this catalog is "
            "older than the drive. Adopt what is right: your library follows it. Refuse the rest: it is set aside on "
            "the drive, with your version in its place."
        ),
    )


def _parity(amount: int) -> tuple[str, str]:
    return (
        trn("Recovery data of {count} folder is damaged", "Recovery data of {count} folders is damaged", amount),
        tr("No music is lost with it. It is made anew from proven copies."),
    )


def _born(amount: int) -> tuple[str, str]:
    return (
        trn("{count} file was damaged when it came", "{count} files were damaged when they came", amount),
        trn(
            "It is protected as it is, byte for byte, and is no alarm. Put a better rip in its place, and MusicVault "
            "will take it for the new version.",
            "They are protected as they are, byte for byte, and are no alarm. Put a better rip in the place of one, "
            "and MusicVault will take it for the new version.",
            amount,
        ),
    )


_SAID = {
    "damaged": _damaged,
    "lost": _lost,
    "gone": _gone,
    "unreadable": _unreadable,
    "replaced": _replaced,
    "held": _held,
    "ambiguous": _ambiguous,
    "missing": _missing,
    "foreign": _foreign,
    "parity": _parity,
    "born": _born,
}
