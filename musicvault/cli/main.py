"""The command line's one entrance and its one exit: every way to end becomes an exit code and a sentence.

The first that applies: 130 cancelled · 1 a bug · 2 usage · 10–19 a VaultError · 20 damage stands · 22 changes
wait · 3 some files failed · 0. No traceback ever, but for bugs with MUSICVAULT_DEBUG=1.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from musicvault.cli.root import app
from musicvault.cli.session import Session, Toolkit
from musicvault.domain.query import QueryError
from musicvault.errors import Cancelled, ItemError, UsageError, VaultError
from musicvault.language import tr

PROGRAM = "musicvault"
DEBUG_VARIABLE = "MUSICVAULT_DEBUG"

# typer's own "these words make no sense", wherever its version keeps the class.
_WordsError: type[Exception] = typer.BadParameter.__mro__[2]


def run(arguments: Sequence[str], toolkit: Toolkit | None = None) -> int:
    """Run one command; gives the exit code. Without a toolkit there is no window to open."""
    session = Session(toolkit)
    session.stopper.install()
    try:
        return _run(session, list(arguments))
    except KeyboardInterrupt:  # while the end was being printed
        return Cancelled.exit_code
    finally:
        session.close()


def _run(session: Session, arguments: list[str]) -> int:
    code, sentence = _outcome(session, arguments)
    command = session.command
    if command or sentence:
        if sentence and code == UsageError.exit_code and "--json" in arguments:
            session.json = True
        session.finish(command, code, sentence)
    if sentence:
        _complain(sentence)
    return code


def _outcome(session: Session, arguments: list[str]) -> tuple[int, str]:
    """The exit code, and the sentence for standard error."""
    try:
        returned = typer.main.get_command(app).main(arguments, prog_name=PROGRAM, standalone_mode=False, obj=session)
    except (Cancelled, KeyboardInterrupt, typer.Abort):
        return _stopped()
    except QueryError as error:
        session.summary({"position": error.position})
        return error.exit_code, str(error) if session.json else "\n  ".join((str(error), *error.marked()))
    except (UsageError, VaultError) as error:
        return error.exit_code, str(error)
    except ItemError as error:
        return 3, str(error)
    except _WordsError as error:
        return UsageError.exit_code, _words(error)
    except Exception as error:
        return _bug(error)
    if returned == Cancelled.exit_code and not session.outcome.exit_code:
        return _stopped()
    return session.outcome.exit_code, ""


def _stopped() -> tuple[int, str]:
    return Cancelled.exit_code, tr("Stopped. What was done stays done.")


def _words(error: Exception) -> str:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else PROGRAM
    return tr("{message} Help: {command} --help", message=_ended(" ".join(message.split())), command=path)


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."


def _bug(error: Exception) -> tuple[int, str]:
    if os.environ.get(DEBUG_VARIABLE):
        import traceback

        traceback.print_exc()
    what = f"{type(error).__name__}: {error}"
    return 1, tr(
        "This is a mistake in MusicVault, not yours ({what}). Please report it; {variable}=1 shows the details.",
        what=what,
        variable=DEBUG_VARIABLE,
    )


def _complain(sentence: str) -> None:
    if sys.stderr is None:
        return
    try:
        print(f"{PROGRAM}: {sentence}", file=sys.stderr, flush=True)
    except BrokenPipeError:
        pass
