"""Damage from birth: a file that is what it always was and doesn't decode is labelled, and protected like any other."""

from __future__ import annotations

from collections.abc import Iterator

from musicvault.catalog import decodes, findings, items, libraries, replicas
from musicvault.catalog.decodes import Decoded
from musicvault.catalog.items import Item
from musicvault.domain.events import Event, EventType, Outcome
from musicvault.domain.notices import ItemDone, Notice
from musicvault.domain.paths import display
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.engine.context import Context

CODE = "does-not-decode"


def label(ctx: Context, blake3: bytes) -> Iterator[Notice]:
    """Name the files with these bytes as damaged from birth."""
    said = decodes.load(ctx.catalog, blake3)
    assert said is not None
    fact = Evidence(CODE, {"tool": said.tool, "version": said.version, "detail": _shown(said.detail)})
    for item, replica_id, before in _labelled(ctx, blake3):
        if fact in before:
            continue
        evidence = (*(one for one in before if one.code != CODE), fact)
        finding = Finding(item.path, _name(ctx, item), Verdict.BORN_DAMAGED, evidence)
        with ctx.catalog.transaction(ctx.now()) as transaction:
            items.set_born_damaged(transaction, item.id, True)
            findings.keep(transaction, replica_id, finding)
            transaction.event(_event(item, Outcome.FAIL, said))
        yield ItemDone("finding", item.path, finding.where, finding=finding)


def clear(ctx: Context, blake3: bytes) -> None:
    """Another decoder than before takes these bytes: what rested on that alone falls."""
    for item, replica_id, before in _labelled(ctx, blake3):
        evidence = tuple(one for one in before if one.code != CODE)
        if evidence == before:
            continue
        said = decodes.load(ctx.catalog, blake3)
        assert said is not None
        finding = Finding(item.path, _name(ctx, item), Verdict.BORN_DAMAGED, evidence)
        with ctx.catalog.transaction(ctx.now()) as transaction:
            if evidence:
                findings.keep(transaction, replica_id, finding)
            else:
                items.set_born_damaged(transaction, item.id, False)
                findings.clear_born_damaged(transaction, replica_id)
            transaction.event(_event(item, Outcome.SUCCESS, said))


def _labelled(ctx: Context, blake3: bytes) -> Iterator[tuple[Item, int, tuple[Evidence, ...]]]:
    """Files that hold these bytes, their replicas, and what speaks for damage from birth so far."""
    catalog = ctx.catalog
    for item_id in decodes.with_content(catalog, blake3):
        replica = replicas.in_library(catalog, item_id)
        stored = findings.of(catalog, replica.id)
        yield items.get(catalog, item_id), replica.id, () if stored is None else stored.evidence


def _name(ctx: Context, item: Item) -> str:
    library = libraries.by_id(ctx.catalog, item.library_id)
    return "" if library is None else library.name


def _event(item: Item, outcome: Outcome, said: Decoded) -> Event:
    return item.event(
        EventType.VALIDATION,
        outcome,
        detail={"decoder": f"{said.tool} {said.version}".strip(), "said": _shown(said.detail)},
    )


def _shown(words: str) -> str:
    """A decoder's words may quote the file, and that may hold anything."""
    return display(words.encode("utf-8", "backslashreplace"))
