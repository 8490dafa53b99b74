"""Rebuild: a working catalog out of nothing but drives (M6). The computer may burn.

Nouns: a *source* is a vault that the user names, read as hostile input (`sources`). Its *snapshot* gives the catalog
as it once was; its *accounts* (`storage.vault.accounts`) say what stands there now, and are *taken* into the catalog:
what the snapshot doesn't know, or knows otherwise, is a *find*: read, described (`taking`) and entered (`entering`).
Where two vaults disagree about an item, the newest valid statement wins and the rest stay as versions (`disputes`). A
copy that was on its way when the computer was lost is brought home (`unfinished`), and in the end the vault is
*adopted*: it belongs to the new catalog from then on (`adopting`). `job` puts these in order; `joining` does the same
for one vault and a catalog that is in use, `reading` for a restore that needs no catalog afterwards.

Nothing of the old computer is believed about this one: libraries come as "not connected" until the user points them
at a folder, for a drive from elsewhere must not choose which files of this computer are mended.
"""
