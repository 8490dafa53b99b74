"""`reject`: what stands in the library is wrong."""

from __future__ import annotations

from musicvault.cli.command import DryRun, SomeFiles, Yes, command, new_app
from musicvault.cli.deciding import decide
from musicvault.cli.session import Session

app = new_app()


@command(app, 'musicvault reject "pastel blues" --yes')
def reject(
    session: Session,
    query: SomeFiles,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Put the proven version of changed files back.

    What stood in the library is kept aside."""
    from musicvault.engine.decide import reject as job

    decide(session, job, query, yes=yes)
