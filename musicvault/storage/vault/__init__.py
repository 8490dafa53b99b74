"""The format of a vault on its drive: a BagIt 1.0 bag (RFC 8493) that any one drive can be read back from.

Nouns: a *vault* is the folder `MusicVault` on a volume. A *stored path* is a `RelPath` below that folder, always
UTF-8: `data/<library slug>/…` for current content, `musicvault/versions/…` and `musicvault/quarantine/…` for what was
moved aside. The *journal* holds one flushed line (a *record*) per file that takes its place; a *fold* carries the
journal's statements into the manifest, after which the journal is empty and the vault's *generation* has risen. The
*kept list* holds the folded records of moved-aside files, because the tag manifest has room for digests only.

Pure mechanics: nothing here knows the catalog, reads payload or decides what is right. The normative text, with
write order and crash table, is `resources/docs/format.md`.
"""
