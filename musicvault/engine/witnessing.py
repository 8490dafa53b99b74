"""Gathering with the help of the sound itself: where copies differ too much for the digests to decide, the checksums in
the format's own frames tell which sectors are right (`audio.witnesses`), and the digest of the whole confirms it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from musicvault.audio import witnesses
from musicvault.domain.notices import Checkpoint
from musicvault.domain.values import Digests
from musicvault.errors import ItemError
from musicvault.storage import durable
from musicvault.storage.agreeing import Choice, put_together
from musicvault.storage.gathering import Gathered, gather
from musicvault.storage.reading import OpenFile
from musicvault.storage.vain import InVain

_MOST = 512 << 20
"""Bytes of a file that is held in memory for its own checksums to be asked."""

MOST_TRIED = 2 << 30
"""Bytes that are digested to try what is left after that: tags, say, which have no checksum. A second or two."""


def gathered(
    copies: Sequence[bytes],
    wanted: Digests,
    target: bytes,
    *,
    damaged: bytes = b"",
    mode: int = 0o600,
    checkpoint: Checkpoint,
    vain: InVain | None = None,
) -> Gathered:
    """As `storage.gathering.gather`, and as it raises; where all of a file can be read and only the right bytes are in
    doubt, its own checksums are asked as well."""
    first = gather(copies, wanted, target, damaged=damaged, mode=mode, checkpoint=checkpoint, vain=vain)
    if first.whole or not may_be_witnessed(first, wanted):
        return first
    try:
        found = put_together(
            copies,
            wanted.sha256,
            target,
            mode=mode,
            narrow=witnessed,
            most=MOST_TRIED,
            checkpoint=checkpoint,
            vain=vain,
        )
    except ItemError:
        return first
    except OSError as error:
        raise durable.translated(error, target, wanted.size) from error
    if not found.whole:
        durable.remove(target)
        return first
    durable.flush([target])
    return replace(first, whole=True, used=found.used, lost=(), holes=())


def may_be_witnessed(found: Gathered, wanted: Digests) -> bool:
    """Whether nothing is lacking but to know which bytes are right."""
    return bool(wanted.is_known and wanted.sha256 and found.holes) and all(hole.readable for hole in found.holes)


def witnessed(path: bytes, choices: Sequence[Choice]) -> Mapping[int, int]:
    """What the format's own checksums settle of a file's choices. Raises ItemError."""
    with OpenFile(path) as file:
        if not choices or file.stat.size > _MOST:
            return {}
        data = file.read_at(0, file.stat.size)
    return witnesses.settled(data, [witnesses.Choice(one.offset, one.variants) for one in choices])
