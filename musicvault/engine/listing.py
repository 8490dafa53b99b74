"""All that a vault should list, as the catalog knows it: what its manifests are written from when they are damaged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from musicvault.catalog import listed
from musicvault.catalog.database import Catalog
from musicvault.catalog.listed import Listed
from musicvault.storage.vault.bag import Contents, hides_its_name
from musicvault.storage.vault.manifest import Entry
from musicvault.storage.vault.records import Operation, Record


def contents(catalog: Catalog, vault_id: str, *, now: float, generation: int) -> Contents:
    """Current copies (those with open findings too: their expected digests stay listed), versions and quarantine, and
    the records of copies whose names don't tell what they are called in the library."""
    return Contents(_entries(catalog, vault_id), tuple(_kept(catalog, vault_id, now, generation)))


def expected(catalog: Catalog, replica_ids: Sequence[int], *, now: float, generation: int) -> list[Record]:
    """What these copies on a vault should hold, as statements that take back what was said of them."""
    return [_record(copy, now, generation) for one in replica_ids for copy in listed.one(catalog, one)]


def _entries(catalog: Catalog, vault_id: str) -> Iterator[Entry]:
    for copy in listed.current(catalog, vault_id):
        yield Entry(copy.path, copy.sha256)


def _kept(catalog: Catalog, vault_id: str, now: float, generation: int) -> Iterator[Record]:
    for copy in listed.aside(catalog, vault_id):
        yield _record(copy, now, generation)
    for copy in listed.current(catalog, vault_id):
        record = _record(copy, now, generation)
        if hides_its_name(record):
            yield record


def _record(copy: Listed, now: float, generation: int) -> Record:
    return Record(
        Operation.EXPECT,
        copy.path,
        int(now),
        generation,
        blake3=copy.blake3,
        sha256=copy.sha256,
        size=copy.size,
        mtime_ns=copy.mtime_ns,
        library=copy.slug,
        original=copy.original,
    )
