"""Putting files together with the help of parity, where no copies within reach suffice.

All files of a set are gathered into a scratch folder, each as well as the copies allow (blocks, sectors, what reads
around errors), so that as few slices as possible are missing; there the par2 program fills in the rest. It never sees
the vault or a library. What comes out counts only where it has the file's full BLAKE3 digest.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from musicvault.catalog import copies, parity
from musicvault.catalog.parity import Member, ParitySet
from musicvault.catalog.vain import SearchedInVain
from musicvault.domain.paths import RelPath, is_safe
from musicvault.domain.values import Digests, stand_in
from musicvault.engine import giving, sources
from musicvault.engine.context import Context
from musicvault.engine.places import Reach
from musicvault.errors import ItemError, NoSpace, UsageError, VaultError
from musicvault.language import tr
from musicvault.storage import durable
from musicvault.storage.gathering import gather, salvage
from musicvault.storage.parity import packets, program
from musicvault.storage.reading import read_file
from musicvault.storage.vault.layout import VaultLayout

_PREFIX = "musicvault-parity-"
_SPARE = 16 << 20


@dataclass(frozen=True, slots=True)
class Given:
    """A file that has the digest asked for. `path` is in a scratch folder (empty where it was only tried), `where` is
    the label of the drive whose parity it was put together with."""

    path: bytes
    where: str


class Healing:
    """What the parity sets within reach can give in one run. Each set is worked out once; `close` removes the
    scratch folders. With `only_look` nothing is repaired, but whether it could be is found out."""

    def __init__(self, ctx: Context, reach: Reach, *, only_look: bool = False) -> None:
        self._ctx = ctx
        self._reach = reach
        self._only_look = only_look
        self._stack = ExitStack()
        self._worked_out: dict[int, dict[bytes, bytes]] = {}
        self._causes: dict[int, str] = {}
        self.cause = ""
        """Why the last content asked for couldn't be given, where a set is about it."""

    def close(self) -> None:
        """Leave nothing behind."""
        self._stack.close()
        self._worked_out.clear()

    def give(self, wanted: Digests) -> Given | None:
        """The content with these digests, put together with parity; None where no set within reach suffices. Raises
        Cancelled."""
        self.cause = ""
        for one in parity.with_content(self._ctx.catalog, wanted.blake3):
            place = self._reach.vaults.get(one.vault_id)
            if place is None:
                continue
            if one.id not in self._worked_out:
                self._worked_out[one.id] = self._work_out(one, VaultLayout(place.root))
            done = self._worked_out[one.id]
            path = done.get(wanted.blake3, done.get(stand_in(wanted.sha256)))  # known only since it was worked out
            if path is not None:
                return Given(path, place.name)
            self.cause = self._causes.get(one.id, tr("too much is lost for it"))
        return None

    def _work_out(self, one: ParitySet, layout: VaultLayout) -> dict[bytes, bytes]:
        """By digest, the files of the set that came out right."""
        try:
            program.require()
            about = [member for member in parity.members(self._ctx.catalog, one.id) if is_safe(member.path)]
            folder = self._scratch(sum(member.size for member in about) + one.size)
            return self._reconstructed(one, about, layout.guarded(one.path), folder)
        except (ItemError, VaultError, OSError) as error:  # a file that lies, no room: the copies decide alone
            self._causes[one.id] = error.problem if isinstance(error, ItemError) else str(error)
            return {}

    def _scratch(self, needed: int) -> bytes:
        """A folder with room for all files of the set twice over: the program keeps the damaged ones."""
        error: VaultError | UsageError | None = None
        for name in (tempfile.gettempdir(), os.fspath(self._ctx.catalog.path.parent)):
            place = os.path.realpath(os.fsencode(name))
            try:
                giving.check_apart(self._ctx, os.path.join(place, os.fsencode(_PREFIX)))
                giving.check_room(place, 2 * needed + _SPARE)
            except (UsageError, NoSpace) as problem:
                error = problem
            else:
                return os.fsencode(
                    self._stack.enter_context(tempfile.TemporaryDirectory(prefix=_PREFIX, dir=os.fsdecode(place)))
                )
        assert error is not None
        raise error

    def _reconstructed(self, one: ParitySet, about: Sequence[Member], file: bytes, folder: bytes) -> dict[bytes, bytes]:
        lacking = [member for member in about if not self._gathered(member, folder)]
        if not lacking:
            return {}  # then the copies suffice, and it is they that heal
        wanted = {member.path: member.size for member in about}
        _copy_set(file, folder, wanted, one.slice_size)
        size = sum(wanted.values())
        if not program.repair(folder, size=size, only_look=self._only_look, checkpoint=self._ctx.checkpoint):
            return {}
        if self._only_look:
            return {member.blake3: b"" for member in lacking}
        return {member.blake3: path for member in lacking if (path := self._right(member, folder))}

    def _gathered(self, member: Member, folder: bytes) -> bool:
        """Put what the copies have of one file into the folder; whether that is all of it."""
        target = _inside(folder, member.path)
        digests = copies.digests(self._ctx.catalog, member.blake3) or Digests(member.size, member.blake3, b"", b"")
        candidates = sources.candidates(self._ctx, self._reach, member.blake3)
        paths, checkpoint = [one.path for one in candidates], self._ctx.checkpoint
        vain = SearchedInVain(self._ctx.catalog, member.blake3)
        return gather(paths, digests, target, partly=True, checkpoint=checkpoint, vain=vain).whole

    def _right(self, member: Member, folder: bytes) -> bytes:
        path = _inside(folder, member.path)
        wanted = copies.digests(self._ctx.catalog, member.blake3)
        found = read_file(path, blocks=False, checkpoint=self._ctx.checkpoint).digests
        if wanted is not None and not wanted.is_known:
            return path if found.sha256 == wanted.sha256 else b""
        return path if found.blake3 == member.blake3 else b""


def _copy_set(file: bytes, folder: bytes, wanted: Mapping[bytes, int], each: int) -> None:
    """The sound packets of a set's file; where it can't be read throughout, of what can be read of it."""
    target = os.path.join(folder, program.SET_NAME)
    try:
        packets.copy_clean(file, target, wanted, each)
    except ItemError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        with suppress(FileNotFoundError):
            os.unlink(target)
        read = os.path.join(folder, b"what-can-be-read")
        salvage(file, read)
        packets.copy_clean(read, target, wanted, each)


def _inside(folder: bytes, stored: RelPath) -> bytes:
    path = os.path.join(folder, stored)
    durable.make_folders(os.path.dirname(path))
    return path
