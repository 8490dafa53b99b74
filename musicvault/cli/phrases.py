"""The command line's own phrases: what a job does, what was done to an item, and what the counts at the end mean."""

from __future__ import annotations

from collections.abc import Mapping

from musicvault.domain import wording
from musicvault.domain.parity import SUGGESTED_PERCENT
from musicvault.domain.paths import display
from musicvault.language import tr, trn

_RUNNING = {
    "scan": "Looking through {subject}",
    "fingerprint": "Listening to {subject}",
    "sync": "Copying to {subject}",
    "scrub": "Proving {subject}",
    "check": "Decoding {subject}",
    "repair": "Repairing {subject}",
    "restore": "Restoring to {subject}",
    "partial": "Saving what is left of {subject}",
    "verify": "Checking {subject}",
    "rebuild": "Rebuilding from {subject}",
    "adopt": "Taking over {subject}",
    "adopt-copies": "Taking over copies",
    "refuse": "Refusing copies",
    "tag": "Editing tags",
    "protect": "Protecting {subject}",
    "watch": "Watching {subject}",
    "drill": "Trying out copies",
    "bag": "Packing {subject}",
    "audit": "Reading {subject}",
    "retire": "Parting with {subject}",
    "eject": "Finishing {subject}",
    "migrate": "Updating {subject}",
}


def running(job: str, subject: str) -> str:
    """What a job does right now."""
    sentence = _RUNNING.get(job)
    if sentence is None or not subject:
        return tr(sentence.partition(" ")[0]) if sentence else job
    return tr(sentence, subject=subject)


_DONE = {
    "added": ("New:", "Would be new:"),
    "copied": ("Copied:", "Would copy:"),
    "replaced": ("Brought up to date:", "Would bring up to date:"),
    "versioned": ("Older version kept:", "Would keep the older version:"),
    "renamed": ("Renamed:", "Would rename:"),
    "restored": ("Restored:", "Would restore:"),
    "repaired": ("Repaired:", "Would repair:"),
    "tagged": ("Tagged:", "Would tag:"),
    "accepted": ("Accepted:", "Would accept:"),
    "rejected": ("Put back:", "Would put back:"),
    "forgotten": ("Let go:", "Would let go:"),
    "expected": ("Expected again:", "Would expect again:"),
    "removed": ("Removed:", "Would remove:"),
    "adopted": ("Taken over:", "Would take over:"),
    "refused": ("Set aside:", "Would set aside:"),
    "skipped": ("Left out:", "Would leave out:"),
    "tried": ("Came back right:", "Would be tried:"),
    "packed": ("Packed:", "Would pack:"),
    "parity": ("Parity made:", "Would make parity:"),
    "partly-given": ("Given in part:", "Would give in part:"),
}


def actions() -> tuple[str, ...]:
    """All that has words."""
    return tuple(_DONE)


def action(word: str, *, dry_run: bool) -> str:
    """What was done to an item, or would be."""
    done, would = _DONE.get(word, (f"{word}:", f"{word}:"))
    return tr(would if dry_run else done)


def counts(values: Mapping[str, int], *, dry_run: bool) -> str:
    """The counts of a job's summary in one line; what is zero goes unsaid."""
    unsaid = _UNSAID | {"files", "unchanged"} if "items" in values else _UNSAID
    parts = [_count(key, value) for key, value in values.items() if value and key not in unsaid]
    parts += [tr(sentence, size=wording.size(values[key])) for key, sentence in _SIZES.items() if values.get(key)]
    if not parts:
        return "" if _SPEAKS_FOR_ITSELF in values else tr("Nothing to do.")
    text = ", ".join(parts)
    return tr("It would be: {counts}.", counts=text) if dry_run else f"{text}."


_SPEAKS_FOR_ITSELF = "ejected"
"""The one count of a job whose outcome is a sentence of its own, whether it was done or only tried."""

