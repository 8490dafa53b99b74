"""Verdicts, evidence, standings and states in plain words: worded once, used by window, command line and reports."""

from __future__ import annotations

from musicvault.domain.policy import Shortfall, Standing
from musicvault.domain.schedule import Why
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.language import tr, trn

_EVIDENCE = {
    "times-only": "only its times differ",
    "companion-changed": "it was changed together with its time stamp",
    "silent-change": "nothing wrote to this file: size and time stamp stand as they were",
    "essence-same": "the sound is bit for bit the same",
    "essence-differs": "the coded sound differs",
    "essence-unparseable": "the sound can no longer be parsed",
    "unexplained-wrapper": "bytes around the sound changed, and no tag edit explains it",
    "wrapper-damaged": "the damage is in the tags or the header, not in the sound",
    "no-ctime": "this drive's file system keeps no change time to judge by",
    "short-run": "all but one short run of the file stands unchanged in place",
    "decodes-clean": "it was rewritten and decodes cleanly",
    "now-decodes": "it was damaged when first met and now decodes cleanly",
    "decode-broken": "a strict decoder rejects it",
    "does-not-decode": "a decoder ({tool} {version}) rejects it: {detail}",
    "drive-changed": "the drive gives back other bytes than were proven there",
    "vault-disagrees": "the drive's own list says so: written by another computer or an older catalog",
    "is-current": "it is the version that your library has",
    "is-older": "it is an older version of the file",
    "size-differs": "{seen:,} bytes instead of {expected:,}",
    "bad-blocks": "{bad} of {total} blocks differ, the first is block {first}",
    "fields-changed": "changed: {fields}",
    "pictures-changed": "pictures were added, removed or exchanged",
    "tags-unparseable": "its tags can no longer be parsed",
    "padding-only": "only padding changed",
    "partly-damaged": "{what} differs in part, as damage does",
    "read-error": "reading failed: {cause}",
    "reads-disagree": "no two reads gave the same bytes: the drive, its cable or the memory is failing",
    "read-error-at": "reading failed at byte {offset:,}: {cause}",
    "moved-from": "moved from {source}",
    "gone": "it is no longer in its folder",
    "not-on-drive": "it is no longer on the drive",
    "sidecar-disagrees": "{sidecar} states another {algorithm} value",
    "not-read": "it could not be read whole when the catalog was rebuilt",
    "drive-list-disagrees": "{list} on the drive states another digest (SHA-256 {sha256}), and no copy has it",
    "as-drive-list": "it is what the list of a drive states that had damaged bytes only",
    "unparseable": "it can't be read as audio: {problem}",
    "changed-while-read": "it changed while it was read",
    "acceptance-undone": "you took back that it was accepted",
    "forgetting-undone": "you took back that it was let go",
    "ambiguous-move": "several new files have the same sound",
    "brake": "too much changed at once: nothing of it reaches a drive until you confirm",
    "healed-from": "rebuilt from the copy on {source}",
    "healed-with-parity": "healed from parity of {source}",
    "own-file-damaged": "it is the drive's own list; repair writes it anew from the catalog",
    "would-heal-from": "it can be rebuilt from the copy on {source}",
    "would-heal-with": "it can be healed from parity of {source}",
    "parity-no-help": "parity does not help: {cause}",
    "parity-damaged": "it is recovery data, no music: the next sync or repair makes it anew from proven copies",
    "not-asked": "what was deleted from a library comes back only when asked for",
    "lost-blocks": "{lost} of {total} blocks are damaged in every copy within reach, the first is block {first}",
    "lost-parts": "what no copy within reach has: {parts}",
    "reads-right": "it reads right again",
    "not-connected": "its drive is not connected",
    "not-writable": "its drive can't be written: {cause}",
    "no-good-copy": "no good copy is within reach",
    "confirmed": "a second read from the device agrees",
    "digest-differs": "{list} states another {algorithm} digest",
    "not-listed": "no manifest lists it",
    "not-in-manifest": "{list} doesn't list it, and each manifest must list every file",
    "not-in-tag-manifest": "{list} doesn't list it, and each tag manifest must list every manifest",
    "not-there": "it is listed and not there",
    "to-be-fetched": "it would have to be fetched from {url}",
    "listed-twice": "it lists {path} twice",
    "listed-differently": "it lists {path} twice, with different digests",
    "outside-payload": "it lists {path}, which lies outside data/",
    "fetch-not-listed": "what it has fetched from {url} is in no payload manifest, as it must be (RFC 8493, 2.2.3)",
    "path-outside": "line {line} of {list} names a path that leads out of the bag; nothing was looked for there",
    "too-many-spellings": "it is listed in too many spellings of one name",
    "line-malformed": "line {line} can't be understood",
    "wrong-encoding": "from line {line} on it is no {encoding} text, as bagit.txt says it should be",
    "algorithm-unknown": "{algorithm} digests can't be computed here",
    "link-outside": "it is a link that doesn't lead to a file of the bag, and was not followed",
    "no-file": "it is no regular file",
    "folder-closed": "the folder can't be listed",
    "oxum-differs": "it states a payload of {stated} (bytes.files), and {seen} is there",
    "digest-malformed": "what it says of {path} is no SHA-256 digest",
    "list-not-signed": "it is not what was last written there",
    "line-not-written": "line {line} is not what was written there",
    "identity-unusable": "it doesn't say which vault this is ({problem})",
    "identity-disagrees": "it names another vault than bag-info.txt does",
    "snapshot-differs": "no recorded digest fits it",
    "no-manifest": "no manifest says what belongs here",
    "no-payload-folder": "the folder for the payload isn't there",
}


