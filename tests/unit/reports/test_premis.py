"""The exported audit trail keeps the schema's rules, whatever the names, and tells what the catalog knows."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from musicvault.catalog import history, search
from musicvault.domain.events import Event, EventType
from musicvault.engine.retag import retag
from musicvault.reports import premis
from musicvault.reports.premis import Written
from musicvault.reports.xml import legible
from tests.engine_room import flip
from tests.guarded import Guarded
from tests.unit.reports.premis_rules import NAMESPACE, SEQUENCES, violations

P = {"p": NAMESPACE}
ODD = [b"line\nbreak & <tag>.txt", b"not \xff utf-8.txt", "🎵 \ufffe\u0085.txt".encode(), b"\x01 control\r.txt"]


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    made.track("album/1.flac", 1, title="Dawn")
    made.track("album/2.mp3", 2, title="Dusk")
    for name in ODD:
        Path(os.fsdecode(os.fsencode(made.music) + b"/" + name)).write_bytes(name)
    made.drive("first")
    made.drive("second <&>")
    made.protect()
    flip(made.copy("first", "album/1.flac"))
    made.scrub()
    made.repair()
    made.run(retag(made.ctx, [made.item("album/1.flac").id], {"title": ('"\x02 <b>]]>',)}))
    made.protect()
    return made


def export(room: Guarded, query: str = "", *, whole: bool = True) -> tuple[ElementTree.Element, Written]:
    parts: list[bytes] = []
    ids = search.item_ids(room.catalog, query)
    written = premis.write(room.ctx, ids, parts.append, whole=whole)
    return ElementTree.fromstring(b"".join(parts)), written


def texts(root: ElementTree.Element, path: str) -> list[str]:
    return [found.text or "" for found in root.findall(path, P)]


def test_the_schema_s_rules_are_kept(room: Guarded) -> None:
    root, written = export(room)
    assert violations(root) == []
    assert written.objects == len(root.findall("p:object", P)) == 6
    assert written.events == len(root.findall("p:event", P)) == len(list(history.latest(room.catalog)))
    assert written.agents == len(root.findall("p:agent", P)) == 1


def test_the_rules_would_notice() -> None:
    def document(inner: str) -> ElementTree.Element:
        return ElementTree.fromstring(f'<premis xmlns="{NAMESPACE}" version="3.0">{inner}</premis>')

    assert violations(document(""))
    agent = "<agentIdentifier><agentIdentifierType/><agentIdentifierValue/></agentIdentifier>"
    assert violations(document(f"<agent>{agent}</agent>")) == ["premis: ['agent']"]
    swapped = "<agentIdentifier><agentIdentifierValue/><agentIdentifierType/></agentIdentifier>"
    assert len(violations(document(f"<agent>{swapped}</agent>"))) == 2
    assert all(part[-1] in "1?*+" for sequences in SEQUENCES.values() for one in sequences for part in one.split())


def test_every_link_leads_somewhere_and_no_identifier_stands_for_two(room: Guarded) -> None:
    root, _ = export(room)
    names: dict[str, list[str]] = {
        kind: texts(root, f"p:{kind}/p:{kind}Identifier/p:{kind}IdentifierValue")
        for kind in ("object", "event", "agent")
    }
    everything = [value for values in names.values() for value in values]
    assert len(everything) == len(set(everything))
    assert set(texts(root, ".//p:linkingObjectIdentifierValue")) <= set(names["object"])
    assert set(texts(root, ".//p:linkingAgentIdentifierValue")) == set(names["agent"])
    again, _ = export(room)
    assert texts(again, ".//p:objectIdentifierValue") == names["object"]


def test_an_object_tells_digests_copies_and_sound(room: Guarded) -> None:
    root, _ = export(room, "dusk")
    (thing,) = root.findall("p:object", P)
    item = room.item("album/2.mp3")
    digests = dict(zip(texts(thing, ".//p:messageDigestAlgorithm"), texts(thing, ".//p:messageDigest"), strict=True))
    assert digests == {"SHA-256": item.content.digests.sha256.hex(), "BLAKE3": item.content.digests.blake3.hex()}
    assert texts(thing, ".//p:size") == [str((room.music / "album/2.mp3").stat().st_size)]
    assert texts(thing, ".//p:formatName") == ["mpeg"]
    assert texts(thing, ".//p:originalName") == ["album/2.mp3"]
    assert sorted(texts(thing, ".//p:storageMedium")) == ["Music", "first", "second <&>"]
    assert texts(thing, ".//p:contentLocationValue")[0] == (room.music / "album/2.mp3").as_uri()
    assert "duration in seconds" in texts(thing, ".//p:significantPropertiesType")


def test_the_bytes_of_odd_names_can_be_told(room: Guarded) -> None:
    from urllib.parse import unquote_to_bytes

    root, _ = export(room)
    places = {unquote_to_bytes(value.removeprefix("file://")) for value in texts(root, ".//p:contentLocationValue")}
    assert {os.fsencode(room.music) + b"/" + name for name in ODD} <= places


def test_events_in_order_with_what_came_of_them(room: Guarded) -> None:
    root, _ = export(room)
    times = texts(root, "p:event/p:eventDateTime")
    assert times == sorted(times)
    kinds = set(texts(root, "p:event/p:eventType"))
    assert {"ingestion", "replication", "fixity check", "quarantine", "recovery", "metadata modification"} <= kinds
    assert set(texts(root, "p:event//p:eventOutcome")) == {"success", "fail"}
    assert all(text.startswith("MusicVault ") for text in texts(root, ".//p:eventDetail"))


def test_a_choice_tells_nothing_of_other_files_or_of_where_things_are(room: Guarded) -> None:
    root, _ = export(room, "dusk", whole=False)
    assert set(texts(root, ".//p:linkingObjectIdentifierValue")) == set(texts(root, ".//p:objectIdentifierValue"))
    assert "configuration" not in texts(root, ".//p:eventType")
    assert "fixity check" in texts(root, ".//p:eventType")
    whole, _ = export(room, "dusk")
    assert "configuration" in texts(whole, ".//p:eventType")


def test_thousands_of_files_take_the_other_road(room: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    few = export(room, "dusk", whole=False)
    monkeypatch.setattr("musicvault.catalog.trail._FEW", 0)
    many = export(room, "dusk", whole=False)
    assert ElementTree.tostring(few[0]) == ElementTree.tostring(many[0])


def test_whatever_an_event_says_can_be_written(room: Guarded) -> None:
    with room.catalog.transaction(room.now()) as transaction:
        transaction.event(Event(EventType.DECISION, detail={"said": "\x00\uffff</x>\r\n]]>&"}))
    root, _ = export(room)
    assert violations(root) == []


@pytest.mark.parametrize(
    ("text", "legible_text"),
    [("plain é 🎵\t\n", "plain é 🎵\t\n"), ("\x00\x1b", "\\x00\\x1b"), ("\ud800\udcff\ufffe", "\\ud800\\udcff\\ufffe")],
)
def test_what_xml_can_t_hold_is_spelled_out(text: str, legible_text: str) -> None:
    assert legible(text) == legible_text
