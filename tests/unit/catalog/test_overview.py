"""What places hold of libraries, counted from indexes: what the rows themselves say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from musicvault.catalog import overview
from musicvault.catalog.database import Catalog
from tests.unit.catalog.test_catalog import add_item, add_library, add_vault
from tests.unit.catalog.test_standing import NOW, filled


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """Copies in all states on three of ten drives, some of older content, some under other names; an item that was let
    go; another library, and one that was removed."""
    catalog = Catalog.open(tmp_path_factory.mktemp("columns") / "catalog.sqlite3")
    made = filled(catalog)
    for name in ("d", "e", "f", "g", "h", "i", "j"):
        add_vault(catalog, name, f"disk-{name}", NOW)
    for number, name in enumerate(("More", "Gone"), len(made) + 1):
        library = add_library(catalog, name)
        made.append(add_item(catalog, library, "1.flac", number))
    with catalog.transaction(NOW) as transaction:
        for item_id in made[::9]:
            newer = transaction.insert(
                "INSERT INTO content(item_id, size, mtime_ns, blake3, sha256, since) VALUES(?, 7, 1, ?, ?, 0)",
                (item_id, b"%032d" % item_id, b"y" * 32),
            )
            transaction.execute("UPDATE item SET content_id = ? WHERE id = ?", (newer, item_id))
            transaction.execute("UPDATE replica SET content_id = ? WHERE item_id = ? AND place = 'a'", (newer, item_id))
        for item_id in made[::5]:
            transaction.execute("UPDATE replica SET path = x'61' WHERE item_id = ? AND place IN ('a', 'b')", (item_id,))
        transaction.execute("UPDATE item SET forgotten_at = ? WHERE id = ?", (NOW, made[3]))
        transaction.execute("UPDATE library SET removed_at = ? WHERE name = 'Gone'", (NOW,))
        transaction.execute("UPDATE replica SET proven_at = NULL WHERE id % 4 = 0")
        transaction.touch_all()
    yield catalog
    catalog.close()


def test_what_places_hold_is_counted_as_the_rows_say(catalog: Catalog) -> None:
    rows = catalog.rows(
        "SELECT i.library_id, r.vault_id, sum(r.state = 'intact' AND r.content_id = i.content_id), count(*),"
        " min(CASE WHEN r.state = 'intact' THEN r.proven_at END)"
        " FROM replica r JOIN item i ON i.id = r.item_id JOIN library l ON l.id = i.library_id"
        " WHERE r.role = 'current' AND i.forgotten_at IS NULL AND l.removed_at IS NULL GROUP BY 1, 2"
    )
    assert overview.matrix(catalog) == rows
    assert len(rows) == 5
