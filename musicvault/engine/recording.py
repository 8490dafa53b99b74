"""Writing a judged observation of a library's file into the catalog: state, finding and event in one transaction (M5).

Scan and scrub both end here, so that an edit found by a scrub is recorded like one found by a scan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from musicvault.catalog import contents, findings, items, replicas
from musicvault.catalog.database import Catalog, Transaction
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.domain.events import Event, EventType, Outcome
from musicvault.domain.paths import display
from musicvault.domain.states import ReplicaState, transition
from musicvault.domain.values import Examination, Stat
from musicvault.domain.verdict import Evidence, Finding, Verdict

ACCEPTED = frozenset({Verdict.RETAGGED, Verdict.UPDATED})
"""Verdicts that make what was seen the new expectation, unless the brake is on."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A library's file that was read and judged, small enough to keep thousands until the brake is decided.
    `content_id` is the recorded content of what was seen, None where nothing could be read."""

    item_id: int
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    bad_blocks: tuple[int, ...]
    stat: Stat | None
    content_id: int | None


def finding_of(item: Item, where: str, observed: Observed) -> Finding:
    return Finding(item.path, where, observed.verdict, observed.evidence, observed.bad_blocks)


def record(
    transaction: Transaction, catalog: Catalog, item: Item, where: str, observed: Observed, *, braked: bool = False
) -> Finding:
    """Write one observation; gives the finding. With the brake on, nothing becomes a new expectation."""
    replica = replicas.in_library(catalog, item.id)
    finding = finding_of(item, where, observed)
    if observed.verdict is Verdict.INTACT:
        _record_intact(transaction, item, replica, observed)
    elif observed.verdict in ACCEPTED and not braked:
        _record_accepted(transaction, catalog, item, observed)
    elif observed.verdict in ACCEPTED:
        finding = Finding(item.path, where, observed.verdict, (*observed.evidence, Evidence("brake")))
        _record_trouble(transaction, item, replica, finding, observed, ReplicaState.HELD, braked=True)
    else:
        state = transition(replica.state, observed.verdict)
        _record_trouble(transaction, item, replica, finding, observed, state, braked=braked)
    return finding


def _record_intact(transaction: Transaction, item: Item, replica: Replica, observed: Observed) -> None:
    if observed.stat is not None:
        replicas.set_stat(transaction, replica.id, observed.stat)
    contents.confirm(transaction, item.content.id)
    if item.forgotten:
        items.set_expected(transaction, item.id)
    if replica.state is not ReplicaState.INTACT:
        replicas.set_state(transaction, replica, ReplicaState.INTACT)
        transaction.event(
            item.event(EventType.FIXITY_CHECK, detail={"verdict": Verdict.INTACT.value, "was": replica.state.value})
        )


def _record_accepted(transaction: Transaction, catalog: Catalog, item: Item, observed: Observed) -> None:
    assert observed.content_id is not None
    assert observed.stat is not None
    seen = contents.recorded(catalog, observed.content_id, item.kind, observed.stat)
    before, after = contents.wrapper(catalog, item.content.id).fields, seen.wrapper.fields
    items.make_current(transaction, item, observed.content_id, seen)
    retag = observed.verdict is Verdict.RETAGGED
    transaction.event(
        item.event(
            EventType.METADATA_MODIFICATION if retag else EventType.MODIFICATION,
            detail={
                "verdict": observed.verdict.value,
                "before": item.content.digests.blake3.hex(),
                "after": seen.digests.blake3.hex(),
                **field_changes(before, after),
            },
        )
    )


def _record_trouble(
    transaction: Transaction,
    item: Item,
    replica: Replica,
    finding: Finding,
    observed: Observed,
    state: ReplicaState,
    *,
    braked: bool,
) -> None:
    if observed.verdict in (Verdict.UNSTABLE, Verdict.UNAVAILABLE):
        return  # no verdict, no change of state (M2)
    replicas.set_state(transaction, replica, state)
    if state is ReplicaState.FORGOTTEN:
        return
    findings.keep(transaction, replica.id, finding, observed.content_id, braked=braked)
    if observed.stat is not None:
        replicas.set_stat(transaction, replica.id, observed.stat)
    transaction.event(finding_event(item, finding))


def finding_event(item: Item, finding: Finding, vault_id: str | None = None) -> Event:
    """The audit event of a finding that isn't good news."""
    return item.event(
        EventType.FIXITY_CHECK,
        Outcome.WARNING if finding.verdict.waits_for_user else Outcome.FAIL,
        vault_id=vault_id,
        detail={
            "verdict": finding.verdict.value,
            "evidence": [[fact.code, dict(fact.values)] for fact in finding.evidence],
            "bad_blocks": list(finding.bad_blocks[:64]),
        },
    )


def record_move(transaction: Transaction, item: Item, path: bytes, stat: Stat, seen: Examination | None = None) -> None:
    """The item's file stands under another path, with the same bytes (then `seen` is what was read), or with the same
    sound."""
    items.move(transaction, item, path, stat, seen)
    transaction.event(
        Event(
            EventType.FILENAME_CHANGE,
            item_id=item.id,
            library_id=item.library_id,
            path=path,
            detail={"from": display(item.path), "to": display(path), "by": "scan"},
        )
    )


_SHOWN = 20
_VALUE = 200


def field_changes(before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]) -> dict[str, object]:
    """Fields that differ, with their values before and after, bounded for the log."""
    names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return {
        "fields": {
            name: [_short(before.get(name)), _short(after.get(name))] for name in names[:_SHOWN] if name != "lyrics"
        }
    }


def _short(values: tuple[str, ...] | None) -> list[str]:
    return [value[:_VALUE] for value in (values or ())[:_SHOWN]]
