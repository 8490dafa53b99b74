"""The stage of a sync that brings the parity of one vault up to date, after all copies are made.

Album by album, each complete in itself: it can be stopped at any moment and goes on where it stopped. Sets about a copy
that is damaged now are left alone until it is repaired, for they may be what heals it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from musicvault.catalog import parity
from musicvault.catalog.parity import Album, Member, ParitySet, SetState
from musicvault.domain import parity as rules
from musicvault.domain import wording
from musicvault.domain.notices import Advanced, ItemDone, Notice, Started
from musicvault.domain.paths import display
from musicvault.engine import snapshots
from musicvault.engine.context import Context
from musicvault.engine.locating import Presence
from musicvault.engine.opened import OpenVault
from musicvault.engine.opening import open_for_writing
from musicvault.engine.parity import sets
from musicvault.engine.parity.sets import Order
from musicvault.errors import ItemError, NoSpace, VaultError
from musicvault.language import tr
from musicvault.storage import volumes
from musicvault.storage.parity import program

COUNTS = ("parity_made", "parity_removed", "parity_left_out")


class Keeping:
    """The parity of one vault; with `only_damaged` only that of albums whose sets are damaged or gone. `counts` and
    `trouble` grow as it goes."""

    def __init__(
        self, ctx: Context, presence: Presence, job: str, *, only_damaged: bool = False, lazily: bool = False
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.trouble: list[VaultError] = []
        self._ctx = ctx
        self._presence = presence
        self._vault = presence.vault
        self._job = job
        self._only_damaged = only_damaged
        self._lazily = lazily
        self._more = parity.wanted(ctx.catalog, presence.vault.id, presence.vault.parity)
        self._short = 0

    def run(self) -> Iterator[Notice]:
        """Under the vault's locks; costs a query where nothing is due."""
        albums = self._due()
        if not albums:
            return
        if any(map(self._percent, albums)) and program.executable() is None:
            yield ItemDone("noted", b"", self._vault.label, reason=program.missing())
            return
        try:
            with (
                self._ctx.locked(self._job, vaults=(self._vault.id,)),
                open_for_writing(self._ctx, self._presence, lazily=self._lazily) as opened,
            ):
                yield from self._keep(opened, albums)
        except VaultError as error:
            self.trouble.append(error)
            yield ItemDone("failed", b"", self._vault.label, problem=str(error))

    def foretell(self, coming: Collection[int] = ()) -> Iterator[Notice]:
        """What `run` would do, once the items `coming` (by number) have their copies. Writes nothing."""
        ahead = parity.foreseen(self._ctx.catalog, self._vault.id, coming)
        for one in ahead:
            percent = max(one.percent, self._vault.parity)
            count = rules.portions(one.sizes) if one.sizes and percent else 0
            self.counts["parity_made"] += count
            for _ in range(count):
                size = rules.expected_size(one.sizes, percent) // count
                yield ItemDone("parity", one.album.folder, self._vault.label, size)
        told = {one.album for one in ahead}
        for album in self._due():
            if album in told:
                continue
            orders, gone = self._plan(album)
            for order in orders:
                self.counts["parity_made"] += 1
                yield self._told(order, order.room)
            self.counts["parity_removed"] += len(gone)

    def _due(self) -> list[Album]:
        if self._only_damaged:
            return parity.damaged(self._ctx.catalog, self._vault.id)
        return parity.due(self._ctx.catalog, self._vault.id, self._vault.parity, self._more)

    def _percent(self, album: Album) -> int:
        """What the drive or a rule wants for it, whichever is more."""
        return self._more.get(album, self._vault.parity)

    def _plan(self, album: Album) -> tuple[list[Order], list[ParitySet]]:
        return plan(self._ctx, self._vault.id, self._percent(album), album)

    def _keep(self, vault: OpenVault, albums: Sequence[Album]) -> Iterator[Notice]:
        yield Started(self._job, self._vault.label, len(albums))
        yield from self._count_room(albums)
        made = 0
        for number, album in enumerate(albums, start=1):
            self._ctx.checkpoint()
            orders, gone = self._plan(album)
            complete = True
            for order in orders:
                try:
                    done = sets.make(vault, order, snapshots.room(self._ctx))
                except NoSpace:
                    self.counts["parity_left_out"] += 1
                    complete = False
                except ItemError as error:
                    complete = False
                    self.counts["failed"] += 1
                    yield ItemDone("failed", album.folder, vault.label, problem=error.problem)
                else:
                    self.counts["parity_made"] += 1
                    made += done.size
                    yield self._told(order, done.size)
            if gone and complete:
                sets.remove(vault, gone)
                self.counts["parity_removed"] += len(gone)
            yield Advanced(number, made, display(album.folder))
        if self.counts["parity_left_out"]:
            self.trouble.append(self._no_space())

    def _count_room(self, albums: Sequence[Album]) -> Iterator[Notice]:
        """Say beforehand what won't fit."""
        assert self._presence.root is not None
        needed = sum(order.room for album in albums for order in self._plan(album)[0])
        free = volumes.space(self._presence.root)[0] - snapshots.room(self._ctx)
        self._short = max(0, needed - free)
        if self._short:
            yield ItemDone("noted", b"", self._vault.label, self._short, reason=str(self._no_space()))

    def _no_space(self) -> NoSpace:
        return NoSpace(
            tr(
                "{label} is too full for all of its parity: {lacking} more are needed. All copies are made; make room, "
                "or choose less with: musicvault drive parity {label} PERCENT",
                label=self._vault.label,
                lacking=wording.size(self._short),
            )
        )

    def _told(self, order: Order, size: int) -> ItemDone:
        return ItemDone("parity", order.album.folder, self._vault.label, size)


def plan(ctx: Context, vault_id: str, percent: int, album: Album) -> tuple[list[Order], list[ParitySet]]:
    """The sets of one album that are to be made, and those that go without one in their place."""
    standing = parity.of_album(ctx.catalog, vault_id, album)
    if percent == 0:
        return [], standing
    copies = parity.copies(ctx.catalog, vault_id, album)
    damaged = {one.member for one in copies if not one.intact}
    about = {one.id: set(parity.members(ctx.catalog, one.id)) for one in standing}
    intact = [one.member for one in copies if one.intact]
    count = rules.portions([one.size for one in intact])
    orders: list[Order] = []
    done: set[int] = set()
    for number in range(count):
        wanted = [one for one in intact if rules.portion_of(one.path, count) == number]
        there = [one for one in standing if (one.portion, one.portions) == (number, count)]
        done |= {one.id for one in there if wanted or about[one.id] & damaged}
        if wanted and not _will_do(there, about, wanted, damaged, percent):
            orders.append(Order(album, number, count, percent, wanted, there))
    gone = [one for one in standing if one.id not in done and not about[one.id] & damaged]
    return orders, gone


def _will_do(
    there: Sequence[ParitySet],
    about: dict[int, set[Member]],
    wanted: Sequence[Member],
    damaged: set[Member],
    percent: int,
) -> bool:
    """Whether the sets that stand for this portion stay: they may heal what is damaged now, or one is right."""
    if any(about[one.id] & damaged for one in there):
        return True
    return len(there) == 1 and (
        there[0].state is SetState.INTACT and there[0].percent == percent and about[there[0].id] == set(wanted)
    )
