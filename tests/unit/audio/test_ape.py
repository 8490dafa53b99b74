"""Our own APE tags: what is written comes back, in mutagen too, and what isn't edited stays as it is."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from mutagen.apev2 import APEv2

from musicvault.audio.schemes import ape
from tests.unit.audio import made

VALUES = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1), max_size=3)


@given(st.dictionaries(st.sampled_from(["title", "artist", "album", "track", "comment"]), VALUES.map(tuple)))
def test_edited_tags_read_back(edits: dict[str, tuple[str, ...]]) -> None:
    tag = ape.edited(made.ape({"Mood": b"blue", "Title": b"Old"}), edits)
    found = {key: value.decode().split("\0") for key, _, value in ape.items(tag)}
    assert found.pop("Mood") == ["blue"]
    expected = {"Title": ["Old"], **{field.title(): list(values) for field, values in edits.items()}}
    assert found == {key: values for key, values in expected.items() if values}
    mutagens = APEv2(io.BytesIO(b"sound" + tag))
    assert {key: list(value) for key, value in mutagens.items()} == found | {"Mood": ["blue"]}


def test_binaries_and_links_keep_their_bytes() -> None:
    source = APEv2()
    source["Cover Art (Front)"] = b"cover.png\0\x89PNG"
    source["Title"] = "Old"
    file = io.BytesIO()
    source.save(file)
    tag = ape.edited(file.getvalue(), {"title": ("New",)})
    mutagens = APEv2(io.BytesIO(tag))
    assert bytes(mutagens["Cover Art (Front)"].value) == b"cover.png\0\x89PNG"
    assert str(mutagens["Title"]) == "New"


def test_nothing_left_is_no_tag() -> None:
    assert ape.edited(made.ape({"Title": b"Old"}), {"title": ()}) == b""
    assert ape.edited(b"", {}) == b""
