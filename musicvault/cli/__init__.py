"""The command line: the same nouns, verbs and results as the window, for people and for scripts.

Nouns: a *command* is one file in `commands/`, listed in `root`; it turns words into a job of the engine or into
records. The *session* of one process opens the catalog when a command first needs it and runs jobs; the *outcome* is
what all of it came to, for the last line and the exit code. A *sink* says it: `text` to people, `jsonlines` to scripts;
both get the same notices. *Progress* goes to standard error and only to a terminal. `main` turns every way to end into
one exit code (`resources/docs/cli.md`).
"""