_UNSAID = frozenset(
    {"retired", "ejected", "finished", "powered_off", "bytes", "short_bytes", "damage", "waiting", "vault", "seed"}
)
"""Sums of other counts, sizes, which come last, and what is no count."""

_SIZES = {"bytes": "{size}", "short_bytes": "{size} too little room"}

_COUNTS = {
    "items": ("{count} file", "{count} files"),
    "files": ("{count} file", "{count} files"),
    "checked": ("{count} copy read", "{count} copies read"),
    "decoded": ("{count} track decoded", "{count} tracks decoded"),
    "clean": ("{count} clean", "{count} clean"),
    "broken": ("{count} that a decoder rejects", "{count} that a decoder rejects"),
    "undecided": ("{count} that no decoder here can judge", "{count} that no decoder here can judge"),
    "intact": ("{count} intact", "{count} intact"),
    "unchanged": ("{count} unchanged", "{count} unchanged"),
    "added": ("{count} new", "{count} new"),
    "retagged": ("{count} retagged", "{count} retagged"),
    "updated": ("{count} changed by you", "{count} changed by you"),
    "moved": ("{count} moved", "{count} moved"),
    "replaced": ("{count} brought up to date", "{count} brought up to date"),
    "corrupt": ("{count} damaged", "{count} damaged"),
    "damaged": ("{count} damaged", "{count} damaged"),
    "recovered": ("{count} brought home that was on its way", "{count} brought home that were on their way"),
    "disputed": ("{count} of which a newer version was found", "{count} of which newer versions were found"),
    "unfinished": ("{count} drive with something left to do", "{count} drives with something left to do"),
    "unassigned": ("{count} that belongs to no library", "{count} that belong to no library"),
    "copies": ("{count} copy", "{count} copies"),
    "versions": ("{count} older version", "{count} older versions"),
    "libraries": ("{count} library", "{count} libraries"),
    "drives": ("{count} drive", "{count} drives"),
    "read": ("{count} read", "{count} read"),
    "unlisted": ("{count} that no list accounts for", "{count} that no list accounts for"),
    "suspect": ("{count} doubtful", "{count} doubtful"),
    "born_damaged": ("{count} already damaged when it came", "{count} already damaged when they came"),
    "missing": ("{count} missing", "{count} missing"),
    "unreadable": ("{count} unreadable", "{count} unreadable"),
    "unstable": ("{count} still changing", "{count} still changing"),
    "held": ("{count} held for your decision", "{count} held for your decision"),
    "confirmed": ("{count} confirmed", "{count} confirmed"),
    "braked": ("{count} library held back", "{count} libraries held back"),
    "copied": ("{count} copied", "{count} copied"),
    "renamed": ("{count} renamed", "{count} renamed"),
    "expired": ("{count} older version let go", "{count} older versions let go"),
    "different": ("{count} different from the library", "{count} different from the library"),
    "already": ("{count} there already", "{count} there already"),
    "left_out": ("{count} left out", "{count} left out"),
    "kept_back": ("{count} kept back", "{count} kept back"),
    "repaired": ("{count} repaired", "{count} repaired"),
    "unhealed": ("{count} not healed", "{count} not healed"),
    "partial": ("{count} given in part", "{count} given in part"),
    "whole": ("{count} that repair can heal", "{count} that repair can heal"),
    "restored": ("{count} restored", "{count} restored"),
    "tagged": ("{count} tagged", "{count} tagged"),
    "undone": ("{count} taken back", "{count} taken back"),
    "accepted": ("{count} accepted", "{count} accepted"),
    "rejected": ("{count} put back", "{count} put back"),
    "forgotten": ("{count} let go", "{count} let go"),
    "expected": ("{count} expected again", "{count} expected again"),
    "adopted": ("{count} taken over", "{count} taken over"),
    "in_library": ("{count} of them in the library", "{count} of them in the library"),
    "refused": ("{count} set aside", "{count} set aside"),
    "fingerprinted": ("{count} fingerprint made", "{count} fingerprints made"),
    "without": ("{count} too short for a fingerprint", "{count} too short for a fingerprint"),
    "sampled": ("{count} copy tried", "{count} copies tried"),
    "right": ("{count} right", "{count} right"),
    "undecodable": ("{count} that no decoder takes", "{count} that no decoder takes"),
    "packed": ("{count} packed", "{count} packed"),
    "parity_made": ("{count} album given parity", "{count} albums given parity"),
    "parity_removed": ("{count} parity set removed", "{count} parity sets removed"),
    "parity_left_out": ("{count} album without room for parity", "{count} albums without room for parity"),
    "parity_checked": ("{count} parity set read", "{count} parity sets read"),
    "parity_damaged": ("{count} parity set damaged", "{count} parity sets damaged"),
    "unproven": ("{count} copy not proven", "{count} copies not proven"),
    "proven": ("{count} proven elsewhere", "{count} proven elsewhere"),
    "short": ("{count} would fall short", "{count} would fall short"),
    "kept": ("{count} older version stays on it alone", "{count} older versions stay on it alone"),
    "failed": ("{count} failed", "{count} failed"),
}


