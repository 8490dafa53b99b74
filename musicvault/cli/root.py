"""The commands, by section; each module is imported only when its command is run or listed.

Importing all of them costs more than `status` itself takes, so the group looks them up by name.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from musicvault import __version__
from musicvault.cli.command import Catalog, Json, Verbose, note_common, session_of
from musicvault.language import tr

SECTIONS = {
    "Protect": ("protect", "library", "drive", "scan", "plan", "sync", "watch"),
    "Prove and heal": ("scrub", "check", "repair", "restore", "drill", "verify", "rebuild"),
    "Decide": ("accept", "reject", "forget", "adopt", "refuse", "policy"),
    "Look": ("status", "risk", "search", "history", "versions"),
    "Edit": ("tag",),
    "Hand over": ("export", "report"),
    "Learn": ("demo", "doctor"),
}


class _Modules(MutableMapping[str, Any]):
    """Name to command, loaded when it is asked for."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}
        self._names = [name for names in SECTIONS.values() for name in names]

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._loaded:
            loaded = get_command(import_module(f"musicvault.cli.commands.{name}").app)
            loaded.name = name
            self._loaded[name] = loaded
        return self._loaded[name]

    def __setitem__(self, name: str, value: Any) -> None:
        raise TypeError("commands are listed in SECTIONS")

    def __delitem__(self, name: str) -> None:
        raise TypeError("commands are listed in SECTIONS")

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Commands(TyperGroup):
    """The group of all commands."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "commands": _Modules()})

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        widest = max(len(name) for name in self.commands)
        for title, names in SECTIONS.items():
            rows = [
                (name.ljust(widest), self.commands[name].get_short_help_str(formatter.width - widest - 6))
                for name in names
            ]
            with formatter.section(tr(title)):
                formatter.write_dl(rows)


app = typer.Typer(cls=Commands, rich_markup_mode=None, context_settings={"help_option_names": ["--help", "-h"]})


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"MusicVault {__version__}")
        raise typer.Exit


@app.callback(
    invoke_without_command=True,
    epilog="\b\nFor example:\n  musicvault protect ~/Music --to /media/elements --to /media/nas/backup\n"
    "  musicvault COMMAND --help",
)
def root(
    context: typer.Context,
    json: Json = False,
    catalog: Catalog = None,
    verbose: Verbose = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keeps proven copies of your own music, notices when a disk lies, and puts it right.

    Without a command the window opens; on a machine without a screen it says how things stand.
    """
    session = session_of(context)
    note_common(session, json, catalog, verbose)
    if context.invoked_subcommand is None:
        from musicvault.cli.bare import window_or_status

        session.founds = True
        window_or_status(session)
