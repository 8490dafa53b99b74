"""Tag edits: as safe as everything else, and undone to the byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.catalog import contents, history, intents, rules, search
from musicvault.domain.notices import Finished, Job
from musicvault.domain.policy import Rule
from musicvault.domain.states import ReplicaState
from musicvault.engine.replacing import expire_kept, kept_path
from musicvault.engine.retag import retag, undo
from musicvault.errors import UsageError
from musicvault.storage import durable
from tests.engine_room import Room, flip

FORMATS = [".flac", ".mp3", ".ogg", ".opus", ".m4a", ".wav", ".aiff", ".wv"]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def ids(room: Room) -> list[int]:
    return search.item_ids(room.catalog, "")


def edit(room: Room, **fields: str) -> Finished:
    return room.run(retag(room.ctx, ids(room), {name: (value,) for name, value in fields.items()}))


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_edited_and_undone_to_the_byte(room: Room, suffix: str) -> None:
    path = room.track(f"a{suffix}")
    path.chmod(0o640)
    os.utime(path, ns=(10**18, 10**18))
    room.add()
    room.scan()
    content, stat, before = path.read_bytes(), path.stat(), room.item(path.name)
    assert edit(room, title="Grüße", artist="Ärzte", date="1998", track="3/12").counts["tagged"] == 1
    after = room.item(path.name)
    assert path.read_bytes() != content
    assert after.content.essence == before.content.essence
    assert contents.wrapper(room.catalog, after.content.id).fields["title"] == ("Grüße",)
    assert path.stat().st_mode == stat.st_mode
    assert path.stat().st_mtime_ns != stat.st_mtime_ns, "other programs must notice the edit"
    assert room.scan().counts["unchanged"] == 1, "our own edit is no news"
    assert room.run(undo(room.ctx)).counts["undone"] == 1
    assert path.read_bytes() == content
    assert path.stat().st_mtime_ns == stat.st_mtime_ns
    assert room.item(path.name).content.digests == before.content.digests
    assert room.scan().counts["unchanged"] == 1


@pytest.mark.root
def test_what_a_file_cannot_keep_is_told_and_recorded(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(room.track("a.flac"), 1234, 1234)
    room.add()
    room.scan()

    def not_allowed(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", not_allowed)
    assert edit(room, title="Other").counts["tagged"] == 1
    (done,) = room.done()
    assert done.reason == "the file could not keep: owner"
    assert next(iter(history.latest(room.catalog, 1))).detail["not kept"] == ["owner"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_rating_is_an_edit_like_any_other(room: Room, suffix: str) -> None:
    path = room.track(f"a{suffix}")
    room.add()
    room.scan()
    content = path.read_bytes()
    assert edit(room, rating="4.5", playcount="12").counts["tagged"] == 1
    assert search.item_ids(room.catalog, "rating:4.5 plays:12") == ids(room)
    assert edit(room, rating="4.5", playcount="12").counts["tagged"] == 0, "it says so already"
    assert edit(room, rating="2").counts["tagged"] == 1
    assert search.item_ids(room.catalog, "rating:2 plays:12") == ids(room)
    assert room.run(retag(room.ctx, ids(room), {"rating": (), "playcount": ()})).counts["tagged"] == 1
    assert search.item_ids(room.catalog, 'rating:"" plays:""') == ids(room)
    for _ in range(3):
        room.run(undo(room.ctx))
    assert path.read_bytes() == content


@pytest.mark.parametrize("wrong", [{"rating": "6"}, {"rating": "4.2"}, {"playcount": "often"}])
def test_a_rating_beyond_its_scale_is_refused(room: Room, wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="can't be the"):
        edit(room, **wrong)


def test_a_batch_is_one_undo_and_an_undo_can_be_undone(room: Room) -> None:
    paths = [room.track(f"{n}.flac", n, title=str(n)) for n in range(3)]
    room.add()
    room.scan()
    content = [path.read_bytes() for path in paths]
    edit(room, album="One")
    edited = [path.read_bytes() for path in paths]
    edit(room, genre="Two")
    room.run(undo(room.ctx))
    assert [path.read_bytes() for path in paths] == edited
    room.run(undo(room.ctx))
    assert [path.read_bytes() for path in paths] == content
    with pytest.raises(UsageError, match="no tag edit to undo"):
        room.run(undo(room.ctx))
    last = next(iter(history.latest(room.catalog, 1)))
    room.run(undo(room.ctx, last.id))
    assert sorted(path.read_bytes() for path in paths) != sorted(content)


def test_single_event_undo_refuses_what_was_edited_since(room: Room) -> None:
    room.track("a.flac")
    room.add()
    room.scan()
    edit(room, album="One")
    first = history.of_item(room.catalog, room.item("a.flac").id)[0]
    edit(room, album="Two")
    assert room.run(undo(room.ctx, first.id)).counts.get("failed") == 1
    with pytest.raises(UsageError, match="no tag edit"):
        room.run(undo(room.ctx, 1))


def test_what_can_not_be_tagged_stays_untouched(room: Room) -> None:
    noise = room.music / "noise.mp3"
    noise.write_bytes(b"\0" * 5000)
    room.track("a.flac")
    room.add()
    room.scan()
    outcome = edit(room, title="x")
    assert (outcome.counts["failed"], outcome.counts["tagged"], outcome.exit_code) == (1, 1, 3)
    (said,) = [done.problem for done in room.done() if done.action == "failed"]
    assert said == "could not tag: this format holds no tags that can be written", "not the name of our private copy"
    assert noise.read_bytes() == b"\0" * 5000
    assert not list(room.music.glob(".musicvault*"))
    assert intents.pending(room.catalog) == []


def test_a_file_that_changed_since_the_scan_is_left_alone(room: Room) -> None:
    path = room.track("a.flac")
    room.add()
    room.scan()
    flip(path)
    content = path.read_bytes()
    assert edit(room, title="x").counts["failed"] == 1
    assert path.read_bytes() == content
    room.scan()
    assert room.state("a.flac") is ReplicaState.CORRUPT
    assert edit(room, title="x").counts["failed"] == 1


def test_preview_changes_nothing_and_unknown_fields_are_refused(room: Room) -> None:
    path = room.track("a.flac", title="Old")
    room.add()
    room.scan()
    content = path.read_bytes()
    room.run(retag(room.ctx, ids(room), {"title": ("New",)}, dry_run=True))
    assert room.done()[0].details == {"title": [["Old"], ["New"]]}
    assert path.read_bytes() == content
    with pytest.raises(UsageError, match="bpm can't be edited"):
        room.run(retag(room.ctx, ids(room), {"bpm": ("1",)}))
    assert edit(room, title="Old").counts["already"] == 1


def test_hard_links_follow(room: Room) -> None:
    path = room.track("a.flac")
    os.link(path, room.music / "b.flac")
    room.add()
    room.scan()
    room.run(retag(room.ctx, [room.item("a.flac").id], {"title": ("Both",)}))
    assert path.read_bytes() == (room.music / "b.flac").read_bytes()
    assert path.stat().st_ino == (room.music / "b.flac").stat().st_ino
    assert room.scan().counts["unchanged"] == 2


class Killed(BaseException):
    """Stands for a process that ends here: nothing after it runs but what the next process does."""


STEPS = ["intended", "staged", "flushed", "proven", "kept", "replaced", "synced", "committed"]


@pytest.mark.parametrize("step", STEPS)
def test_stopped_after_any_step_old_or_new_stands_and_the_next_run_is_clean(
    room: Room, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = room.track("a.flac", title="Old")
    room.add()
    room.scan()
    old = path.read_bytes()
    reached: list[str] = []

    def stop(name: str) -> None:
        reached.append(name)
        if name == step:
            raise Killed

    monkeypatch.setattr(durable, "on_step", stop)
    job: Job = retag(room.ctx, ids(room), {"title": ("New",)})
    with pytest.raises(Killed):
        room.run(job)
    monkeypatch.setattr(durable, "on_step", None)
    assert step in reached
    room.scan()
    assert room.findings() == []
    assert intents.pending(room.catalog) == []
    assert not list(room.music.glob(".musicvault*"))
    fields = contents.wrapper(room.catalog, room.item("a.flac").content.id).fields
    assert fields["title"] == (("Old",) if path.read_bytes() == old else ("New",))
    if fields["title"] == ("New",):
        room.run(undo(room.ctx))
        assert path.read_bytes() == old


def test_lost_kept_bytes_are_said_before_anything_is_touched(room: Room) -> None:
    path = room.track("a.flac")
    room.add()
    room.scan()
    before = room.item("a.flac").content.digests.blake3
    edit(room, title="x")
    edited = path.read_bytes()
    os.unlink(kept_path(room.ctx, before, room.item("a.flac").content.digests.blake3))
    assert room.run(undo(room.ctx)).counts["failed"] == 1
    assert path.read_bytes() == edited


def test_what_an_edit_replaced_is_kept_as_long_as_the_rule_of_its_item_says(room: Room) -> None:
    for name in ("kept.flac", "gone.flac"):
        room.track(name, seed=len(name) + ord(name[0]))
    room.add()
    room.scan()
    with room.catalog.transaction(room.now()) as transaction:
        masters = Rule(name="Masters", scope="path:kept", version_days=400)
        rules.put(transaction, [masters, Rule(version_days=30)], "added")
    edit(room, title="Second")
    folder = Path(os.fsdecode(room.catalog.path) + ".kept")
    assert len(list(folder.iterdir())) == 4, "both directions of both"
    expire_kept(room.ctx)
    assert len(list(folder.iterdir())) == 4, "they are dated by the catalog's clock, not by the computer's"
    room.later(31)
    expire_kept(room.ctx)
    keeps = room.item("kept.flac").content.digests.blake3.hex()
    assert len(list(folder.iterdir())) == 2
    assert all(keeps[:32] in path.name for path in folder.iterdir())
