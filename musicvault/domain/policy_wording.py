"""Rules, what is missing for them, and plans in plain words: worded once, used by window, command line and reports."""

from __future__ import annotations

from collections.abc import Sequence

from musicvault.domain import wording
from musicvault.domain.drives import Relation, Tie
from musicvault.domain.further import Further
from musicvault.domain.needs import Reason
from musicvault.domain.policies import Obstacle
from musicvault.domain.policy import Rule, Shortfall
from musicvault.language import tr, trn


def sentence(rule: Rule) -> str:
    """The rule as a sentence; what it doesn't ask for goes unsaid."""
    return tr("{name}: {asked}", name=tr(rule.name), asked=wish(rule))


def wish(rule: Rule) -> str:
    """The same without the rule's name."""
    asked = [
        trn("{count} copy", "{count} copies", rule.copies)
        + " "
        + trn("on {count} drive", "on {count} different drives", rule.volumes)
    ]
    if rule.sites > 1:
        asked.append(trn("at {count} site", "at {count} sites", rule.sites))
    if rule.detached:
        asked.append(trn("{count} of them unplugged or remote", "{count} of them unplugged or remote", rule.detached))
    if rule.kinds > 1:
        asked.append(trn("on {count} kind of drive", "on {count} kinds of drive", rule.kinds))
    if rule.media:
        asked.append(tr("at least one each on {media}", media=", ".join(rule.media)))
    if rule.allowed:
        asked.append(tr("only on {drives}", drives=", ".join(rule.allowed)))
    if rule.forbidden:
        asked.append(tr("not on {drives}", drives=", ".join(rule.forbidden)))
    asked.append(tr("proven every {days}", days=_days(rule.proof_days)))
    if rule.unseen_days < rule.proof_days:
        asked.append(tr("from drives seen in the last {days}", days=_days(rule.unseen_days)))
    text = ", ".join(asked) + "; " + tr("older versions are kept for {days}.", days=_days(rule.version_days))
    if rule.parity:
        text += " " + tr("Recovery data of {percent} %.", percent=rule.parity)
    return text


def template(name: str) -> tuple[str, str]:
    """What a template is called, and what it is good for."""
    return {
        "one-spare": (tr("One spare drive"), tr("A second copy on a drive of its own. Survives a broken disk.")),
        "3-2-1": (tr("3-2-1"), tr("Three copies on two drives, one of them kept elsewhere. Survives a fire at home.")),
        "station": (
            tr("Station archive"),
            tr("Four copies, one unplugged, recovery data, and older versions for a year. For a small archive."),
        ),
        "ndsa-2": (tr("NDSA level 2"), tr("Three copies, one in another place. The first level that survives a site.")),
        "ndsa-3": (
            tr("NDSA level 3"),
            tr("Three drives of two kinds at two sites, for collections that others rely on."),
        ),
        "ndsa-4": (tr("NDSA level 4"), tr("Four drives at three sites, proven every month. The strictest there is.")),
    }[name]


def _days(count: int) -> str:
    return trn("{count} day", "{count} days", count)


def obstacle(value: Obstacle) -> str:
    """Why a rule can't be met with the drives that there are, and what would help."""
    if value.shortfall is None:
        return tr("it names drives that nobody knows: {labels}", labels=", ".join(value.labels))
    helps = {
        Shortfall.COPIES: tr("add another drive"),
        Shortfall.ONLY_COPY: tr("add another drive"),
        Shortfall.VOLUMES: tr("add a drive on another disk"),
        Shortfall.SITES: tr("keep a drive elsewhere, and say where it and this computer are"),
        Shortfall.DETACHED: tr("add a drive that is unplugged when not in use, or one in another place"),
        Shortfall.MEDIA: tr("add a drive of that kind, or say of which kind one is"),
        Shortfall.KINDS: tr("add a drive of another kind, or say of which kind each is"),
    }
    nouns = {
        Shortfall.COPIES: trn("{count} copy", "{count} copies", value.want),
        Shortfall.VOLUMES: trn("{count} different drive", "{count} different drives", value.want),
        Shortfall.SITES: trn("{count} site", "{count} sites", value.want),
        Shortfall.DETACHED: trn("{count} unplugged or remote copy", "{count} unplugged or remote copies", value.want),
        Shortfall.MEDIA: trn("{count} of the kinds named", "{count} of the kinds named", value.want),
        Shortfall.KINDS: trn("{count} kind of drive", "{count} kinds of drive", value.want),
    }
    return tr(
        "it wants {wanted}, and all drives together make {have}: {help}",
        wanted=nouns.get(value.shortfall, wording.shortfall(value.shortfall)),
        have=value.have,
        help=helps[value.shortfall],
    )


def further(rule: str, value: Further) -> str:
    """What further drives a rule (by its name) takes."""
    return trn(
        "{rule}: {size} more on {count} further drive.",
        "{rule}: {size} more on {count} further drives.",
        value.drives,
        rule=tr(rule),
        size=wording.size(value.bytes),
    )


def relation(value: Relation) -> str:
    """Why two drives may be lost together."""
    text = {
        Tie.DISK: tr("{one} and {other} are on one disk: they count as one"),
        Tie.ENCLOSURE: tr("{one} and {other} are in one case ({what}): one power supply, one fall"),
        Tie.SITE: tr("{one} and {other} are kept at one site ({what})"),
        Tie.MODEL: tr("{one} and {other} are of one model ({what}): they may age alike"),
    }[value.tie]
    return text.format(one=value.one, other=value.other, what=value.what)


def missing(shortfalls: Sequence[Shortfall]) -> str:
    """What an item lacks, the worst first."""
    # That there is only one copy says already that there are too few, on too few drives.
    said = {Shortfall.COPIES, Shortfall.VOLUMES} if Shortfall.ONLY_COPY in shortfalls else set()
    told = [one for one in shortfalls if one not in said]
    return "; ".join(wording.shortfall(one) for one in told)


_REASONS = {
    Reason.NO_COPY: "the drive has no copy yet",
    Reason.NEW_VERSION: "it changed in the library",
    Reason.RENAMED: "it was renamed in the library",
}


def why(value: Reason) -> str:
    """Why an action would be done."""
    return tr(_REASONS[value])


def reason(value: Reason, good: int, wanted: int) -> str:
    """The same, and how well the item is protected without it."""
    text = why(value)
    if value is Reason.RENAMED:
        return text
    have = trn("{count} good copy", "{count} good copies", good)
    return tr("{reason}; {have} of {wanted}", reason=text, have=have, wanted=wanted)
