"""Ready-made promises, shared by the policy screen and the first run."""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.gui.models import PolicyModel
from musicvault.language import tr, trn


@dataclass(frozen=True, slots=True)
class Template:
    """A rule with a name and what it is good for."""

    name: str
    words: str
    rule: PolicyModel


def templates() -> tuple[Template, ...]:
    """From modest to strict. 3-2-1 is the photographers' rule (Krogh); three copies, two drives, one elsewhere."""
    return (
        Template(
            tr("One drive"),
            tr("A second copy on one drive, proven every 90 days. Survives a broken disk."),
            PolicyModel(copies=2, drives=2, sites=1, proof_days=90, keep_days=90),
        ),
        Template(
            tr("Two drives"),
            tr("Three copies on three disks, proven every 90 days. Survives two broken disks."),
            PolicyModel(copies=3, drives=3, sites=1, proof_days=90, keep_days=90),
        ),
        Template(
            tr("3-2-1"),
            tr("Three copies, two drives, one away from home. Survives fire and theft too."),
            PolicyModel(copies=3, drives=2, sites=2, proof_days=90, keep_days=180),
        ),
    )


def sentence(rule: PolicyModel) -> str:
    """The rule in words."""
    return tr(
        "Everything: {copies} on {drives}, {places}, proven every {days}.",
        copies=trn("{count} copy", "{count} copies", rule.copies),
        drives=trn("{count} drive", "{count} drives", rule.drives),
        places=trn("in one place", "in {count} places", rule.sites),
        days=trn("{count} day", "{count} days", rule.proof_days),
    )
