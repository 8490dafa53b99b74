"""The policy's rules. This version has the default rule only; rules by scope will stand before it by position."""

from __future__ import annotations

from musicvault.catalog.database import Catalog, Transaction
from musicvault.domain.events import Event, EventType
from musicvault.domain.policy import Rule
from musicvault.errors import UsageError
from musicvault.language import tr

_COLUMNS = "name, scope, copies, volumes, proof_days, version_days"
LIMITS = {"copies": (1, 20), "volumes": (1, 20), "proof_days": (1, 3650), "version_days": (0, 36500)}


def default_rule(catalog: Catalog) -> Rule:
    """The rule that stands last and always matches."""
    row = catalog.row(f"SELECT {_COLUMNS} FROM rule ORDER BY position DESC LIMIT 1")
    return Rule(*row) if row else Rule()


def check(rule: Rule) -> None:
    """Raises UsageError for values that are out of range or contradict each other."""
    for key, (low, high) in LIMITS.items():
        value = getattr(rule, key)
        if not low <= value <= high:
            raise UsageError(
                tr("{key} must be from {low} to {high}, not {value}.", key=key, low=low, high=high, value=value)
            )
    if rule.volumes > rule.copies:
        raise UsageError(tr("{volumes} drives need at least {volumes} copies.", volumes=rule.volumes))


def set_default(transaction: Transaction, rule: Rule) -> None:
    """Change the default rule; every item's standing follows. Raises UsageError as `check` does."""
    check(rule)
    transaction.execute(
        "UPDATE rule SET copies = ?, volumes = ?, proof_days = ?, version_days = ?"
        " WHERE position = (SELECT max(position) FROM rule)",
        (rule.copies, rule.volumes, rule.proof_days, rule.version_days),
    )
    transaction.event(
        Event(
            EventType.CONFIGURATION,
            detail={
                "policy": rule.name,
                "copies": rule.copies,
                "volumes": rule.volumes,
                "proof_days": rule.proof_days,
                "version_days": rule.version_days,
            },
        )
    )
    transaction.touch(*(row[0] for row in transaction.execute("SELECT id FROM item")))
