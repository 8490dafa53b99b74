"""The crash campaign: every job is broken at every system call that changes something, and held against the promises.

A *stage* is a prepared room (library, drives, catalog) and the words of the job to break; a *place* is where rooms
stand (a folder, an ext4 image, FUSE …); a *point* is one fault at one call; the *oracle* knows only files and digests.
"""
