"""What a rule of the policy can wish for, as options; the same for each command that makes or changes a rule."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from musicvault.cli.command import Options
from musicvault.domain.policies import LIMITS


def _number(option: str, key: str, metavar: str, help: str) -> Any:
    """A number, within the limits of that value."""
    low, high = LIMITS[key]
    return Annotated[int | None, typer.Option(option, metavar=metavar, min=low, max=high, help=help)]


def _words(option: str, metavar: str, help: str) -> Any:
    return Annotated[list[str] | None, typer.Option(option, metavar=metavar, help=help)]


_VALUES = {
    "copies": _number("--copies", "copies", "N", "Copies of each file, the library's own included."),
    "volumes": _number("--volumes", "volumes", "N", "On at least this many different drives."),
    "sites": _number("--sites", "sites", "N", "At so many different sites."),
    "detached": _number("--detached", "detached", "N", "So many on drives that are unplugged or remote."),
    "media": _words("--media", "KIND", "At least one on this kind (may be repeated)."),
    "kinds": _number("--kinds", "kinds", "N", "On so many different kinds of drive."),
    "proof_days": _number("--prove-every", "proof_days", "DAYS", "A proof counts this long."),
    "unseen_days": _number("--unseen", "unseen_days", "DAYS", "A drive may stay away this long before it is stale."),
    "version_days": _number("--keep-versions", "version_days", "DAYS", "Older versions are kept this long."),
    "parity": _number("--parity", "parity", "PERCENT", "Recovery data beside the copies."),
    "priority": _number("--priority", "priority", "N", "The higher goes first, of equally protected files."),
    "allowed": _words("--only-on", "LABEL", "Only these drives ('' for any)."),
    "forbidden": _words("--not-on", "LABEL", "Never these drives ('' for none)."),
}
WISHES: Options = {key: (annotation, None) for key, annotation in _VALUES.items()}
"""By the names of `domain.policy.Rule`; what isn't given is None."""
