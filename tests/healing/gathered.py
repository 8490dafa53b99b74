"""The campaign on `gather`: real files, read through a file system that gives read errors where the case has some."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from blake3 import blake3

from musicvault.domain.values import Digests
from musicvault.storage.gathering import gather
from tests.corruption.faultfs import FaultyDrive
from tests.healing.damage import BLOCK, Case, make
from tests.healing.judge import Tally


def digests_of(content: bytes) -> Digests:
    """What was recorded of the content while it was right."""
    each = b"".join(blake3(content[start : start + BLOCK]).digest(16) for start in range(0, len(content), BLOCK))
    return Digests(len(content), blake3(content).digest(), hashlib.sha256(content).digest(), each)


def run(tally: Tally, folder: Path, kinds: Iterable[str], seeds: Iterable[int], faulty: FaultyDrive | None) -> None:
    """Try each kind with each seed; without a faulty drive, no read errors."""
    backing, shown = (faulty.backing, faulty.point) if faulty is not None else (folder, folder)
    numbers = list(seeds)
    for kind in kinds:
        for seed in numbers:
            case = make(kind, seed, read_errors=faulty is not None)
            _try(tally, case, seed, backing, shown, folder / "healed", faulty)


def _try(
    tally: Tally, case: Case, seed: int, backing: Path, shown: Path, target: Path, faulty: FaultyDrive | None
) -> None:
    # A name of its own for each: the kernel remembers pages by name.
    names = [f"{case.kind.replace(' ', '-')}-{seed}-{number}" for number in range(len(case.copies))]
    for name, copy in zip(names, case.copies, strict=True):
        (backing / name).write_bytes(copy.data)
    if faulty is not None:
        faulty.break_(
            *(
                {"op": "read", "name": f"/{name}", "at": offset, "errno": "EIO"}
                for name, copy in zip(names, case.copies, strict=True)
                for offset in copy.bad
            )
        )
    paths = [os.fsencode(shown / name) for name in names]
    watched = paths[0] if seed % 2 else b""
    found = gather(paths, digests_of(case.content), os.fsencode(target), damaged=watched)
    healed = target.read_bytes() if target.exists() else None
    problems = [] if found.whole == (healed is not None) else ["what it says isn't what it left"]
    for name, copy in zip(names, case.copies, strict=True):
        if (backing / name).read_bytes() != copy.data:
            problems.append("a copy was changed")
        (backing / name).unlink()
    target.unlink(missing_ok=True)
    tally.add(case, seed, healed, found.holes, problems)
