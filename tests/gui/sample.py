"""Made-up models for the window's tests and pictures."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from musicvault.gui.models.actions import Action, Deed, State
from musicvault.gui.models.attention import AttentionModel, FindingGroup, FindingRow
from musicvault.gui.models.jobs import JobRow, JobState
from musicvault.gui.models.library import Copy, Filter, HistoryRow, ItemDetail, ItemRow, Query, Sort
from musicvault.gui.models.overview import (
    DriveCard,
    Matrix,
    MatrixCell,
    MatrixRow,
    OverviewModel,
    ProofAges,
    Segment,
    Todo,
)
from musicvault.gui.models.places import LibraryRow, SettingsModel, Volume
from musicvault.gui.theme.tokens import Tone

TB = 10**12
GB = 10**9

ALBUMS = (
    (
        "Goldberg Variations, BWV 988",
        "Glenn Gould",
        "1981",
        "FLAC 16/44.1",
        (
            "Aria",
            "Variatio 1 a 1 Clav.",
            "Variatio 2 a 1 Clav.",
            "Variatio 3 Canone all'Unisono",
            "Variatio 4 a 1 Clav.",
            "Variatio 5 a 1 ovvero 2 Clav.",
        ),
    ),
    (
        "Kind of Blue",
        "Miles Davis",
        "1959",
        "FLAC 24/96",
        ("So What", "Freddie Freeloader", "Blue in Green", "All Blues", "Flamenco Sketches"),
    ),
    (
        "Dawn Chorus, Exmoor",
        "Field recordings",
        "2014",
        "WAV 24/48",
        ("Before light", "First blackbird", "Full chorus", "Wren close by"),
    ),
    (
        "夜想曲集 ― ショパン・ピアノ作品全集 第三巻",
        "アルトゥール・ルービンシュタイン",
        "1965",
        "ALAC 16/44.1",
        ("夜想曲第1番 変ロ短調 作品9-1", "夜想曲第2番 変ホ長調 作品9-2"),
    ),
    (
        "The Extraordinarily Long Title of a Live Recording Made at a Small Hall Somewhere in the North",
        "A Collective of Many Musicians Whose Name Never Fits",
        "2003",
        "MP3 320",
        ("Introduction, Announcements, Applause and the First Movement of the Evening", "II", "III"),
    ),
)


def row_at(offset: int) -> ItemRow:
    """A row for any offset: albums repeat with a number, so a million of them cost nothing."""
    turn, within = divmod(offset, sum(len(titles) for *_, titles in ALBUMS))
    which = 0
    while within >= len(ALBUMS[which][4]):
        within -= len(ALBUMS[which][4])
        which += 1
    album, artist, year, format_, titles = ALBUMS[which]
    name = album if not turn else f"{album} ({turn + 1})"
    state, days, copies = State.PROTECTED, float((offset * 7) % 41), 3
    if offset == 2:
        state, days, copies = State.DAMAGED, 12.0, 2
    elif offset % 23 == 8:
        state, copies = State.SHORT, 2
    elif offset % 11 == 9:
        state, days = State.STALE, 97.0
    path = f"{artist}/{name}/{within + 1:02} {titles[within]}.flac".encode()
    return ItemRow(
        offset + 1,
        path,
        titles[within],
        artist,
        name,
        artist,
        f"{within + 1}/{len(titles)}",
        year,
        "",
        49.0 + offset * 13 % 400,
        format_,
        9_000_000 + offset * 7919 % 30_000_000,
        copies,
        3,
        state,
        days,
        1.79e9 - offset,
        "CD rips",
    )


class Rows:
    """A `RowSource` of any size that remembers what it was asked."""

    def __init__(self, amount: int) -> None:
        self.amount = amount
        self.asked: list[tuple[int, int]] = []

    def _amount(self, query: Query) -> int:
        if query.text:
            return min(self.amount, 40)
        return {Filter.ALL: self.amount, Filter.DAMAGED: min(3, self.amount)}.get(query.filter, self.amount // 3)

    def glance(self, query: Query, sort: Sort, limit: int) -> tuple[Sequence[ItemRow], Sequence[int]]:
        return self.page(query, sort, 0, limit), self.albums(query, sort)

    def count(self, query: Query, sort: Sort) -> int:
        return self._amount(query)

    def page(self, query: Query, sort: Sort, offset: int, limit: int) -> Sequence[ItemRow]:
        self.asked.append((offset, limit))
        return [row_at(i) for i in range(offset, min(offset + limit, self._amount(query)))]

    def albums(self, query: Query, sort: Sort) -> Sequence[int]:
        left, runs = self._amount(query), []
        while left > 0:
            for album in ALBUMS:
                runs.append(min(left, len(album[4])))
                left -= runs[-1]
                if left <= 0:
                    break
        return runs

    def offers(self) -> Mapping[str, Sequence[str]]:
        return {"genre": ("Klassik", "Jazz"), "drive": ("My Passport",)}

    def cover(self, row: ItemRow) -> bytes:
        return b""

    def totals(self, query: Query) -> Mapping[Filter, int]:
        return {which: self._amount(Query(query.text, which)) for which in Filter}


def drives() -> tuple[DriveCard, ...]:
    acts = (
        Action(Deed.SCRUB, "Verify", "x"),
        Action(Deed.SYNC, "Copy now", "x"),
        Action(Deed.OPEN_FOLDER, "Show", "x"),
    )
    return (
        DriveCard(
            "This computer",
            "Library",
            "home",
            True,
            True,
            int(1.31 * TB),
            2 * TB,
            int(0.9 * TB),
            12480,
            0.9998,
            "Healthy",
            Tone.GOOD,
            "read 2 days ago",
            41,
            None,
            b"/home/anna/Music",
            (),
            acts[:1] + acts[2:],
        ),
        DriveCard(
            "Elements 4 TB",
            "Vault",
            "home, detached",
            False,
            False,
            int(2.9 * TB),
            4 * TB,
            int(0.9 * TB),
            12434,
            1.0,
            "Away 12 days",
            Tone.SHORT,
            "46 files to copy, 312 due for proof",
            97,
            1.79e9,
            b"/media/elements",
        ),
        DriveCard(
            "NAS (home)",
            "Vault",
            "home",
            True,
            False,
            int(5.1 * TB),
            8 * TB,
            int(0.9 * TB),
            12480,
            1.0,
            "Healthy",
            Tone.GOOD,
            "all proven within 41 days",
            41,
            None,
            b"/mnt/nas",
            (),
            acts,
        ),
        DriveCard(
            "Bank box",
            "Vault",
            "offsite",
            False,
            False,
            int(1.3 * TB),
            2 * TB,
            int(0.9 * TB),
            12100,
            1.0,
            "Away 74 days",
            Tone.AWAY,
            "due back in 16 days",
            74,
            1.78e9,
        ),
    )


def overview() -> OverviewModel:
    dice = random.Random(7)
    ages = [58, 71, 94, 99, 105, 120, 134, 120, 104, 74, 64, 44, 31, 21, 15, 11, 8, 5, 13, 12, 12, 11, 12, 12]
    cells = ((1.0, 0), (0.98, 12), (1.0, 34), (1.0, 74))
    names = (("CD rips, FLAC", 9204), ("Field recordings", 212), ("Vinyl, 24 bit", 1870), ("Bought, MP3", 1194))
    rows = []
    for index, (name, amount) in enumerate(names):
        made = [MatrixCell(share, days + dice.random() * 9) for share, days in cells]
        if index == 2:
            made[1] = MatrixCell(None)
        if index == 3:
            made[3] = MatrixCell(0.61, 120)
        rows.append(MatrixRow(name, amount, tuple(made)))
    return OverviewModel(
        "46 files need another copy, 3 can be repaired now.",
        "12,431 files are intact in three places. Plug in Elements 4 TB for the 46.",
        Tone.SHORT,
        Action(Deed.REPAIR, "Repair 3 files"),
        Action(Deed.SHOW, "Show them", "attention"),
        12480,
        (
            Segment(State.PROTECTED, "Protected", 12006),
            Segment(State.STALE, "Proof older than 90 days", 425),
            Segment(State.SHORT, "Short of copies", 46),
            Segment(State.DAMAGED, "Damaged", 3),
        ),
        Matrix(("This computer", "Elements 4 TB", "NAS (home)", "Bank box"), tuple(rows)),
        ProofAges(tuple(ages), 5, 90),
        drives(),
        (
            Todo("Plug in Elements 4 TB: 46 files wait for their third copy.", Tone.SHORT),
            Todo("Bank box is due back in 16 days.", Tone.AWAY, Action(Deed.SHOW, "Drives", "drives")),
        ),
    )


def safe() -> OverviewModel:
    return OverviewModel(
        "All 12,480 files are safe.",
        "Each has three proven copies.",
        Tone.GOOD,
        Action(Deed.SCRUB, "Verify now"),
        None,
        12480,
        (Segment(State.PROTECTED, "Protected", 12480),),
        Matrix(),
        ProofAges((4, 5, 6), 30, 90),
        drives()[:2],
    )


def detail(item: int = 3) -> ItemDetail:
    row = row_at(item - 1)
    verify = (Action(Deed.SCRUB, "Verify now", "x"), Action(Deed.OPEN_FOLDER, "Show in folder", "x"))
    damaged = row.state is State.DAMAGED
    copies = (
        Copy(
            "This computer",
            State.DAMAGED if damaged else State.PROTECTED,
            "damaged" if damaged else "intact, proven 12 d ago",
            True,
            True,
            12,
            9,
            (4, 5) if damaged else (),
            b"",
            verify,
        ),
        Copy("NAS (home)", State.PROTECTED, "intact, proven 12 d ago", True, False, 12, 9, (), b"", verify),
        Copy("Bank box", State.PROTECTED, "intact, proven 74 d ago", False, False, 74, 9),
        Copy("Elements 4 TB", State.AWAY, "away", False, False, None, 9),
    )
    return ItemDetail(
        row,
        "Bit rot in 2 of 9 blocks, 0:31 – 0:38." if damaged else "",
        "Nothing wrote to this file: size and times stand.",
        Tone.DAMAGED,
        copies,
        {
            "title": (row.title,),
            "artist": (row.artist,),
            "album": (row.album,),
            "track": (row.track,),
            "date": (row.year,),
            "genre": ("Classical",),
            "isrc": ("USSM18100123",),
            "raw:ENCODER": ("flac 1.4.2",),
        },
        (
            HistoryRow(1.79e9, "Fixity check: damaged", "2 of 9 blocks differ", Tone.DAMAGED),
            HistoryRow(1.78e9, "Copied to NAS (home)", "read back and compared", Tone.GOOD),
            HistoryRow(1.77e9, "Added to the library", "9 blocks, FLAC", Tone.AWAY),
        ),
        Action(Deed.REPAIR, "Repair from NAS (home)", items=(item,)) if damaged else None,
        None,
        "The damaged file is kept in quarantine for 90 days." if damaged else "",
    )


def attention() -> AttentionModel:
    rows = tuple(
        FindingRow(
            i,
            i,
            row_at(i).path,
            "This computer",
            "Bit rot in 2 blocks",
            ("size and times stand", "the copy on NAS (home) is good"),
        )
        for i in (2, 14, 31)
    )
    held = tuple(
        FindingRow(i, i, row_at(i).path, "This computer", "The sound changed", ("decodes clean", "modified yesterday"))
        for i in range(40, 60)
    )
    return AttentionModel(
        (
            FindingGroup(
                "damaged",
                "3 files are damaged",
                "Their bytes changed although nothing wrote to them. A proven copy of each is at hand.",
                Tone.DAMAGED,
                "broken",
                rows,
                (Action(Deed.REPAIR, "Repair"),),
            ),
            FindingGroup(
                "held",
                "20 files have changed sound",
                "They were replaced or edited. Nothing of it reaches a drive before you decide.",
                Tone.SHORT,
                "held",
                held,
                (Action(Deed.ACCEPT, "Accept the new files"), Action(Deed.REJECT, "Put the proven ones back")),
            ),
            FindingGroup(
                "brake",
                "CD rips: 412 files vanished at once",
                "More than usual changed within a week, so nothing is passed on to any drive until you confirm.",
                Tone.SHORT,
                "attention",
                (),
                (Action(Deed.CONFIRM, "Confirm the changes", "CD rips"),),
            ),
        )
    )


def jobs() -> tuple[JobRow, ...]:
    return (
        JobRow(
            3,
            "Verify Elements 4 TB",
            stage="scrub",
            subject="Elements 4 TB",
            files=7800,
            files_total=12400,
            bytes=412 * GB,
            bytes_total=655 * GB,
            rate=168e6,
            left=24 * 60,
            started=1.79e9,
        ),
        JobRow(2, "Scanning CD rips", JobState.DONE, "scan", started=1.79e9 - 900, ended=1.79e9 - 700, findings=3),
        JobRow(
            1,
            "Copying to NAS (home)",
            JobState.FAILED,
            "sync",
            started=1.79e9 - 9000,
            ended=1.79e9 - 8000,
            message="NAS (home) is full: 12 GB are missing. Free some room and copy again.",
        ),
    )


def volumes() -> tuple[Volume, ...]:
    return (
        Volume(b"/media/anna/Elements", "Elements", int(1.1 * TB), 4 * TB, False, True),
        Volume(b"/mnt/archive", "archive", 200 * GB, 2 * TB, True),
        Volume(b"/media/anna/OLD-STICK", "OLD-STICK", 2 * GB, 16 * GB, False, True, False, False),
    )


def settings() -> SettingsModel:
    return SettingsModel(
        (LibraryRow("CD rips", b"/home/anna/Music/CD rips", True, 9204, ("*.tmp", "/Incoming")),),
        True,
        b"/home/anna/.local/share/musicvault/catalog.sqlite3",
        "0.1",
    )
