"""The policy's rules, in their order, the default rule (id 1) last. Each change is an event that holds the policy
before and after it, so that it can be taken back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from musicvault.catalog.database import Catalog, Row, Transaction
from musicvault.domain import policies, policy_toml
from musicvault.domain.events import Event, EventType
from musicvault.domain.policy import Rule

DEFAULT_ID = 1
_NAMES = tuple(field.name for field in fields(Rule))
_LISTS = frozenset({"media", "allowed", "forbidden"})
_COLUMNS = ", ".join(_NAMES)
_ORDERED = f"SELECT id, {_COLUMNS} FROM rule ORDER BY id = {DEFAULT_ID}, position, id"


@dataclass(frozen=True, slots=True)
class Stored:
    """A rule and the number under which items remember it."""

    id: int
    rule: Rule


def _rule(row: Row) -> Rule:
    values = dict(zip(_NAMES, row, strict=True))
    for name in _LISTS:
        values[name] = tuple(json.loads(values[name]))
    return Rule(**values)


def every(catalog: Catalog) -> list[Rule]:
    """The policy, first rule to last."""
    return [stored.rule for stored in numbered(catalog)]


def numbered(catalog: Catalog) -> list[Stored]:
    return [Stored(row[0], _rule(row[1:])) for row in catalog.rows(_ORDERED)]


def within(transaction: Transaction) -> list[Stored]:
    """The same as the transaction sees it."""
    return [Stored(row[0], _rule(row[1:])) for row in transaction.execute(_ORDERED)]


def default_rule(catalog: Catalog) -> Rule:
    """The rule that stands last and always matches."""
    row = catalog.row(f"SELECT {_COLUMNS} FROM rule WHERE id = {DEFAULT_ID}")
    return _rule(row) if row else Rule()


def of_item(catalog: Catalog, item_id: int) -> Rule:
    """The rule that decides for an item."""
    columns = ", ".join(f"u.{name}" for name in _NAMES)
    row = catalog.row(f"SELECT {columns} FROM item i JOIN rule u ON u.id = i.rule_id WHERE i.id = ?", (item_id,))
    return _rule(row) if row else default_rule(catalog)


def version_days_of(catalog: Catalog, blake3: bytes) -> int:
    """For how long the rules keep a version with this digest: the longest of all items that had it."""
    sql = (
        "SELECT max(u.version_days) FROM content c JOIN item i ON i.id = c.item_id JOIN rule u ON u.id = i.rule_id"
        " WHERE c.blake3 = ?"
    )
    found = catalog.value(sql, (blake3,))
    return default_rule(catalog).version_days if found is None else int(found)


def put(transaction: Transaction, wanted: Sequence[Rule], did: str, **detail: object) -> None:
    """Make this the policy; the standing of all items follows with the commit. `did` says in a word what was done.
    Raises as `policies.checked` does, with nothing changed."""
    rules = policies.checked(wanted)
    before = [stored.rule for stored in within(transaction)]
    if tuple(before) == rules:
        return
    _write(transaction, rules)
    transaction.event(
        Event(
            EventType.CONFIGURATION,
            detail={"policy": did, **detail, "before": policy_toml.dumps(before), "after": policy_toml.dumps(rules)},
        )
    )
    transaction.touch_all()


def _write(transaction: Transaction, rules: Sequence[Rule]) -> None:
    """Rules keep the number of the rule that had their name."""
    numbers = {row[0]: row[1] for row in transaction.execute("SELECT name, id FROM rule")}
    free = max(numbers.values(), default=DEFAULT_ID) + 1
    transaction.execute("DELETE FROM rule")
    taken = {DEFAULT_ID}
    for position, rule in enumerate(rules):
        number = DEFAULT_ID if rule is rules[-1] else numbers.get(rule.name, DEFAULT_ID)
        if rule is not rules[-1] and number in taken:
            number, free = free, free + 1
        taken.add(number)
        values = [json.dumps(getattr(rule, name)) if name in _LISTS else getattr(rule, name) for name in _NAMES]
        marks = ", ".join("?" * (len(values) + 2))
        transaction.execute(f"INSERT INTO rule(id, position, {_COLUMNS}) VALUES({marks})", (number, position, *values))


def set_default(transaction: Transaction, rule: Rule) -> None:
    """Change the default rule; every item's standing follows. Raises UsageError as `policies.check` does."""
    rules = [stored.rule for stored in within(transaction)]
    put(transaction, [*rules[:-1], rule], "edited", rule=rule.name)


def mend(transaction: Transaction) -> None:
    """See that there is a default rule: rules that came from elsewhere may lack one."""
    row = transaction.execute("SELECT scope FROM rule WHERE id = ?", (DEFAULT_ID,)).fetchone()
    if row is None or row[0].strip():
        kept = [stored.rule for stored in within(transaction) if stored.rule.scope.strip()]
        names = {rule.name for rule in kept}
        name = next(name for name in (Rule().name, *(f"{Rule().name} {n}" for n in range(2, 200))) if name not in names)
        _write(transaction, [*kept, Rule(name)])


def relabelled(transaction: Transaction, labels: Mapping[str, str]) -> None:
    """Drives have new labels: the rules that name them follow. No change of what is wanted, so no event of its own."""
    rules = [stored.rule for stored in within(transaction)]
    after = [_naming(rule, labels) for rule in rules]
    if after != rules:
        _write(transaction, after)


def _naming(rule: Rule, labels: Mapping[str, str]) -> Rule:
    """The rule with these drives called otherwise."""

    def renamed(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(labels.get(name, name) for name in names)

    return replace(rule, allowed=renamed(rule.allowed), forbidden=renamed(rule.forbidden))


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the policy that stands in the log: event number, when, what was done, and the policy as TOML."""

    event: int
    at: float
    did: str
    before: str
    after: str
    undoes: int | None


def before(catalog: Catalog, change: Change) -> tuple[Rule, ...]:
    """The policy before a change, its drives called as they are today."""
    labels: dict[str, tuple[str, str]] = {}  # by vault: what it was called then, and is now
    for vault_id, was, label in catalog.rows(
        "SELECT vault_id, json_extract(detail, '$.was'), json_extract(detail, '$.label') FROM event"
        " WHERE type = ? AND id > ? AND vault_id IS NOT NULL AND json_extract(detail, '$.label') IS NOT NULL"
        " AND json_extract(detail, '$.was') IS NOT NULL ORDER BY id",
        (EventType.CONFIGURATION.value, change.event),
    ):
        labels[vault_id] = labels.get(vault_id, (was, was))[0], label
    today = dict(labels.values())
    return tuple(_naming(rule, today) for rule in policy_toml.loads(change.before))


def changes(catalog: Catalog) -> list[Change]:
    """All changes of the policy, newest first."""
    rows = catalog.rows(
        "SELECT id, at, detail FROM event WHERE type = ? AND json_extract(detail, '$.before') IS NOT NULL"
        " AND json_extract(detail, '$.policy') IS NOT NULL ORDER BY id DESC",
        (EventType.CONFIGURATION.value,),
    )
    found = []
    for number, at, text in rows:
        detail = json.loads(text)
        undoes = detail.get("undoes")
        found.append(Change(number, at, detail["policy"], detail["before"], detail["after"], undoes))
    return found
