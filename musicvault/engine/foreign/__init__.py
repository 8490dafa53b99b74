"""Copies that another computer wrote to a drive, or that are newer than this catalog: adopted or refused by the user's
word, never repaired.

The drive's own list names them, so they are no damage; this catalog didn't write them, so they don't count and nothing
is copied from them (M3). *Adopt* takes one for right: where the library holds those very bytes it counts from then on,
else it takes the place of the library's file, whose bytes are kept for an undo. *Refuse* sets it aside on its drive and
puts a proven copy of the library's version in its place.
"""