def _count(key: str, value: int) -> str:
    one, many = _COUNTS.get(key, ("", ""))
    if not one:
        return f"{value:,} {key.replace('_', ' ').replace('-', ' ')}"
    return trn(one, many, value)


def next_step(command: str, exit_code: int, *, dry_run: bool) -> str:
    """What to do about findings that stand, empty where nothing is to be done."""
    if exit_code == 20 and command.startswith("repair") and dry_run:
        return tr("Nothing was changed. To do it: the same command without --dry-run")
    if exit_code == 20 and command.startswith("repair"):
        return tr(
            "What is still damaged has no good copy within reach (connect another drive), or it could not be read or "
            "written, as said above. Then repair again."
        )
    if exit_code == 20 and command in ("verify", "history"):
        return ""
    if exit_code == 20:
        return tr("Damage stands. To heal what can be healed: musicvault repair")
    if exit_code == 22:
        return tr("Changes wait for your decision. What to do is said by: musicvault status")
    return ""


def waiting(label: str, overdue: int, lacking: int, size: int, *, online: bool) -> str:
    """What waits for a drive, in one line; empty where nothing does."""
    parts = [wording.files(overdue) + " " + tr("overdue")] if overdue else []
    if lacking:
        parts.append(tr("{files} to copy ({size})", files=wording.files(lacking), size=wording.size(size)))
    if not parts:
        return ""
    todo = ", ".join(parts)
    return todo if online else tr("Plug in {label}: {todo}", label=label, todo=todo)


def detail(values: Mapping[str, object]) -> str:
    """What an event adds to its type, in one line; digests are cut short."""
    return ", ".join(
        f"{key.replace('_', ' ')}: {_brief(value)}"
        for key, value in values.items()
        if value not in _EMPTY and not ("policy" in values and key in ("before", "after"))
    )


def _brief(value: object) -> str:
    if isinstance(value, Mapping):
        return "(" + detail(value) + ")"
    if isinstance(value, list | tuple):
        return " · ".join(_brief(entry) for entry in value if entry not in _EMPTY)
    text = display(str(value).encode("utf-8", "backslashreplace"))
    if len(text) == _DIGEST_LENGTH and all(character in "0123456789abcdef" for character in text):
        return text[:12] + "…"
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


_EMPTY: tuple[object, ...] = ("", None, [], {})
_DIGEST_LENGTH = 64
_LONGEST = 200


def parity_advice(label: str) -> str:
    """What helps where there is one drive only."""
    return tr(
        "With one drive only, some recovery data heals dead sectors: musicvault drive parity '{label}' {percent}",
        label=label,
        percent=SUGGESTED_PERCENT,
    )
