"""The small tag files of the bag: declaration, bag-info, README of an empty vault, tag manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from musicvault import __version__
from musicvault.domain.paths import RelPath
from musicvault.storage.vault import moments
from musicvault.storage.vault.heads import EVENTS, LogHead
from musicvault.storage.vault.identity import SPARE, Identity, clean_label
from musicvault.storage.vault.layout import is_aside
from musicvault.storage.vault.manifest import Entry, to_line
from musicvault.storage.vault.records import Record

BAGIT: RelPath = b"bagit.txt"
BAG_INFO: RelPath = b"bag-info.txt"
MANIFEST: RelPath = b"manifest-sha256.txt"
TAGMANIFEST: RelPath = b"tagmanifest-sha256.txt"
VOLUME_JSON: RelPath = b"musicvault/volume.json"
KEPT: RelPath = b"musicvault/kept"

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
"""RFC 8493, section 2.1.1: exactly these two lines."""

README = b"""This folder is a vault of MusicVault: it keeps proven copies of a music library.

It is still empty. The copies will lie beside this note as plain files, under the same names
as in the library, and can be read without MusicVault. To check them with nothing of ours:

    sha256sum -c manifest-sha256.txt        (from the folder above this one)

Any BagIt 1.0 validator (RFC 8493) does the same. Please don't change anything in here by hand.
"""


def bag_info(identity: Identity, now: int, head: LogHead | None = None) -> bytes:
    """`head` is where the owner's log of events ends now.

    No Payload-Oxum: it would have to be right after every file, and a wrong one names no culprit.
    """
    lines = [
        f"Bag-Software-Agent: MusicVault {__version__}",
        f"Bagging-Date: {moments.to_text(now)[:10]}",
        f"External-Identifier: urn:uuid:{identity.id}",
        f"External-Description: MusicVault copies on {clean_label(identity.label) or 'a drive without a label'}",
        f"Internal-Sender-Identifier: {identity.owner}",
        # All of volume.json once more, so that one flipped bit there doesn't close the vault.
        f"{SPARE}: {json.dumps(json.loads(identity.to_bytes()), ensure_ascii=False)}",
    ]
    if head is not None:
        lines.append(f"{EVENTS}: {head.to_text()}")
    return "".join(line + "\n" for line in lines).encode("utf-8")


def tagmanifest(digests: dict[RelPath, bytes], kept: Iterable[Record]) -> bytes:
    """The tag files with these SHA-256 digests, and every version and quarantined file that has a digest."""
    listed = {record.path: record.sha256 for record in kept if record.sha256 and is_aside(record.path)}
    listed |= digests
    return b"".join(to_line(Entry(path, listed[path])) for path in sorted(listed))


def digest_of(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
