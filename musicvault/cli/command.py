"""How a function becomes a command: it gets the session, and options that every command has are added here.

So `--json`, `--catalog` and an example in `--help` can't be forgotten in any of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from musicvault.cli.session import Session

Json = Annotated[bool, typer.Option("--json", help="Print JSON lines, for scripts.")]
Catalog = Annotated[
    Path | None, typer.Option("--catalog", metavar="FILE", help="Use this catalog instead of your own.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show every file, not only what needs to be known.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it for more than one file without a preview.")]
Libraries = Annotated[
    list[str] | None, typer.Option("--library", metavar="NAME", help="Only this library (may be repeated).")
]
Drives = Annotated[
    list[str] | None, typer.Option("--drive", metavar="LABEL", help="Only this drive (may be repeated).")
]
Query = Annotated[
    list[str] | None,
    typer.Argument(metavar="QUERY", help="Words, and fields such as genre:jazz year:<1990. '' is every file."),
]

SomeFiles = Annotated[list[str], typer.Argument(metavar="QUERY", help="A search query; '' is every file.")]
SomeFilesOrUndo = Annotated[
    list[str],
    typer.Argument(metavar="QUERY | undo [EVENT]", help="A search query ('' is every file); or undo."),
]

Options = Mapping[str, tuple[Any, Any]]
"""Options that several commands share: how each is said, and what holds without it."""
_COMMON: Options = {"json": (Json, False), "catalog": (Catalog, None), "verbose": (Verbose, False)}


def new_app() -> typer.Typer:
    """The `app` of a command's module."""
    return typer.Typer(add_completion=False, rich_markup_mode=None)


def command(
    app: typer.Typer,
    *examples: str,
    name: str | None = None,
    cls: type[TyperCommand] | None = None,
    options: Options | None = None,
    founds: bool = False,
    reads: bool = False,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function whose first parameter is the `Session`; its docstring is the help, `examples` close it. It
    takes `options` by their names, most of them as `**words`. One that `founds` is one to begin a new catalog with, one
    that `reads` only looks into it."""
    shared = options or {}

    def register(function: Callable[..., None]) -> Callable[..., None]:
        _, *every = inspect.signature(function, eval_str=True).parameters.values()
        own = [one for one in every if one.kind is not inspect.Parameter.VAR_KEYWORD and one.name not in shared]

        def run(context: typer.Context, **words: Any) -> None:
            session = session_of(context)
            note_common(session, words.pop("json"), words.pop("catalog"), words.pop("verbose"))
            session.command = context.command_path.partition(" ")[2]
            session.dry_run = bool(words.get("dry_run"))
            session.founds = founds
            session.reads = reads
            function(session, **words)

        kind = inspect.Parameter.KEYWORD_ONLY
        common = [
            inspect.Parameter(key, kind, default=default, annotation=annotation)
            for key, (annotation, default) in {**shared, **_COMMON}.items()
        ]
        first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        parameters = [first, *(parameter.replace(kind=kind) for parameter in own), *common]
        # typer reads signature and annotations, and must not evaluate them again in this module's namespace.
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__doc__ = function.__doc__
        run.__name__ = function.__name__
        shown = "\b\nFor example:\n" + "\n".join(f"  {example}" for example in examples)
        return app.command(name, cls=cls, epilog=shown)(run)

    return register


def session_of(context: typer.Context) -> Session:
    """The session that `main` put into the context."""
    session = context.find_object(Session)
    assert session is not None
    return session


def note_common(session: Session, json: bool, catalog: Path | None, verbose: bool) -> None:
    """Common options may stand before the command or after it."""
    session.json = session.json or json
    session.verbose = session.verbose or verbose
    session.catalog_path = catalog or session.catalog_path
