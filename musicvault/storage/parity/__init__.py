"""Parity: PAR2 sets (Parity Volume Set Specification 2.0) made, read and used.

A *set* is one file of packets about the files of an album: names and digests of the files, digests of their slices,
and recovery slices. `packets` reads such a file as hostile input and copies out of it only what is sound and asked
for; `program` runs the par2 binary on such clean copies, in folders where nothing else lies.
"""
