"""Who a vault is (`musicvault/volume.json`), and whether this catalog may write to it.

A catalog commits the generation that it is about to reach *before* the first journal line of a batch, so after a
crash the catalog is level or ahead, never behind. A vault ahead of its catalog was therefore written by another
catalog of the same name: a copy on a second computer, or one that came back from an old backup.
"""

from __future__ import annotations

import errno
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from musicvault.domain.parity import MOST_PERCENT
from musicvault.domain.paths import display
from musicvault.errors import DriveGone, DriveRefused, NotOurs, VaultError
from musicvault.language import tr
from musicvault.storage.vault import moments
from musicvault.storage.vault.faults import explained, explanation, unless_bad
from musicvault.storage.vault.journal import read_lines
from musicvault.storage.vault.layout import VaultLayout, find_vault
from musicvault.storage.vault.own import opened

FORMAT_VERSION = 1
SPARE = "MusicVault-Volume"
"""The label in `bag-info.txt` under which the same identity stands once more."""
_LARGEST = 64 << 10
_LABEL_LENGTH = 200
_HIGHEST = 1 << 53


@dataclass(frozen=True, slots=True)
class Identity:
    """`owner` is the owning catalog's id; `generation` counts folds; `created` in seconds since the epoch; `parity` is
    how much recovery data is kept of each album, in percent."""

    id: str
    label: str
    owner: str
    created: int
    site: str = ""
    generation: int = 1
    format_version: int = FORMAT_VERSION
    parity: int = 0

    def to_bytes(self) -> bytes:
        """The content of `volume.json`."""
        fields = {
            "format_version": self.format_version,
            "id": self.id,
            "label": self.label,
            "site": self.site,
            "owner": self.owner,
            "generation": self.generation,
            "created": moments.to_text(self.created),
            "parity": self.parity,
        }
        return json.dumps(fields, ensure_ascii=False, indent=2).encode("utf-8") + b"\n"


class Refusal(StrEnum):
    """Why a vault is open for reading only."""

    OTHER_OWNER = "other owner"
    AHEAD = "generation ahead"
    UNKNOWN = "unknown to this catalog"


@dataclass(frozen=True, slots=True)
class OpenState:
    """An opened vault. `generation` counts what the journal has begun as well; the next batch takes `generation + 1`.

    `behind`: the vault is older than the catalog remembers by more than an unfinished batch (it came back from an
    image or a backup), so the catalog's replicas on it need a fresh proof.
    """

    layout: VaultLayout
    identity: Identity
    generation: int
    refusal: Refusal | None = None
    behind: bool = False

    @property
    def writable(self) -> bool:
        return self.refusal is None

    def require_writable(self) -> None:
        """Raises `NotOurs` with the way out where this catalog must not write."""
        label = self.identity.label
        if self.refusal is Refusal.OTHER_OWNER:
            raise NotOurs(
                tr(
                    "The vault on {label} belongs to another catalog. To write to it from here: "
                    "musicvault drive add FOLDER --adopt-vault",
                    label=label,
                )
            )
        if self.refusal is Refusal.AHEAD:
            raise NotOurs(
                tr(
                    "The vault on {label} has newer changes than this catalog knows: another computer wrote to it, "
                    "or this catalog came back from a backup. To go on from what is there: "
                    "musicvault drive add FOLDER --adopt-vault",
                    label=label,
                )
            )
        if self.refusal is Refusal.UNKNOWN:
            raise NotOurs(
                tr(
                    "The vault on {label} isn't known to this catalog. To use it: "
                    "musicvault drive add FOLDER --adopt-vault",
                    label=label,
                )
            )


def open_vault(folder: bytes, catalog_id: str, known_generation: int | None) -> OpenState:
    """Open the vault in `folder` (or `folder` itself) and apply the rules of owner and generation.

    `known_generation` is the catalog's committed one, None where the catalog has no such vault. Raises `DriveGone`
    where no vault is, `DriveRefused` for a newer format, `VaultError` for a broken identity.
    """
    with explained(folder):
        layout = find_vault(folder)
    if layout is None:
        raise DriveGone(
            tr("There is no vault at {folder}. Is the drive plugged in and mounted?", folder=display(folder))
        )
    identity = read_identity(layout)
    generation = max(identity.generation, *_begun(layout), 0)
    return OpenState(
        layout,
        identity,
        generation,
        _refusal(identity.owner, generation, catalog_id, known_generation),
        behind=known_generation is not None and generation < known_generation - 1,
    )


def _begun(layout: VaultLayout) -> Iterator[int]:
    return (line.statement.generation for line in read_lines(layout.journal) if line.statement is not None)


