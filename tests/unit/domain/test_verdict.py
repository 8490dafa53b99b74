"""The verdict table of the design, row by row, and what must hold for every row of the full product."""

from __future__ import annotations

from itertools import product

import pytest

from musicvault.domain.times import Traits
from musicvault.domain.values import BLOCK_DIGEST_SIZE, Digests, Essence, Kind, Picture, Stat, Wrapper
from musicvault.domain.verdict import (
    Decode,
    Expectation,
    Observation,
    Sectors,
    Verdict,
    bad_blocks,
    judge_library,
    judge_vault,
)

NTFS_LIKE = Traits()
EXFAT_LIKE = Traits(ctime_works=False, grain_ns=2_000_000_000, local_time=True, stable_inodes=False)
HOUR = 3600 * 10**9

STAT = Stat(size=3_000_000, mtime_ns=10**18, ctime_ns=10**18, inode=7)
BLOCKS = b"".join(bytes([n]) * BLOCK_DIGEST_SIZE for n in range(20))
OLD = Digests(3_000_000, b"o" * 32, b"O" * 32, BLOCKS)
SOUND = Essence("flac", b"e" * 32, 2_900_000)
TAGS = Wrapper(fields={"title": ("Aria",)}, binaries=(("STREAMINFO", 34, b"s" * 16),), solid=b"w" * 32)


def digests(blocks: bytes = BLOCKS, size: int = 3_000_000) -> Digests:
    return Digests(size, b"n" * 32, b"N" * 32, blocks)


