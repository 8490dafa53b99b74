"""A year with MusicVault, lived through in a minute: `python -m tests.simulation --seed N`.

*Disks* are real file systems that come and go. The *world* holds them, the clocks and the real service, and hears what
is opened; a *mortal* process does a round and is killed in it. The *user* rips, retags, deletes and decides; the *year*
is the course of it all, drawn from a seed. The *oracle* knows what was done and looks at the files themselves; after
every step it says what the sentence on the Overview must be, and *truth* compares.
"""