def _refusal(owner: str, generation: int, catalog_id: str, known_generation: int | None) -> Refusal | None:
    if owner != catalog_id:
        return Refusal.OTHER_OWNER
    if known_generation is None:
        return Refusal.UNKNOWN
    return Refusal.AHEAD if generation > known_generation else None


def read_identity(layout: VaultLayout) -> Identity:
    """Read `volume.json`; where it is damaged or gone, what `bag-info.txt` says of the same.

    Raises `DriveRefused` for a newer format and where `musicvault/` leads out of the vault, `DriveGone` where the
    medium gives neither, `VaultError` where neither says anything usable.
    """
    layout.guarded(b"musicvault/volume.json")
    try:
        raw = _read_bounded(layout.volume_json)
        if raw is None:
            raise ValueError(tr("it isn't there, or can't be read"))
        return parse_identity(raw)
    except ValueError as error:
        spare = _spare(layout)
        if spare is not None:
            return spare
        if all(map(_fails, (layout.volume_json, layout.bag_info))):  # a plug that was pulled, where folders are cached
            raise explanation(OSError(errno.EIO, os.strerror(errno.EIO)), layout.volume_json) from error
        raise VaultError(
            tr(
                "{path} is damaged ({problem}). The copies are not touched; repair the vault from the catalog, "
                "or rebuild a catalog from the drive.",
                path=display(layout.volume_json),
                problem=str(error),
            )
        ) from error


def _fails(path: bytes) -> bool:
    """Whether the medium gives nothing of a file."""
    try:
        with opened(path) as file:
            file.read(1)
    except OSError as error:
        return error.errno == errno.EIO
    return False


def says_who_it_is(layout: VaultLayout) -> bool:
    """Whether `volume.json` can be understood, whatever `bag-info.txt` says. Raises as `read_identity`."""
    try:
        parse_identity(_read_bounded(layout.volume_json) or b"")
    except ValueError:
        return False
    return True


def _read_bounded(path: bytes) -> bytes | None:
    """The beginning of a small file; None where there is none in a vault that is there, or none that can be read."""

    def read() -> bytes:
        with opened(path) as file:
            return file.read(_LARGEST + 1)

    with explained(path):
        try:
            return unless_bad(path, read)
        except FileNotFoundError:
            os.lstat(os.path.dirname(path))  # a drive that is gone is no lost file
            return None


def _spare(layout: VaultLayout) -> Identity | None:
    mark = SPARE.encode("ascii") + b": "
    for line in (_read_bounded(layout.bag_info) or b"").splitlines():
        if line.startswith(mark):
            try:
                return parse_identity(line[len(mark) :])
            except ValueError:
                return None
    return None


def parse_identity(raw: bytes) -> Identity:
    """Read hostile bytes. Raises ValueError in plain words, `DriveRefused` for a newer format version."""
    if len(raw) > _LARGEST:
        raise ValueError(tr("larger than 64 KiB"))
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError(tr("no valid JSON")) from None
    if not isinstance(fields, dict):
        raise ValueError(tr("no JSON object"))
    version = _whole(fields, "format_version")
    if version > FORMAT_VERSION:
        raise DriveRefused(
            tr(
                "This vault was written by a newer MusicVault (format {version}). Update MusicVault to use it.",
                version=version,
            )
        )
    identity = Identity(
        id=_uuid(fields, "id"),
        label=_text(fields, "label"),
        owner=_text(fields, "owner"),
        created=moments.from_text(_text(fields, "created")),
        site=_text(fields, "site"),
        generation=_whole(fields, "generation"),
        format_version=version,
        parity=_percent(fields),
    )
    if not identity.owner:
        raise ValueError(tr("no owner"))
    return identity


def clean_label(text: str) -> str:
    """A label or site as one printable line of at most 200 characters (it also stands in `bag-info.txt`)."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_LABEL_LENGTH]


def new_vault_id() -> str:
    return str(uuid.uuid4())


def _text(fields: dict[str, object], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str) or len(value) > _LABEL_LENGTH or not value.isprintable():
        raise ValueError(tr("{name} is no plain text", name=name))
    return value


def _whole(fields: dict[str, object], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < _HIGHEST:
        raise ValueError(tr("{name} is no whole number above zero", name=name))
    return value


def _percent(fields: dict[str, object]) -> int:
    value = fields.get("parity", 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_PERCENT:
        raise ValueError(tr("{name} is no percentage", name="parity"))
    return value


def _uuid(fields: dict[str, object], name: str) -> str:
    text = _text(fields, name)
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise ValueError(tr("{name} is no UUID", name=name)) from None
