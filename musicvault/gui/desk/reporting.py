"""Files that the window gives out and takes in: reports, and policies as TOML. Not for the Qt thread."""

from __future__ import annotations

import os

from musicvault.catalog import rules
from musicvault.domain import policy_toml
from musicvault.domain.paths import display
from musicvault.domain.policy import Rule
from musicvault.engine.context import Context
from musicvault.engine.report import report
from musicvault.errors import UsageError, reason_of
from musicvault.gui.printing import pdf
from musicvault.language import tr
from musicvault.reports import tables
from musicvault.reports.page import page, printable
from musicvault.storage.delivery import new_file

FORMATS = ("html", "pdf", "csv", "json")


def write_report(ctx: Context, form: str, days: int, path: bytes) -> None:
    """Write the report as one of FORMATS; the file is there whole or not at all, and takes the place of one that is
    there (the chooser has asked). Raises UsageError and VaultErrors."""
    found = report(ctx, days)
    if form == "csv":
        data = tables.table(found).encode("utf-8")
    elif form == "json":
        data = tables.document(found).encode("utf-8", "backslashreplace")
    elif form == "pdf":
        data = pdf(*printable(found, ctx.catalog.path), tr("MusicVault report"))
    else:
        data = page(found, ctx.catalog.path).encode("utf-8", "backslashreplace")
    with new_file(os.path.abspath(path), replace=True) as write:
        write(data)


def export_policy(ctx: Context, path: bytes) -> None:
    """Write the policy in force as TOML, in the place of what is there. Raises UsageError and VaultErrors."""
    text = policy_toml.dumps(rules.every(ctx.catalog))
    with new_file(os.path.abspath(path), replace=True) as write:
        write(text.encode("utf-8"))


def read_policy(path: bytes) -> tuple[Rule, ...]:
    """The policy that a TOML file holds. Raises UsageError where it can't be read or is none."""
    try:
        with open(path, "rb") as source:
            data = source.read(policy_toml.LARGEST + 1)
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        cause = reason_of(error) if isinstance(error, OSError) else tr("it is no text")
        raise UsageError(tr("{file} can't be read: {cause}", file=display(path), cause=cause)) from error
    return policy_toml.loads(text)
