"""Digest lists that lie beside music: what someone once said about these files, evidence at the first meeting.

`.md5`, `.sha1`, `.sha256` (GNU `digest  name`, BSD `MD5 (name) = digest`, also MD5SUMS and its like), `.sfv` (CRC-32),
`.ffp` (FLAC's own MD5 of the sound, as `metaflac --show-md5sum` prints it), `.st5` (shntool: the same for FLAC files).
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from musicvault.domain.paths import is_safe, join
from musicvault.domain.values import MIB

Algorithm = Literal["md5", "crc32", "sha1", "sha256", "flac-md5"]

LONGEST_LIST = 100_000
"""Lines that are read of one sidecar at most."""

_BY_SUFFIX: dict[bytes, Algorithm] = {
    b".md5": "md5",
    b".sfv": "crc32",
    b".ffp": "flac-md5",
    b".st5": "flac-md5",
    b".sha1": "sha1",
    b".sha256": "sha256",
}
_BY_NAME: dict[bytes, Algorithm] = {b"md5sums": "md5", b"sha1sums": "sha1", b"sha256sums": "sha256"}
_BYTES: dict[Algorithm, int] = {"md5": 16, "crc32": 4, "sha1": 20, "sha256": 32, "flac-md5": 16}
_UNSET = bytes(16)  # FLAC: an encoder that didn't know it

_GNU = re.compile(r"(?P<escaped>\\?)(?P<value>[0-9A-Fa-f]+) [ *](?P<name>.+)")
_BSD = re.compile(r"(?:MD5|SHA1|SHA256) \((?P<name>.+)\) = (?P<value>[0-9A-Fa-f]+)")
_SHNTOOL = re.compile(r"(?P<value>[0-9A-Fa-f]{32})\s+\[shntool\]\s+(?P<name>.+)")
_NAME_FIRST = re.compile(r"(?P<name>.+?)(?:\s+|:)(?P<value>[0-9A-Fa-f]+)\s*")
_BARE = re.compile(r"(?P<value>[0-9A-Fa-f]+)\s*")


@dataclass(frozen=True, slots=True)
class SidecarLine:
    """`name`: the file meant, relative to the sidecar's folder (UTF-8, `/` between folders); `value` its digest."""

    name: bytes
    algorithm: Algorithm
    value: bytes


def is_sidecar(name: bytes) -> bool:
    """Whether a file of this name is a digest list that `parse` reads."""
    return _algorithm(name) is not None


def _algorithm(name: bytes) -> Algorithm | None:
    lower = name.lower()
    return _BY_NAME.get(lower) or _BY_SUFFIX.get(os.path.splitext(lower)[1])


def parse(name: bytes, data: bytes) -> list[SidecarLine]:
    """What a sidecar says; `name` is its own file name. Lines that say nothing understandable, that name a path
    outside the folder, or whose value means "unset" are left out. Never raises."""
    algorithm = _algorithm(name)
    if algorithm is None:
        return []
    found = []
    for line in _text(data).splitlines()[:LONGEST_LIST]:
        meant = _line(line, algorithm, name)
        if meant is not None:
            found.append(meant)
    return found


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # written on Windows before UTF-8 was usual there


def _line(line: str, algorithm: Algorithm, sidecar: bytes) -> SidecarLine | None:
    line = line.rstrip("\r\n")
    if not line.strip() or line.lstrip().startswith((";", "#")):
        return None
    for pattern in _patterns(algorithm):
        match = pattern.fullmatch(line)
        if match is None:
            continue
        value = _value(match["value"], algorithm)
        named = match.groupdict().get("name")
        meant = _name(named, bool(match.groupdict().get("escaped"))) if named else os.path.splitext(sidecar)[0]
        if value is not None and is_safe(meant):
            return SidecarLine(meant, algorithm, value)
    return None


def _patterns(algorithm: Algorithm) -> tuple[re.Pattern[str], ...]:
    if algorithm == "crc32":
        return (_NAME_FIRST,)
    if algorithm == "flac-md5":
        return (_SHNTOOL, _NAME_FIRST, _GNU)
    return (_GNU, _BSD, _NAME_FIRST, _BARE)


def _value(digits: str, algorithm: Algorithm) -> bytes | None:
    if len(digits) != 2 * _BYTES[algorithm]:
        return None
    value = bytes.fromhex(digits)
    return None if algorithm == "flac-md5" and value == _UNSET else value


def _name(text: str, escaped: bool) -> bytes:
    if escaped:  # GNU coreutils: a leading backslash says that the name has escapes
        text = re.sub(r"\\([nr\\])", lambda code: {"n": "\n", "r": "\r"}.get(code[1], "\\"), text)
    elif "\\" in text and "/" not in text:
        text = text.replace("\\", "/")
    return text.strip().removeprefix("./").encode("utf-8", "surrogateescape")


def check(folder: bytes, line: SidecarLine) -> bool | None:
    """Whether the file has the digest that a line of a sidecar in `folder` says. None where that can't be told: no
    such file, unreadable, or (for `flac-md5`) no FLAC with a digest of its own. Reads the file past all our own
    records; the FLAC digest is the one that the header claims, not one of the decoded sound."""
    path = join(folder, line.name)
    try:
        if line.algorithm == "flac-md5":
            claimed = _flac_md5(path)
            return None if claimed is None else claimed == line.value
        return _digest(path, line.algorithm) == line.value
    except OSError:
        return None


def _digest(path: bytes, algorithm: Algorithm) -> bytes:
    if algorithm == "crc32":
        crc = 0
        for chunk in _chunks(path):
            crc = zlib.crc32(chunk, crc)
        return crc.to_bytes(4, "big")
    digest = hashlib.new(algorithm, usedforsecurity=False)
    for chunk in _chunks(path):
        digest.update(chunk)
    return digest.digest()


def _chunks(path: bytes) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(MIB))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            yield buffer[:count]


def _flac_md5(path: bytes) -> bytes | None:
    """The MD5 in STREAMINFO (RFC 9639 section 8.2), behind an ID3v2 tag if there is one; None where unset."""
    with open(path, "rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3" and len(head) == 10:
            file.seek(10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True)))
        else:
            file.seek(0)
        head = file.read(4 + 4 + 34)
    if len(head) < 42 or head[:4] != b"fLaC" or head[4] & 0x7F:
        return None
    return None if head[26:42] == _UNSET else head[26:42]
