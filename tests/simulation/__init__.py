"""A year with MusicVault, lived through in a minute: `python -m tests.simulation --seed N`.

*Disks* are real file systems that come and go. The *year* is what happens to them and what the user does, drawn from
a seed; it drives the real service with its two clocks. The *oracle* knows what was done and looks at the files
themselves; after every step it says what the sentence on the Overview must be.
"""
