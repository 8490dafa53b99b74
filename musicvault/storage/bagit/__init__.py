"""Any BagIt bag (versions 0.93 to 1.0, RFC 8493) checked without trusting a byte of it.

Nouns: the *declaration* is `bagit.txt`; a *manifest* lists files with digests of one algorithm, an *entry* is one of
its lines. *Payload* is what lies below `data/`, all else are *tag files*. A *claim* is what somebody says about a
path (an entry, a line of a vault's journal, the file system itself); claims are sorted outside of memory (`spill`),
so that a manifest of any size is checked in a few dozen megabytes, and all claims about one name meet, in
whatever Unicode normal form they were written. `outcomes` is what comes out: one finding a file, with evidence.

Nothing outside the bag is read, nothing at all is written, nothing is fetched. `storage.vault.verify` checks a vault
on the same ground, with its journal and its kept list.
"""
