"""What is known of a volume's health: our own reads of it, what its disk said of itself, and the verdict on both.

Bounded: the newest passes and errors of each volume are kept. The verdict is written again whenever one of both
changes, and the standing of all that lies on the volume follows when it turns.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, NamedTuple

from musicvault.catalog.database import Catalog, Row, Transaction
from musicvault.catalog.vaults import touch_items
from musicvault.domain import curves
from musicvault.domain.curves import Curve, Part
from musicvault.domain.events import Event, EventType, Outcome
from musicvault.domain.health import Health, HealthState, Seen, SmartReport, combine, judge_seen, judge_smart
from musicvault.domain.paths import display
from musicvault.language import tr

KEPT_PASSES = 12
KEPT_ERRORS = 200
OLDEST_WORD_S = 60 * 86400.0
"""After so long a disk's word that it is well is none any more."""


@dataclass(frozen=True, slots=True)
class ReadPass:
    """One pass of reading over a volume. `basis` is what the parts of the curve are: "device" (by place on the device)
    or "order" (by the order in which the files were read). `errors` and `corrupt` count files. What was read of
    one `round` in several goes (the service's slices, a scrub that was interrupted) is one pass; empty: its own."""

    volume_id: str
    at: float
    complete: bool
    basis: str
    files: int
    bytes: int
    errors: int
    corrupt: int
    curve: Curve
    round: str = ""


@dataclass(frozen=True, slots=True)
class ReadError:
    """A file that the device could not read: `path` below its library or vault, `place` the byte in the file,
    `physical` the byte of the device; None where unknown."""

    path: bytes
    place: int | None
    physical: int | None
    cause: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class StoredHealth:
    """The verdict as it was last written; `smart` is what the disk said at `asked_at`, None where it never was
    asked."""

    state: HealthState
    reason: str
    at: float
    smart: SmartReport | None
    asked_at: float = 0.0


def record_pass(transaction: Transaction, read: ReadPass, errors: Sequence[ReadError]) -> None:
    """Write down what a pass showed, or added to its round, and judge the volume anew."""
    whole = _joined(transaction, read)
    transaction.execute(
        "INSERT OR REPLACE INTO read_pass(volume_id, at, complete, basis, files, bytes, errors, corrupt, curve, round)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(whole.volume_id, whole.at, int(whole.complete), whole.basis, whole.files, whole.bytes, whole.errors),
            *(whole.corrupt, json.dumps([[part.bytes, round(part.seconds, 4)] for part in whole.curve]), whole.round),
        ),
    )
    transaction.execute(
        "DELETE FROM read_pass WHERE volume_id = ?1 AND (at, round) NOT IN"
        " (SELECT at, round FROM read_pass WHERE volume_id = ?1 ORDER BY at DESC LIMIT ?2)",
        (read.volume_id, KEPT_PASSES),
    )
    transaction.executemany(
        "INSERT INTO read_error(volume_id, at, path, place, physical, cause) VALUES(?, ?, ?, ?, ?, ?)",
        [
            (read.volume_id, read.at, error.path, error.place, error.physical, error.cause)
            for error in errors[:KEPT_ERRORS]
        ],
    )
    transaction.execute(
        "DELETE FROM read_error WHERE volume_id = ?1 AND id NOT IN"
        " (SELECT id FROM read_error WHERE volume_id = ?1 ORDER BY id DESC LIMIT ?2)",
        (read.volume_id, KEPT_ERRORS),
    )
    judge(transaction, read.volume_id)


def _joined(transaction: Transaction, read: ReadPass) -> ReadPass:
    """The pass with what its round has shown so far, whose row is taken out. Curves by different bases can't be added:
    the one that rests on more stays."""
    if not read.round:
        return read
    before = next((one for one in passes(transaction, read.volume_id) if one.round == read.round), None)
    if before is None:
        return read
    transaction.execute("DELETE FROM read_pass WHERE volume_id = ? AND round = ?", (read.volume_id, read.round))
    larger = max(before, read, key=lambda one: sum(part.bytes for part in one.curve))
    return replace(
        read,
        basis=larger.basis,
        files=before.files + read.files,
        bytes=before.bytes + read.bytes,
        errors=before.errors + read.errors,
        corrupt=before.corrupt + read.corrupt,
        curve=curves.added(before.curve, read.curve) if before.basis == read.basis else larger.curve,
    )


