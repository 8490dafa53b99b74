"""A self-assessment by the NDSA Levels of Digital Preservation, version 2.0 (National Digital Stewardship Alliance,
October 2019, osf.io/qgz98): five areas, four levels, a few practices in each cell. Pure.

MusicVault answers only what it knows, with the figure that it rests on; everything else is left for the person to
fill in. The practices are told in fewer words than the original has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from musicvault.language import tr, trn


class Area(StrEnum):
    """The functional areas, in the order of the matrix."""

    STORAGE = "storage"
    INTEGRITY = "integrity"
    CONTROL = "control"
    METADATA = "metadata"
    CONTENT = "content"


class Answer(StrEnum):
    """Whether a practice is followed. `ASK`: the program can't know."""

    YES = "yes"
    NO = "no"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the answers rest on. `with_copies[n]`: items with at least n good copies on different disks;
    `with_sites[n]`: with good copies on at least n sites that were named; `unnamed`: drives, the computer among them,
    of which nobody said where they are; `media`: kinds of media in use, where known; `unknown_media`: drives of which
    it isn't known. `proven`: items whose proofs are as young as their rules want, `proof_days` at the most. `repaired`,
    `checks`: events of a year; `open_damage`: items that are damaged now; `snapshots`: drives that hold a snapshot of
    the catalog; `titled`: tracks that have a title; `identified`: tracks whose format was recognised, `decoded`: those
    that a decoder tried."""

    items: int
    tracks: int
    with_copies: dict[int, int]
    with_sites: dict[int, int]
    unnamed: int
    media: tuple[str, ...]
    drives: int
    unknown_media: int
    proven: int
    proof_days: int
    checks: int
    repaired: int
    open_damage: int
    snapshots: int
    titled: int
    identified: int
    decoded: int
    events: int


@dataclass(frozen=True, slots=True)
class Practice:
    """One line of the matrix, answered, with the evidence for it (empty where there is none)."""

    area: Area
    level: int
    text: str
    answer: Answer
    evidence: str = ""


def assess(facts: Facts) -> tuple[Practice, ...]:
    """Every practice of the matrix, by area, then level."""
    return tuple(practice for part in _AREAS for practice in part(facts))


def reached(practices: Sequence[Practice], area: Area) -> tuple[int, bool]:
    """The highest level of an area up to which nothing is answered *no*, and whether it still rests on answers that the
    person has to give."""
    level, open_answers = 0, False
    for wanted in (1, 2, 3, 4):
        answers = [one.answer for one in practices if one.area is area and one.level == wanted]
        if Answer.NO in answers or not answers:
            break
        level, open_answers = wanted, open_answers or Answer.ASK in answers
    return level, open_answers


def _all(have: int, wanted: int) -> Answer:
    return Answer.YES if wanted and have >= wanted else Answer.NO


def _copies(facts: Facts, count: int) -> str:
    have = facts.with_copies.get(count, 0)
    return tr(
        "{have} of {items} files have {count} good copies on different disks",
        have=f"{have:,}",
        items=f"{facts.items:,}",
        count=count,
    )


def _sites(facts: Facts, count: int) -> str:
    have = facts.with_sites.get(count, 0)
    text = tr(
        "{have} of {items} files have copies at {count} sites",
        have=f"{have:,}",
        items=f"{facts.items:,}",
        count=count,
    )
    unnamed = tr("; places (drives, this computer) of which nobody said where they are: {count}", count=facts.unnamed)
    return text + unnamed if facts.unnamed else text


def _elsewhere(facts: Facts, count: int, *, sure: bool = True) -> Answer:
    """Whether all files have copies at so many sites. A place that nobody named may be any; with `sure` False even
    those that were named."""
    if facts.with_copies.get(count, 0) < facts.items or facts.with_sites.get(count, 0) >= facts.items:
        return _all(min(facts.with_copies.get(count, 0), facts.with_sites.get(count, 0)), facts.items)
    return Answer.ASK if facts.unnamed or not sure else Answer.NO


def _threats(facts: Facts, count: int) -> Answer:
    """Whether the threats differ is for a person to judge, wherever the copies are."""
    return Answer.NO if _elsewhere(facts, count) is Answer.NO else Answer.ASK


def _storage(facts: Facts) -> Iterator[Practice]:
    one = partial(Practice, Area.STORAGE)
    three = facts.with_copies.get(3, 0)
    media = tr(
        "media in use: {media}; drives of which it isn't known: {unknown}",
        media=", ".join(facts.media) or "–",
        unknown=facts.unknown_media,
    )
    documented = _all(facts.drives - facts.unknown_media, facts.drives)
    # Two disks may stand on one desk, and one site may have two houses: only named sites are known to be apart.
    apart = _elsewhere(facts, 2, sure=False)
    yield one(1, tr("Two complete copies in separate places"), apart, f"{_copies(facts, 2)}; {_sites(facts, 2)}")
    yield one(1, tr("All storage media are documented"), documented, media)
    yield one(1, tr("Content is in stable storage"), Answer.ASK)
    yield one(2, tr("Three complete copies"), _all(three, facts.items), _copies(facts, 3))
    yield one(2, tr("At least one copy in another place"), _elsewhere(facts, 2), _sites(facts, 2))
    yield one(2, tr("What the storage needs in order to work is documented"), Answer.ASK)
    yield one(3, tr("At least one copy where another disaster threatens"), _threats(facts, 2), _sites(facts, 2))
    diverse = Answer.YES if len(facts.media) > 1 else Answer.ASK if facts.unknown_media else Answer.NO
    yield one(3, tr("At least one copy on another type of media"), diverse, media)
    yield one(3, tr("Obsolescence of storage and media is tracked"), Answer.ASK)
    yield one(4, tr("Three copies in places with different threats"), _threats(facts, 3), _sites(facts, 3))
    yield one(4, tr("Storage is as diverse as can be"), Answer.ASK)
    yield one(4, tr("A plan against obsolescence is carried out"), Answer.ASK)


def _integrity(facts: Facts) -> Iterator[Practice]:
    one = partial(Practice, Area.INTEGRITY)

    proven = tr(
        "{proven} of {items} files were proven within {days} days",
        proven=f"{facts.proven:,}",
        items=f"{facts.items:,}",
        days=facts.proof_days,
    )
    snapshots = trn(
        "{count} drive holds the digests and a snapshot of the catalog",
        "{count} drives hold the digests and a snapshot of the catalog",
        facts.snapshots,
    )
    checks = trn(
        "{count} check is recorded for the last year", "{count} checks are recorded for the last year", facts.checks
    )
    known = Answer.YES if facts.items else Answer.NO
    yield one(
        1,
        tr("Digests that came with the content are verified"),
        known,
        tr("lists of digests beside the music are compared at the first meeting"),
    )
    yield one(1, tr("Digests are made where none came"), known, tr("every file has BLAKE3 and SHA-256 digests"))
    yield one(1, tr("Content is checked for viruses"), Answer.ASK)
    yield one(
        2,
        tr("Digests are verified whenever content is copied"),
        known,
        tr("each copy is read back from its drive before it counts"),
    )
    yield one(2, tr("Original media are read with write-blockers"), Answer.ASK)
    yield one(2, tr("Digests are kept apart from the content as well"), _all(facts.snapshots, 1), snapshots)
    yield one(3, tr("Content is verified at fixed intervals"), _all(facts.proven, facts.items), proven)
    yield one(3, tr("Verification and its outcome are documented"), _all(facts.checks, 1), checks)
    yield one(3, tr("Digests can be audited on demand"), known, tr("musicvault scrub; musicvault verify DRIVE"))
    yield one(
        4,
        tr("Content is verified after certain events"),
        known,
        tr("whatever changed, moved or was copied is read again at once"),
    )
    repaired = tr(
        "files that were repaired in the last year: {repaired}; that are damaged now: {open}",
        repaired=f"{facts.repaired:,}",
        open=f"{facts.open_damage:,}",
    )
    yield one(4, tr("Damaged content is replaced or repaired"), Answer.NO if facts.open_damage else known, repaired)


def _control(facts: Facts) -> Iterator[Practice]:
    one = partial(Practice, Area.CONTROL)

    log = trn(
        "{count} event in a log that shows tampering", "{count} events in a log that shows tampering", facts.events
    )
    yield one(1, tr("It is decided who may read, write, move and delete"), Answer.ASK)
    yield one(2, tr("These permissions are documented and applied"), Answer.ASK)
    yield one(3, tr("Logs tell who did what to the content"), _all(facts.events, 1), log)
    yield one(4, tr("The logs are reviewed from time to time"), Answer.ASK)


def _metadata(facts: Facts) -> Iterator[Practice]:
    one = partial(Practice, Area.METADATA)

    known = Answer.YES if facts.items else Answer.NO
    inventory = trn(
        "{count} file is listed with every place where it is",
        "{count} files are listed with every place where they are",
        facts.items,
    )
    snapshots = trn(
        "{count} drive holds a snapshot of the catalog",
        "{count} drives hold a snapshot of the catalog",
        facts.snapshots,
    )
    log = trn(
        "{count} event, exported by: musicvault export premis",
        "{count} events, exported by: musicvault export premis",
        facts.events,
    )
    described = tr(
        "{titled} of {tracks} tracks have a title; the sound of {known} is described",
        titled=f"{facts.titled:,}",
        tracks=f"{facts.tracks:,}",
        known=f"{facts.identified:,}",
    )
    # Less may be enough: that is for a person to say.
    is_enough = 0 < facts.tracks <= min(facts.titled, facts.identified)
    yield one(1, tr("An inventory tells what there is and where"), known, inventory)
    yield one(1, tr("The inventory is backed up apart from the content"), _all(facts.snapshots, 1), snapshots)
    yield one(
        2,
        tr("Enough metadata to know what the content is"),
        Answer.YES if is_enough else Answer.ASK if facts.items else Answer.NO,
        described,
    )
    yield one(3, tr("Metadata standards are chosen and gaps filled"), Answer.ASK)
    yield one(4, tr("Preservation actions are recorded with their times"), _all(facts.events, 1), log)
    yield one(
        4,
        tr("The chosen metadata standards are in use"),
        Answer.YES if facts.events else Answer.NO,
        tr("PREMIS 3 and BagIt 1.0"),
    )


def _content(facts: Facts) -> Iterator[Practice]:
    one = partial(Practice, Area.CONTENT)

    formats = tr(
        "the format of {known} of {tracks} tracks was recognised",
        known=f"{facts.identified:,}",
        tracks=f"{facts.tracks:,}",
    )
    decoded = tr(
        "{decoded} of {tracks} tracks were tried by a decoder", decoded=f"{facts.decoded:,}", tracks=f"{facts.tracks:,}"
    )

    def tracks(have: int) -> Answer:
        """Files without any sound among them have formats that nobody looked at."""
        return Answer.ASK if facts.items and not facts.tracks else _all(have, facts.tracks)

    yield one(1, tr("File formats are documented, with how they were identified"), tracks(facts.identified), formats)
    yield one(2, tr("File formats are verified"), tracks(facts.decoded), decoded)
    yield one(2, tr("Creators are encouraged to choose lasting formats"), Answer.ASK)
    yield one(3, tr("Obsolescence of formats is monitored"), Answer.ASK)
    yield one(4, tr("Content is migrated so that it stays accessible"), Answer.ASK)


_AREAS: tuple[Callable[[Facts], Iterator[Practice]], ...] = (_storage, _integrity, _control, _metadata, _content)
