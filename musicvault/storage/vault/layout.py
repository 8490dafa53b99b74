"""Where each thing lies inside a vault, and the guard that no path ever leads out of it."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from musicvault.domain.paths import RelPath, display, is_safe, split
from musicvault.errors import DriveRefused
from musicvault.language import tr
from musicvault.storage.flushing import sync_folder
from musicvault.storage.stats import is_there
from musicvault.storage.vault.faults import explained, explanation

VAULT_FOLDER = b"MusicVault"
CREATING_PREFIX = b".MusicVault.creating-"
README_PATH: RelPath = b"data/README.txt"
VERSIONS: RelPath = b"musicvault/versions"
QUARANTINE: RelPath = b"musicvault/quarantine"
INCOMING: RelPath = b"musicvault/incoming"
PARITY: RelPath = b"musicvault/parity"
LONGEST_NAME = 255
"""Bytes of one name; the limit of ext4, XFS, Btrfs and APFS (FAT and NTFS count UTF-16 units, never more)."""

_SLUG = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_PARITY_NAME = re.compile(rb"([0-9a-f]{16})(?:\.[0-9]+)?-.*\.par2\Z", re.DOTALL)
_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}\Z")


@dataclass(frozen=True, slots=True)
class VaultLayout:
    """Paths of one vault; `root` is the `MusicVault` folder itself."""

    root: bytes

    def path(self, stored: RelPath) -> bytes:
        """The absolute path of a stored path. Text only: see `guarded` before writing.

        Raises `DriveRefused` for a path that would leave the vault (manifests and journals are hostile input).
        """
        if not is_safe(stored):
            raise DriveRefused(tr("The vault names a path outside itself: {path}", path=display(stored)))
        return self.root + b"/" + stored

    def guarded(self, stored: RelPath) -> bytes:
        """Like `path`, and looks that no folder on the way is a link: a vault must not reach out of itself.

        Folders that don't exist yet pass. Raises `DriveRefused`, and the `VaultError` of a drive that is gone; the file
        itself is the caller's to `lstat`.
        """
        absolute = self.path(stored)
        folder = self.root
        for part in [b"", *stored.split(b"/")[:-1]]:
            folder = folder + b"/" + part if part else folder
            try:
                mode = os.lstat(folder).st_mode
            except FileNotFoundError:
                break
            except OSError as error:
                raise explanation(error, folder) from error
            if not stat.S_ISDIR(mode):
                raise DriveRefused(
                    tr(
                        "{folder} is a link or a file where the vault needs a folder of its own.",
                        folder=display(folder),
                    )
                )
        return absolute

    def guarded_folder(self, stored: RelPath) -> bytes:
        """The same of a folder whose files are meant: it is none of its own either where it is a link."""
        return self.guarded(stored + b"/file").rpartition(b"/")[0]

    def ensure_parent(self, stored: RelPath) -> bytes:
        """Make the folders above a stored path, each durable in its own parent; gives the absolute path.

        Raises `DriveRefused` for links, and the `VaultError` of a full or unwritable drive.
        """
        absolute = self.guarded(stored)
        missing: list[bytes] = []
        folder = absolute.rpartition(b"/")[0]
        with explained(folder):
            while folder != self.root and not is_there(folder):
                missing.append(folder)
                folder = folder.rpartition(b"/")[0]
            for folder in reversed(missing):
                os.mkdir(folder)
                sync_folder(folder.rpartition(b"/")[0])
        return absolute

    def has(self, stored: RelPath) -> bool:
        """Whether anything has this stored path. Raises the `VaultError` of a drive that doesn't say."""
        path = self.path(stored)
        with explained(path):
            return is_there(path)

    @property
    def data(self) -> bytes:
        return self.root + b"/data"

    @property
    def bag_info(self) -> bytes:
        return self.root + b"/bag-info.txt"

    @property
    def manifest(self) -> bytes:
        return self.root + b"/manifest-sha256.txt"

    @property
    def tagmanifest(self) -> bytes:
        return self.root + b"/tagmanifest-sha256.txt"

    @property
    def volume_json(self) -> bytes:
        return self.root + b"/musicvault/volume.json"

    @property
    def journal(self) -> bytes:
        return self.root + b"/musicvault/journal"

    @property
    def kept(self) -> bytes:
        return self.root + b"/musicvault/kept"

    @property
    def lock(self) -> bytes:
        return self.root + b"/musicvault/lock"

    @property
    def snapshot(self) -> bytes:
        return self.root + b"/musicvault/catalog.sqlite3"

    @property
    def previous_snapshot(self) -> bytes:
        return self.root + b"/musicvault/catalog.previous.sqlite3"

    @property
    def incoming(self) -> bytes:
        return self.root + b"/" + INCOMING

    @property
    def parity(self) -> bytes:
        return self.root + b"/" + PARITY


def stored_path(slug: str, safe_path: RelPath) -> RelPath:
    """Where an item lies: `data/<slug>/<safe path>`. Raises ValueError for what `storage.names` would not have made."""
    raw = slug.encode("utf-8")
    if not _SLUG.match(raw) or raw.lower() == b"readme.txt":
        raise ValueError(f"not a library slug: {slug!r}")
    if not is_safe(safe_path):
        raise ValueError(f"not a safe path: {safe_path!r}")
    safe_path.decode("utf-8")
    return b"data/" + raw + b"/" + safe_path