def set_smart(transaction: Transaction, volume_id: str, report: SmartReport) -> None:
    """Write down what the disk said of itself, and judge the volume anew. A drive that can't be asked just now (asleep,
    no rights) doesn't take back what it said before."""
    before = of_volume(transaction, volume_id)
    if report.problem and before is not None and before.smart is not None and not before.smart.problem:
        judge(transaction, volume_id)
        return
    judge(transaction, volume_id, report)


def judge(transaction: Transaction, volume_id: str, said: SmartReport | None = None) -> Health:
    """Bring the verdict up to date, by what the disk said just now or before. Where it turns to failing or from it, an
    event tells, and the standing of all that lies there follows."""
    before = of_volume(transaction, volume_id)
    smart, asked_at = said, transaction.now
    if said is None and before is not None:
        smart, asked_at = before.smart, before.asked_at
    own_word = Health(HealthState.UNKNOWN, (tr("The disk was not asked yet."),))
    if smart is not None:
        own_word = _aged(judge_smart(smart), asked_at, transaction.now)
    found = combine(own_word, judge_seen(seen(transaction, volume_id)))
    _write(transaction, volume_id, found, smart, asked_at)
    was_failing = before is not None and before.state is HealthState.FAILING
    if was_failing is not (found.state is HealthState.FAILING):
        _turned(transaction, volume_id, found)
    return found


def _aged(said: Health, asked_at: float, now: float) -> Health:
    """What a disk said long ago, or by a clock that was wrong, can't call it well any more; failing it stays."""
    if said.state is not HealthState.HEALTHY or 0 <= now - asked_at <= OLDEST_WORD_S:
        return said
    days = max(0, round((now - asked_at) / 86400))
    return Health(HealthState.UNKNOWN, (tr("The disk was last asked {days} days ago.", days=days), *said.reasons))


def _turned(transaction: Transaction, volume_id: str, found: Health) -> None:
    failing = found.state is HealthState.FAILING
    vaults = transaction.execute("SELECT id, label FROM vault WHERE volume_id = ?", (volume_id,)).fetchall()
    for vault_id, label in vaults:
        touch_items(transaction, vault_id)
        detail = {"drive health": found.state.value, "label": label, "reason": found.reason}
        outcome = Outcome.FAIL if failing else Outcome.SUCCESS
        transaction.event(Event(EventType.FIXITY_CHECK, outcome, vault_id=vault_id, detail=detail))
    rows = transaction.execute(
        "SELECT i.id FROM item i JOIN library l ON l.id = i.library_id WHERE l.volume_id = ?", (volume_id,)
    )
    transaction.touch(*(row[0] for row in rows))


def _write(transaction: Transaction, volume_id: str, found: Health, smart: SmartReport | None, asked_at: float) -> None:
    transaction.execute(
        "INSERT OR REPLACE INTO health(volume_id, state, reason, at, smart, asked_at) VALUES(?, ?, ?, ?, ?, ?)",
        (
            *(volume_id, found.state.value, found.reason, transaction.now),
            *((json.dumps(asdict(smart)), asked_at) if smart is not None else ("", 0.0)),
        ),
    )


# -- reading


def of_volume(source: Catalog | Transaction, volume_id: str) -> StoredHealth | None:
    """The verdict on a volume, None where there is none."""
    rows = _rows(source, "SELECT state, reason, at, smart, asked_at FROM health WHERE volume_id = ?", (volume_id,))
    if not rows:
        return None
    state, reason, at, smart, asked_at = rows[0]
    known = HealthState(state) if state in {one.value for one in HealthState} else HealthState.UNKNOWN
    return StoredHealth(known, _plain(reason), at, _smart(smart), asked_at)


class Failing(NamedTuple):
    """A drive or library (its id, its label or name) on a volume that is failing, and why."""

    id: str | int
    name: str
    reason: str


