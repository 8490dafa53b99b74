"""What one journal line states, and its form on disk."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from blake3 import blake3

from musicvault.domain.paths import RelPath, is_safe
from musicvault.domain.values import Essence
from musicvault.storage.vault import moments
from musicvault.storage.vault.layout import is_aside, is_incoming, is_payload

LONGEST_LINE = 64 << 10
"""Bytes; two paths of 4,096 bytes, escaped and in base64, fit several times over."""

_HEAD = b'{"check":"'
_CHECK_LENGTH = 16
_HIGHEST = 1 << 63


class Operation(StrEnum):
    """What happens to `path` (and to `source`, which no longer holds a file afterwards)."""

    PUT = "put"
    """New content takes a name that had none."""
    REPLACE = "replace"
    """New content takes the place of what was there; its `version` or `quarantine` line stands before it."""
    VERSION = "version"
    """The superseded content of `source` moves aside to `path`."""
    QUARANTINE = "quarantine"
    """The damaged bytes of `source` move aside to `path`."""
    RENAME = "rename"
    """The content of `source` moves to `path`, unchanged; cycles pass through `musicvault/incoming/`."""
    REMOVE = "remove"
    """What `path` held is gone for good (retention over, or forgotten)."""
    EXPECT = "expect"
    """`path` should hold this, nothing moves: adoption, and the repair of a damaged manifest or journal."""


@dataclass(frozen=True, slots=True)
class Record:
    """One statement. Stored paths are relative to the vault; `original` is the item's path in its library, as the bytes
    that the file system gave. Times: `time` in seconds, `mtime_ns` in nanoseconds since the epoch. `sha256` and
    `blake3` are empty only for `remove`, and for quarantined bytes that couldn't be read."""

    operation: Operation
    path: RelPath
    time: int
    generation: int
    source: RelPath = b""
    blake3: bytes = b""
    sha256: bytes = b""
    size: int = 0
    mtime_ns: int = 0
    essence: Essence | None = None
    library: str = ""
    original: RelPath = b""


@dataclass(frozen=True, slots=True)
class FoldMark:
    """A fold has begun: these files (stored paths) are about to be exchanged for ones with these SHA-256 digests."""

    time: int
    generation: int
    files: Mapping[RelPath, bytes] = field(default_factory=dict)


def to_line(statement: Record | FoldMark) -> bytes:
    """One line with its newline. Raises ValueError for what `from_line` would not take back."""
    fields = _mark_fields(statement) if isinstance(statement, FoldMark) else _record_fields(statement)
    rest = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8")[1:]
    line = _HEAD + _check(rest) + b'",' + rest + b"\n"
    if len(line) > LONGEST_LINE:
        raise ValueError("the paths are too long for a journal line")
    return line


def from_line(line: bytes) -> Record | FoldMark:
    """Raises ValueError for a line that is damaged, of another form, or names a path outside the vault."""
    start = len(_HEAD) + _CHECK_LENGTH + 2
    rest = line[start:].rstrip(b"\n")
    if not line.startswith(_HEAD) or line[len(_HEAD) : start] != _check(rest) + b'",':
        raise ValueError("damaged")
    try:
        fields = json.loads(b"{" + rest)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if fields.get("op") == "fold":
        return _mark(fields)
    record = _record(fields)
    _validate(record)
    return record


def _check(rest: bytes) -> bytes:
    return blake3(rest).hexdigest(_CHECK_LENGTH // 2).encode("ascii")


def _validate(record: Record) -> None:
    renames = record.operation is Operation.RENAME
    for path in filter(None, (record.path, record.source)):
        if not is_safe(path) or not (is_payload(path) or is_aside(path) or (renames and is_incoming(path))):
            raise ValueError("a path outside the vault's content")
        path.decode("utf-8")  # RFC 8493: tag files are UTF-8; `storage.names` saw to it
    moves = record.operation in (Operation.VERSION, Operation.QUARANTINE, Operation.RENAME)
    if not record.path or moves != bool(record.source):
        raise ValueError("a path is missing or too many")
    digestless = record.operation in (Operation.REMOVE, Operation.QUARANTINE)
    for digest in (record.blake3, record.sha256):
        if len(digest) != 32 and not (digestless and not digest):
            raise ValueError("a digest of the wrong length")


def _record_fields(record: Record) -> dict[str, object]:
    _validate(record)
    fields: dict[str, object] = {"op": record.operation.value}
    fields |= _path("path", record.path) | _path("from", record.source)
    if record.sha256:
        fields |= {"sha256": record.sha256.hex(), "blake3": record.blake3.hex()}
    if record.operation is not Operation.REMOVE:
        fields |= {"size": record.size, "mtime_ns": record.mtime_ns}
    if record.essence is not None:
        essence = record.essence
        fields["essence"] = {"kind": essence.kind, "digest": essence.digest.hex(), "size": essence.size}
    if record.library:
        fields["library"] = record.library
    fields |= _path("original", record.original)
    return fields | {"generation": record.generation, "time": moments.to_text(record.time)}


def _mark_fields(mark: FoldMark) -> dict[str, object]:
    files = {path.decode("ascii"): digest.hex() for path, digest in mark.files.items()}
    return {"op": "fold", "files": files, "generation": mark.generation, "time": moments.to_text(mark.time)}


def _record(fields: dict[str, object]) -> Record:
    essence = fields.get("essence")
    return Record(
        operation=Operation(_text(fields, "op")),
        path=_bytes(fields, "path"),
        time=moments.from_text(_text(fields, "time")),
        generation=_whole(fields, "generation"),
        source=_bytes(fields, "from"),
        blake3=bytes.fromhex(_text(fields, "blake3")),
        sha256=bytes.fromhex(_text(fields, "sha256")),
        size=_whole(fields, "size"),
        mtime_ns=_whole(fields, "mtime_ns"),
        essence=_essence(essence) if isinstance(essence, dict) else None,
        library=_text(fields, "library"),
        original=_bytes(fields, "original"),
    )


def _mark(fields: dict[str, object]) -> FoldMark:
    files = fields.get("files")
    if not isinstance(files, dict):
        raise ValueError("files is no object")
    digests = {path.encode("utf-8"): bytes.fromhex(_text(files, path)) for path in files}
    return FoldMark(moments.from_text(_text(fields, "time")), _whole(fields, "generation"), digests)


def _essence(fields: dict[str, object]) -> Essence:
    return Essence(_text(fields, "kind"), bytes.fromhex(_text(fields, "digest")), _whole(fields, "size"))


def _path(name: str, raw: bytes) -> dict[str, object]:
    if not raw:
        return {}
    try:
        return {name: raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {name + "_raw": base64.b64encode(raw).decode("ascii")}


def _bytes(fields: dict[str, object], name: str) -> bytes:
    text = _text(fields, name)
    return text.encode("utf-8") if text else base64.b64decode(_text(fields, name + "_raw"), validate=True)


def _text(fields: dict[str, object], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value


def _whole(fields: dict[str, object], name: str) -> int:
    value = fields.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not -_HIGHEST <= value < _HIGHEST:
        raise ValueError(f"{name} is no whole number")
    return value
