"""From an observation to a verdict: the heart of the house.

One enumeration of verdicts, and the rules that reach them. `judge_library` and `judge_vault` are total: every
expectation and observation gets exactly one verdict and the evidence that it rests on. Where
evidence can't be had, the more careful verdict is given: nothing unexplained becomes a copy source (M3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from musicvault.domain.damage import Lost
from musicvault.domain.sensible import Change, wrapper_change
from musicvault.domain.telling import looks_written, tells
from musicvault.domain.times import Traits, ctime_moved, mtime_moved
from musicvault.domain.values import BLOCK_DIGEST_SIZE, Digests, Essence, Kind, Stat, Wrapper


class Verdict(StrEnum):
    """What a check concluded about one replica."""

    INTACT = "intact"
    RETAGGED = "retagged"
    UPDATED = "updated"  # a companion that its owner changed
    MOVED = "moved"
    REPLACED = "replaced"
    HELD = "held"
    CORRUPT = "corrupt"
    SUSPECT = "suspect"
    FOREIGN = "foreign"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    UNSTABLE = "unstable"
    UNAVAILABLE = "unavailable"
    BORN_DAMAGED = "born-damaged"

    @property
    def is_damage(self) -> bool:
        """Whether it stands for lost or doubtful bytes that a repair may mend."""
        return self in (Verdict.CORRUPT, Verdict.SUSPECT, Verdict.UNREADABLE)

    @property
    def waits_for_user(self) -> bool:
        """Whether only the user can settle it."""
        return self in (Verdict.HELD, Verdict.REPLACED, Verdict.FOREIGN)


class Decode(StrEnum):
    """What a strict decode of the whole file said."""

    CLEAN = "clean"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact: a code of `domain.wording` and the values that its sentence names."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict about one replica. `path` is below the library's root, `where` a library name or drive label.
    `bad_blocks` are indices of 1 MiB blocks, where known; `healed` and `lost` (what no copy has) are set by repair."""

    path: bytes
    where: str
    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    bad_blocks: tuple[int, ...] = ()
    on_drive: bool = False
    healed: bool | None = None
    known: bool = False
    lost: tuple[Lost, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a replica should be. `stat` is what the file system said when it was last read."""

    kind: Kind
    digests: Digests
    essence: Essence | None
    wrapper: Wrapper
    stat: Stat
    born_damaged: bool = False
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What one complete, stable read found. `sectors` compares it with a proven replica, None where none is at hand."""

    stat: Stat
    digests: Digests
    essence: Essence | None
    wrapper: Wrapper
    decode: Decode = Decode.UNKNOWN
    sectors: Sectors | None = None


@dataclass(frozen=True, slots=True)
class Sectors:
    """Comparison in 4 KiB sectors with a proven replica: how many differ, over which run, out of how many."""

    differing: int
    first: int
    last: int
    total: int


Judgement = tuple[Verdict, tuple[Evidence, ...]]

MOSTLY_UNCHANGED = 0.9
"""From this share of unchanged sectors around one short run, a change is damage, not a re-rip."""


def judge_library(expected: Expectation, seen: Observation, traits: Traits) -> Judgement:
    """The verdict on a library's file after a whole read (the table of the design, row by row)."""
    if seen.digests.blake3 == expected.digests.blake3:
        times = _moved(expected.stat, seen.stat, traits)
        return Verdict.INTACT, ((Evidence("times-only"),) if times else ())
    if expected.kind is Kind.COMPANION:
        return _judge_companion(expected, seen, traits)
    if expected.essence is not None and seen.essence == expected.essence:
        return _judge_wrapper(expected, seen, traits)
    return _judge_sound(expected, seen, traits)


def _judge_companion(expected: Expectation, seen: Observation, traits: Traits) -> Judgement:
    if mtime_moved(expected.stat, seen.stat, traits):
        return Verdict.UPDATED, (Evidence("companion-changed"),)
    return Verdict.CORRUPT, (Evidence("silent-change"), *_where(expected, seen))


def _judge_wrapper(expected: Expectation, seen: Observation, traits: Traits) -> Judgement:
    same = Evidence("essence-same")
    change = wrapper_change(expected.wrapper, seen.wrapper)
    stamped = mtime_moved(expected.stat, seen.stat, traits)
    if traits.ctime_works and not stamped and not ctime_moved(expected.stat, seen.stat, traits):
        # Nothing writes to a file, or cuts it, without moving its change time.
        return Verdict.CORRUPT, (
            Evidence("silent-change"),
            Evidence("wrapper-damaged"),
            *_where(expected, seen),
        )
    facts = (same, *(() if traits.ctime_works else (Evidence("no-ctime"),)))
    if change.sensible and (stamped or _is_edit(expected, seen, traits)):
        return Verdict.RETAGGED, (*facts, *_changed(change))
    return Verdict.HELD, (*facts, Evidence("unexplained-wrapper"), *_changed(change))


def _is_edit(expected: Expectation, seen: Observation, traits: Traits) -> bool:
    """Whether a tagger that keeps mtime may have made a sensible change. Damage never lets a file grow, and it cuts
    no tags off cleanly; where no change time tells that something wrote, the change must say more than damage could."""
    before, after = expected.wrapper.fields, seen.wrapper.fields
    if seen.stat.size > expected.stat.size:
        return True
    if not traits.ctime_works:
        return tells(before, after)
    return seen.stat.size < expected.stat.size or looks_written(before, after)


def _judge_sound(expected: Expectation, seen: Observation, traits: Traits) -> Judgement:
    where = _where(expected, seen)
    differs = Evidence("essence-unparseable" if seen.essence is None else "essence-differs")
    if seen.stat.size == expected.stat.size and not mtime_moved(expected.stat, seen.stat, traits):
        return Verdict.CORRUPT, (differs, Evidence("silent-change"), *where)
    clean = seen.essence is not None and seen.decode is Decode.CLEAN
    if clean and expected.born_damaged:
        # A copy that isn't damaged differs from the damaged one in a short run: just that is what was mended.
        return Verdict.REPLACED, (Evidence("now-decodes"),)
    if _mostly_unchanged(expected, seen):
        return Verdict.CORRUPT, (differs, Evidence("short-run"), *where)
    if clean and mtime_moved(expected.stat, seen.stat, traits):
        return Verdict.REPLACED, (differs, Evidence("decodes-clean"))
    broken = (Evidence("decode-broken"),) if seen.decode is Decode.BROKEN else ()
    return Verdict.CORRUPT, (differs, *broken, *where)


def judge_vault(expected: Digests, seen: Digests, *, confirmed: bool, vault_says: bytes | None) -> Judgement:
    """The verdict on a vault's replica. `vault_says` is the SHA-256 of the vault's own newest statement;
    `confirmed` says that a second read from the medium gave the same bytes. What turns out to be what was only stated
    before is FOREIGN: it has still to become known."""
    if seen.blake3 == expected.blake3:
        return Verdict.INTACT, ()
    if seen.sha256 == expected.sha256 and not expected.is_known:
        return Verdict.FOREIGN, (Evidence("as-drive-list"),)
    if vault_says is not None and vault_says == seen.sha256 and vault_says != expected.sha256:
        return Verdict.FOREIGN, (Evidence("vault-disagrees"),)
    where = _bad_blocks(expected, seen)
    return (Verdict.CORRUPT if confirmed else Verdict.SUSPECT), (Evidence("drive-changed"), *where)


def bad_blocks(expected: Digests, seen: Digests) -> tuple[int, ...]:
    """Indices of the 1 MiB blocks that differ; a missing tail counts as bad, an extra one as well. None at all where
    the expected bytes are only stated, not known."""
    if not expected.is_known:
        return ()
    count = max(len(expected.blocks), len(seen.blocks)) // BLOCK_DIGEST_SIZE
    step = BLOCK_DIGEST_SIZE
    return tuple(
        i for i in range(count) if expected.blocks[i * step : (i + 1) * step] != seen.blocks[i * step : (i + 1) * step]
    )


def _bad_blocks(expected: Digests, seen: Digests) -> tuple[Evidence, ...]:
    bad = bad_blocks(expected, seen)
    facts: list[Evidence] = []
    if expected.size != seen.size:
        facts.append(Evidence("size-differs", {"expected": expected.size, "seen": seen.size}))
    if bad:
        total = max(len(expected.blocks), len(seen.blocks)) // BLOCK_DIGEST_SIZE
        facts.append(Evidence("bad-blocks", {"bad": len(bad), "total": total, "first": bad[0]}))
    return tuple(facts)


def _where(expected: Expectation, seen: Observation) -> tuple[Evidence, ...]:
    return _bad_blocks(expected.digests, seen.digests)


def _moved(before: Stat, after: Stat, traits: Traits) -> bool:
    return before.size != after.size or mtime_moved(before, after, traits) or ctime_moved(before, after, traits)


def _mostly_unchanged(expected: Expectation, seen: Observation) -> bool:
    if seen.digests.size != expected.digests.size:
        return False
    if seen.sectors is not None:
        run = seen.sectors.last - seen.sectors.first + 1
        return run <= (1 - MOSTLY_UNCHANGED) * seen.sectors.total
    bad = bad_blocks(expected.digests, seen.digests)
    total = len(expected.digests.blocks) // BLOCK_DIGEST_SIZE
    return bool(bad) and bad[-1] - bad[0] + 1 <= (1 - MOSTLY_UNCHANGED) * total


def _changed(change: Change) -> tuple[Evidence, ...]:
    facts: list[Evidence] = []
    if change.fields:
        facts.append(Evidence("fields-changed", {"fields": ", ".join(change.fields[:8])}))
    if change.pictures:
        facts.append(Evidence("pictures-changed"))
    if change.padding_only:
        facts.append(Evidence("padding-only"))
    if change.unparsed:
        facts.append(Evidence("tags-unparseable"))
    if change.partial:
        facts.append(Evidence("partly-damaged", {"what": change.partial}))
    return tuple(facts)