def failing_drives(catalog: Catalog) -> list[Failing]:
    """Drives in service on failing volumes, by label."""
    return [
        Failing(*row)
        for row in catalog.rows(
            "SELECT v.id, v.label, h.reason FROM health h JOIN vault v ON v.volume_id = h.volume_id"
            " WHERE h.state = 'failing' AND v.removed_at IS NULL AND v.retired_at IS NULL ORDER BY v.label"
        )
    ]


def failing_libraries(catalog: Catalog) -> list[Failing]:
    """Libraries on failing volumes, by name; none where a drive in service is on the same volume."""
    return [
        Failing(*row)
        for row in catalog.rows(
            "SELECT l.id, l.name, h.reason FROM health h JOIN library l ON l.volume_id = h.volume_id"
            " WHERE h.state = 'failing' AND l.removed_at IS NULL"
            " AND l.volume_id NOT IN (SELECT volume_id FROM vault WHERE removed_at IS NULL AND retired_at IS NULL)"
            " ORDER BY l.name"
        )
    ]


def passes(source: Catalog | Transaction, volume_id: str) -> list[ReadPass]:
    """The passes that are kept, newest first."""
    sql = (
        "SELECT volume_id, at, complete, basis, files, bytes, errors, corrupt, curve, round FROM read_pass"
        " WHERE volume_id = ? ORDER BY at DESC"
    )
    return [
        ReadPass(row[0], row[1], bool(row[2]), row[3], row[4], row[5], row[6], row[7], _curve(row[8]), row[9])
        for row in _rows(source, sql, (volume_id,))
    ]


def errors(source: Catalog | Transaction, volume_id: str, since: float = 0.0) -> list[ReadError]:
    """The read errors that are kept, newest first."""
    sql = "SELECT path, place, physical, cause, at FROM read_error WHERE volume_id = ? AND at >= ? ORDER BY id DESC"
    return [ReadError(*row) for row in _rows(source, sql, (volume_id, since))]


def seen(source: Catalog | Transaction, volume_id: str) -> Seen:
    """What our own reads say: errors since the last complete pass without any, and how the speed changed."""
    known = passes(source, volume_id)
    if not known:
        return Seen()
    clean = next((one.at for one in known if one.complete and not one.errors), 0.0)
    bad = {error.path for error in errors(source, volume_id) if error.at > clean}
    newest = known[0]
    before = [one.curve for one in known[1:] if one.basis == newest.basis]
    return Seen(
        error_files=len(bad),
        corrupt=sum(one.corrupt for one in known),
        bytes_read=sum(one.bytes for one in known),
        slower=curves.change(newest.curve, before),
        slow_parts=len(curves.slow_parts(newest.curve)) if newest.basis == "device" else 0,
    )


def _rows(source: Catalog | Transaction, sql: str, parameters: tuple[object, ...]) -> list[Row]:
    if isinstance(source, Catalog):
        return source.rows(sql, parameters)
    return source.execute(sql, parameters).fetchall()


def _smart(text: str) -> SmartReport | None:
    """A report as it was written; a snapshot of another catalog may hold anything."""
    try:
        values = dict(json.loads(text))
        values["counters"] = {int(number): int(count) for number, count in values["counters"].items()}
        values |= {name: _plain(str(values[name])) for name in ("problem", "protocol", "model")}
        values["below_now"] = tuple(str(name) for name in values["below_now"])
        report = SmartReport(**{field.name: values[field.name] for field in fields(SmartReport)})
        if not all(isinstance(values[name], int | None) for name in ("temperature", "hours", "percentage_used")):
            return None
        judge_smart(report)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return report


def _plain(text: str) -> str:
    """Words that may have come with another computer's snapshot, fit for a terminal."""
    return display(text.encode("utf-8", "replace"))


def _curve(text: str) -> Curve:
    try:
        parts: list[Any] = json.loads(text)
        found = tuple(Part(int(size), float(seconds)) for size, seconds in parts)
    except (ValueError, TypeError, RecursionError):
        return curves.EMPTY
    return found if len(found) == curves.PARTS else curves.EMPTY
