"""Checking a whole vault with nothing but itself: its lists, its journal, every copy, version and quarantined file.

The rules for readers of format.md: the newest statement about a path wins; one that was never carried out is
interrupted work, no damage; a list counts only when it is what was written last. The drive is hostile input.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.domain.paths import RelPath, display, split
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.errors import ItemError
from musicvault.language import tr
from musicvault.storage.bagit import tree
from musicvault.storage.bagit.outcomes import Checked, Outcome, Remark
from musicvault.storage.bagit.spill import Spill
from musicvault.storage.bagit.tree import Seen, Sort
from musicvault.storage.reading import read_file
from musicvault.storage.vault import tagfiles
from musicvault.storage.vault.accounts import Account, Accounts
from musicvault.storage.vault.layout import PARITY, README_PATH, VaultLayout, is_aside, stated_digest
from musicvault.storage.vault.listcheck import JOURNAL, label_of


def verify_vault(layout: VaultLayout, *, checkpoint: Checkpoint = never_stops) -> Iterator[Outcome]:
    """Check everything that a vault holds against its own lists, reading each file from the medium. Yields a finding
    for each that isn't right, `Checked` for each that is. Writes nothing, follows no link.

    Raises `DriveRefused` for a vault of a newer format, `VaultError` where the drive stops answering.
    """
    where = label_of(layout)
    with Spill() as spill:
        yield from _Vault(layout, where, Accounts(layout, where, spill, checkpoint), checkpoint).check()


@dataclass(slots=True)
class _Vault:
    layout: VaultLayout
    where: str
    accounts: Accounts
    checkpoint: Checkpoint

    def check(self) -> Iterator[Outcome]:
        yield from self.accounts.read()
        yield from self.accounts.walk()
        for account in self.accounts.each():
            if account.statements:
                yield from self._compare(account)
            elif account.seen is not None:
                yield from self._unlisted(account.seen)
        yield from self.accounts.lists.snapshots()
        yield from self._parity()

    def _compare(self, account: Account) -> Iterator[Outcome]:
        listed = [one for one in account.statements if one.order == 0]
        if len(listed) > 1:
            fact = Evidence("listed-twice", {"path": display(account.path)})
            yield self._finding(listed[0].list, Verdict.CORRUPT, fact)
        if is_aside(account.path) and not account.crowded and self.accounts.lists.unsigned(account.statements):
            fact = Evidence("digest-differs", {"list": display(tagfiles.KEPT), "algorithm": "SHA-256"})
            yield self._finding(tagfiles.TAGMANIFEST, Verdict.CORRUPT, fact)
        if account.overfull:
            yield self._finding(listed[0].list if listed else JOURNAL, Verdict.CORRUPT, Evidence("too-many-spellings"))
        newest, seen = account.statements[-1], account.seen
        if seen is None:
            yield from self._absent(account)
        elif newest.unread:
            return  # what could never be read, in quarantine, has nothing to compare with; it may be a link
        elif seen.sort is not Sort.FILE:
            yield self._finding(seen.path, Verdict.CORRUPT, Evidence("no-file"))
        else:
            yield self._read(account, seen)

    def _absent(self, account: Account) -> Iterator[Outcome]:
        if account.statements[-1].gone or self.accounts.is_closed(account.path):
            return
        if self.accounts.never_arrived(account):
            yield Remark(account.path, tr("A copy was on its way here when the work was interrupted."))
        else:
            yield self._finding(account.path, Verdict.MISSING, Evidence("not-there"))

    def _read(self, account: Account, seen: Seen) -> Outcome:
        path = os.path.join(self.layout.root, seen.path)
        try:
            sha256 = read_file(path, blocks=False, from_device=True, checkpoint=self.checkpoint).digests.sha256
        except ItemError as error:
            code = "read-error" if error.offset is None else "read-error-at"
            values = {"cause": error.cause} | ({} if error.offset is None else {"offset": error.offset})
            return self._finding(seen.path, Verdict.UNREADABLE, Evidence(code, values))
        newest = account.statements[-1]
        if not newest.gone and newest.sha256 == sha256:
            return Checked(seen.path, seen.size)
        if newest.journaled and any(not one.gone and one.sha256 == sha256 for one in account.statements):
            return Remark(seen.path, tr("It still holds what stood here before the work that was interrupted."))
        if newest.gone:
            return self._finding(seen.path, Verdict.FOREIGN, Evidence("not-listed"))
        values = {"list": display(newest.list), "algorithm": "SHA-256"}
        verdict = Verdict.SUSPECT if newest.list in self.accounts.lists.doubtful else Verdict.CORRUPT
        return self._finding(seen.path, verdict, Evidence("digest-differs", values))

    def _parity(self) -> Iterator[Outcome]:
        """Recovery data is in no list: its name states its digest. Files of other names are somebody else's."""
        for seen in tree.walk(self.layout.root, PARITY, self.checkpoint):
            stated = stated_digest(split(seen.path)[1])
            if not stated or seen.sort is not Sort.FILE:
                continue
            path = os.path.join(self.layout.root, seen.path)
            fact = Evidence("parity-damaged")
            try:
                found = read_file(path, digests=False, blocks=False, from_device=True, checkpoint=self.checkpoint)
            except ItemError as error:
                yield self._finding(seen.path, Verdict.UNREADABLE, Evidence("read-error", {"cause": error.cause}), fact)
                continue
            if found.digests.blake3.startswith(stated):
                yield Checked(seen.path, seen.size)
            else:
                differs = Evidence("digest-differs", {"list": tr("its name"), "algorithm": "BLAKE3"})
                yield self._finding(seen.path, Verdict.CORRUPT, differs, fact)

    def _unlisted(self, seen: Seen) -> Iterator[Outcome]:
        if seen.path == README_PATH and seen.sort is Sort.FILE and seen.size == len(tagfiles.README):
            return  # the note of an empty vault, between two steps of a fold
        yield self._finding(seen.path, Verdict.FOREIGN, Evidence("not-listed"))

    def _finding(self, path: RelPath, verdict: Verdict, *facts: Evidence) -> Finding:
        return Finding(path, self.where, verdict, facts, on_drive=True)
