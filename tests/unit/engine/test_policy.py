"""Changing the policy, and taking changes back."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from musicvault.catalog import rules, vaults
from musicvault.engine import policy
from musicvault.engine.drives import add_drive
from tests.engine_room import Room


def test_an_undone_change_names_the_drives_as_they_are_called_today(tmp_path: Path) -> None:
    room = Room(tmp_path)
    for label in ("A", "B"):
        (tmp_path / label).mkdir()
        add_drive(room.ctx, os.fsencode(tmp_path / label), label=label)
    narrow = replace(rules.every(room.catalog)[-1], allowed=("A",), forbidden=("B",))
    policy.put(room.ctx, [narrow], "edited")
    policy.put(room.ctx, [replace(narrow, allowed=(), forbidden=())], "edited")
    # They exchange their labels, by way of a third.
    for was, label in (("A", "C"), ("B", "A"), ("C", "B")):
        (vault,) = [one for one in vaults.every(room.catalog) if one.label == was]
        with room.catalog.transaction(room.now()) as transaction:
            vaults.relabel(transaction, vault, label, "")
    (before,), _ = policy.previous(room.ctx)
    assert (before.allowed, before.forbidden) == (("B",), ("A",))
