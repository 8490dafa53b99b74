"""The campaign of verdicts: legit edits and rot over every format, judged by the real scan and scrub.

A *case* is one copy of a file of one *row* (a format) with one *operation* done to it. What may be said of it
afterwards follows from the operation alone, never from what MusicVault says.
"""
