"""Rebuilding one file of a library from whatever copies are within reach.

Intent row → the right blocks gathered into a private file beside the target → flushed → read back from the device →
damaged bytes kept in quarantine → renamed over the target → one transaction. Before the rename the old file stands
under its name, after it the new one; `finish_or_undo` mends what a crash left (format.md, rows "repair").

Quarantine of library files is the folder `<catalog>.quarantine` beside the catalog: never in the library's own tree,
and there also when the drive that healed the file is read-only.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from musicvault.catalog import contents, copies, intents, items, replicas, scanned
from musicvault.catalog.contents import Content
from musicvault.catalog.database import Transaction
from musicvault.catalog.intents import Intent
from musicvault.catalog.items import Item
from musicvault.catalog.libraries import Library
from musicvault.catalog.replicas import Replica
from musicvault.domain.events import EventType
from musicvault.domain.paths import display, split
from musicvault.engine.assembling import Assembled, assemble
from musicvault.engine.context import Context
from musicvault.engine.parity.healing import Healing
from musicvault.engine.sources import Candidate
from musicvault.errors import ItemError, VaultError
from musicvault.language import tr
from musicvault.storage import attributes, durable
from musicvault.storage.attributes import Attributes
from musicvault.storage.gathering import Gathered, salvage
from musicvault.storage.mounts import contains
from musicvault.storage.reading import Reading, read_file
from musicvault.storage.replacing import give_back, replace_library_file
from musicvault.storage.stats import may_be_there, stat_now
from musicvault.storage.vault.layout import quarantine_path

_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Whether the file stands whole again; `sources` names the copies that gave blocks, `gathered` says what can't be
    had. `right`: nothing had to be done, it was read and is what it should be; `parity` is the drive whose parity
    helped, `cause` why it didn't, where there is some."""

    healed: bool
    sources: tuple[str, ...] = ()
    gathered: Gathered | None = None
    right: Reading | None = None
    parity: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be rebuilt: the library's replica, the content that it shall hold, and from what. `judged` is the
    BLAKE3 digest of what stood there when it was judged (empty: that couldn't be read). `decision` is the user's word
    that asked for it, if any; `healing` helps where the copies don't suffice."""

    item: Item
    replica: Replica
    content: Content
    candidates: Sequence[Candidate]
    judged: bytes = b""
    decision: str = ""
    healing: Healing | None = None


def rebuild(ctx: Context, library: Library, order: Order) -> Rebuilt:
    """Carry out an order, under the library's lock. What stands there is read once: to see that it still is what was
    judged, and for the blocks that it has right.

    Raises ItemError, NoSpace, DriveUnwritable, DriveGone, Cancelled, with the old state in place.
    """
    target = library.root + b"/" + order.item.path
    _check_inside(library, target)
    there = may_be_there(target)
    links = _links(ctx, library, order.item, target) if there else []
    made = [] if there else _make_folders(target)
    partial = durable.partial_beside(target)
    aside = _free_aside(ctx, library, order) if there else b""
    intent = _begin(ctx, library, order, partial, aside, links)
    try:
        own = target if there else b""
        had = assemble(ctx, order.candidates, order.content, partial, order.healing, damaged=own)
        gathered = had.gathered
        left = _left_as_it_is(order, had)
        if left is not None:
            durable.remove(partial)
            _end(ctx, intent.id)
            _unmake_folders(made)
            return left
        durable.done("staged")
        proof = durable.read_back(partial, order.content.digests.blake3, checkpoint=ctx.checkpoint)
        unkept = (
            _replace(order, gathered, partial, target, aside, links)
            if there
            else _place(ctx, library, order, partial, target)
        )
    except BaseException:
        with suppress(ItemError, VaultError, OSError):  # then the next run settles it
            finish_or_undo(ctx, library, intent)
        raise
    sources = had.sources(order.candidates, order.replica.id)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        named = (*sources, *((tr("parity of {label}", label=had.parity),) if had.parity else ()))
        _commit(transaction, order, target, aside, proof, named, unkept, gathered.found)
        intents.done(transaction, [intent.id])
    durable.done("committed")
    return Rebuilt(True, sources, parity=had.parity)


def _left_as_it_is(order: Order, had: Assembled) -> Rebuilt | None:
    """The outcome where nothing is to be replaced. Raises ItemError where its owner changed the file meanwhile."""
    found = had.gathered.found
    if found is not None and found.digests.blake3 == order.content.digests.blake3:
        return Rebuilt(True, right=found)
    if found is not None and found.digests.blake3 != order.judged:
        raise ItemError(display(order.item.path), "write", tr("it changed since it was judged; scan again"))
    return None if had.gathered.whole else Rebuilt(False, gathered=had.gathered, cause=had.cause)


def _make_folders(target: bytes) -> list[bytes]:
    """Make the folders above a file that is to come back; gives those that weren't there, the deepest first."""
    missing = []
    folder = os.path.dirname(target)
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    durable.make_folders(os.path.dirname(target))
    return missing


def _unmake_folders(made: Sequence[bytes]) -> None:
    for folder in made:
        with suppress(OSError):  # something else lies in it by now
            os.rmdir(folder)


def _check_inside(library: Library, target: bytes) -> None:
    """A folder that became a link since the scan must not lead the rebuilt file out of the library."""
    folder = os.path.dirname(target)
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    if not contains(os.path.realpath(library.root), os.path.realpath(folder)):
        raise ItemError(display(target), "write", tr("its folder is a link that leads out of the library"))


def _links(ctx: Context, library: Library, item: Item, target: bytes) -> list[bytes]:
    """The other names of the file that the catalog knows and that are still names of it."""
    found = []
    for other in items.many(ctx.catalog, scanned.linked(ctx.catalog, item)):
        path = library.root + b"/" + other.path
        with suppress(OSError):
            if os.path.samefile(path, target):
                found.append(path)
    return found


def _free_aside(ctx: Context, library: Library, order: Order) -> bytes:
    folder = os.path.join(quarantine_of(ctx), library.slug.encode("ascii"))
    attempt = 1
    while True:
        name = split(quarantine_path(ctx.now(), order.judged, split(order.item.path)[1], attempt))[1]
        if not os.path.lexists(os.path.join(folder, name)):
            return os.path.join(folder, name)
        attempt += 1


def quarantine_of(ctx: Context) -> bytes:
    """The folder in which damaged or rejected bytes of library files are kept."""
    return os.fsencode(ctx.catalog.path) + b".quarantine"


def _replace(
    order: Order, gathered: Gathered, partial: bytes, target: bytes, aside: bytes, links: Sequence[bytes]
) -> tuple[str, ...]:
    mtime_ns, found = order.content.mtime_ns, gathered.found
    if found is not None:
        return replace_library_file(partial, target, aside, links=links, mtime_ns=mtime_ns, expected=found.stat)
    durable.make_folders(os.path.dirname(aside))
    with suppress(ItemError):  # what can't even be opened can't be kept
        salvage(target, aside, bad=gathered.unreadable)
        durable.sync_folder(os.path.dirname(aside))
    return replace_library_file(partial, target, None, links=links, mtime_ns=mtime_ns)


def _place(ctx: Context, library: Library, order: Order, partial: bytes, target: bytes) -> tuple[str, ...]:
    unkept = give_back(partial, _as_beside(ctx, library, order))
    durable.place(partial, target)
    durable.sync_folder(os.path.dirname(target))
    return unkept


def _as_beside(ctx: Context, library: Library, order: Order) -> Attributes:
    """Mode and owner for a file that is gone: those of its neighbours, else 0644 and the folder's owner."""
    folder, name = split(order.item.path)
    absolute = os.path.join(library.root, folder)
    for sibling in copies.siblings(ctx.catalog, library.id, folder, 8):
        if sibling != name:
            with suppress(OSError):
                beside = attributes.read(os.path.join(absolute, sibling))
                return Attributes(beside.mode, beside.owner, beside.group, order.content.mtime_ns)
    above = attributes.read(absolute)
    return Attributes(_MODE, above.owner, above.group, order.content.mtime_ns)


# -- the catalog


def _begin(
    ctx: Context, library: Library, order: Order, partial: bytes, aside: bytes, links: Sequence[bytes]
) -> Intent:
    detail: dict[str, object] = {
        "replica": order.replica.id,
        "content": order.content.id,
        "partial": _text(partial),
        "aside": _text(aside),
        "links": [_text(link) for link in links],
    }
    with ctx.catalog.transaction(ctx.now()) as transaction:
        number = intents.begin(transaction, "repair", library_id=library.id, item_id=order.item.id, detail=detail)
    durable.done("intended")
    return Intent(number, "repair", None, library.id, order.item.id, detail)


def _end(ctx: Context, intent: int) -> None:
    with ctx.catalog.transaction(ctx.now()) as transaction:
        intents.done(transaction, [intent])


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _bytes(text: object) -> bytes:
    return str(text).encode("utf-8", "surrogateescape")


def _commit(
    transaction: Transaction,
    order: Order,
    target: bytes,
    aside: bytes,
    proof: Reading,
    sources: Sequence[str],
    unkept: Sequence[str],
    damaged: Reading | None = None,
) -> None:
    item, replica = order.item, order.replica
    replicas.set_rebuilt(transaction, replica, order.content.id, item.path, stat_now(target), proof.grade)
    if order.decision:
        _event(transaction, EventType.DECISION, order, {"decision": order.decision, "was": replica.state.value})
    if aside and os.path.lexists(aside):
        digest = damaged.digests.blake3.hex() if damaged is not None else ""
        _event(transaction, EventType.QUARANTINE, order, {"to": display(aside), "digest": digest})
    detail: dict[str, object] = {"digest": order.content.digests.blake3.hex(), "from": list(sources)}
    if unkept:
        detail["not kept"] = list(unkept)
    _event(transaction, EventType.RECOVERY, order, detail)


def _event(transaction: Transaction, kind: EventType, order: Order, detail: dict[str, object]) -> None:
    transaction.event(order.item.event(kind, detail=detail))


# -- after a crash


def finish_or_undo(ctx: Context, library: Library, intent: Intent) -> None:
    """Settle an interrupted rebuild, under the library's lock: the new file stands proven under its name and the
    catalog is told, or the old state is left and only our own private files go. Idempotent."""
    detail = intent.detail
    links = detail["links"]
    assert isinstance(links, list)
    try:
        replica = replicas.get(ctx.catalog, int(str(detail["replica"])))
    except KeyError:
        _end(ctx, intent.id)
        return
    item = items.get(ctx.catalog, replica.item_id)
    content = contents.get(ctx.catalog, int(str(detail["content"])))
    target = library.root + b"/" + item.path
    for path in (target, *(_bytes(link) for link in links)):
        _sweep(os.path.dirname(path))
    aside = _bytes(detail["aside"])
    _drop_double(aside, target)
    try:
        proof = read_file(target, from_device=True)
    except ItemError:
        _end(ctx, intent.id)
        return
    with ctx.catalog.transaction(ctx.now()) as transaction:
        if proof.digests.blake3 == content.digests.blake3:
            _commit(transaction, Order(item, replica, content, ()), target, aside, proof, (), ())
        intents.done(transaction, [intent.id])


def _sweep(folder: bytes) -> None:
    """Remove our own private files of a folder; nobody else works in the library while it is locked."""
    with suppress(OSError):
        for name in os.listdir(folder):
            if name.startswith(b".musicvault-") and name.endswith(durable.PARTIAL):
                durable.remove(os.path.join(folder, name))


def _drop_double(aside: bytes, target: bytes) -> None:
    """The damaged file kept its name after all: what quarantine has of it already, a second name that would make it
    look linked or a copy, goes again."""
    with suppress(OSError, ItemError):
        if aside and (os.path.samefile(aside, target) or _digest(aside) == _digest(target)):
            os.unlink(aside)


def _digest(path: bytes) -> bytes:
    return read_file(path, digests=False, blocks=False).digests.blake3
