"""What is on a disk: found, read, copied, named and watched. Knows no catalog and nothing of what is inside a music
file.

Nouns: a *volume* is storage known by its own identity (`volumes`), mounted somewhere now (`mounts`), on a physical
disk (`disks`), with *traits*: what its file system can be believed about. A *reading* is one pass over a file with
all its digests, and a *grade*: whether the medium answered or memory (`reading`, `pagecache`). A *walk* finds the
files of a library and says what it passed over and why (`walk`, `exclusions`). A *partial* is a private file that
is not yet what it will be; the steps of a *durable copy* make it one that a crash can't halve (`durable`,
`flushing`, `renames`), and `replacing` puts it in an old file's place with the old one's *attributes*. *Safe names*
are what any drive can hold (`names`), *sidecars* the digest lists that others left. `vault` is the bag of copies on
a volume; `watching` hears of changes (`hearing`).

What differs between systems lies in the smallest modules here, each with an honest fallback.
"""
