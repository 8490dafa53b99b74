"""Runs cases: copies, first scan, operation, scan and scrub, and what was said of each file.

The truth is the operation and the bytes on the disk. The catalog is only asked which content it expects now: damage
must never be that, and an edit must be.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from blake3 import blake3

from musicvault.catalog import items, libraries, search, vaults
from musicvault.engine.retag import retag
from tests.corruption.drives import Drive
from tests.guarded import Guarded
from tests.verdicts.image import rot_in_image
from tests.verdicts.operations import Case, Operation
from tests.verdicts.rot import ROTS, Damage, Rot
from tests.verdicts.sources import Sources
from tests.verdicts.tagger import UnfitError

ENOUGH = 5
_ROUNDS = 6
Struck = tuple[Case, Damage]
_ACCEPTED = frozenset({"retagged", "updated", "moved+retagged"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of one case, and why."""

    row: str
    operation: str
    source: str
    said: str
    right: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A format and an operation."""

    row: str
    operation: str


class Tally:
    """All outcomes by cell, and the cells that can't be, with the reason."""

    def __init__(self) -> None:
        self.outcomes: dict[Cell, list[Outcome]] = defaultdict(list)
        self.unable: dict[Cell, str] = {}
        self.refused: dict[Cell, Counter[str]] = defaultdict(Counter)

    def lacking(self, cell: Cell, enough: int) -> int:
        return enough - len(self.outcomes[cell])


class Hall(Guarded):
    """One library of cases. `folder` holds the music where it isn't below `tmp`."""

    def __init__(self, tmp: Path, folder: Path | None = None) -> None:
        shutil.rmtree(tmp, ignore_errors=True)
        tmp.mkdir(parents=True)
        super().__init__(tmp)
        if folder is not None:
            self.music.rmdir()
            self.music = folder
            self.music.mkdir()
        self.said: dict[str, set[str]] = defaultdict(set)
        self.reasons: dict[str, list[str]] = defaultdict(list)
        self._ids: dict[str, int] = {}

    def close(self) -> None:
        self.catalog.close()
        shutil.rmtree(self.music, ignore_errors=True)
        shutil.rmtree(self.tmp, ignore_errors=True)

    def begin(self) -> None:
        self.add()
        self.scan()
        self._ids = {os.fsdecode(entry.path): entry.item_id for entry in search.find(self.catalog, "", forgotten=True)}

    def name(self, path: Path) -> str:
        return path.relative_to(self.music).as_posix()

    def retag(self, path: Path, title: str) -> None:
        finished = self.run(retag(self.ctx, [self._ids[self.name(path)]], {"title": (title,)}))
        if finished.counts.get("failed"):
            raise UnfitError(next(done.problem for done in self.done() if done.problem))

    def look(self) -> None:
        """Scan and scrub, and keep what is said."""
        self.scan(confirm=True)
        self._keep()
        self.scrub(library=True)
        self._keep()

    def _keep(self) -> None:
        for notice in self.done():
            finding = notice.finding
            if finding is not None and not finding.known:
                name = os.fsdecode(finding.path)
                self.said[name].add(finding.verdict.value)
                self.reasons[name] += [fact.code for fact in finding.evidence]
            elif notice.problem:
                self.reasons[os.fsdecode(notice.path)].append(notice.problem)

    def expected(self, was: Path) -> bytes:
        """Digest of the content that the catalog expects of the item that stood there."""
        return items.get(self.catalog, self._ids[self.name(was)]).content.digests.blake3

    def believe_no_ctime(self) -> None:
        """As on FAT, exFAT and SMB."""
        (library,) = libraries.every(self.catalog)
        known = vaults.volume(self.catalog, library.volume_id)
        assert known is not None
        with self.catalog.transaction(self.now()) as transaction:
            vaults.save_volume(transaction, replace(known, traits=replace(known.traits, ctime_works=False)))


