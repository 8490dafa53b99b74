"""The small frozen values that every floor of the house passes around."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MIB = 1 << 20
BLOCK_SIZE = MIB
BLOCK_DIGEST_SIZE = 16


class Kind(StrEnum):
    """What an item is."""

    TRACK = "track"
    COMPANION = "companion"


@dataclass(frozen=True, slots=True)
class Stat:
    """What the file system says about a file: size in bytes, times in nanoseconds since the epoch."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int = 0
    links: int = 1


@dataclass(frozen=True, slots=True)
class Digests:
    """What one read of a file gives. `blocks` holds the first 16 bytes of the BLAKE3 digest of each MiB,
    end to end, so `len(blocks) == 16 * ceil(size / 1 MiB)`."""

    size: int
    blake3: bytes
    sha256: bytes
    blocks: bytes

    @property
    def is_known(self) -> bool:
        """Whether the bytes were ever read whole; else only a list states their SHA-256 (`only_stated`)."""
        return self.blake3 != stand_in(self.sha256)


def only_stated(size: int, sha256: bytes) -> Digests:
    """What is known of bytes that no copy has whole, where a drive's list states their SHA-256: `size` is that of the
    longest copy."""
    return Digests(size, stand_in(sha256), sha256, b"")


def stand_in(sha256: bytes) -> bytes:
    """What stands in the place of the BLAKE3 digest of such bytes: no file has it, and all copies of the same bytes
    have the same."""
    return hashlib.sha256(b"only the SHA-256 is known: " + sha256).digest()


def shown(blake3: bytes, sha256: bytes) -> str | None:
    """A BLAKE3 digest in hexadecimal as the world is told it: None for what stands in its place."""
    return None if blake3 == stand_in(sha256) else blake3.hex()


@dataclass(frozen=True, slots=True)
class Essence:
    """Digest of the coded audio without wrapper and tags. Comparable only within one `kind`
    (container and codec family, such as `flac`, `mp3`, `ogg/vorbis`, `mp4`)."""

    kind: str
    digest: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Picture:
    """An embedded picture, as evidence: `parts` are eight 4-byte digests of its equal eighths, so that a
    picture damaged in part can be told from one exchanged whole."""

    role: int
    mime: str
    size: int
    digest: bytes
    parts: bytes


@dataclass(frozen=True, slots=True)
class Wrapper:
    """What surrounds the coded audio. `fields` maps a lower-case field name to its values: the common names
    of `domain.fields` where they apply, else `raw:` and the format's own key. `binaries` are
    the non-text frames or blocks as (name, size in bytes, 16-byte digest). `solid` is the digest of all
    wrapper bytes outside padding, None where the format's parser can't tell padding apart."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
    binaries: tuple[tuple[str, int, bytes], ...] = ()
    solid: bytes | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """What the container claims about the sound; zero or empty means unknown. Duration in seconds."""

    container: str = ""
    codec: str = ""
    duration: float = 0.0
    sample_rate: int = 0
    channels: int = 0
    bits: int = 0
    bitrate: int = 0
    lossless: bool | None = None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """An acoustic (Chromaprint, algorithm 2) fingerprint of the first 120 s: 32-bit items."""

    duration: float
    items: tuple[int, ...]
    tool: str


@dataclass(frozen=True, slots=True)
class Examination:
    """All that a scan learns from reading one file once. `essence` is None for companions and for audio
    that can't be parsed; `problem` says in plain words why the wrapper couldn't be read, else is empty."""

    stat: Stat
    digests: Digests
    essence: Essence | None
    wrapper: Wrapper
    stream: Stream
    kind: Kind
    problem: str = ""