def slug_of(stored: RelPath) -> str:
    """The library slug in a stored path below `data/`; empty for the README and for all that lies elsewhere."""
    parts = stored.split(b"/", 2)
    return parts[1].decode("utf-8") if len(parts) == 3 and parts[0] == b"data" else ""


def incoming_path(key: str) -> RelPath:
    """Where a copy under way lies; `key` is the intent's own id (letters, digits, `-`, `_`)."""
    if not _KEY.match(key):
        raise ValueError(f"not an intent id: {key!r}")
    return INCOMING + b"/" + key.encode("ascii") + b".partial"


def version_path(blake3: bytes, name: bytes, attempt: int = 1) -> RelPath:
    """`musicvault/versions/<2 hex>/<16 hex>-<name>`: 256 folders, because exFAT searches a folder name by name."""
    digits = blake3.hex()[:16]
    return VERSIONS + b"/" + digits[:2].encode("ascii") + b"/" + _labelled(digits, name, attempt)


def quarantine_path(when: float, blake3: bytes, name: bytes, attempt: int = 1) -> RelPath:
    """`musicvault/quarantine/<UTC time>-<16 hex>-<name>`, `unread` in place of the digits where there are none."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(when))
    return QUARANTINE + b"/" + _labelled(f"{moment}-{blake3.hex()[:16] or 'unread'}", name, attempt)


def parity_path(blake3: bytes, name: bytes, attempt: int = 1) -> RelPath:
    """`musicvault/parity/<16 hex>-<folder>.par2`; the digits are the first of the BLAKE3 digest of the file itself."""
    return PARITY + b"/" + _labelled(blake3.hex()[:16], name + b".par2", attempt)


def free_version_path(layout: VaultLayout, blake3: bytes, name: bytes, promised: Collection[RelPath] = ()) -> RelPath:
    """A stored path that nothing has yet, for superseded content with this digest and (safe) file name; nor any of
    those that were `promised` to other files."""
    return _free(layout, lambda attempt: version_path(blake3, name, attempt), promised)


def free_quarantine_path(
    layout: VaultLayout, when: float, blake3: bytes, name: bytes, promised: Collection[RelPath] = ()
) -> RelPath:
    """A stored path that nothing has yet, for damaged bytes. `when` in seconds since the epoch; `blake3` is that of the
    damaged bytes, empty where they couldn't be read."""
    return _free(layout, lambda attempt: quarantine_path(when, blake3, name, attempt), promised)


def free_parity_path(layout: VaultLayout, blake3: bytes, name: bytes) -> RelPath:
    """A stored path that nothing has yet, for a parity file with this digest about the folder `name` (safe)."""
    return _free(layout, lambda attempt: parity_path(blake3, name, attempt), ())


def _free(layout: VaultLayout, make: Callable[[int], RelPath], promised: Collection[RelPath]) -> RelPath:
    attempt = 1
    while make(attempt) in promised or layout.has(make(attempt)):
        attempt += 1
    return make(attempt)


def stated_digest(name: bytes) -> bytes:
    """The first bytes of the BLAKE3 digest that the name of a parity file states; empty for another name."""
    found = _PARITY_NAME.match(name)
    return bytes.fromhex(found.group(1).decode("ascii")) if found else b""


def _labelled(label: str, name: bytes, attempt: int) -> bytes:
    prefix = f"{label}.{attempt}-" if attempt > 1 else f"{label}-"
    return prefix.encode("ascii") + _shortened(name, LONGEST_NAME - len(prefix))


def _shortened(name: bytes, limit: int) -> bytes:
    """The name cut at a character to `limit` bytes, its extension kept."""
    if len(name) <= limit:
        return name
    stem, extension = os.path.splitext(name)
    if len(extension) > 20:
        stem, extension = name, b""
    cut = stem[: limit - len(extension)].decode("utf-8", "ignore").rstrip(" .")
    return cut.encode("utf-8") + extension


def is_aside(stored: RelPath) -> bool:
    """Whether the stored path is that of a superseded version or a quarantined file."""
    return stored.startswith((VERSIONS + b"/", QUARANTINE + b"/"))


def is_payload(stored: RelPath) -> bool:
    """Whether the stored path is current content (or the README of an empty vault)."""
    return stored.startswith(b"data/")


def is_incoming(stored: RelPath) -> bool:
    """Whether the stored path is only passed through, on the way to a name."""
    return stored.startswith(INCOMING + b"/")


def is_vault(folder: bytes) -> bool:
    """Whether the folder is a vault's root, even one that has lost either of the files that say who it is: what lies
    in it is no less there, and a repair writes them anew. Raises OSError where that can't be read: unreadable is not
    absent."""
    return split(folder)[1] == VAULT_FOLDER and (
        is_there(folder + b"/musicvault/volume.json")
        or all(is_there(folder + name) for name in (b"/bag-info.txt", b"/musicvault"))
    )


def find_vault(folder: bytes) -> VaultLayout | None:
    """The vault in this folder, or this folder itself being one; None where there is none."""
    trimmed = folder.rstrip(b"/") or folder
    for candidate in (trimmed, trimmed.rstrip(b"/") + b"/" + VAULT_FOLDER):
        if is_vault(candidate):
            return VaultLayout(candidate)
    return None


def enclosing_vault(path: bytes) -> bytes | None:
    """The root of the vault that this path is, or lies in, after resolving links; None if it lies in none."""
    folder = os.path.realpath(path)
    while True:
        if is_vault(folder):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