_ONLY = {
    "bad-blocks": ("all of it is one block, and that differs", "1 of {total} blocks differs, block {first}"),
    "lost-blocks": (
        "all of it is one block, and that is damaged in every copy within reach",
        "1 of {total} blocks is damaged in every copy within reach, block {first}",
    ),
}
"""For a file of a single block, and for a single block of many."""


def evidence(fact: Evidence) -> str:
    """One fact as a short sentence without a full stop. Blocks are counted from 1, as people do."""
    text, values = _EVIDENCE[fact.code], fact.values
    if fact.code in _ONLY:
        first = values["first"]
        values = {**values, "first": first + 1 if isinstance(first, int) else first}
        if 1 in (values["total"], values.get("bad", values.get("lost"))):
            text = _ONLY[fact.code][values["total"] != 1]
    return tr(text, **values)


def evidence_codes() -> frozenset[str]:
    """Every code that has a sentence."""
    return frozenset(_EVIDENCE)


_VERDICTS = {
    Verdict.INTACT: "Intact",
    Verdict.RETAGGED: "Retagged: the sound is the same",
    Verdict.UPDATED: "Changed by you",
    Verdict.MOVED: "Moved or renamed",
    Verdict.REPLACED: "Other sound under the same name, perhaps a new version",
    Verdict.HELD: "Changed in a way that no edit explains",
    Verdict.CORRUPT: "Damaged",
    Verdict.SUSPECT: "Doubtful: to be read again",
    Verdict.FOREIGN: "From another computer",
    Verdict.MISSING: "Missing",
    Verdict.UNREADABLE: "Can't be read",
    Verdict.UNSTABLE: "Still changing",
    Verdict.UNAVAILABLE: "Not connected",
    Verdict.BORN_DAMAGED: "Already damaged when it came here",
}


def verdict(value: Verdict) -> str:
    return tr(_VERDICTS[value])


_UNLISTED = {"not-listed", "not-in-manifest", "not-in-tag-manifest"}


def named(value: Finding) -> str:
    """The verdict in words. Of what no list names, nobody knows who wrote it."""
    if value.verdict is Verdict.FOREIGN and any(fact.code in _UNLISTED for fact in value.evidence):
        return tr("Not accounted for")
    return verdict(value.verdict)


def finding(value: Finding) -> str:
    """The finding in one plain sentence: what, and on what that rests."""
    facts = "; ".join(evidence(fact) for fact in value.evidence)
    return f"{named(value)}: {facts}" if facts else named(value)


_STATES = {
    ReplicaState.INTACT: "intact",
    ReplicaState.SUSPECT: "doubtful",
    ReplicaState.CORRUPT: "damaged",
    ReplicaState.MISSING: "missing",
    ReplicaState.UNREADABLE: "unreadable",
    ReplicaState.HELD: "waits for you",
    ReplicaState.FOREIGN: "from another computer",
    ReplicaState.FORGOTTEN: "let go",
}


def state(value: ReplicaState) -> str:
    return tr(_STATES[value])


_STANDINGS = {
    Standing.DAMAGED: "Damaged",
    Standing.HELD: "Waits for you",
    Standing.AT_RISK: "Only one copy",
    Standing.SHORT: "Short of copies",
    Standing.STALE: "Proof too old",
    Standing.PROTECTED: "Protected",
}


def standing(value: Standing) -> str:
    return tr(_STANDINGS[value])


_SHORTFALLS = {
    Shortfall.DAMAGED_COPY: "a copy is damaged",
    Shortfall.WAITS_FOR_USER: "a change waits for your decision",
    Shortfall.ONLY_COPY: "there is only one good copy",
    Shortfall.COPIES: "it needs another copy",
    Shortfall.VOLUMES: "its copies are all on too few drives",
    Shortfall.SITES: "its copies are at too few sites",
    Shortfall.DETACHED: "too few of its copies are on drives that are unplugged or remote",
    Shortfall.MEDIA: "a kind of drive that the rule names has no copy",
    Shortfall.KINDS: "its copies are on too few kinds of drive",
    Shortfall.PROOF: "its copies were last proven too long ago",
}


def shortfall(value: Shortfall) -> str:
    return tr(_SHORTFALLS[value])


def files(count: int) -> str:
    return trn("{count} file", "{count} files", count)


_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


def _scaled(amount: float) -> tuple[str, str]:
    """Bytes in decimal units with three significant figures, less zeros behind the point: ("1.31", "TB"), ("2", "GB");
    below 1 kB whole ones."""
    steps = 0
    while amount >= 999.5 and steps < len(_UNITS) - 1:
        amount, steps = amount / 1000, steps + 1
    digits = 0 if not steps or amount >= 99.95 else 1 if amount >= 9.995 else 2
    figures = f"{amount:.{digits}f}"
    return figures.rstrip("0").rstrip(".") if digits else figures, _UNITS[steps]


def size(amount: float) -> str:
    """Bytes in words: "1.31 TB"."""
    figures, unit = _scaled(amount)
    return f"{figures} {tr('bytes') if unit == _UNITS[0] else unit}"


def speed(bytes_a_second: float | None) -> str:
    """A device's speed where no part of it was read enough to tell its own; None: not even all together."""
    if bytes_a_second is None:
        return tr("Too little was read to tell its speed.")
    return tr("{speed} a second; too little was read to tell it part by part.", speed=size(round(bytes_a_second)))


_WAITS = {
    Why.NOTHING_DUE: "every copy was read in time",
    Why.OFF: "it is switched off",
    Why.QUIET: "these are quiet hours",
    Why.BATTERY: "the computer runs on its battery",
    Why.BUSY: "the computer is busy",
}


def waits(why: str) -> str:
    """Why nothing is proven right now; a word that isn't of `domain.schedule` (a newer service's) as it stands."""
    return tr(_WAITS[Why(why)]) if why in {known.value for known in Why} else why