class Campaign:
    """Fills cells until each has enough cases, in as many rounds as that takes."""

    def __init__(self, sources: Sources, tally: Tally, seed: int, enough: int = ENOUGH) -> None:
        self._sources = sources
        self.tally = tally
        self._enough = enough
        self._chance = random.Random(seed)
        self._spoilt: set[tuple[Cell, Path]] = set()
        self._turn: Counter[Cell] = Counter()

    def cases(self, hall: Hall, operations: Sequence[Operation]) -> list[Case]:
        """Prepared copies for what is lacking yet."""
        made: list[Case] = []
        for row, files in self._sources.items():
            for operation in operations:
                cell = Cell(row, operation.name)
                if reason := operation.unable(row):
                    self.tally.unable[cell] = reason
                    continue
                for _ in range(self.tally.lacking(cell, self._enough)):
                    case = self._case(hall, cell, operation, files, len(made))
                    if case is None:
                        break
                    made.append(case)
        return made

    def _case(self, hall: Hall, cell: Cell, operation: Operation, files: list[Path], number: int) -> Case | None:
        for _ in files:
            source = files[self._turn[cell] % len(files)]
            self._turn[cell] += 1
            if (cell, source) in self._spoilt:
                continue
            path = hall.music / f"{number:05}" / source.name
            path.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, path)
            chance = random.Random(self._chance.getrandbits(64))
            others = [*chance.sample(files, min(3, len(files))), *chance.choice(list(self._sources.values()))[:2]]
            contents = tuple(one.read_bytes() for one in others)
            case = Case(cell.row, operation, source, path, chance, hall, contents, path)
            try:
                operation.prepare(case)
            except UnfitError as error:
                self._refuse(case, error)
                path.unlink()
                continue
            case.before = path.read_bytes()
            return case
        return None

    def _refuse(self, case: Case, error: UnfitError) -> None:
        cell = Cell(case.row, case.operation.name)
        self._spoilt.add((cell, case.source))
        self.tally.refused[cell][str(error)[:90]] += 1

    def run(self, place: Path, operations: Sequence[Operation], folder: Path | None = None) -> None:
        """Edits: everything happens through the file system."""
        for _ in range(_ROUNDS):
            hall = Hall(place, folder)
            cases = self.cases(hall, operations)
            if cases:
                hall.begin()
                done = [case for case in cases if self._applied(case)]
                hall.look()
                for case in done:
                    self._judge(hall, case)
            hall.close()
            if not cases:
                return

    def _applied(self, case: Case) -> bool:
        try:
            case.operation.apply(case)
        except UnfitError as error:
            self._refuse(case, error)
            return False
        return True

    def _judge(self, hall: Hall, case: Case) -> None:
        said = "+".join(sorted(hall.said[hall.name(case.path)]))
        own = case.operation.name.startswith("musicvault")
        outcome = consistent(said, case.before, case.path.read_bytes(), hall.expected(case.was), own=own)
        self.tally.outcomes[Cell(case.row, case.operation.name)].append(
            Outcome(
                case.row,
                case.operation.name,
                case.source.name,
                outcome,
                outcome in case.operation.expected,
                " ".join([*case.notes, *hall.reasons[hall.name(case.path)]]),
            )
        )

    # -- rot

    def rot(self, place: Path, variant: Variant, folder: Path | None = None) -> None:
        """Damage of one variant, kind by kind."""
        operations = [
            Operation(f"{one.name} ({variant.name})", variant.right(one), _unused, one.prepare, one.unable)
            for one in ROTS
        ]
        kinds = {operation.name: one for operation, one in zip(operations, ROTS, strict=True)}
        for _ in range(_ROUNDS):
            hall = Hall(place, folder)
            cases = self.cases(hall, operations)
            if cases:
                hall.begin()
                struck = list(self._struck(cases, kinds))
                variant.strike(hall, struck)
                hall.look()
                for case, damage in struck:
                    case.notes.append(_told(damage))
                    assert case.path.read_bytes() == damage.of(case.before), "the damage isn't what was meant"
                    self._judge(hall, case)
            hall.close()
            if not cases:
                return

    def _struck(self, cases: list[Case], kinds: dict[str, Rot]) -> Iterator[Struck]:
        for case in cases:
            try:
                yield case, kinds[case.operation.name].damage(case, case.before)
            except UnfitError as error:
                self._refuse(case, error)


def _unused(_: Case) -> None:
    raise AssertionError("rot is struck by its variant")


def _told(damage: Damage) -> str:
    if damage.cut is not None:
        return f"cut to {damage.cut}"
    return ", ".join(f"{len(new)} bytes at {at}" for at, new in damage.patches)


def consistent(said: str, before: bytes, now: bytes, expected: bytes, *, own: bool) -> str:
    """The outcome: the verdict, or what is wrong with it beside what the catalog expects from now on."""
    old, new = blake3(before).digest(), blake3(now).digest()
    if not said:
        if expected != new:
            return "unnoticed"
        return "intact" if old == new or own else "accepted in silence"
    if said in _ACCEPTED and expected != new:
        return f"{said}, not recorded"
    if said not in _ACCEPTED and said != "moved" and expected != old:
        return f"{said}, yet accepted"
    return said


class Variant(Protocol):
    """How damage comes about, and what may be said of it then."""

    name: str

    def right(self, rot: Rot) -> frozenset[str]: ...

    def strike(self, hall: Hall, struck: list[Struck]) -> None: ...


class ThroughFileSystem:
    """Size (unless it is cut) and modification time stay, the change time can't: as after rot and a `chmod`. Or
    MusicVault is told that there is no change time, as on FAT, exFAT and SMB."""

    def __init__(self, *, ctime: bool) -> None:
        self.name = "ctime moved" if ctime else "no ctime"
        self._ctime = ctime

    def right(self, rot: Rot) -> frozenset[str]:
        """Around the sound it can't always be told from a tagger that keeps the time: then the user decides."""
        return frozenset({"corrupt", "held"} | ({"retagged"} if self._ctime and rot.like_an_edit else set()))

    def strike(self, hall: Hall, struck: list[Struck]) -> None:
        if not self._ctime:
            hall.believe_no_ctime()
        for case, damage in struck:
            before = case.path.stat()
            with case.path.open("r+b") as file:
                for at, new in damage.patches:
                    file.seek(at)
                    file.write(new)
                if damage.cut is not None:
                    file.truncate(damage.cut)
            os.utime(case.path, ns=(before.st_atime_ns, before.st_mtime_ns))


class InImage:
    """On the unmounted disk: nothing but the bytes moves."""

    name = "silent"

    def __init__(self, drive: Drive) -> None:
        self._drive = drive

    def right(self, _: Rot) -> frozenset[str]:
        return frozenset({"corrupt"})

    def strike(self, _: Hall, struck: list[Struck]) -> None:
        rot_in_image(self._drive, [(case.path, damage) for case, damage in struck])


CTIME, NO_CTIME = ThroughFileSystem(ctime=True), ThroughFileSystem(ctime=False)
