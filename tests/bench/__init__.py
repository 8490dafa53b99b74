"""How fast MusicVault is, always as a ratio to a named tool in the same run: `python -m tests.bench`.

Absolute times say something about a machine, ratios something about the program. Each benchmark drives the real
command line (`python -m musicvault … --json`) on real data that `data.py` makes from the audio corpus, and prints
a table with the bound that the project has set itself. Nothing here runs with the tests: timings don't belong there.
"""
