"""No feature without its undo or its preview: whoever adds a deed says here which it has."""

from __future__ import annotations

from musicvault.gui.desk import driving
from musicvault.gui.desk.previews import NEEDED, is_sure
from musicvault.gui.models.actions import Action, Deed

UNDONE_BY = {
    Deed.TAG: Deed.UNDO,
    Deed.SET_POLICY: Deed.UNDO_POLICY,
    Deed.ADD_LIBRARY: Deed.REMOVE_LIBRARY,
    Deed.ADD_DRIVE: Deed.REMOVE_DRIVE,
    Deed.UNRETIRE: Deed.RETIRE,
    # the same form again, with what it held
    **{deed: deed for deed in (Deed.RELABEL, Deed.SET_HOME, Deed.ASSUME, Deed.KEEP_WATCHING)},
    Deed.UNDO_POLICY: Deed.SET_POLICY,
    Deed.PLACE_LIBRARY: Deed.PLACE_LIBRARY,
}
SHOWS = {Deed.SHOW, Deed.LEAVE, Deed.COMPARE, Deed.PLAY, Deed.OPEN_FOLDER, Deed.DRIVE_DETAILS}
READS = {Deed.SCAN, Deed.SCRUB, Deed.CHECK, Deed.DRILL, Deed.CHECK_HEALTH, Deed.EJECT}
ADDS = {Deed.SYNC, Deed.PROTECT, Deed.REBUILD, Deed.BRING_BACK, Deed.GIVE_VERSION, Deed.REPORT}
"""Files where there were none; nothing that stands anywhere gives way without what was said before."""


def test_each_deed_has_its_preview_or_its_undo_or_takes_nothing_away() -> None:
    kinds = [NEEDED | driving.PREVIEWED, set(UNDONE_BY), SHOWS, READS, ADDS]
    assert set().union(*kinds) == set(Deed)
    assert sum(map(len, kinds)) == len(Deed), "each is of one kind"
    assert {deed for deed in UNDONE_BY if not is_sure(Action(deed))} == set()
