"""One module for each command; each holds a `typer.Typer` called `app`, loaded when the command is run."""