def damaged_blocks(*numbers: int) -> bytes:
    step = BLOCK_DIGEST_SIZE
    return b"".join(
        b"\xff" * step if n in numbers else BLOCKS[n * step : (n + 1) * step] for n in range(len(BLOCKS) // step)
    )


def moved(*, size: int = 0, mtime: int = 0, ctime: int = 0) -> Stat:
    return Stat(STAT.size + size, STAT.mtime_ns + mtime, STAT.ctime_ns + ctime, STAT.inode)


def expectation(**changes: object) -> Expectation:
    values: dict[str, object] = {
        "kind": Kind.TRACK,
        "digests": OLD,
        "essence": SOUND,
        "wrapper": TAGS,
        "stat": STAT,
    }
    return Expectation(**(values | changes))  # type: ignore[arg-type]


def observation(**changes: object) -> Observation:
    values: dict[str, object] = {"stat": STAT, "digests": digests(), "essence": SOUND, "wrapper": TAGS}
    return Observation(**(values | changes))  # type: ignore[arg-type]


RETITLED = Wrapper(fields={"title": ("Aria mit Variationen",)}, binaries=TAGS.binaries, solid=b"x" * 32)
BIT_FLIPPED = Wrapper(fields={"title": ("Asia",)}, binaries=TAGS.binaries, solid=b"x" * 32)
PADDED = TAGS
MISSPELT = Wrapper(fields={"title": ("Asia",)}, binaries=TAGS.binaries, solid=b"x" * 32)
UNTAGGED = Wrapper(binaries=TAGS.binaries, solid=b"x" * 32)
UNPARSED = Wrapper(fields={"raw:unparsed": ("yes",), "title": ("Other",)}, binaries=TAGS.binaries)
REWRAPPED = Wrapper(fields=TAGS.fields, binaries=TAGS.binaries, solid=b"?" * 32)
OTHER_FRAME = Wrapper(fields={"title": ("B",)}, binaries=(("STREAMINFO", 34, b"t" * 16),), solid=b"x" * 32)
COVER = Picture(3, "image/jpeg", 800, b"p" * 16, b"AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHH")
COVER_HURT = Picture(3, "image/jpeg", 800, b"q" * 16, b"AAAAbbbbCCCCDDDDEEEEFFFFGGGGHHHH")
COVER_NEW = Picture(3, "image/jpeg", 801, b"r" * 16, b"aaaabbbbccccddddeeeeffffgggghhhh")
OTHER_SOUND = Essence("flac", b"f" * 32, 2_900_000)
LATER = moved(mtime=5 * HOUR + 17, ctime=5 * HOUR + 17)
FAR = damaged_blocks(*range(20))

TABLE = [
    ("digest same", {}, {"digests": OLD}, NTFS_LIKE, Verdict.INTACT),
    ("digest same, touched", {}, {"digests": OLD, "stat": LATER}, NTFS_LIKE, Verdict.INTACT),
    ("retitled", {}, {"stat": LATER, "wrapper": RETITLED}, NTFS_LIKE, Verdict.RETAGGED),
    ("retitled, mtime kept", {}, {"stat": moved(ctime=9), "wrapper": RETITLED}, NTFS_LIKE, Verdict.RETAGGED),
    ("one letter, mtime kept", {}, {"stat": moved(ctime=9), "wrapper": MISSPELT}, NTFS_LIKE, Verdict.RETAGGED),
    ("one letter, mtime moved", {}, {"stat": LATER, "wrapper": MISSPELT}, NTFS_LIKE, Verdict.RETAGGED),
    ("one letter, no ctime", {}, {"wrapper": MISSPELT}, EXFAT_LIKE, Verdict.HELD),
    ("untagged, mtime kept", {}, {"stat": moved(ctime=9, size=-90), "wrapper": UNTAGGED}, NTFS_LIKE, Verdict.RETAGGED),
    ("untagged, mtime and size kept", {}, {"stat": moved(ctime=9), "wrapper": UNTAGGED}, NTFS_LIKE, Verdict.HELD),
    ("untagged, mtime moved", {}, {"stat": LATER, "wrapper": UNTAGGED}, NTFS_LIKE, Verdict.RETAGGED),
    ("cut behind the sound", {}, {"stat": moved(size=-90), "wrapper": UNTAGGED}, NTFS_LIKE, Verdict.CORRUPT),
    ("no padding grew or shrank, mtime kept", {}, {"stat": moved(ctime=9), "wrapper": PADDED}, NTFS_LIKE, Verdict.HELD),
    (
        "grown by padding, mtime kept",
        {},
        {"stat": moved(ctime=9, size=90), "wrapper": PADDED},
        NTFS_LIKE,
        Verdict.RETAGGED,
    ),
    ("tags unparseable, mtime moved", {}, {"stat": LATER, "wrapper": UNPARSED}, NTFS_LIKE, Verdict.HELD),
    ("padding only, moved", {}, {"stat": LATER, "wrapper": PADDED}, NTFS_LIKE, Verdict.RETAGGED),
    ("wrapper differs, nothing moved", {}, {"wrapper": RETITLED}, NTFS_LIKE, Verdict.CORRUPT),
    ("wrapper differs, nothing moved, no ctime, same fields", {}, {"wrapper": REWRAPPED}, EXFAT_LIKE, Verdict.HELD),
    ("one character differs, no ctime, nothing moved", {}, {"wrapper": BIT_FLIPPED}, EXFAT_LIKE, Verdict.HELD),
    ("one character differs, moved", {}, {"wrapper": BIT_FLIPPED, "stat": LATER}, NTFS_LIKE, Verdict.RETAGGED),
    ("wrapper differs, no ctime, sensible", {}, {"wrapper": RETITLED}, EXFAT_LIKE, Verdict.RETAGGED),
    ("unchanged fields, moved", {}, {"stat": LATER, "wrapper": REWRAPPED}, NTFS_LIKE, Verdict.HELD),
    ("frame differs in part", {}, {"stat": LATER, "wrapper": OTHER_FRAME}, NTFS_LIKE, Verdict.HELD),
    (
        "picture differs in part",
        {"wrapper": Wrapper(pictures=(COVER,))},
        {"stat": LATER, "wrapper": Wrapper(pictures=(COVER_HURT,))},
        NTFS_LIKE,
        Verdict.HELD,
    ),
    (
        "picture exchanged whole",
        {"wrapper": Wrapper(pictures=(COVER,))},
        {"stat": LATER, "wrapper": Wrapper(pictures=(COVER_NEW,))},
        NTFS_LIKE,
        Verdict.RETAGGED,
    ),
    (
        "picture added",
        {},
        {"stat": LATER, "wrapper": Wrapper(TAGS.fields, (COVER,), TAGS.binaries)},
        NTFS_LIKE,
        Verdict.RETAGGED,
    ),
    ("silent rot", {}, {"essence": OTHER_SOUND}, NTFS_LIKE, Verdict.CORRUPT),
    ("silent rot, ctime moved", {}, {"essence": OTHER_SOUND, "stat": moved(ctime=9)}, NTFS_LIKE, Verdict.CORRUPT),
    ("silent rot, decodes clean", {}, {"essence": OTHER_SOUND, "decode": Decode.CLEAN}, NTFS_LIKE, Verdict.CORRUPT),
    (
        "one damaged block, mtime moved",
        {},
        {"essence": OTHER_SOUND, "stat": LATER, "decode": Decode.CLEAN, "digests": digests(damaged_blocks(4))},
        NTFS_LIKE,
        Verdict.CORRUPT,
    ),
    (
        "one damaged run of sectors, mtime moved",
        {},
        {
            "essence": OTHER_SOUND,
            "stat": LATER,
            "decode": Decode.CLEAN,
            "digests": digests(FAR),
            "sectors": Sectors(3, 40, 42, 700),
        },
        NTFS_LIKE,
        Verdict.CORRUPT,
    ),
    (
        "re-rip",
        {},
        {"essence": OTHER_SOUND, "stat": LATER, "decode": Decode.CLEAN, "digests": digests(FAR)},
        NTFS_LIKE,
        Verdict.REPLACED,
    ),
    (
        "edited at its end, a little shorter",
        {},
        {
            "essence": OTHER_SOUND,
            "stat": moved(size=-900, mtime=HOUR, ctime=HOUR),
            "decode": Decode.CLEAN,
            "digests": digests(damaged_blocks(19), size=2_999_100),
        },
        NTFS_LIKE,
        Verdict.REPLACED,
    ),
    (
        "born damaged, mended with what was missing, mtime kept",
        {"born_damaged": True},
        {
            "essence": OTHER_SOUND,
            "stat": moved(size=900, ctime=9),
            "decode": Decode.CLEAN,
            "digests": digests(FAR, size=3_000_900),
        },
        NTFS_LIKE,
        Verdict.REPLACED,
    ),
    (
        "born damaged, now decodes",
        {"born_damaged": True, "essence": None},
        {"stat": LATER, "decode": Decode.CLEAN, "digests": digests(FAR)},
        NTFS_LIKE,
        Verdict.REPLACED,
    ),
    (
        "born damaged, mended in one short run",
        {"born_damaged": True},
        {"essence": OTHER_SOUND, "stat": LATER, "decode": Decode.CLEAN, "digests": digests(damaged_blocks(4))},
        NTFS_LIKE,
        Verdict.REPLACED,
    ),
    (
        "rewritten, broken",
        {},
        {"essence": OTHER_SOUND, "stat": LATER, "decode": Decode.BROKEN, "digests": digests(FAR)},
        NTFS_LIKE,
        Verdict.CORRUPT,
    ),
    ("no audio any more", {}, {"essence": None, "stat": LATER, "digests": digests(FAR)}, NTFS_LIKE, Verdict.CORRUPT),
    (
        "exFAT, moved by a whole hour only",
        {},
        {"essence": OTHER_SOUND, "stat": moved(mtime=HOUR), "decode": Decode.CLEAN, "digests": digests(FAR)},
        EXFAT_LIKE,
        Verdict.CORRUPT,
    ),
    (
        "companion edited",
        {"kind": Kind.COMPANION, "essence": None},
        {"essence": None, "stat": LATER},
        NTFS_LIKE,
        Verdict.UPDATED,
    ),
    ("companion rotted", {"kind": Kind.COMPANION, "essence": None}, {"essence": None}, NTFS_LIKE, Verdict.CORRUPT),
]


@pytest.mark.parametrize(
    ("expected", "seen", "traits", "verdict"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_each_row_of_the_table(
    expected: dict[str, object], seen: dict[str, object], traits: Traits, verdict: Verdict
) -> None:
    found, evidence = judge_library(expectation(**expected), observation(**seen), traits)
    assert found is verdict
    assert evidence or found is Verdict.INTACT


def test_full_product_never_waves_damage_through() -> None:
    """Over every combination of facts: changed sound is never accepted by itself, and silence is never an edit."""
    stats = [STAT, moved(ctime=9), LATER, moved(size=1), moved(size=1, mtime=9, ctime=9)]
    wrappers = [TAGS, RETITLED, REWRAPPED, OTHER_FRAME]
    essences = [SOUND, OTHER_SOUND, None]
    allowed = {
        Verdict.RETAGGED,
        Verdict.HELD,
        Verdict.CORRUPT,
        Verdict.REPLACED,
        Verdict.UPDATED,
    }
    for kind, stat, wrapper, essence, decode, traits, born in product(
        Kind, stats, wrappers, essences, Decode, (NTFS_LIKE, EXFAT_LIKE), (False, True)
    ):
        expected = expectation(kind=kind, born_damaged=born, essence=SOUND if kind is Kind.TRACK else None)
        seen = observation(stat=stat, wrapper=wrapper, essence=essence, decode=decode, digests=digests(FAR))
        verdict, evidence = judge_library(expected, seen, traits)
        assert verdict in allowed
        assert evidence
        if kind is Kind.TRACK and essence != SOUND:
            assert verdict in (Verdict.CORRUPT, Verdict.REPLACED), "other sound is never accepted by itself"
        if kind is Kind.TRACK and stat == STAT and traits is NTFS_LIKE and not born:
            assert verdict is Verdict.CORRUPT, "nothing moved, so nobody edited"


@pytest.mark.parametrize(
    ("blake3", "sha256", "says", "confirmed", "verdict"),
    [
        (b"o", b"O", None, False, Verdict.INTACT),
        (b"n", b"N", None, False, Verdict.SUSPECT),
        (b"n", b"N", None, True, Verdict.CORRUPT),
        (b"n", b"N", b"O" * 32, True, Verdict.CORRUPT),
        (b"n", b"N", b"N" * 32, True, Verdict.FOREIGN),
    ],
)
def test_vault(blake3: bytes, sha256: bytes, says: bytes | None, confirmed: bool, verdict: Verdict) -> None:
    seen = Digests(3_000_000, blake3 * 32, sha256 * 32, BLOCKS)
    assert judge_vault(OLD, seen, confirmed=confirmed, vault_says=says)[0] is verdict


def test_bad_blocks_of_a_truncated_copy_are_the_missing_tail() -> None:
    assert bad_blocks(OLD, digests(BLOCKS[: 18 * BLOCK_DIGEST_SIZE], 1)) == (18, 19)
    assert bad_blocks(OLD, digests(damaged_blocks(0, 7))) == (0, 7)
    assert bad_blocks(OLD, OLD) == ()
