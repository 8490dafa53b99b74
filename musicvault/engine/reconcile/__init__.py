"""After a crash, a full disk or a pulled plug: finish or undo what an intent says had begun (crash table of format.md).

Idempotent, only for what the process has locked, never in commands that only read. `pending` takes the intents one by
one, oldest first. A copy on a vault goes forward wherever its bytes are whole, else back to what stood there before
(`copies`); a chain of renames goes forward once it was spoken of (`renames`), and a removal too, where it can still be
proven to be due (`removals`). What the vault's journal says tells how far the work had come (`spoken`), and a move that
was cut between its link and its unlink is ended (`moved`).
"""
