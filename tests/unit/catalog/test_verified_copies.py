"""Which copies of an item may stand for a proof that another can go (M1)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from musicvault.catalog import retention
from tests.guarded import Guarded, on_two_drives

ONE = "album/1.flac"
_OF_SECOND = "WHERE item_id = {item} AND vault_id = (SELECT id FROM vault WHERE label = 'second')"
_NO_PROOF = (
    ("UPDATE vault SET removed_at = 1 WHERE label = 'second'", (2, 2)),
    ("INSERT INTO health VALUES('volume of second', 'failing', '', 0, '', 0)", (2, 2)),
    ("INSERT INTO health VALUES('volume of second', 'watch', '', 0, '', 0)", (3, 3)),
    ("UPDATE volume SET disk = 'one disk' WHERE id LIKE 'volume of %'", (3, 2)),
    *((f"UPDATE replica SET state = '{state}' {_OF_SECOND}", (2, 2)) for state in ("suspect", "corrupt", "held")),
    (f"UPDATE replica SET proven_at = NULL {_OF_SECOND}", (2, 2)),
    (f"UPDATE replica SET grade = NULL {_OF_SECOND}", (2, 2)),
    *((f"UPDATE replica SET role = '{role}' {_OF_SECOND}", (2, 2)) for role in ("version", "quarantine")),
    (f"UPDATE replica SET content_id = (SELECT max(id) FROM content) {_OF_SECOND}", (2, 2)),
)


class _UndoneError(Exception):
    """Takes back what a transaction changed."""


def counted(room: Guarded) -> tuple[int, int]:
    """How many copies are verified, and on how many volumes."""
    found = retention.verified_copies(room.catalog, room.item(ONE).id)
    return len(found), len({one.volume_id for one in found})


def test_what_is_no_proof_counts_for_nothing(tmp_path: Path) -> None:
    """On a drive that is parted with or failing, on one disk with another, damaged, never read from its medium, set
    aside, or of other bytes than the item's present ones."""
    room = on_two_drives(tmp_path)
    room.scrub()
    with room.catalog.transaction(room.now()) as transaction:  # each drive on a volume of its own
        for name in ("first", "second"):
            transaction.execute(
                "INSERT INTO volume(id, fs_type, label, traits, mount, seen_at) VALUES(?, 'ext4', '', '{}', x'', 0)",
                (f"volume of {name}",),
            )
            transaction.execute("UPDATE vault SET volume_id = ? WHERE label = ?", (f"volume of {name}", name))
    assert counted(room) == (3, 3)
    item, found = room.item(ONE).id, []
    for change, _ in _NO_PROOF:
        with suppress(_UndoneError), room.catalog.transaction(room.now()) as transaction:
            transaction.execute(change.format(item=item))
            found.append((change, counted(room)))
            raise _UndoneError
    assert found == list(_NO_PROOF)
    assert counted(room) == (3, 3)
