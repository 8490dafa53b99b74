"""Chains of renames that were interrupted: forward once the journal has spoken of all of them, else not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

from musicvault.catalog import contents, replicas
from musicvault.catalog.intents import Intent
from musicvault.catalog.placing_back import known
from musicvault.domain.paths import RelPath
from musicvault.engine import renamed
from musicvault.engine.opened import OpenVault
from musicvault.engine.reconcile.moved import is_cut_in_two, move
from musicvault.engine.reconcile.spoken import Spoken, taken_back
from musicvault.engine.steady import steadily
from musicvault.errors import ItemError, VaultError
from musicvault.storage import durable, names
from musicvault.storage.reading import read_file
from musicvault.storage.vault.faults import is_protected
from musicvault.storage.vault.layout import is_incoming
from musicvault.storage.vault.records import Operation, Record

_Hop = tuple[int, RelPath, RelPath]
"""Replica id, from, to."""


def settle(vault: OpenVault, intent: Intent) -> None:
    """Raises VaultError."""
    raw: Any = intent.detail["hops"]
    hops = [(int(replica), source.encode("utf-8"), target.encode("utf-8")) for replica, source, target in raw]
    spoken = Spoken.since(vault, int(str(intent.detail["generation"])))
    records = spoken.records
    if spoken.doubtful and _done(vault, hops):  # then the journal had spoken of all of them
        records = tuple(renamed.record(vault, *hop) for hop in hops)
        vault.write(records)
    lines = {(line.source, line.path): line for line in records}
    if not all((source, target) in lines for _, source, target in hops):
        # Not a file has moved; lines that did get to the device are taken back.
        written = [lines[hop[1:]] for hop in hops if hop[1:] in lines]
        vault.write([taken_back(vault, line) for line in reversed(written)])
        renamed.commit(vault, [], intent.id)
        return
    lies: dict[int, RelPath] = {}
    kept_out = [_kept_out_before(vault, records, hop, hops) for hop in hops]
    stays = {hop[0]: path for hop, path in zip(hops, kept_out, strict=True) if path}
    ends = [(*hop[:2], path or hop[2]) for hop, path in zip(hops, kept_out, strict=True)]
    done = _done(vault, ends)
    for number, (replica, source, target) in enumerate(hops):
        lies[replica] = stays.get(replica, target)
        if replica in stays or number < done or not vault.layout.has(source):
            continue
        place = vault.layout.ensure_parent(target)
        try:
            move(vault.layout.guarded(source), place)
        except (FileExistsError, VaultError) as error:  # something else has the name by now, or protects it
            if isinstance(error, VaultError) and not (is_protected(error) and _is_whole(vault, source, target)):
                raise
            lies[replica] = stays[replica] = _kept_out(vault, lines[source, target], _places(hops, 0)[replica])
        durable.sync_folders([place, vault.layout.path(source)])
    moves = {hop[1:] for hop in hops}
    promised = {one.path for one in records if one.source and (one.source, one.path) not in moves}
    if stays or promised:
        # What is said of a copy that stays may be the name of another; and what was promised may not have been done.
        broken = [path for path in promised.difference(lies.values()) if not vault.layout.has(path)]
        vault.write([Record(Operation.REMOVE, path, int(vault.ctx.now()), vault.generation) for path in broken])
        vault.write([_lies(vault, replica, path) for replica, path in lies.items()])
    renamed.commit(vault, list(lies.items()), intent.id)


def _is_whole(vault: OpenVault, source: RelPath, target: RelPath) -> bool:
    """Whether a move that was refused wasn't cut in two, with a file that has both names now: that must be ended."""
    return not vault.layout.has(target) or not is_cut_in_two(vault.layout.path(source), vault.layout.path(target))


def _lies(vault: OpenVault, replica: int, path: RelPath) -> Record:
    return replace(renamed.record(vault, replica, b"", path), operation=Operation.EXPECT)


def _kept_out(vault: OpenVault, line: Record, home: RelPath) -> RelPath:
    """Where a copy lies whose new name can't be had: where it was, and the journal says so. In `incoming/` nothing may
    stay: from there it goes under the name of a twin, or, where no new name can be had there, back home."""
    if not is_incoming(line.source):
        vault.write([taken_back(vault, line)])
        return line.source
    waiting = vault.layout.guarded(line.source)
    twin = _stated(vault, line, _twin(vault, line.path))
    try:
        return _moved(vault, waiting, twin.path)
    except VaultError as error:
        if not is_protected(error):
            raise
    return _moved(vault, waiting, _stated(vault, twin, _twin(vault, home) if vault.layout.has(home) else home).path)


def _twin(vault: OpenVault, path: RelPath) -> RelPath:
    return next(name for number in count(2) if _is_free(vault, name := names.numbered(path, number)))


def _stated(vault: OpenVault, line: Record, path: RelPath) -> Record:
    """State that what a line gave a name has another one."""
    now = int(vault.ctx.now())
    stated = replace(line, path=path, source=line.path, time=now, generation=vault.generation)
    vault.write([stated])
    return stated


def _moved(vault: OpenVault, waiting: bytes, path: RelPath) -> RelPath:
    place = vault.layout.ensure_parent(path)
    move(waiting, place)
    durable.sync_folders([place])
    return path


def _is_free(vault: OpenVault, path: RelPath) -> bool:
    return not vault.layout.has(path) and known(vault.ctx.catalog, vault.id, path) is None


def _kept_out_before(vault: OpenVault, records: Sequence[Record], hop: _Hop, hops: Sequence[_Hop]) -> RelPath | None:
    """Where a copy lies that a settlement before this one kept out of its new name; None where none did."""
    spoken = {one[1:] for one in hops}
    called, found = [hop[2]], []
    for one in records:
        if one.source in called and (one.source, one.path) not in spoken:
            found.append(one.path)
            if is_incoming(hop[1]):  # then it was tried under one name after the other
                called.append(one.path)
    return next((path for path in reversed(found) if vault.layout.has(path)), None)


def _done(vault: OpenVault, hops: Sequence[_Hop]) -> int:
    """How many of the hops, which are done strictly in order, were done: the number that explains which names are
    there. Before and after a ring the same ones are, and something else may have taken one; then the bytes tell. Of a
    hop that was cut between link and unlink both names are there, of one file: it isn't done yet."""
    named = {path for _, source, target in hops for path in (source, target)}
    there = {path for path in named if vault.layout.has(path)}
    fitting = [number for number in range(len(hops) + 1) if set(_places(hops, number).values()) == there]
    if not fitting:
        fitting = [
            number
            for number, (_, source, target) in enumerate(hops)
            if {*_places(hops, number).values(), target} == there
            and is_cut_in_two(vault.layout.path(source), vault.layout.path(target))
        ]
    if len(fitting) == 1:
        return fitting[0]
    return max(fitting or range(len(hops) + 1), key=lambda number: _right(vault, _places(hops, number)))


def _places(hops: Sequence[_Hop], number: int) -> dict[int, RelPath]:
    """Where each replica lies after so many hops."""
    places: dict[int, RelPath] = {}
    for replica, source, _ in hops:
        places.setdefault(replica, source)
    return places | {replica: target for replica, _, target in hops[:number]}


def _right(vault: OpenVault, places: Mapping[int, RelPath]) -> int:
    catalog = vault.ctx.catalog
    found = 0
    for replica_id, stored in places.items():
        expected = contents.get(catalog, replicas.get(catalog, replica_id).content_id).digests.blake3
        with suppress(ItemError):
            path = vault.layout.guarded(stored)
            found += steadily(partial(read_file, path, digests=False)).digests.blake3 == expected
    return found
