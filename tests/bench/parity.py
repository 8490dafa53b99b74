"""Parity against the bare par2 program: one album on a drive, the same slices and recovery data, taken in turns."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from musicvault.catalog import parity as sets
from musicvault.catalog.parity import ParitySet
from musicvault.domain import parity as rules
from musicvault.engine.locating import locate_one
from musicvault.engine.parity.choosing import set_parity
from musicvault.engine.parity.stage import Keeping
from musicvault.storage.parity import program
from tests.bench.measuring import Result, cold, interleaved, run, warm
from tests.guarded import Guarded
from tests.parity_tool import damage

TRACKS = 12
SIZE = 40_000_000
"""Bytes of a track: an album of 480 MB, as a long one in FLAC is."""
PERCENT = 5
ROUNDS = 5


def parity(data: Path) -> Iterator[Result]:
    """What making the parity of an album costs, whole: reading and proving the copies, the program, flushing, reading
    back, placing and recording; and healing what both copies lost."""
    place = data / "parity"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    bench = _Album(Guarded(place), place / "bare")
    for fill, what in ((warm, "from memory"), (cold, "from the disk")):
        ours, bare = interleaved(ROUNDS, lambda fill=fill: bench.ours(fill), lambda fill=fill: bench.bare(fill))  # type: ignore[misc]
        yield Result(f"parity of 480 MB, {what}", ours, "s", 1.3, bare, "par2")
    yield Result("healing a block that both copies lost", bench.healed(), "s", 60.0)
    shutil.rmtree(place)


class _Album:
    def __init__(self, room: Guarded, bare: Path) -> None:
        self._room = room
        self._bare = bare
        chance = random.Random(5)
        (room.music / "Album").mkdir()
        for number in range(TRACKS):
            with (room.music / f"Album/{number:02}.flac.bin").open("wb") as file:
                for _ in range(SIZE // 1_000_000):
                    file.write(chance.randbytes(1_000_000))
        self._vault = room.drive("drive")
        room.protect()
        self._root = Path(os.fsdecode(self._vault.folder))
        self._names = sorted(path for path in (self._root / "data/music/Album").iterdir())

    def ours(self, fill: object) -> float:
        """A sync's stage that makes the set; the one before is removed outside of the measured time."""
        self._keep(0)
        return self._keep(PERCENT, fill)

    def _keep(self, percent: int, fill: object = None) -> float:
        ctx = self._room.ctx
        set_parity(ctx, self._room.vaults()[0], percent)
        presence = locate_one(ctx, self._room.vaults()[0])
        if callable(fill):
            fill(self._root / "data")
        begun = time.perf_counter()
        for _ in Keeping(ctx, presence, "sync").run():
            pass
        seconds = time.perf_counter() - begun
        assert len(self._sets()) == (percent > 0)
        return seconds

    def _sets(self) -> list[ParitySet]:
        return sets.of_vault(self._room.catalog, self._vault.id)

    def bare(self, fill: object) -> float:
        """The program alone, with the same settings."""
        shutil.rmtree(self._bare, ignore_errors=True)
        self._bare.mkdir()
        sizes = [SIZE] * TRACKS
        settings = [f"-s{rules.slice_size(sizes)}", f"-c{rules.recovery_slices(sizes, PERCENT)}", "-n1"]
        if callable(fill):
            fill(self._root / "data")
        words = ["create", "-q", "-q", *settings, f"-B{self._root}", str(self._bare / "set.par2"), "--"]
        return run([program.require(), *words, *map(str, self._names)]).seconds

    def healed(self) -> float:
        """Seconds that a repair takes which has to ask parity."""
        if not self._sets():
            self._keep(PERCENT)
        name = f"Album/{self._names[3].name}"
        for path in (self._names[3], self._room.music / name):
            damage(path, 5_000_000, 8192)
        self._room.scrub()
        begun = time.perf_counter()
        assert self._room.repair().exit_code == 0
        seconds = time.perf_counter() - begun
        assert self._names[3].read_bytes() == (self._room.music / name).read_bytes()
        return seconds
